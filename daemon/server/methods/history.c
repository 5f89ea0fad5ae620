// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GetHistory: when a VM made its exits.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/reason.h"
#include "model/registry.h"
#include "server/methods/history.h"
#include "server/methods/json.h"
#include "server/server_internal.h"
#include "util/clock.h"
#include "util/util.h"

/* What is asked for. */
struct query {
	const struct vm *vm;
	const json_t *reasons; /* names, or NULL for all */
};

static bool is_wanted(const struct query *query, const struct vm_reason *reason)
{
	char buf[REASON_NAME_MAX];
	const char *name;
	const json_t *wanted;
	size_t i;

	if (!query->reasons)
		return true;
	name = reason_name(query->vm->isa, reason->code, reason->other, buf);
	json_array_foreach((json_t *)query->reasons, i, wanted) {
		if (strcmp(json_string_value(wanted), name) == 0)
			return true;
	}
	return false;
}

static json_t *json_counts(const uint64_t *counts, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++) {
		if (json_array_append_new(list, json_count(counts[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *json_reason_history(const struct query *query, const struct vm_reason *reason,
				   const uint64_t *counts, size_t n)
{
	char buf[REASON_NAME_MAX];

	return json_pack("{s:s, s:o, s:o}", "reason",
			 reason_name(query->vm->isa, reason->code, reason->other, buf), "code",
			 json_code(reason->code, reason->other), "exits", json_counts(counts, n));
}

/* Of the reasons only those that were seen in the span. */
static json_t *json_span(const struct query *query, const struct history_span *span)
{
	size_t n = history_span_n(span), i, j;
	_cleanup_free_ uint64_t *one = calloc(n, sizeof(*one));
	_cleanup_free_ uint64_t *all = calloc(n, sizeof(*all));
	const struct vm *vm = query->vm;
	json_t *list = json_array();
	int64_t start_ns = (int64_t)(span->from_s * NS_PER_S);
	uint64_t sum;

	for (i = 0; one && all && i < vm->n_reasons; i++) {
		memset(one, 0, n * sizeof(*one));
		vm_reason_history(&vm->reasons[i], span, one);
		for (j = 0, sum = 0; j < n; j++) {
			all[j] += one[j];
			sum += one[j];
		}
		if (sum && is_wanted(query, &vm->reasons[i]) &&
		    json_array_append_new(list,
					  json_reason_history(query, &vm->reasons[i], one, n)) < 0)
			break;
	}
	if (!one || !all || i < vm->n_reasons) {
		json_decref(list);
		return NULL;
	}
	/* The clock as it was when the VM began, so that buckets fit its start. */
	start_ns += (int64_t)(vm->started_us * NS_PER_US) - (int64_t)vm->first_ns;
	return json_pack("{s:o, s:f, s:i, s:o, s:o}", "start",
			 json_time((uint64_t)start_ns / NS_PER_US), "age",
			 ((double)span->from_s * (double)NS_PER_S - (double)vm->first_ns) /
				 (double)NS_PER_S,
			 "step", (int)span->step_s, "exits", json_counts(all, n), "reasons", list);
}

json_t *json_history(const struct registry *registry, const struct vm *vm, uint64_t now_ns,
		     const json_t *reasons, uint64_t seconds)
{
	struct history_span spans[HISTORY_SPANS_MAX];
	size_t n = registry_vm_history_spans(registry, vm, now_ns, spans), i;
	const struct query query = { .vm = vm, .reasons = reasons };
	uint32_t end_s = n ? spans[n - 1].to_s : 0, from_s;
	json_t *list = json_array();

	from_s = seconds < end_s ? end_s - (uint32_t)seconds : 0;
	for (i = 0; i < n; i++) {
		if (spans[i].to_s <= from_s)
			continue;
		if (spans[i].from_s < from_s)
			spans[i].from_s +=
				(from_s - spans[i].from_s) / spans[i].step_s * spans[i].step_s;
		if (json_array_append_new(list, json_span(&query, &spans[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int run_get_history(const struct call *call)
{
	const char *text = NULL;
	const json_t *reasons = NULL;
	uint64_t seconds = UINT64_MAX, now_ns = clock_boottime_ns();
	const struct varlink_param params[] = {
		{ "vm", VARLINK_STRING, false, &text },
		{ "reasons", VARLINK_STRINGS, true, &reasons },
		{ "seconds", VARLINK_UINT, true, &seconds },
		{ .name = NULL },
	};
	const struct registry *registry = call->server->registry;
	struct lookup_match match;
	json_t *vm;
	int r;

	r = call_parameters(call, params);
	if (r == 0)
		r = call_find_vm(call, text, true, &match);
	if (r != 0)
		return r;
	vm = json_matched(json_vm(registry, match.vm, now_ns), match.key);
	return call_reply(call,
			  json_pack("{s:o, s:o, s:o}", "now", json_now(now_ns), "vm", vm, "spans",
				    json_history(registry, match.vm, now_ns, reasons, seconds)));
}
