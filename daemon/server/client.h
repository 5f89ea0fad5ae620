/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: framing, the order of replies, and what is still to be sent.
 *
 * Calls are answered one a turn of the loop, and long replies made a slice a turn.
 * Turns go round by user (see user.h), so that one with many does not hold up others.
 * A client that is cut off stays a valid, dead object until the loop's next turn:
 * whoever walks the clients may cut off any of them.
 */
#ifndef KVMEXITD_SERVER_CLIENT_H
#define KVMEXITD_SERVER_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "server/message.h"
#include "util/buffer.h"

struct parts;
struct server;
struct user;
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
	struct client *user_prev, *user_next;
	struct client *ready_prev, *ready_next;
	struct server *server;
	struct user *user; /* NULL once it is dead */
	int fd;
	struct ucred peer;
	sd_event_source *io;
	sd_event_source *timer; /* made when first needed */
	enum client_wait wait; /* what it runs for */
	struct buffer in;
	struct parts *making; /* the reply that is being made, or NULL */
	struct queue out;
	size_t held; /* memory besides that of messages, as it was counted last */
	size_t scanned; /* of in: has no NUL */
	bool ready; /* is among those whose next call can be answered */
	bool eof;
	bool ending; /* after what is queued; nothing is read any more */
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

/* Answers a call, or goes on with it, of the client whose turn it is. */
void client_work(struct server *server);

/* Counts what the client holds. The kernel is asked about what was sent and not read. */
void client_account(struct client *client);

/* Cuts it off, as it does not read or its user has most of the memory. */
void client_kill_slow(struct client *client, const char *why);

/* Frees at once: only where nobody walks the clients. */
struct client *client_free(struct client *client);

/*
 * Answers a call, once, with one of these. They take over parameters, NULL
 * being what came of too little memory, and say nothing to a oneway call.
 */
int call_reply(const struct call *call, json_t *parameters);
int call_error(const struct call *call, const char *error, json_t *parameters);

/* Has the client's call answered in parts, which it owns from then on. */
void client_make(struct client *client, struct parts *parts);

/* Queues an error for a call that is not there any more. Takes over parameters. */
int client_tell_error(struct client *client, const char *error, json_t *parameters);

/* Sends what is queued, and that error last, and ends the connection. */
void client_end(struct client *client, const char *error, json_t *parameters, const char *why);

/* Whether what it asks for may be done at all, besides telling it something. */
bool client_may_change(const struct client *client);

/* -- between client.c, client_io.c and client_calls.c -------------------------- */

/* Sets the sources to what the client's state waits for, or ends it. */
void client_update(struct client *client);

/* Leaves it dead. */
void client_kill(struct client *client);
void client_kill_failed(struct client *client, int error);

/* Length of the first call that is there, without its NUL, or -1. */
ssize_t client_find_call(struct client *client);

/* What one turn of the loop reads and sends at most. */
void client_receive(struct client *client);
void client_flush(struct client *client);

/* Has the timer run for what is waited for; one that runs for that already, goes on. */
int client_set_timer(struct client *client);
/* Gives it all of the time again. */
void client_restart_timer(struct client *client);

/* Starts to send events instead of a reply. */
void client_watch(struct client *client, const struct watch *watch);

/* Sends an event to a watcher, or cuts it off. last ends its watch. */
void client_event(struct client *client, struct message *message, bool last);

#endif
