// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which reasons of a VM cost what, and how much of it could go. Where it is known what
 * exactly caused a reason's exits, those with the same explanation are taken by
 * themselves; each costs what the reason's exits do on average, if that was measured.
 *
 * A reason's cost is its rate times the time of one exit: the mean that the kernel
 * measured in the last minute or else in all its life, where it did, else the table's
 * figure. Sleeping costs nothing, and spinning what the exit does. What is
 * above the rate that the table calls normal for so many vCPUs is avoidable; the
 * limits of that rule are those of the table: it does not know the guest's load.
 */
#include "config.h"

#include <stdlib.h>

#include "ctl/clock.h"
#include "ctl/explain/explain.h"
#include "ctl/output.h"
#include "explain/detail.h"
#include "explain/explain.h"

#define NS_PER_SECOND 1e9
#define US_PER_SECOND 1e6

/* What the rates named "1m" are of, at least. */
#define WINDOW_S 60.0

static double cost_of(const json_t *reason, const struct explain *topic, bool *measured)
{
	const json_t *recent = json_object_get(reason, "recent");
	const json_t *time = recent ? recent : json_object_get(reason, "time");
	long long exits = get_int(time, "exits");

	*measured = false;
	if (topic && topic->cost == EXPLAIN_SLEEP)
		return 0;
	/* What was measured of a vCPU that spins is how long it waited for another one. */
	if (exits > 0 && !(topic && topic->cost == EXPLAIN_SPIN)) {
		*measured = true;
		return (double)get_int(time, "total_ns") / (double)exits;
	}
	return (double)explain_cost_ns(topic ? topic->cost : EXPLAIN_KERNEL);
}

double explain_exit_ns(const json_t *reason, bool *measured)
{
	const char *name = json_string_value(json_object_get(reason, "reason"));

	return cost_of(reason, name ? explain_reason(name) : NULL, measured);
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

/* A VM that lived for less counts as one second old: nobody can tell more. */
#define LIFE_MIN_S 1.0

double explain_span_s(const json_t *vm, int64_t now_us)
{
	double life_s = (double)vm_life_us(vm, now_us) / US_PER_SECOND;

	if (life_s < 0 || (json_is_true(json_object_get(vm, "alive")) && life_s >= WINDOW_S))
		return 0;
	return life_s < LIFE_MIN_S ? LIFE_MIN_S : life_s;
}

struct ranking {
	struct ranked *all;
	size_t n;
	long long vcpus;
	double span_s;
};

/* How often a reason, or in proportion a key of it, was counted. */
static double weight_of(const struct ranking *ranking, const json_t *counts, const char *total)
{
	if (ranking->span_s > 0)
		return (double)get_int(counts, total) / ranking->span_s;
	return get_rate(counts, "1m");
}

/* The exits of a reason that have the same topic are one element. */
static struct ranked *get_ranked(struct ranking *ranking, size_t first, const char *reason,
				 const struct explain *topic)
{
	struct ranked *r;
	size_t i;

	for (i = first; i < ranking->n; i++)
		if (ranking->all[i].topic == topic)
			return &ranking->all[i];
	r = &ranking->all[ranking->n++];
	*r = (struct ranked){ .reason = reason, .topic = topic };
	return r;
}

static void set_cost(const struct ranking *ranking, struct ranked *r, const json_t *reason)
{
	double over = 0;

	r->normal = r->topic ? (double)r->topic->normal * (double)ranking->vcpus : 0;
	r->cost = r->rate * cost_of(reason, r->topic, &r->measured) / NS_PER_SECOND;
	if (r->topic && r->topic->remedy && r->rate > r->normal)
		over = r->rate - r->normal;
	r->avoidable = over > 0 ? r->cost * over / r->rate : 0;
}

static const struct explain *topic_of(const char *reason, const json_t *detail)
{
	const char *class = json_string_value(json_object_get(detail, "class"));

	if (!class)
		return explain_reason(reason);
	return detail_explain(reason, detail_class_of(class),
			      (uint64_t)json_integer_value(json_object_get(detail, "value")));
}

/*
 * Details may have been switched on just now: they say in what proportion the reason's
 * exits have which keys.
 */
static void add_reason(struct ranking *ranking, const json_t *reason)
{
	const char *name = json_string_value(json_object_get(reason, "reason"));
	double rate = weight_of(ranking, reason, "total"), sum = 0;
	const json_t *details = json_object_get(reason, "details"), *detail;
	size_t i, first = ranking->n;
	struct ranked *r;

	if (!name)
		return;
	json_array_foreach(details, i, detail)
		sum += weight_of(ranking, detail, "exits");
	if (sum <= 0)
		get_ranked(ranking, first, name, explain_reason(name))->rate = rate;
	else
		json_array_foreach(details, i, detail) {
			r = get_ranked(ranking, first, name, topic_of(name, detail));
			r->rate += rate * weight_of(ranking, detail, "exits") / sum;
			if (!json_is_string(json_object_get(detail, "key")))
				continue;
			/* The most frequent one comes first. */
			if (!r->n_keys++)
				r->detail = detail;
		}
	for (i = first; i < ranking->n; i++)
		set_cost(ranking, &ranking->all[i], reason);
}

struct ranked *explain_rank(const json_t *vm, int64_t now_us, size_t *n)
{
	const json_t *reasons = json_object_get(vm, "reasons"), *reason;
	struct ranking ranking = { .vcpus = get_int(vm, "vcpu_count"),
				   .span_s = explain_span_s(vm, now_us) };
	size_t i, most = 0;

	json_array_foreach(reasons, i, reason)
		most += 1 + json_array_size(json_object_get(reason, "details"));
	ranking.all = calloc(most + 1, sizeof(*ranking.all));
	if (!ranking.all)
		return NULL;
	json_array_foreach(reasons, i, reason)
		add_reason(&ranking, reason);
	*n = ranking.n;
	if (!ranking.n) {
		free(ranking.all);
		return NULL;
	}
	qsort(ranking.all, ranking.n, sizeof(*ranking.all), compare);
	return ranking.all;
}
