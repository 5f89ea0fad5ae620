// SPDX-License-Identifier: GPL-2.0-or-later
/* What the app leaves to the next one, and gets from the last. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "app/internal.h"
#include "state/store.h"
#include "util/clock.h"
#include "util/log.h"

/*
 * When something happened it is saved that much later, and then what comes until
 * the next save is saved with it: a kill blurs so much of the history.
 */
#define SAVE_INTERVAL_US (10 * US_PER_S)

/* But saving takes no more than one part in so many of all time. */
#define SAVE_TIME_SHARE 200

/* A kernel that is slow to give all totals must not make the start fail. */
#define READY_LATEST_US (5 * US_PER_S)

static void load(struct app *app)
{
	int r = state_store_load(app->store, &app->registry);

	if (r == -ENODATA)
		return;
	if (r < 0) {
		log_warning("cannot use what was known before the restart: %s; starting anew, "
			    "without VMs that ended, rates and history",
			    r == -ESTALE ? "another version wrote it" : strerror(-r));
		return;
	}
	app->restored = true;
	log_info("took over %zu VMs, and %zu that ended, from before the restart",
		 registry_n_live(app->registry), registry_n_dead(app->registry));
}

int app_restore(struct app *app)
{
	int fd = app_take_state_fd(), r;

	app->save_delay_us = SAVE_INTERVAL_US;
	if (fd >= 0 || getenv("NOTIFY_SOCKET")) {
		r = state_store_new(&app->store, fd);
		if (r >= 0 && fd >= 0)
			load(app);
		else if (r >= 0)
			r = state_store_keep(app->store);
		if (r < 0)
			log_warning("cannot keep what is known over a restart: %s", strerror(-r));
		if (r <= 0 && fd < 0)
			app->store = state_store_free(app->store);
	}
	return app->registry ? 0 : registry_new(&app->registry);
}

void app_save(struct app *app)
{
	uint64_t begun_us = clock_boottime_ns() / NS_PER_US, cost_us;
	int r;

	if (!app->store)
		return;
	r = state_store_save(app->store, app->registry);
	if (r < 0 && ratelimit_pass(&app->save_failed, begun_us * NS_PER_US))
		log_warning("cannot save what is known for a restart: %s", strerror(-r));

	cost_us = (clock_boottime_ns() / NS_PER_US - begun_us) * SAVE_TIME_SHARE;
	app->save_delay_us = cost_us > SAVE_INTERVAL_US ? cost_us : SAVE_INTERVAL_US;
}

static int on_save(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	app_save(userdata);
	return 0;
}

void app_tell_ready(struct app *app)
{
	if (app->ready)
		return;
	app->ready = true;
	(void)sd_notify(0, "READY=1");
	(void)sd_event_source_set_enabled(app->ready_timer, SD_EVENT_OFF);
}

static int on_ready(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	app_tell_ready(userdata);
	return 0;
}

int app_add_state_timers(struct app *app)
{
	int r = app_add_timer(app, &app->save_timer, on_save);

	if (r < 0)
		return r;
	return sd_event_add_time_relative(app->event, &app->ready_timer, CLOCK_BOOTTIME,
					  READY_LATEST_US, 0, on_ready, app);
}
