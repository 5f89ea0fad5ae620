// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory for clients: one limit for all, and the user who has most loses first.
 *
 * What each user has is only counted when there is too much in all, as what is told
 * to many clients is in memory once.
 */
#include "config.h"

#include <utlist.h>

#include "server/client.h"
#include "server/parts.h"
#include "server/server_internal.h"
#include "server/user.h"

/* Down to so much of the limit, so that the next reply need not count again. */
#define LOW_PART(bytes) ((bytes) / 8 * 7)

size_t server_memory(const struct server *server)
{
	return server->queued_bytes + server->held_bytes;
}

/* Asks again what was sent and not read: a client that has read by now has not told us. */
static void account_all(struct server *server)
{
	struct client *client;

	DL_FOREACH(server->clients, client)
		client_account(client);
}

static struct message *shared_of(const struct client *client)
{
	return client->making ? client->making->shared : NULL;
}

static void count_users(struct server *server)
{
	struct client *client;
	struct user *user;

	DL_FOREACH(server->users, user) {
		user->held = 0;
		server->mark++;
		DL_FOREACH2(user->clients, client, user_next)
		{
			user->held += client->held + queue_mark(&client->out, server->mark);
			if (shared_of(client))
				user->held += message_mark(shared_of(client), server->mark);
		}
	}
}

/* As if nothing were shared. */
static size_t bytes_of(const struct client *client)
{
	return client->held + client->out.bytes + (shared_of(client) ? shared_of(client)->len : 0);
}

static struct user *user_with_most(const struct server *server)
{
	struct user *user, *most = NULL;

	DL_FOREACH(server->users, user)
		if (!most || user->held > most->held)
			most = user;
	return most;
}

static struct client *client_with_most(const struct user *user)
{
	struct client *client, *most = NULL;

	DL_FOREACH2(user->clients, client, user_next)
	if (!most || bytes_of(client) > bytes_of(most))
		most = client;
	return most;
}

void server_limit_memory(struct server *server)
{
	size_t limit = server->limits.total_bytes, held;
	struct client *client;
	struct user *user;

	if (server_memory(server) <= limit)
		return;
	account_all(server);
	if (server_memory(server) <= limit)
		return;
	count_users(server);
	while (server_memory(server) > LOW_PART(limit) && (user = user_with_most(server))) {
		client = client_with_most(user);
		held = bytes_of(client);
		/* With its last client the user goes. */
		user->held = user->held > held ? user->held - held : 0;
		client_kill_slow(client, "its user has most of the memory for clients");
	}
}
