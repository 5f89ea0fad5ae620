// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitd as a whole: owns every object, and carries news between them.
 *
 *   source ─► news.c ─► registry ─► changes.c ─► journal, server, metrics
 *
 * There is one thread and one loop. The source calls a handler in news.c for each
 * message, which goes into the registry. When the source has reported all that
 * there was, changes.c walks the VMs that changed once, and reports them to the
 * journal and to the server's watchers. Nothing here waits for the kernel or for a
 * client; only the journal, where it is slow, and reading /proc take time.
 */
#include "config.h"

#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "app/internal.h"
#include "app/options.h"
#include "server/control.h"
#include "server/server.h"
#include "sink/http/metrics_http.h"
#include "source/bpf/hello.h"
#include "source/host_isa.h"
#include "source/recording/recorder.h"
#include "source/recording/replay.h"
#include "state/store.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/util.h"

/* Malformed messages of one cause come in masses or not at all. */
#define MALFORMED_LINES	      3
#define MALFORMED_INTERVAL_NS (600 * NS_PER_S)

DEFINE_CLEANUP(struct app *, app_free);

static int on_summary(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct app *app = userdata;

	(void)usec;
	journal_summary(app->journal, clock_boottime_ns());
	(void)source;
	app_schedule_summary(app);
	return 0;
}

/* Without a handler of ours it ends the loop, however busy that is. */
static int add_signal(struct app *app, int number)
{
	sd_event_source *source = NULL;
	int r;

	r = sd_event_add_signal(app->event, &source, number, NULL, NULL);
	if (r >= 0)
		r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0)
		r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r;
}

static int add_signals(struct app *app)
{
	sigset_t signals;
	int r;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	/* Errors of the file or pipe that is written to, be it stderr, and not our end. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);

	r = add_signal(app, SIGTERM);
	return r < 0 ? r : add_signal(app, SIGINT);
}

static int add_timers(struct app *app)
{
	int r;

	r = app_add_change_timers(app);
	if (r >= 0)
		r = app_add_state_timers(app);
	if (r >= 0)
		r = app_add_status_timer(app);
	return r < 0 ? r : app_add_timer(app, &app->summary_timer, on_summary);
}

static int new_source(struct app *app)
{
	const char *path = app->options->record;
	int r;

	if (!path)
		return pick_new(&app->source, app->event, LOADER_SOCKET_PATH, &app_source_handlers,
				app);

	r = recorder_new(&app->recorder, app->event, path, &app->status.recording,
			 &app_source_handlers, app);
	if (r < 0)
		return r;
	return pick_new(&app->source, app->event, LOADER_SOCKET_PATH, &recorder_handlers,
			app->recorder);
}

void app_set_started(struct app *app)
{
	app->status.started_us = clock_realtime_us();
	app->status.started_ns = clock_boottime_ns();
	app->status.resyncing_ns = clock_boottime_ns();
	if (!app->restored)
		registry_set_watched(app->registry, clock_boottime_ns());
}

int app_new(struct app **out, const struct options *options)
{
	_cleanup_(app_freep) struct app *app = calloc(1, sizeof(*app));
	int r;

	if (!app)
		return -ENOMEM;

	app->socket_path = options->socket;
	app->options = options;
	r = app_load_settings(app);
	if (r < 0)
		return r;
	app->malformed = (struct ratelimit){ .interval_ns = MALFORMED_INTERVAL_NS,
					     .burst = MALFORMED_LINES };
	app->refused = app->malformed;
	app->save_failed = app->malformed;
	app->status.kernel = KERNEL_RESYNCING;

	r = sd_event_default(&app->event);
	if (r < 0)
		return r;
	r = add_signals(app);
	if (r >= 0)
		r = app_add_reload(app);
	if (r < 0)
		return r;
	/* A replay sets the clock that all the others read, and nothing is known before. */
	if (options->replay)
		r = app_new_replay(app);
	else
		r = app_restore(app);
	if (r < 0)
		return r;
	app_set_started(app);
	registry_begin_host(app->registry, options->replay ? 0 : host_isa(), clock_realtime_us());
	r = journal_new(&app->journal, app->registry, clock_boottime_ns());
	if (r < 0)
		return r;
	r = server_new(&app->server, app->event, app->registry, &app->status);
	if (r < 0)
		return r;
	server_set_control(app->server, &app_control, app);
	r = options->replay ? 0 : new_source(app);
	if (r < 0)
		return r;
	r = add_timers(app);
	if (r < 0)
		return r;

	*out = TAKE_PTR(app);
	return 0;
}

struct app *app_free(struct app *app)
{
	if (!app)
		return NULL;

	pick_free(app->source);
	recorder_free(app->recorder);
	replay_free(app->replay);
	metrics_http_free(app->metrics);
	server_free(app->server);
	journal_free(app->journal);
	registry_free(app->registry);
	state_store_free(app->store);
	sd_event_source_disable_unref(app->summary_timer);
	sd_event_source_disable_unref(app->names_timer);
	sd_event_source_disable_unref(app->storms_timer);
	sd_event_source_disable_unref(app->flush_timer);
	sd_event_source_disable_unref(app->status_timer);
	sd_event_source_disable_unref(app->save_timer);
	sd_event_source_disable_unref(app->ready_timer);
	sd_event_unref(app->event);
	free(app);
	return NULL;
}

int app_run(struct app *app)
{
	int r;

	r = app_listen(app);
	if (r < 0)
		return r;

	app_apply_settings(app);
	if (app->replay)
		r = replay_start(app->replay);
	else
		r = pick_start(app->source, (enum pick_mode)app->settings.source,
			       (int)app->settings.receive_buffer);
	if (r < 0) {
		log_error("cannot read from the kernel: %s", strerror(-r));
		return r;
	}

	(void)sd_event_set_watchdog(app->event, true);
	r = sd_event_loop(app->event);
	(void)sd_notify(0, "STOPPING=1");
	app_save(app);
	return r;
}
