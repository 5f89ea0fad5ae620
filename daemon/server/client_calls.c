// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One connection: its calls, and what they are answered.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>

#include "server/client.h"
#include "server/methods/service.h"
#include "server/parts.h"
#include "server/server_internal.h"
#include "server/user.h"
#include "server/varlink_parse.h"

int client_tell_error(struct client *client, const char *error, json_t *parameters)
{
	struct message *message;
	int r;

	if (!parameters)
		return -ENOMEM;
	r = message_new(&message, &client->server->queued_bytes, error, parameters, false);
	if (r < 0)
		return r;
	r = queue_push(&client->out, message);
	message_unref(message);
	return r;
}

/* Queues one message; the loop sends it, with all that are queued till then. */
static int answer(const struct call *call, const char *error, json_t *parameters)
{
	struct client *client = call->client;

	if (call->request->oneway || client->gone) {
		json_decref(parameters);
		return parameters ? 0 : -ENOMEM;
	}
	return client_tell_error(client, error, parameters);
}

int call_reply(const struct call *call, json_t *parameters)
{
	return answer(call, NULL, parameters);
}

int call_error(const struct call *call, const char *error, json_t *parameters)
{
	return answer(call, error, parameters);
}

void client_make(struct client *client, struct parts *parts)
{
	assert(!client->making);
	client->making = parts;
}

static int go_on(struct client *client)
{
	int r = parts_work(client->making, client);

	if (r <= 0)
		client->making = parts_free(client->making);
	return r;
}

static int next_call(struct client *client)
{
	struct varlink_request request;
	struct call call = { .server = client->server, .client = client, .request = &request };
	ssize_t len = client_find_call(client);
	const char *bad;
	int r;

	assert(len >= 0);
	r = varlink_parse_request(buffer_head(&client->in), (size_t)len, &request, &bad);
	if (r < 0) {
		client_end(client, VARLINK_SERVICE ".InvalidParameter",
			   json_pack("{s:s}", "parameter", bad), "what is no varlink call");
		return 0;
	}
	buffer_consume(&client->in, (size_t)len + 1);
	client->scanned = 0;

	r = service_dispatch(&call);
	varlink_request_done(&request);
	/* What is short is answered at once. */
	return r >= 0 && client->making ? go_on(client) : r;
}

void client_work(struct server *server)
{
	struct client *client = user_next_client(server);
	int r;

	if (!client)
		return;
	r = client->making ? go_on(client) : next_call(client);
	if (r < 0)
		client_kill_failed(client, r);
	client_update(client);
	server_limit_memory(server);
}
