// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "read_registry.h"

#include <stdlib.h>

#include "fuzz.h"
#include "model/registry.h"

static void read_rates(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	struct rates *rates, sum;
	size_t i, n = vm->n_reasons;

	for (i = 0; i < vm->n_vcpus; i++)
		if (n < vm->vcpus[i]->n_reasons)
			n = vm->vcpus[i]->n_reasons;
	rates = calloc(n + 1, sizeof(*rates));
	if (!rates)
		return;
	registry_vm_rates(registry, vm, now_ns, rates, &sum);
	for (i = 0; i < RATE_COUNT; i++)
		fuzz_assert(sum.per_s[i] >= 0.0);
	for (i = 0; i < vm->n_vcpus; i++)
		registry_vcpu_rates(registry, vm, vm->vcpus[i], now_ns, rates, &sum);
	free(rates);
}

/* Sums of vCPUs, within their limits. */
static void read_details(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	const struct vm_details *details = &vm->details;
	uint64_t sums = 0, exits = 0;
	struct rates rates;
	double rate;
	size_t i, j;

	fuzz_assert(details->n_rests <= DETAIL_RESTS_PER_VM_MAX);
	fuzz_assert(details->n - details->n_rests <= DETAIL_KEYS_PER_VM_MAX);
	for (i = 0; i < details->n; i++) {
		sums += details->all[i].exits;
		registry_detail_rates(registry, vm, &details->all[i], now_ns, &rates);
	}
	for (i = 0; i < vm->n_vcpus; i++)
		for (j = 0; j < vm->vcpus[i]->details.n; j++)
			exits += vm->vcpus[i]->details.all[j].exits;
	fuzz_assert(sums == exits);
	(void)registry_top_detail(registry, vm, NULL, now_ns, &rate);
}

static void read_times(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	const struct vm_times *times = &vm->times;
	struct rates shares;
	struct exit_time time;
	struct reason_key key;
	size_t i, k;

	fuzz_assert(times->n <= TIMES_PER_VM_MAX);
	for (i = 0; i <= times->n; i++) {
		if (i < times->n)
			key = (struct reason_key){ times->all[i].code, times->all[i].other };
		if (registry_overhead(registry, vm, i < times->n ? &key : NULL, now_ns, &shares))
			for (k = 0; k < RATE_COUNT; k++)
				fuzz_assert(shares.per_s[k] >= 0.0 && shares.per_s[k] <= 1.0);
		if (registry_recent_time(registry, vm, i < times->n ? &key : NULL, now_ns, &time))
			fuzz_assert(exit_time_percentile(&time, 50) <=
					    exit_time_percentile(&time, 99) &&
				    exit_time_percentile(&time, 99) <= time.max_ns);
	}
}

/* A client is sent all buckets of all spans: there must not be many. */
static void read_history(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	struct history_span spans[HISTORY_SPANS_MAX];
	size_t n = registry_vm_history_spans(registry, vm, now_ns, spans), i, j;
	static uint64_t counts[HISTORY_S];

	fuzz_assert(n <= HISTORY_SPANS_MAX);
	for (i = 0; i < n; i++) {
		fuzz_assert(spans[i].from_s < spans[i].to_s);
		fuzz_assert(history_span_n(&spans[i]) <= HISTORY_S);
		for (j = 0; j < vm->n_reasons; j++)
			vm_reason_history(&vm->reasons[j], &spans[i], counts);
	}
}

static size_t read_list(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	uint64_t exits;
	size_t n, i;

	for (n = 0; vm; vm = registry_next(vm), n++) {
		for (i = 0, exits = 0; i < vm->n_reasons; i++)
			exits += vm_reason_total(&vm->reasons[i]);
		fuzz_assert(exits == vm->exits);
		read_rates(registry, vm, now_ns);
		read_details(registry, vm, now_ns);
		/* Some time after the last dump, up to which nothing is recent. */
		read_times(registry, vm, now_ns + 20 * WINDOW_NS_PER_S);
		read_history(registry, vm, now_ns);
	}
	return n;
}

void fuzz_read_registry(struct registry *registry, uint64_t now_ns)
{
	struct vm *vm;

	while ((vm = registry_next_change(registry))) {
		(void)registry_check_storm(registry, vm, now_ns);
		registry_change_done(registry, vm);
	}
	fuzz_assert(read_list(registry, registry_first_live(registry), now_ns) ==
		    registry_n_live(registry));
	fuzz_assert(read_list(registry, registry_first_dead(registry), now_ns) ==
		    registry_n_dead(registry));
	fuzz_assert(registry_n_dead(registry) <= REGISTRY_DEAD_MAX);
	fuzz_assert(registry_history_bytes(registry) <= 2 * HISTORY_BYTES_MAX);
}
