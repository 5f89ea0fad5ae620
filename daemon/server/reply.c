// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The answer to a call.
 */
#include "config.h"

#include <errno.h>

#include "server/client.h"
#include "server/methods/service.h"
#include "server/server_internal.h"
#include "server/varlink_parse.h"

/* Queues one message; the loop sends it, with all that are queued till then. */
static int answer(const struct call *call, const char *error, json_t *parameters)
{
	struct message *message;
	int r;

	if (call->request->oneway) {
		json_decref(parameters);
		return 0;
	}
	r = message_new(&message, &call->server->queued_bytes, error, parameters, false);
	if (r < 0)
		return r;
	r = queue_push(&call->client->out, message);
	message_unref(message);
	server_limit_queue(call->server);
	return r;
}

int call_reply(const struct call *call, json_t *parameters)
{
	return parameters ? answer(call, NULL, parameters) : -ENOMEM;
}

int call_error(const struct call *call, const char *error, json_t *parameters)
{
	return parameters ? answer(call, error, parameters) : -ENOMEM;
}

void client_tell_too_long(struct client *client)
{
	struct server *server = client->server;
	json_t *parameters =
		json_pack("{s:I}", "max_bytes", (json_int_t)server->limits.request_bytes);
	struct message *message;

	if (!parameters || message_new(&message, &server->queued_bytes,
				       VARLINK_EXITS ".CallTooLong", parameters, false) < 0)
		return;
	(void)queue_push(&client->out, message);
	message_unref(message);
}
