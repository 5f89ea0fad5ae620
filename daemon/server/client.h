/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: framing, the order of replies, and what is still to be sent.
 *
 * Calls are answered one a turn of the loop, and the clients that have some
 * take turns, so that one with many does not hold up others. A client that is
 * cut off stays a valid, dead object until the loop's next turn: whoever walks
 * the clients may cut off any of them.
 */
#ifndef KVMEXITD_SERVER_CLIENT_H
#define KVMEXITD_SERVER_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "server/message.h"
#include "util/buffer.h"

struct server;
struct varlink_request;

struct watch {
	bool active;
	bool one_vm; /* this one: */
	uint64_t epoch;
	uint64_t vm_id;
};

/* What a client has to do in time. */
enum client_wait {
	WAIT_NOTHING,
	WAIT_READ, /* take some of what is to be sent */
	WAIT_CALL, /* call */
};

struct client {
	struct client *prev, *next;
	struct client *ready_prev, *ready_next;
	struct server *server;
	int fd;
	struct ucred peer;
	sd_event_source *io;
	sd_event_source *timer; /* made when first needed */
	enum client_wait wait; /* what it runs for */
	struct buffer in;
	struct queue out;
	size_t scanned; /* of in: has no NUL */
	bool ready; /* is among those whose next call can be answered */
	bool eof;
	bool gone; /* nobody is there to read */
	bool dead;
	struct watch watch;
};

/* A call that is being answered. */
struct call {
	struct server *server;
	struct client *client;
	const struct varlink_request *request;
};

/* Owns fd from success on; the client, who is peer, belongs to the server. */
int client_new(struct server *server, int fd, const struct ucred *peer);

/* Answers one call of the client that has waited longest. */
void client_work(struct server *server);

/* Frees at once: only where nobody walks the clients. */
struct client *client_free(struct client *client);

/*
 * Answers a call, once, with one of these. They take over parameters, NULL
 * being what came of too little memory, and say nothing to a oneway call.
 */
int call_reply(const struct call *call, json_t *parameters);
int call_error(const struct call *call, const char *error, json_t *parameters);

/* Queues the error that is the last which the client is told. */
void client_tell_too_long(struct client *client);

/* Starts to send events instead of a reply. */
void client_watch(struct client *client, const struct watch *watch);

/* Sends an event to a watcher, or cuts it off. last ends its watch. */
void client_event(struct client *client, struct message *message, bool last);

#endif
