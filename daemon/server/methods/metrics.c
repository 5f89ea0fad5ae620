// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The method GetMetrics, and what the server adds to the metrics.
 */
#include "config.h"

#include <errno.h>
#include <time.h>

#include "server/client.h"
#include "server/methods/service.h"
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
		.now_ns = clock_boottime_ns(),
		.cpu_ns = cpu_ns(),
	};

	return metrics_write(out, &input, format);
}

int run_get_metrics(const struct call *call)
{
	const char *name = NULL;
	const struct varlink_param params[] = {
		{ "format", VARLINK_STRING, true, &name },
		{ .name = NULL },
	};
	enum metrics_format format = METRICS_OPENMETRICS;
	struct buffer text = { 0 };
	json_t *json;
	int r;

	r = call_parameters(call, params);
	if (r != 0)
		return r;
	if (name && metrics_format_parse(name, &format) < 0)
		return call_error(call, VARLINK_SERVICE ".InvalidParameter",
				  json_pack("{s:s}", "parameter", "format"));

	r = server_metrics(call->server, format, &text);
	json = r < 0 ? NULL : json_stringn(buffer_head(&text), text.len);
	buffer_done(&text);
	return call_reply(call, json_pack("{s:s, s:o}", "content_type",
					  metrics_content_type(format), "text", json));
}
