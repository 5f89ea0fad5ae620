// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which reasons of a VM cost what, and how much of it could go.
 *
 * A reason's cost is its rate times the time of one exit: the mean that the kernel
 * measured, where it did, else the table's figure. Sleeping costs nothing. What is
 * above the rate that the table calls normal for so many vCPUs is avoidable; the
 * limits of that rule are those of the table: it does not know the guest's load.
 */
#include "config.h"

#include <stdlib.h>

#include "ctl/explain/explain.h"
#include "ctl/output.h"
#include "explain/explain.h"

#define NS_PER_SECOND 1e9

/* Of one exit, in ns. */
static double cost_of(const json_t *reason, const struct explain *topic, bool *measured)
{
	const json_t *time = json_object_get(reason, "time");
	long long exits = get_int(time, "exits");

	*measured = false;
	if (topic && topic->cost == EXPLAIN_SLEEP)
		return 0;
	if (exits > 0) {
		*measured = true;
		return (double)get_int(time, "total_ns") / (double)exits;
	}
	return (double)explain_cost_ns(topic ? topic->cost : EXPLAIN_KERNEL);
}

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->avoidable != y->avoidable)
		return x->avoidable < y->avoidable ? 1 : -1;
	if (x->cost != y->cost)
		return x->cost < y->cost ? 1 : -1;
	return x->rate < y->rate ? 1 : x->rate > y->rate ? -1 : 0;
}

struct ranked *explain_rank(const json_t *vm, size_t *n)
{
	const json_t *reasons = json_object_get(vm, "reasons"), *reason;
	long long vcpus = get_int(vm, "vcpu_count");
	struct ranked *ranked;
	double over;
	size_t i;

	*n = json_array_size(reasons);
	ranked = calloc(*n ? *n : 1, sizeof(*ranked));
	if (!ranked || !*n) {
		free(ranked);
		return NULL;
	}
	json_array_foreach(reasons, i, reason) {
		struct ranked *r = &ranked[i];

		r->reason = json_string_value(json_object_get(reason, "reason"));
		r->topic = r->reason ? explain_reason(r->reason) : NULL;
		r->rate = get_rate(reason, "1m");
		r->normal = r->topic ? (double)r->topic->normal * (double)vcpus : 0;
		r->cost = r->rate * cost_of(reason, r->topic, &r->measured) / NS_PER_SECOND;
		over = r->topic && r->topic->remedy && r->rate > r->normal ? r->rate - r->normal :
									     0;
		r->avoidable = over > 0 ? r->cost * over / r->rate : 0;
	}
	qsort(ranked, *n, sizeof(*ranked), compare);
	return ranked;
}
