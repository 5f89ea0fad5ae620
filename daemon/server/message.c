// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages to clients, and queues of them.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/message.h"

/* Doubled when full, a power of two. */
#define RING_MIN 8

static json_t *make_json(const char *error, json_t *parameters, bool continues)
{
	json_t *json = json_object();

	if ((error && json_object_set_new(json, "error", json_string(error)) < 0) ||
	    (parameters && json_object_set(json, "parameters", parameters) < 0) ||
	    (continues && json_object_set_new(json, "continues", json_true()) < 0)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

int message_new(struct message **out, size_t *total, const char *error, json_t *parameters,
		bool continues)
{
	json_t *json = make_json(error, parameters, continues);
	char *text = json ? json_dumps(json, MESSAGE_DUMP_FLAGS) : NULL;
	int r;

	json_decref(parameters);
	json_decref(json);
	if (!text)
		return -ENOMEM;
	/* The zero at its end goes with it. */
	r = message_from_text(out, total, text, strlen(text) + 1);
	if (r < 0)
		free(text);
	return r;
}

int message_from_text(struct message **out, size_t *total, char *text, size_t len)
{
	struct message *message = malloc(sizeof(*message));

	if (!message)
		return -ENOMEM;
	*message = (struct message){ .refs = 1, .total = total, .len = len, .data = text };
	*total += len;
	*out = message;
	return 0;
}

struct message *message_ref(struct message *message)
{
	message->refs++;
	return message;
}

struct message *message_unref(struct message *message)
{
	if (!message || --message->refs > 0)
		return NULL;
	*message->total -= message->len;
	free(message->data);
	free(message);
	return NULL;
}

static struct message *get(const struct queue *queue, size_t i)
{
	return queue->ring[(queue->first + i) & (queue->size - 1)];
}

static int grow(struct queue *queue)
{
	size_t i, size = queue->size > 0 ? queue->size * 2 : RING_MIN;
	struct message **ring = calloc(size, sizeof(struct message *));

	if (!ring)
		return -ENOMEM;
	for (i = 0; i < queue->n; i++)
		ring[i] = get(queue, i);
	free(queue->ring);
	queue->ring = ring;
	queue->size = size;
	queue->first = 0;
	return 0;
}

int queue_push(struct queue *queue, struct message *message)
{
	int r;

	if (queue->n == queue->size) {
		r = grow(queue);
		if (r < 0)
			return r;
	}
	queue->ring[(queue->first + queue->n) & (queue->size - 1)] = message_ref(message);
	queue->n++;
	queue->bytes += message->len;
	return 0;
}

size_t queue_peek(const struct queue *queue, struct iovec *iov, size_t max)
{
	size_t i, skip = queue->sent;

	for (i = 0; i < queue->n && i < max; i++) {
		struct message *message = get(queue, i);

		iov[i] = (struct iovec){ message->data + skip, message->len - skip };
		skip = 0;
	}
	return i;
}

void queue_consume(struct queue *queue, size_t bytes)
{
	struct message *message;

	assert(bytes <= queue->bytes);
	queue->bytes -= bytes;
	queue->sent += bytes;
	while (queue->n > 0) {
		message = get(queue, 0);
		if (queue->sent < message->len)
			break;
		queue->sent -= message->len;
		queue->first = (queue->first + 1) & (queue->size - 1);
		queue->n--;
		message_unref(message);
	}
	/* Most clients are idle most of the time. */
	if (queue->n == 0)
		queue_done(queue);
}

void queue_done(struct queue *queue)
{
	size_t i;

	for (i = 0; i < queue->n; i++)
		message_unref(get(queue, i));
	free(queue->ring);
	*queue = (struct queue){ 0 };
}

size_t message_mark(struct message *message, uint64_t mark)
{
	size_t bytes = message->mark == mark ? 0 : message->len;

	message->mark = mark;
	return bytes;
}

size_t queue_mark(const struct queue *queue, uint64_t mark)
{
	size_t i, bytes = 0;

	for (i = 0; i < queue->n; i++)
		bytes += message_mark(get(queue, i), mark);
	return bytes;
}
