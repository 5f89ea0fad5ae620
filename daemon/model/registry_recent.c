// SPDX-License-Identifier: GPL-2.0-or-later
/* How long exits of a VM took lately, and which part of its vCPUs' time that is. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "model/reason.h"
#include "model/registry_internal.h"
#include "util/array.h"
#include "util/histogram.h"

void registry_drop_recent(struct registry *registry, struct vm *vm)
{
	registry->n_times -= vm->times.n;
	free(vm->times.all);
	vm->times = (struct vm_times){ 0 };
}

static bool is_time(const struct vm_time *time, const struct sample_time *sample)
{
	return time->code == sample->code && time->other == sample->other &&
	       time->rest == sample->rest;
}

/* vCPUs have their times in much the same order. */
static int get_time(struct registry *registry, struct vm *vm, const struct sample_time *sample,
		    struct vm_time **out)
{
	struct vm_times *times = &vm->times;
	struct vm_time *all;
	size_t i, at;

	for (i = 0; i < times->n; i++) {
		at = times->hint + i;
		if (at >= times->n)
			at -= times->n;
		if (is_time(&times->all[at], sample)) {
			times->hint = at + 1 < times->n ? at + 1 : 0;
			*out = &times->all[at];
			return 0;
		}
	}
	if (times->n >= TIMES_PER_VM_MAX || registry->n_times >= TIMES_PER_HOST_MAX) {
		times->incomplete = true;
		return -E2BIG;
	}
	all = array_reserve(times->all, &times->size, times->n + 1, sizeof(*all));
	if (!all) {
		times->incomplete = true;
		return -ENOMEM;
	}
	times->all = all;
	*out = &all[times->n++];
	**out = (struct vm_time){
		.code = sample->code,
		.other = sample->other,
		.rest = sample->rest,
		.waits = !sample->rest && reason_waits(vm->isa, sample->code, sample->other),
	};
	registry->n_times++;
	return 0;
}

/* -- what is new ----------------------------------------------------------- */

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/*
 * Of the longest exit, it is known when it was only where it is longer than the one
 * before. Else none was longer than its bucket allows, and all of them together.
 */
static void subtract(const struct exit_time *now, const struct exit_time *before,
		     struct exit_time *out)
{
	uint64_t now_exits = 0, before_exits = 0, end_ns;
	size_t i, n = 0;

	/* In one go: that is done for each reason of each vCPU and batch. */
	for (i = 0; i < EXIT_TIME_BUCKETS; i++) {
		now_exits += now->histogram[i];
		before_exits += before->histogram[i];
		out->histogram[i] = more(now->histogram[i], before->histogram[i]);
		if (out->histogram[i])
			n = i + 1;
	}
	if (now_exits < now->exits)
		now_exits = now->exits;
	if (before_exits < before->exits)
		before_exits = before->exits;
	out->exits = more(now_exits, before_exits);
	out->total_ns = more(now->total_ns, before->total_ns);
	out->max_ns = now->max_ns;
	if (now->max_ns > before->max_ns)
		return;
	end_ns = (uint64_t)EXIT_TIME_FIRST_NS << (n ? n - 1 : 0);
	if (n > 0 && n < EXIT_TIME_BUCKETS && end_ns < out->max_ns)
		out->max_ns = end_ns;
	if (out->total_ns < out->max_ns)
		out->max_ns = out->total_ns;
}

static void add_to_slot(struct vm_time *sum, const struct exit_time *time, uint64_t at_ns)
{
	uint32_t number = (uint32_t)(at_ns / WINDOW_NS_PER_S / WINDOW_COARSE_S);
	struct time_slot *slot = &sum->slots[number % TIMES_SLOTS];
	uint64_t exits;
	size_t i;

	/* A message that was overtaken, by far. */
	if (slot->number > number)
		return;
	if (slot->number != number)
		*slot = (struct time_slot){ .number = number };
	slot->exits += time->exits;
	slot->total_ns += time->total_ns;
	if (slot->max_ns < time->max_ns)
		slot->max_ns = time->max_ns;
	for (i = 0; i < EXIT_TIME_BUCKETS; i++) {
		exits = slot->histogram[i] + time->histogram[i];
		slot->histogram[i] = exits < time->histogram[i] || exits > UINT32_MAX ?
					     UINT32_MAX :
					     (uint32_t)exits;
	}
}

