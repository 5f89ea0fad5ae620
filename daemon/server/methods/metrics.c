// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The method GetMetrics, and what the server adds to the metrics.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/client.h"
#include "server/message.h"
#include "server/methods/service.h"
#include "server/parts.h"
#include "server/server.h"
#include "server/server_internal.h"
#include "util/buffer.h"
#include "util/clock.h"

static uint64_t cpu_ns(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

int server_metrics(const struct server *server, enum metrics_format format, struct buffer *out)
{
	const struct server_stats *stats = &server->stats;
	const struct metrics_input input = {
		.registry = server->registry,
		.status = server->status,
		.clients = {
			.connected = stats->clients,
			.watching = stats->watchers,
			.slow = stats->slow_clients,
			.bad = stats->bad_clients,
			.idle = stats->idle_clients,
			.refused = stats->refused_clients,
			.accept_failures = stats->accept_failures,
		},
		.details = server->metrics_details,
		.now_ns = clock_boottime_ns(),
		.cpu_ns = cpu_ns(),
	};

	return metrics_write(out, &input, format);
}

/* -- the text, which is made anew five times a second at most ------------------- */

/*
 * Anybody may ask, and as often as he likes: what was said this short a time ago is
 * said again. As over HTTP.
 */
#define FRESH_US	  (200 * US_PER_MS)
#define FRESH_ACCURACY_US (20 * US_PER_MS)

void server_drop_metrics(struct server *server)
{
	size_t i;

	for (i = 0; i < METRICS_FORMATS; i++)
		server->metrics[i] = message_unref(server->metrics[i]);
}

void server_set_metrics_details(struct server *server, size_t details)
{
	server->metrics_details = details;
	server_drop_metrics(server);
}

static int on_stale(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	server_drop_metrics(userdata);
	return 0;
}

static int start_stale(struct server *server)
{
	int enabled = SD_EVENT_OFF, r;

	if (!server->stale)
		return sd_event_add_time_relative(server->event, &server->stale, CLOCK_MONOTONIC,
						  FRESH_US, FRESH_ACCURACY_US, on_stale, server);
	(void)sd_event_source_get_enabled(server->stale, &enabled);
	if (enabled != SD_EVENT_OFF)
		return 0;
	r = sd_event_source_set_time_relative(server->stale, FRESH_US);
	return r < 0 ? r : sd_event_source_set_enabled(server->stale, SD_EVENT_ONESHOT);
}

/* The text, which stays the server's. */
static int get_text(struct server *server, enum metrics_format format, struct message **out)
{
	struct buffer text = { 0 };
	int r = 0;

	if (!server->metrics[format]) {
		r = server_metrics(server, format, &text);
		if (r >= 0)
			r = start_stale(server);
		/* Nothing of it was consumed, so it begins where it was allocated. */
		if (r >= 0)
			r = message_from_text(&server->metrics[format], &server->queued_bytes,
					      text.data, text.len);
		if (r < 0)
			buffer_done(&text);
	}
	*out = server->metrics[format];
	return r;
}

/* -- the method -------------------------------------------------------------------- */

/* What one element of a reply takes of the text, up to the end of a line. */
#define PIECE_BYTES (8 * 1024)

struct metrics {
	struct parts parts; /* first */
	enum metrics_format format;
	size_t sent; /* of parts.shared, the text */
};

static int open_text(struct parts *parts, struct buffer *text)
{
	const struct metrics *metrics = (struct metrics *)parts;
	int r = parts_open_member(
		text, json_pack("{s:s}", "content_type", metrics_content_type(metrics->format)),
		"text");

	return r < 0 ? r : parts_put(text, "\"");
}

static int next_piece(struct parts *parts, struct buffer *text)
{
	struct metrics *metrics = (struct metrics *)parts;
	const char *piece = parts->shared->data + metrics->sent, *end;
	size_t left = parts->shared->len - metrics->sent, n = left, at = text->len;
	int r;

	if (left == 0)
		return 0;
	if (left > PIECE_BYTES) {
		end = memchr(piece + PIECE_BYTES, '\n', left - PIECE_BYTES);
		n = end ? (size_t)(end - piece) + 1 : left;
	}
	r = parts_put_json(text, json_stringn(piece, n));
	if (r < 0)
		return r;
	metrics->sent += n;
	/* The string goes on where the last piece ended, so without quotation marks. */
	memmove(buffer_head(text) + at, buffer_head(text) + at + 1, text->len - at - 2);
	text->len -= 2;
	return 1;
}

static void free_metrics(struct parts *parts)
{
	free(parts);
}

static const struct parts_kind metrics_kind = {
	.open = open_text,
	.next = next_piece,
	.separator = "",
	.close = "\"}",
	.free = free_metrics,
};

int run_get_metrics(const struct call *call)
{
	const char *name = NULL;
	const struct varlink_param params[] = {
		{ "format", VARLINK_STRING, true, &name },
		{ .name = NULL },
	};
	enum metrics_format format = METRICS_OPENMETRICS;
	struct metrics *metrics;
	struct message *text;
	int r;

	r = call_parameters(call, params);
	if (r != 0)
		return r;
	if (name && metrics_format_parse(name, &format) < 0)
		return call_error(call, VARLINK_SERVICE ".InvalidParameter",
				  json_pack("{s:s}", "parameter", "format"));

	r = get_text(call->server, format, &text);
	if (r < 0)
		return r;
	metrics = calloc(1, sizeof(*metrics));
	if (!metrics)
		return -ENOMEM;
	metrics->format = format;
	metrics->parts.shared = message_ref(text);
	metrics->parts.own_bytes = sizeof(*metrics);
	return call_reply_parts(call, &metrics->parts, &metrics_kind);
}
