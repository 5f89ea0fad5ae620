/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose clients they are: places, work and memory are shared by user.
 *
 * Users with calls to answer take turns, and so do the clients of each. Root is
 * always next but one: an administrator has to see what is going on while others
 * keep the daemon busy, and must not keep them waiting for ever either.
 */
#ifndef KVMEXITD_SERVER_USER_H
#define KVMEXITD_SERVER_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct client;
struct server;

struct user {
	struct user *prev, *next;
	struct user *ready_prev, *ready_next;
	uid_t uid;
	struct client *clients;
	size_t n_clients;
	struct client *ready; /* those with a call that can be answered, in turn */
	size_t held; /* by the last look at memory */
};

/* NULL if no client is of that user. */
struct user *user_find(const struct server *server, uid_t uid);

/* Finds or makes the client's user by client->peer. 0 or -ENOMEM. */
int user_add_client(struct client *client);
void user_remove_client(struct client *client);

/* Whether the client waits for a turn: behind those of its user that do already. */
int user_set_ready(struct client *client, bool ready);

/* The client whose turn it is, who does not wait any more; NULL if none does. */
struct client *user_next_client(struct server *server);

#endif