int registry_add_recent(struct registry *registry, struct vm *vm, const struct exit_time *known,
			const struct sample_time *sample, uint64_t from_ns, uint64_t to_ns)
{
	struct exit_time time;
	struct vm_time *sum;
	uint64_t spent_ns;
	int r;

	if (sample->time.total_ns < known->total_ns || sample->time.exits < known->exits ||
	    (sample->time.total_ns == known->total_ns && sample->time.exits == known->exits))
		return 0;
	r = get_time(registry, vm, sample, &sum);
	/* The VM's totals are whole all the same: that is no loss. */
	if (r < 0)
		return r == -E2BIG ? 0 : r;
	subtract(&sample->time, known, &time);
	add_to_slot(sum, &time, to_ns);

	/* A vCPU is in one exit at a time: what takes longer than the span began before it. */
	if (from_ns > to_ns || time.total_ns > to_ns - from_ns)
		from_ns = to_ns > time.total_ns ? to_ns - time.total_ns : 0;
	spent_ns = time.total_ns + sum->odd_ns;
	window_add(&sum->spent, from_ns, to_ns, spent_ns / TIMES_UNIT_NS);
	sum->odd_ns = (uint32_t)(spent_ns % TIMES_UNIT_NS);
	return 0;
}

/* -- reading --------------------------------------------------------------- */

static bool is_wanted(const struct vm_time *time, const struct reason_key *reason)
{
	if (!reason)
		return !time->waits;
	return !time->rest && time->code == reason->code && time->other == reason->other;
}

/* Before it was created, the VM had no vCPUs' time; the rest as with rates. */
static uint64_t known_since_s(const struct registry *registry, const struct vm *vm)
{
	const uint64_t since_ns[] = { registry->times_seen_ns, vm->times_since_ns, vm->first_ns };
	uint64_t since_s = registry_known_since_s(registry, vm);
	size_t i;

	for (i = 0; i < sizeof(since_ns) / sizeof(since_ns[0]); i++)
		if (since_s < since_ns[i] / WINDOW_NS_PER_S)
			since_s = since_ns[i] / WINDOW_NS_PER_S;
	return since_s;
}

bool registry_overhead(const struct registry *registry, const struct vm *vm,
		       const struct reason_key *reason, uint64_t now_ns, struct rates *out)
{
	uint64_t end_s = registry_known_until_s(registry, vm, now_ns);
	uint64_t since_s = known_since_s(registry, vm);
	uint64_t vcpus = vm->n_vcpus > vm->vcpus_created ? vm->n_vcpus : vm->vcpus_created;
	uint64_t sums[RATE_COUNT] = { 0 };
	bool found = !reason;
	size_t i;
	int k;

	if (!vm->times.n || vm->times.incomplete || end_s <= since_s)
		return false;
	for (i = 0; i < vm->times.n; i++) {
		if (!is_wanted(&vm->times.all[i], reason))
			continue;
		found = true;
		window_sum(&vm->times.all[i].spent, end_s, sums);
	}
	if (!found)
		return false;
	window_rates(sums, end_s, since_s, out);
	for (k = 0; k < RATE_COUNT; k++) {
		out->per_s[k] *= (double)TIMES_UNIT_NS / WINDOW_NS_PER_S / (double)vcpus;
		/* Batches are late by some milliseconds, this one or the one before. */
		if (out->per_s[k] > 1)
			out->per_s[k] = 1;
	}
	return true;
}

static void add_slot(struct exit_time *sum, const struct time_slot *slot)
{
	size_t i;

	sum->exits += slot->exits;
	sum->total_ns += slot->total_ns;
	if (sum->max_ns < slot->max_ns)
		sum->max_ns = slot->max_ns;
	for (i = 0; i < EXIT_TIME_BUCKETS; i++)
		sum->histogram[i] += slot->histogram[i];
}

bool registry_recent_time(const struct registry *registry, const struct vm *vm,
			  const struct reason_key *reason, uint64_t now_ns, struct exit_time *out)
{
	uint64_t end_s = registry_known_until_s(registry, vm, now_ns);
	/* Of the minute before, the slot that it begins in, too. */
	uint64_t first = (end_s > 60 ? end_s - 60 : 0) / WINDOW_COARSE_S;
	size_t i, k;

	*out = (struct exit_time){ 0 };
	if (vm->times.incomplete)
		return false;
	for (i = 0; i < vm->times.n; i++) {
		if (!is_wanted(&vm->times.all[i], reason))
			continue;
		for (k = 0; k < TIMES_SLOTS; k++)
			if (vm->times.all[i].slots[k].number >= first)
				add_slot(out, &vm->times.all[i].slots[k]);
	}
	return out->exits > 0;
}

bool registry_vm_overhead_time(const struct vm *vm, uint64_t *total_ns)
{
	bool found = false;
	size_t i, j;

	*total_ns = 0;
	for (i = 0; i < vm->n_vcpus; i++) {
		for (j = 0; j < vm->vcpus[i]->n_times; j++) {
			const struct sample_time *time = &vm->vcpus[i]->times[j];

			found = true;
			if (time->rest || !reason_waits(vm->isa, time->code, time->other))
				*total_ns += time->time.total_ns;
		}
	}
	return found;
}

uint64_t exit_time_percentile(const struct exit_time *time, unsigned int percent)
{
	const struct histogram histogram = { time->histogram, EXIT_TIME_BUCKETS, EXIT_TIME_FIRST_NS,
					     time->max_ns };

	return histogram_percentile_ns(&histogram, percent);
}
