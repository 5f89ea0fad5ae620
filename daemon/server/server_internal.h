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

#include "util/ratelimit.h"

struct client;
struct daemon_status;
struct registry;
struct server_control;

struct server_limits {
	size_t clients;
	size_t root_clients; /* as many more, if they are root's */
	size_t user_clients; /* of one user who is not root */
	size_t request_bytes; /* of one call */
	size_t reply_bytes; /* queued, past which a client's next call waits */
	size_t watch_bytes; /* queued, past which a watcher is cut off */
	size_t total_bytes; /* of all messages, past which the slowest is cut off */
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
	struct client *ready;
	int work_fd;
	sd_event_source *work; /* on while there are some ready */
	struct client *dead; /* cut off; freed from the loop */
	sd_event_source *reaper;
	size_t queued_bytes; /* of all messages to clients */
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
 * Cuts off clients until what is queued is within the limit for all. Leaves
 * them in place, dead.
 */
void server_limit_queue(struct server *server);

#endif
