// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The methods of io.kvmexit.Exits.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "model/registry.h"
#include "model/status.h"
#include "server/methods/history.h"
#include "server/methods/json.h"
#include "server/methods/lookup.h"
#include "server/methods/service.h"
#include "server/server.h"
#include "server/server_internal.h"
#include "util/clock.h"
#include "util/journal_socket.h"

/* Null for none. */
static json_t *json_source(const struct source_traits *source)
{
	uint64_t since_ns = source->since_ns;

	if (!source->name)
		return json_null();
	if (since_ns != 0)
		since_ns += (uint64_t)clock_realtime_offset_ns();
	return json_pack("{s:s, s:o, s:b, s:s?, s:s?}", "name", source->name, "since",
			 since_ns ? json_time(since_ns / NS_PER_US) : json_null(), "times",
			 (int)source->times, "cost", source->cost, "blind", source->blind);
}

static int run_status(const struct call *call)
{
	static const struct varlink_param none[] = { { .name = NULL } };
	const struct daemon_status *status = call->server->status;
	const struct registry *registry = call->server->registry;
	const struct server_stats *stats = &call->server->stats;
	uint64_t now_ns = clock_boottime_ns();
	json_t *epoch, *recording = NULL;
	int r;

	r = call_parameters(call, none);
	if (r != 0)
		return r;

	if (status->recording.state != RECORDING_NONE)
		recording = json_pack("{s:s, s:s?, s:I}", "state",
				      recording_state_name(status->recording.state), "error",
				      status->recording.error ? strerror(-status->recording.error) :
								NULL,
				      "left_out", (json_int_t)status->recording.left_out);
	epoch = status->has_epoch ? json_integer((json_int_t)status->epoch) : json_null();
	return call_reply(
		call,
		json_pack(
			"{s:o, s:s, s:s, s:b, s:s?, s:s?, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I,"
			" s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:s?, s:I, s:o?}",
			"now", json_now(now_ns), "version", PACKAGE_VERSION, "kernel",
			kernel_state_name(status->kernel), "synced", status_synced(status, now_ns),
			"advice", status_advice(status, now_ns), "replay",
			replay_state_name(status->replay), "journal_dropped",
			(json_int_t)journal_socket_dropped(), "epoch", epoch, "started",
			json_time(status->started_us), "started_boottime_us",
			json_boottime(status->started_ns), "batches", (json_int_t)status->batches,
			"lost", (json_int_t)status->lost, "resyncs", (json_int_t)status->resyncs,
			"malformed", (json_int_t)status->malformed, "vms",
			(json_int_t)registry_n_live(registry), "ended_vms",
			(json_int_t)registry_n_dead(registry), "vcpus",
			(json_int_t)registry_n_vcpus(registry), "storms",
			(json_int_t)registry_n_storms(registry), "clients",
			(json_int_t)stats->clients, "watchers", (json_int_t)stats->watchers,
			"slow_clients", (json_int_t)stats->slow_clients, "bad_clients",
			(json_int_t)stats->bad_clients, "idle_clients",
			(json_int_t)stats->idle_clients, "refused_clients",
			(json_int_t)stats->refused_clients, "accept_failures",
			(json_int_t)stats->accept_failures, "failed_dumps",
			(json_int_t)status->failed_dumps, "source", json_source(&status->source),
			"missed_exits", (json_int_t)status->losses.exits, "missed_vcpus",
			(json_int_t)status->losses.vcpus, "replay_damage",
			replay_damage_name(status->replay_damage), "replay_left_out",
			(json_int_t)status->replay_left_out, "recording", recording));
}

static int run_watch(const struct call *call)
{
	const char *text = NULL;
	const struct varlink_param params[] = {
		{ "vm", VARLINK_STRING, true, &text },
		{ .name = NULL },
	};
	struct watch watch = { 0 };
	struct lookup_match match;
	int r;

	r = call_parameters(call, params);
	if (r != 0)
		return r;
	if (!call->request->more)
		return call_error(call, VARLINK_SERVICE ".ExpectedMore", json_object());

	if (text) {
		r = call_find_vm(call, text, false, &match);
		if (r != 0)
			return r;
		watch.one_vm = true;
		watch.epoch = match.vm->epoch;
		watch.vm_id = match.vm->id;
	}
	client_watch(call->client, &watch);
	return 0;
}

/* clang-format off */
const struct method exits_methods[] = {
	{ "Status", run_status, false },
	{ "List", run_list, false },
	{ "Show", run_show, false },
	{ "Watch", run_watch, false },
	{ "GetHistory", run_get_history, false },
	{ "GetMetrics", run_get_metrics, false },
	{ "GetConfig", run_get_config, false },
	{ "SetConfig", run_set_config, true },
	{ "ReloadConfig", run_reload_config, true },
	{ .name = NULL },
};
/* clang-format on */
