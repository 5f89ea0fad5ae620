// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The histories of all VMs: how much memory they may take together, and how
 * one VM's is read.
 *
 * Where more is needed than there may be, what goes is, in this order: what is
 * out of date, of VMs that have been idle since; seconds, of VMs' first minutes
 * and of all but the last minute, for which ten seconds remain; and the oldest
 * ten minutes, again and again, so that all reach back equally far.
 */
#include "config.h"

#include "model/registry_internal.h"

#define MINUTE_S 60

/* With some room after clearing up, it is not to be done again at once. */
#define enough(pool) ((pool)->bytes <= (pool)->limit / 16 * 15)

#define FINE_MIN_SHORT 1

static uint32_t last_second(uint64_t ns)
{
	return (uint32_t)((ns ? ns - 1 : 0) / WINDOW_NS_PER_S);
}

static uint32_t vm_last_second(const struct vm *vm, uint64_t now_ns)
{
	return last_second(vm->alive ? now_ns : vm->ended_ns);
}

static void trim_list(struct registry *registry, struct vm_list *list, uint64_t now_ns,
		      bool fold_early)
{
	struct vm *vm;
	size_t i;

	TAILQ_FOREACH(vm, list, by_id) {
		if (fold_early)
			vm->early_end_min = 0;
		for (i = 0; i < vm->n_reasons; i++)
			history_trim(&vm->reasons[i].history, &registry->history, vm->early_end_min,
				     vm_last_second(vm, now_ns));
	}
}

static void trim_all(struct registry *registry, uint64_t now_ns, bool fold_early)
{
	trim_list(registry, &registry->live, now_ns, fold_early);
	trim_list(registry, &registry->dead, now_ns, fold_early);
}

static void forget_list(struct registry *registry, struct vm_list *list)
{
	struct vm *vm;
	size_t i;

	TAILQ_FOREACH(vm, list, by_id) {
		for (i = 0; i < vm->n_reasons; i++)
			history_forget(&vm->reasons[i].history, &registry->history,
				       registry->history.horizon_s);
	}
}

static void forget_oldest(struct registry *registry, uint64_t now_ns)
{
	uint32_t last_s = last_second(now_ns), step_s = HISTORY_COARSE_S * HISTORY_BUCKETS;
	uint32_t first_s = last_s > HISTORY_S ? last_s - HISTORY_S : 0, horizon_s;

	for (horizon_s = first_s - first_s % step_s + step_s;
	     horizon_s <= last_s && !enough(&registry->history); horizon_s += step_s) {
		if (registry->history.horizon_s < horizon_s)
			registry->history.horizon_s = horizon_s;
		forget_list(registry, &registry->live);
		forget_list(registry, &registry->dead);
	}
}

void registry_bound_history(struct registry *registry, uint64_t now_ns)
{
	struct history_pool *pool = &registry->history;
	uint32_t minute;

	if (pool->fine_min < HISTORY_FINE_MIN && pool->bytes < pool->limit / 2)
		pool->fine_min = HISTORY_FINE_MIN;
	if (pool->bytes <= pool->limit)
		return;

	/* Looking at all of them is worth it when there is more, or a minute passed. */
	minute = last_second(now_ns) / MINUTE_S;
	if (pool->bytes < pool->bounded + pool->limit / 16 && minute == pool->bounded_min)
		return;

	trim_all(registry, now_ns, false);
	if (!enough(pool)) {
		pool->fine_min = FINE_MIN_SHORT;
		trim_all(registry, now_ns, true);
	}
	if (!enough(pool))
		forget_oldest(registry, now_ns);
	pool->bounded = pool->bytes;
	pool->bounded_min = minute;
}

void registry_set_history_limit(struct registry *registry, size_t bytes)
{
	registry->history.limit = bytes;
}

size_t registry_history_bytes(const struct registry *registry)
{
	return registry->history.bytes;
}

/* Adds a stretch, or makes the last one longer. */
static size_t add_span(struct history_span spans[static HISTORY_SPANS_MAX], size_t n,
		       uint32_t from_s, uint32_t to_s, uint32_t step_s)
{
	struct history_span *last = n ? &spans[n - 1] : NULL;

	if (from_s >= to_s)
		return n;
	if (last && last->step_s == step_s && last->to_s == from_s) {
		last->to_s = to_s;
		return n;
	}
	spans[n] = (struct history_span){ .from_s = from_s, .to_s = to_s, .step_s = step_s };
	return n + 1;
}

static uint32_t max_s(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t min_s(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

size_t registry_vm_history_spans(const struct registry *registry, const struct vm *vm,
				 uint64_t now_ns,
				 struct history_span spans[static HISTORY_SPANS_MAX])
{
	uint32_t last_s = vm_last_second(vm, now_ns), end_s = last_s + 1, early_to_s, fine_s;
	uint32_t since_s, oldest_s, coarse_from_s = 0, coarse_to_s = 0, from_s;
	size_t i, n = 0;

	since_s =
		(uint32_t)((vm->watched ? vm->created_ns : registry->watched_ns) / WINDOW_NS_PER_S);
	since_s = min_s(since_s, last_s);
	oldest_s = last_s > HISTORY_S ? last_s - HISTORY_S : 0;
	oldest_s = max_s(oldest_s - oldest_s % HISTORY_COARSE_S, registry->history.horizon_s);
	for (i = 0; i < vm->n_reasons; i++)
		history_coarse_range(&vm->reasons[i].history, &coarse_from_s, &coarse_to_s);

	/* The first minutes, as far as they are not folded. */
	early_to_s = min_s(vm->early_end_min * MINUTE_S, end_s);
	if (coarse_to_s)
		early_to_s = min_s(early_to_s, coarse_from_s);
	if (early_to_s < since_s)
		early_to_s = since_s - since_s % HISTORY_COARSE_S;
	else
		n = add_span(spans, n, since_s, early_to_s, HISTORY_FINE_S);

	fine_s = last_s / MINUTE_S;
	fine_s = fine_s > HISTORY_FINE_MIN ? (fine_s - HISTORY_FINE_MIN) * MINUTE_S : 0;
	fine_s = min_s(max_s(fine_s, coarse_to_s), end_s);

	from_s = max_s(early_to_s, oldest_s);
	n = add_span(spans, n, from_s, fine_s, HISTORY_COARSE_S);
	return add_span(spans, n, max_s(max_s(from_s, fine_s), since_s), end_s, HISTORY_FINE_S);
}

void vm_reason_history(const struct vm_reason *reason, const struct history_span *span,
		       uint64_t *counts)
{
	history_read(&reason->history, span->from_s, span->to_s, span->step_s, counts);
}
