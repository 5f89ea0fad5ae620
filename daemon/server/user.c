// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Users, and whose turn it is.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "server/client.h"
#include "server/server_internal.h"
#include "server/user.h"

struct user *user_find(const struct server *server, uid_t uid)
{
	struct user *user;

	DL_FOREACH(server->users, user)
		if (user->uid == uid)
			return user;
	return NULL;
}

int user_add_client(struct client *client)
{
	struct server *server = client->server;
	struct user *user = user_find(server, client->peer.uid);

	if (!user) {
		user = calloc(1, sizeof(*user));
		if (!user)
			return -ENOMEM;
		user->uid = client->peer.uid;
		DL_APPEND(server->users, user);
	}
	DL_APPEND2(user->clients, client, user_prev, user_next);
	user->n_clients++;
	client->user = user;
	return 0;
}

void user_remove_client(struct client *client)
{
	struct server *server = client->server;
	struct user *user = client->user;

	(void)user_set_ready(client, false);
	DL_DELETE2(user->clients, client, user_prev, user_next);
	client->user = NULL;
	if (--user->n_clients > 0)
		return;
	DL_DELETE(server->users, user);
	free(user);
}

static void append_user(struct server *server, struct user *user)
{
	DL_APPEND2(server->ready, user, ready_prev, ready_next);
}

static void remove_user(struct server *server, struct user *user)
{
	DL_DELETE2(server->ready, user, ready_prev, ready_next);
}

int user_set_ready(struct client *client, bool ready)
{
	struct server *server = client->server;
	struct user *user = client->user;

	if (client->ready == ready)
		return 0;
	client->ready = ready;
	if (!ready) {
		DL_DELETE2(user->ready, client, ready_prev, ready_next);
		if (!user->ready)
			remove_user(server, user);
		return 0;
	}
	if (!user->ready)
		append_user(server, user);
	DL_APPEND2(user->ready, client, ready_prev, ready_next);
	return sd_event_source_set_enabled(server->work, SD_EVENT_ON);
}

/* Root, unless the last turn was root's and somebody else waits. */
static struct user *next_user(const struct server *server)
{
	struct user *user, *first = server->ready;

	DL_FOREACH2(server->ready, user, ready_next)
	if ((user->uid == 0) != server->root_had_turn)
		return user;
	return first;
}

struct client *user_next_client(struct server *server)
{
	struct user *user = next_user(server);
	struct client *client;

	if (!user)
		return NULL;
	server->root_had_turn = user->uid == 0;
	client = user->ready;
	/* Those who wait meanwhile come before the user's next client. */
	remove_user(server, user);
	append_user(server, user);
	(void)user_set_ready(client, false);
	return client;
}
