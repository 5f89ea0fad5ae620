// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long exits took as JSON.
 */
#include "config.h"

#include <errno.h>

#include "model/reason.h"
#include "model/registry.h"
#include "server/methods/json.h"
#include "server/methods/json_time.h"
#include "util/clock.h"
#include "util/util.h"

/* A share of vCPUs' time: 4,096 vCPUs that take a hundredth of a second are not zero. */
#define SHARE_STEPS 1e6

static int set_percentiles(json_t *json, const struct exit_time *time)
{
	static const struct {
		const char *key;
		unsigned int percent;
	} all[] = { { "p50_ns", 50 }, { "p95_ns", 95 }, { "p99_ns", 99 } };
	uint64_t ns;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		ns = exit_time_percentile(time, all[i].percent);
		if (ns && json_object_set_new(json, all[i].key, json_count(ns)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *json_time_taken(const struct exit_time *time)
{
	json_t *histogram = json_array(), *json;
	size_t i, n = 0;

	for (i = 0; i < EXIT_TIME_BUCKETS; i++)
		if (time->histogram[i])
			n = i + 1;
	for (i = 0; i < n; i++) {
		if (json_array_append_new(histogram, json_count(time->histogram[i])) < 0) {
			json_decref(histogram);
			return NULL;
		}
	}
	json = json_pack("{s:o, s:o, s:o, s:o}", "exits", json_count(exit_time_exits(time)),
			 "total_ns", json_count(time->total_ns), "max_ns", json_count(time->max_ns),
			 "histogram", histogram);
	if (set_percentiles(json, time) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

int json_set_time(json_t *owner, const char *key, bool is_timed, const struct exit_time *time)
{
	return is_timed && json_object_set_new(owner, key, json_time_taken(time)) < 0 ? -ENOMEM : 0;
}

static json_t *json_shares(const struct rates *rates)
{
	json_t *json = json_object();
	int i;

	for (i = 0; i < RATE_COUNT; i++) {
		json_t *value = json_real((double)(int64_t)(rates->per_s[i] * SHARE_STEPS + 0.5) /
					  SHARE_STEPS);

		if (json_object_set_new(json, rate_names[i], value) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

int json_set_recent(json_t *owner, const struct registry *registry, const struct vm *vm,
		    const struct reason_key *reason, uint64_t now_ns)
{
	struct exit_time time;
	struct rates shares;
	bool known;

	known = registry_recent_time(registry, vm, reason, now_ns, &time);
	if (json_set_time(owner, "recent", known, &time) < 0)
		return -ENOMEM;
	if ((reason && reason_waits(vm->isa, reason->code, reason->other)) ||
	    !registry_overhead(registry, vm, reason, now_ns, &shares))
		return 0;
	return json_object_set_new(owner, "overhead", json_shares(&shares)) < 0 ? -ENOMEM : 0;
}

int json_set_vm_times(json_t *owner, const struct registry *registry, const struct vm *vm,
		      uint64_t now_ns)
{
	uint64_t since_us = (vm->times_since_ns + (uint64_t)clock_realtime_offset_ns()) / NS_PER_US;
	struct exit_time time;
	uint64_t overhead_ns;

	if (!registry_vm_time_sum(vm, &time))
		return 0;
	if (json_set_time(owner, "time", true, &time) < 0)
		return -ENOMEM;
	if (vm->times_since_ns &&
	    json_object_set_new(owner, "times_since", json_time(since_us)) < 0)
		return -ENOMEM;
	if (registry_vm_overhead_time(vm, &overhead_ns) &&
	    json_object_set_new(owner, "overhead_ns", json_count(overhead_ns)) < 0)
		return -ENOMEM;
	return json_set_recent(owner, registry, vm, NULL, now_ns);
}
