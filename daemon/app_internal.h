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
#include "sink/journal.h"
#include "source/genl_source.h"
#include "util/ratelimit.h"
#include "util/util.h"

struct metrics_http;
struct server;

struct app {
	const char *socket_path;
	uint64_t summary_interval_us;
	int receive_buffer;

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

/* -- app_changes.c ------------------------------------------------------- */

/* Names new VMs, and tells the journal and the watchers what changed. */
void app_tell_changes(struct app *app);

/*
 * Looks names up once more, when a VMM may have settled down, and whether storms
 * are over. Off while there are none of these.
 */
int app_add_change_timers(struct app *app);

#endif
