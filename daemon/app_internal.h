/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the app's files share. */
#ifndef KVMEXITD_APP_INTERNAL_H
#define KVMEXITD_APP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "app.h"
#include "model/registry.h"
#include "model/status.h"
#include "settings/settings.h"
#include "sink/journal.h"
#include "source/genl_source.h"
#include "util/ratelimit.h"
#include "util/util.h"

struct metrics_http;
struct options;
struct server;

struct app {
	const char *socket_path;
	const struct options *options;
	struct settings settings;

	sd_event *event;
	sd_event_source *summary_timer;
	sd_event_source *names_timer;
	sd_event_source *storms_timer;
	struct registry *registry;
	struct journal *journal;
	struct server *server;
	struct metrics_http *metrics; /* NULL where nobody asked for it */
	struct genl_source *source;

	struct daemon_status status;
	uint64_t status_told_ns;
	bool status_stale;

	bool state_told;
	enum kernel_state told_state;
	bool gap_untold;
	bool dumped;
	struct ratelimit malformed;
};

DEFINE_CLEANUP(struct app *, app_free);

/* -- app_listen.c -------------------------------------------------------- */

/* Listens where systemd says, or on the socket's path. Logs what fails. */
int app_listen(struct app *app);

/* -- app_settings.c ------------------------------------------------------ */

/* From the files, and from the command line over them. -EBADMSG with the error logged. */
int app_load_settings(struct app *app);

/* Has every part take its settings. */
void app_apply_settings(struct app *app);

/* When the next summary is due; none without an interval. */
void app_schedule_summary(struct app *app);

/* Reads the configuration anew on SIGHUP. */
int app_add_reload(struct app *app);

/* The same, now: 0, or -EBADMSG with the error logged and all as before. */
int app_reload(struct app *app);

/* -- app_changes.c ------------------------------------------------------- */

/* Names new VMs, and tells the journal and the watchers what changed. */
void app_tell_changes(struct app *app);

/*
 * Looks names up once more, when a VMM may have settled down, and whether storms
 * are over. Off while there are none of these.
 */
int app_add_change_timers(struct app *app);

#endif
