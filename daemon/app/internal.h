/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of app/ share. They call downwards only: app, then replay,
 * settings and listen, then news, then changes and state.
 */
#ifndef KVMEXITD_APP_INTERNAL_H
#define KVMEXITD_APP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "model/kernel_config.h"
#include "model/registry.h"
#include "model/status.h"
#include "settings/settings.h"
#include "sink/journal.h"
#include "source/pick.h"
#include "util/ratelimit.h"
#include "util/util.h"

struct metrics_http;
struct options;
struct recorder;
struct replay;
struct server;
struct state_store;

struct app {
	const char *socket_path;
	const struct options *options;
	struct settings settings;

	sd_event *event;
	sd_event_source *summary_timer;
	sd_event_source *names_timer;
	sd_event_source *storms_timer;
	sd_event_source *flush_timer;
	sd_event_source *status_timer;
	sd_event_source *save_timer;
	sd_event_source *ready_timer;
	struct registry *registry;
	struct journal *journal;
	struct server *server;
	struct metrics_http *metrics; /* NULL where nobody asked for it */
	struct pick *source; /* or */
	struct replay *replay;
	struct kernel_config kernel_config;
	bool has_kernel_config;
	struct recorder *recorder; /* NULL where nothing is recorded */
	uint64_t summary_ns; /* of the last one, when replaying */
	struct state_store *store; /* NULL where nobody keeps it */

	struct daemon_status status;
	uint64_t status_told_ns;
	bool status_stale;

	bool state_told;
	enum kernel_state told_state;
	bool gap_untold;
	bool dumped;
	struct ratelimit malformed;
	struct ratelimit refused;
	struct ratelimit save_failed;

	bool restored;
	bool ready;
	uint64_t save_delay_us;
};

/* -- app.c ---------------------------------------------------------------- */

/* That this is the moment since when everything is seen. */
void app_set_started(struct app *app);

/* -- listen.c ------------------------------------------------------------- */

/* Listens where systemd says, or on the socket's path. Logs what fails. */
int app_listen(struct app *app);

/* What systemd kept from before a restart, -1 if nothing. Others of it are closed. */
int app_take_state_fd(void);

/* -- news.c -------------------------------------------------------------- */

/* For a source, with the app as userdata. */
extern const struct source_handlers app_source_handlers;

/* The line that systemctl shows. */
void app_tell_status(struct app *app, uint64_t now_ns);

int app_add_status_timer(struct app *app);

/* -- replay.c ------------------------------------------------------------- */

/* Opens the recording that is to be replayed. Logs what fails. */
int app_new_replay(struct app *app);

/* Timers have the real time: in a replay's time, the summary when it is due. */
void app_replay_summary(struct app *app, uint64_t now_ns);

/* -- settings.c ----------------------------------------------------------- */

/* From the files, and from the command line over them. -EBADMSG with the error logged. */
int app_load_settings(struct app *app);

/* Has every part take its settings. */
void app_apply_settings(struct app *app);

/* When the next summary is due; none without an interval. */
void app_schedule_summary(struct app *app);

/* Reads the configuration anew on SIGHUP. */
int app_add_reload(struct app *app);

/* For the server: what clients may have the app do. */
extern const struct server_control app_control;

/* -- changes.c ------------------------------------------------------------ */

/* Names new VMs, and tells the journal and the watchers what changed. */
void app_tell_changes(struct app *app);

/* Has the recording, which lacks some, get all names and totals again. */
void app_record_all(struct app *app);

/*
 * Looks names up once more, when a VMM may have settled down, and whether storms
 * are over. Off while there are none of these.
 */
int app_add_change_timers(struct app *app);

/* One that is off. Where it is on already, it stays as it is. */
int app_add_timer(struct app *app, sd_event_source **out, sd_event_time_handler_t handler);
void app_start_timer(sd_event_source *timer, uint64_t delay_us);

/* -- state.c -------------------------------------------------------------- */

/* Makes the registry: what a kvmexitd before this one left, or a new one. */
int app_restore(struct app *app);

void app_save(struct app *app);

/*
 * Tells systemd that kvmexitd has started: when all totals are known, or it is
 * known that there are none, so that who starts after it gets true answers.
 */
void app_tell_ready(struct app *app);

int app_add_state_timers(struct app *app);

#endif
