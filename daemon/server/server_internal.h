/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the server share, and its tests may reach for.
 */
#ifndef KVMEXITD_SERVER_INTERNAL_H
#define KVMEXITD_SERVER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "sink/metrics.h"
#include "util/ratelimit.h"

struct client;
struct daemon_status;
struct message;
struct registry;
struct server_control;
struct user;

struct server_limits {
	size_t clients;
	size_t root_clients; /* as many more, if they are root's */
	size_t user_clients; /* of one user who is not root */
	size_t request_bytes; /* of one call */
	size_t reply_bytes; /* queued, past which a client's next call waits */
	size_t watch_bytes; /* queued, past which a watcher is cut off */
	size_t single_bytes; /* of a reply to a call without "more" */
	size_t total_bytes; /* for all clients, past which the user with most loses some */
	uint64_t stall_us; /* without any byte taken while some are queued */
	uint64_t idle_us; /* without a call, for who does not watch */
};

extern const struct server_limits server_default_limits;

struct server_stats {
	size_t clients;
	size_t watchers;
	uint64_t slow_clients;
	uint64_t bad_clients;
	uint64_t idle_clients;
	uint64_t refused_clients;
	uint64_t accept_failures; /* no descriptor or memory left for one more */
};

struct listener {
	struct listener *prev, *next;
	sd_event_source *source;
	char *path; /* to unlink, or NULL */
	dev_t device; /* of what was bound there */
	ino_t inode;
};

struct server {
	sd_event *event;
	struct registry *registry;
	const struct daemon_status *status;
	struct server_limits limits;
	struct server_stats stats;

	const struct server_control *control; /* NULL for none */
	void *control_userdata;

	struct listener *listeners;
	struct ratelimit accept_failed;
	struct ratelimit cut_off; /* what is logged of clients that were */
	sd_event_source *resume; /* accepting, after running out of descriptors */
	struct client *clients;
	struct user *users;
	struct user *ready; /* those with a client that is, in turn */
	bool root_had_turn; /* the last one */
	int work_fd;
	sd_event_source *work; /* on while there are some ready */
	struct client *dead; /* cut off; freed from the loop */
	sd_event_source *reaper;

	/* Memory for clients, which has one limit for all. */
	size_t queued_bytes; /* of all messages to them */
	size_t held_bytes; /* client->held of all */
	uint64_t mark; /* of messages, used last */

	struct message *metrics[METRICS_FORMATS]; /* the text, while it is fresh */
	size_t metrics_details; /* of each VM */
	sd_event_source *stale; /* when it is not any more */
};

/* For tests: limits small enough to run into. */
void server_set_limits(struct server *server, const struct server_limits *limits);

/* Takes a client from a listening socket; the server is the userdata. */
int server_on_accept(sd_event_source *source, int listen_fd, uint32_t revents, void *userdata);

/* Closes it; its path goes too, unless that is somebody else's by now. */
void server_free_listener(struct server *server, struct listener *listener);

/* Says of a client that it is cut off, unless that was said often lately. */
void server_warn_cut_off(struct server *server, const struct ucred *peer, const char *why);

/*
 * Cuts off clients until memory for all of them is within its limit: of the user who
 * has most, those that have most. Leaves them in place, dead.
 */
void server_limit_memory(struct server *server);

/* The text for GetMetrics, as it is now, need not be made from again. */
void server_drop_metrics(struct server *server);

/* What clients take now. */
size_t server_memory(const struct server *server);

#endif
