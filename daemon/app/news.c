// SPDX-License-Identifier: GPL-2.0-or-later
/* What the app does about what its source reports: one handler for each kind of news. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "app/internal.h"
#include "model/sample.h"
#include "source/recording/recorder.h"
#include "util/clock.h"
#include "util/log.h"

/* STATUS= is for people. */
#define STATUS_SPACING_NS NS_PER_S

void app_tell_status(struct app *app, uint64_t now_ns)
{
	app->status_told_ns = now_ns;
	app->status_stale = false;
	if (app->status.kernel == KERNEL_STREAMING || app->status.kernel == KERNEL_RESYNCING)
		(void)sd_notifyf(0, "STATUS=%s: %zu VMs, %zu vCPUs",
				 app->status.kernel == KERNEL_STREAMING ? "Streaming" : "Resyncing",
				 registry_n_live(app->registry), registry_n_vcpus(app->registry));
	else
		(void)sd_notifyf(0, "STATUS=%s", status_advice(&app->status, now_ns));
}

static int on_status(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct app *app = userdata;

	(void)source;
	(void)usec;
	if (app->status_stale)
		app_tell_status(app, clock_boottime_ns());
	return 0;
}

int app_add_status_timer(struct app *app)
{
	return app_add_timer(app, &app->status_timer, on_status);
}

static void end_all(struct app *app)
{
	registry_set_clock(app->registry, clock_realtime_offset_ns());
	registry_end_all(app->registry, clock_boottime_ns());
}

static void on_traits(void *userdata, const struct source_traits *traits)
{
	struct app *app = userdata;
	const char *before = app->status.source.name;

	app->status.source = traits ? *traits : (struct source_traits){ 0 };
	app->status.losses = (struct source_losses){ 0 };
	registry_set_counted(app->registry, app->status.source.since_ns);
	registry_set_blind(app->registry, app->status.source.blind);
	/* The journal says once that it is another one. */
	if (traits && (!before || strcmp(before, traits->name) != 0))
		app->state_told = false;
}

static void on_trouble(void *userdata, const char *text)
{
	struct app *app = userdata;

	if (strcmp(app->status.trouble, text) != 0)
		app->state_told = false;
	(void)snprintf(app->status.trouble, sizeof(app->status.trouble), "%s", text);
}

static void on_losses(void *userdata, const struct source_losses *losses)
{
	struct app *app = userdata;

	app->status.losses = *losses;
}

static void on_state(void *userdata, enum kernel_state state)
{
	struct app *app = userdata;

	app->status.kernel = state;
	if (state == KERNEL_RESYNCING)
		app->status.resyncing_ns = clock_boottime_ns();
	/* What lived before a restart, and KVM was unloaded meanwhile. */
	if (state == KERNEL_WAITING)
		end_all(app);
	if (state != KERNEL_RESYNCING && (!app->state_told || app->told_state != state)) {
		app->state_told = true;
		app->told_state = state;
		/* VMs that were there come with the state, so the walk is first. */
		app_tell_changes(app);
		journal_state(app->journal, &app->status);
	}
	app_tell_status(app, clock_boottime_ns());
	if (state != KERNEL_RESYNCING)
		app_tell_ready(app);
}

static int on_message(void *userdata, const struct exit_message *message)
{
	struct app *app = userdata;
	int r;

	app->status.has_epoch = true;
	app->status.epoch = message->epoch;
	if (message->type == MESSAGE_EXITS)
		app->status.batches++;
	if (message->has_vm)
		app->status_stale = true;

	registry_set_clock(app->registry, clock_realtime_offset_ns());
	r = registry_apply(app->registry, message);
	if (r < 0 && ratelimit_pass(&app->refused, message->time_ns))
		log_error("cannot take in all of a message: %s%s", strerror(-r),
			  r == -ENOMEM ? ", reading totals anew" : "");
	return r;
}

static void on_malformed(void *userdata, const char *what)
{
	struct app *app = userdata;

	app->status.malformed++;
	if (ratelimit_pass(&app->malformed, clock_boottime_ns()))
		log_warning("cannot read a message of the kernel: %s, skipped", what);
}

static void on_gap(void *userdata)
{
	struct app *app = userdata;

	app->status.lost++;
	app->gap_untold = true;
	registry_gap(app->registry);
}

static void on_dump_begin(void *userdata)
{
	struct app *app = userdata;

	registry_dump_begin(app->registry);
}

static void on_dump_end(void *userdata, bool complete)
{
	struct app *app = userdata;
	uint64_t now_ns = clock_boottime_ns();

	if (!complete) {
		app->status.failed_dumps++;
		return;
	}

	registry_dump_end(app->registry, now_ns);
	app->status.resyncing_ns = now_ns;
	if (app->dumped)
		app->status.resyncs++;
	else
		journal_begin(app->journal);
	app->dumped = true;
	app->status.complete = true;
	if (app->gap_untold)
		journal_resynced(app->journal, &app->status, now_ns);
	app->gap_untold = false;
}

static void on_config(void *userdata, const struct kernel_config *config)
{
	struct app *app = userdata;

	app->kernel_config = *config;
	app->has_kernel_config = true;
	registry_set_interval(app->registry, config->value[KERNEL_INTERVAL_MS] * NS_PER_MS);
}

static void on_family_gone(void *userdata)
{
	struct app *app = userdata;

	app->status.has_epoch = false;
	app->has_kernel_config = false;
	end_all(app);
}

static void on_drained(void *userdata)
{
	struct app *app = userdata;
	uint64_t now_ns = clock_boottime_ns();

	app_tell_changes(app);
	if (app->replay)
		app_replay_summary(app, now_ns);
	if (app->recorder && recorder_take_wants_all(app->recorder))
		app_record_all(app);
	if (app->status_stale && now_ns - app->status_told_ns >= STATUS_SPACING_NS)
		app_tell_status(app, now_ns);
	else if (app->status_stale)
		app_start_timer(app->status_timer, STATUS_SPACING_NS / NS_PER_US);
}

const struct source_handlers app_source_handlers = {
	.traits = on_traits,
	.trouble = on_trouble,
	.state = on_state,
	.message = on_message,
	.malformed = on_malformed,
	.losses = on_losses,
	.gap = on_gap,
	.dump_begin = on_dump_begin,
	.dump_end = on_dump_end,
	.config = on_config,
	.family_gone = on_family_gone,
	.drained = on_drained,
};
