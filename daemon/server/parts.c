// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replies of any length.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/client.h"
#include "server/methods/service.h"
#include "server/parts.h"
#include "server/server_internal.h"
#include "server/varlink_parse.h"
#include "util/clock.h"

/*
 * Another's call may wait for some slices. Elements cost more or less by what is
 * summed up in them, so both bound a slice: whichever comes first ends it.
 */
#define SLICE_BYTES (32 * 1024)
#define SLICE_NS    (4 * NS_PER_MS)
/* So much however long it takes: what is short comes in one part. */
#define SLICE_BYTES_MIN (4 * 1024)

static int put_bytes(const char *bytes, size_t n, void *text)
{
	return buffer_append(text, bytes, n);
}

int parts_put(struct buffer *text, const char *more)
{
	return buffer_append(text, more, strlen(more));
}

int parts_put_json(struct buffer *text, json_t *json)
{
	int r = json ? json_dump_callback(json, put_bytes, text,
					  MESSAGE_DUMP_FLAGS | JSON_ENCODE_ANY) :
		       -1;

	json_decref(json);
	return r < 0 ? -ENOMEM : 0;
}

int parts_open_member(struct buffer *text, json_t *object, const char *key)
{
	bool empty = json_object_size(object) == 0;
	int r = parts_put_json(text, object);

	if (r < 0)
		return r;
	text->len--;
	r = parts_put(text, empty ? "\"" : ",\"");
	if (r >= 0)
		r = parts_put(text, key);
	return r < 0 ? r : parts_put(text, "\":");
}

struct parts *parts_free(struct parts *parts)
{
	if (!parts)
		return NULL;
	buffer_done(&parts->text);
	message_unref(parts->shared);
	parts->kind->free(parts);
	return NULL;
}

size_t parts_bytes(const struct parts *parts)
{
	return parts ? parts->text.size + parts->own_bytes : 0;
}

int call_reply_parts(const struct call *call, struct parts *parts, const struct parts_kind *kind)
{
	parts->kind = kind;
	parts->server = call->server;
	parts->more = call->request->more;
	parts->first = true;
	if (call->request->oneway)
		parts_free(parts);
	else
		client_make(call->client, parts);
	return 0;
}

/* Ends the reply that is being made, and queues it. */
static int finish(struct parts *parts, struct client *client, bool continues)
{
	struct buffer *text = &parts->text;
	struct message *message;
	char *data;
	int r;

	r = parts_put(text, parts->kind->close);
	if (r >= 0 && continues)
		r = parts_put(text, ",\"continues\":true");
	if (r >= 0)
		r = buffer_append(text, "}", sizeof("}"));
	if (r < 0)
		return r;
	/* It is kept as long as the client likes. */
	data = realloc(text->data, text->len);
	if (!data)
		return -ENOMEM;
	text->data = data;
	r = message_from_text(&message, &parts->server->queued_bytes, data, text->len);
	if (r < 0)
		return r;
	*text = (struct buffer){ 0 };
	r = queue_push(&client->out, message);
	message_unref(message);
	parts->n = 0;
	parts->first = false;
	return r < 0 ? r : continues;
}

static int open_reply(struct parts *parts)
{
	int r = parts_put(&parts->text, "{\"parameters\":");

	return r < 0 ? r : parts->kind->open(parts, &parts->text);
}

static int add_element(struct parts *parts)
{
	struct buffer *text = &parts->text;
	size_t before = text->len;
	int r = 0;

	if (parts->n > 0)
		r = parts_put(text, parts->kind->separator);
	if (r >= 0)
		r = parts->kind->next(parts, text);
	if (r > 0)
		parts->n++;
	else
		text->len = before;
	return r;
}

/* By the real clock, also in a replay. */
static uint64_t monotonic_ns(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

int parts_work(struct parts *parts, struct client *client)
{
	const struct server_limits *limits = &parts->server->limits;
	struct buffer *text = &parts->text;
	size_t from;
	uint64_t end_ns = monotonic_ns() + SLICE_NS;
	int r = text->len > 0 ? 1 : open_reply(parts);

	if (r < 0)
		return r;
	from = text->len;
	do
		r = add_element(parts);
	while (r > 0 && text->len < from + SLICE_BYTES &&
	       (text->len < from + SLICE_BYTES_MIN || monotonic_ns() < end_ns));

	if (r == -ENOENT)
		return client_tell_error(client, VARLINK_EXITS ".NoSuchVm",
					 parts->kind->gone(parts));
	if (r < 0)
		return r;
	if (!parts->more && text->len > limits->single_bytes)
		return client_tell_error(client, VARLINK_EXITS ".ReplyTooLong",
					 json_pack("{s:I}", "max_bytes",
						   (json_int_t)limits->single_bytes));
	if (r > 0 && !parts->more)
		return 1;
	return finish(parts, client, r > 0);
}
