// SPDX-License-Identifier: GPL-2.0-or-later
/* An hour of history, against a model that keeps every second for ever. */
#include "config.h"

#include "model/history.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/window.h"
#include "model_build.h"
#include "unit_test.h"

#define S      WINDOW_NS_PER_S
#define MINUTE UINT64_C(60)

#define HLT 0x78
#define MSR 0x7c

/* Seconds of the model. */
#define MODEL_S 20000

static struct history_pool new_pool(void)
{
	return (struct history_pool){ .limit = HISTORY_BYTES_MAX, .fine_min = HISTORY_FINE_MIN };
}

static void model_add(uint64_t *model, uint64_t from_ns, uint64_t to_ns, uint64_t exits)
{
	uint64_t s, end_ns, share, shared = 0;

	if (from_ns >= to_ns)
		from_ns = to_ns - 1;
	for (s = from_ns / S; s <= (to_ns - 1) / S; s++) {
		end_ns = (s + 1) * S < to_ns ? (s + 1) * S : to_ns;
		share = (uint64_t)((unsigned __int128)exits * (end_ns - from_ns) /
				   (to_ns - from_ns));
		model[s] += share - shared;
		shared = share;
	}
}

static void check_range(const struct history *h, const uint64_t *model, uint32_t from_s,
			uint32_t to_s, uint32_t step_s)
{
	size_t n = (to_s - from_s + step_s - 1) / step_s, i;
	uint64_t *counts = calloc(n + 1, sizeof(*counts));
	uint64_t *wanted = calloc(n + 1, sizeof(*wanted));

	for (i = from_s; i < to_s; i++)
		wanted[(i - from_s) / step_s] += model[i];
	history_read(h, from_s, to_s, step_s, counts);
	assert_memory_equal(counts, wanted, n * sizeof(*counts));
	free(counts);
	free(wanted);
}

static uint32_t minutes_before(uint32_t s, uint32_t minutes)
{
	s -= s % 60;
	return s > minutes * 60 ? s - minutes * 60 : 0;
}

static void run(uint64_t *rng)
{
	uint64_t *model = calloc(MODEL_S, sizeof(*model));
	uint64_t now_ns = (100 + test_random_below(rng, 100)) * S;
	uint32_t early_end_min = test_random_below(rng, 2) ? (uint32_t)(now_ns / S / 60) + 6 : 0;
	uint64_t start_ns = now_ns;
	struct history_pool pool = new_pool();
	struct history h = { 0 };
	uint32_t last = 0, oldest;

	while (now_ns < (MODEL_S - 10) * S) {
		uint64_t to_ns = now_ns, from_ns, span_ns = S, exits;

		/* Mostly batches, some late ones, some silence, and losses. */
		switch (test_random_below(rng, 40)) {
		case 0:
			now_ns += test_random_below(rng, 900) * S;
			break;
		case 1:
			span_ns = test_random_below(rng, 5000 * S);
			break;
		case 2:
			to_ns -= test_random_below(rng, 30 * S);
			break;
		default:
			now_ns += test_random_below(rng, 3 * S);
			break;
		}
		if (now_ns >= (MODEL_S - 10) * S)
			break;
		if (to_ns < start_ns + 1)
			to_ns = start_ns + 1;
		from_ns = to_ns > start_ns + span_ns ? to_ns - span_ns : start_ns;
		exits = test_random(rng) >> (20 + test_random_below(rng, 44));

		history_add(&h, &pool, early_end_min, from_ns, to_ns, exits);
		if (exits)
			model_add(model, from_ns, to_ns, exits);
		if (exits && (to_ns - 1) / S > last)
			last = (uint32_t)((to_ns - 1) / S);
		if (test_random_below(rng, 50))
			continue;

		oldest = last > HISTORY_S ? last - HISTORY_S : 0;
		oldest -= oldest % 10;
		check_range(&h, model, oldest, last + 1, 10);
		check_range(&h, model, minutes_before(last, HISTORY_FINE_MIN), last + 1, 1);
		if (early_end_min)
			check_range(&h, model, (uint32_t)(start_ns / S),
				    early_end_min * 60 < last ? early_end_min * 60 : last + 1, 1);
	}
	history_done(&h, &pool);
	assert_int_equal(pool.bytes, 0);
	free(model);
}

static void test_random_adds(void **state)
{
	uint64_t rng = test_seed();
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		run(&rng);
}

/* A reason that is busy for hours does not take more and more. */
static void test_memory(void **state)
{
	struct history_pool pool = new_pool();
	struct history h = { 0 };
	size_t most = 0;
	uint64_t s;

	(void)state;
	for (s = 1000; s < 1000 + 5 * 3600; s++) {
		history_add(&h, &pool, 0, s * S, (s + 1) * S, 1000);
		if (pool.bytes > most)
			most = pool.bytes;
	}
	/* Seven blocks of minutes and eight of ten, of two bytes a bucket. */
	assert_true(most <= 15 * (sizeof(struct history_block) + 2 * HISTORY_BUCKETS));
	assert_true(most > 1500);

	/* Long idle costs no work, and is forgotten when something happens. */
	history_add(&h, &pool, 0, 90000 * S, 90001 * S, 1);
	assert_true(pool.bytes <= sizeof(struct history_block) + HISTORY_BUCKETS);
	history_done(&h, &pool);
}

static void test_extremes(void **state)
{
	struct history_pool pool = new_pool();
	uint64_t counts[HISTORY_BUCKETS] = { 1 };
	struct history h = { 0 };
	uint64_t sum = 0;
	int i;

	(void)state;
	history_add(&h, &pool, 0, 0, 0, 0);
	history_add(&h, &pool, 0, 0, 0, 5);
	history_add(&h, &pool, 0, UINT64_MAX, UINT64_MAX, 5);
	/* A hundred years from a VM's first minutes on are no work: a second each it would take. */
	alarm(60);
	for (i = 0; i < 100; i++) {
		struct history long_ago = { 0 };

		history_add(&long_ago, &pool, 10, 500 * S, UINT64_C(3000000000) * S, 5000);
		history_done(&long_ago, &pool);
	}
	alarm(0);
	history_add(&h, &pool, 0, 0, UINT64_MAX, 5);
	history_add(&h, &pool, UINT32_MAX, 0, 10 * S, UINT64_MAX);
	history_add(&h, &pool, 0, 10 * S, 10 * S, 7);
	history_read(&h, 0, 60, 60, &sum);
	assert_true(sum == UINT64_MAX + UINT64_C(12));

	assert_int_equal(history_insert(&h, &pool, 0, 1, counts), -EINVAL);
	assert_int_equal(history_insert(&h, &pool, 61, 1, counts), -EINVAL);
	assert_int_equal(history_insert(&h, &pool, 60, 2, counts), -EINVAL);
	assert_int_equal(history_insert(&h, &pool, UINT32_MAX - 15, 1, counts), -EINVAL);
	assert_int_equal(history_insert(&h, &pool, 60, 1, counts), 0);
	history_done(&h, &pool);
	assert_int_equal(pool.bytes, 0);
}

static uint64_t sum_of(const struct registry *r, const struct vm *vm, uint64_t now_ns)
{
	struct history_span spans[HISTORY_SPANS_MAX];
	size_t n = registry_vm_history_spans(r, vm, now_ns, spans), i, j;
	uint64_t counts[4096], sum = 0;

	for (i = 0; i < n; i++) {
		assert_true(history_span_n(&spans[i]) < 4096);
		assert_true(spans[i].from_s < spans[i].to_s);
		assert_true(i == 0 || spans[i].from_s >= spans[i - 1].to_s);
		memset(counts, 0, sizeof(counts));
		for (j = 0; j < vm->n_reasons; j++)
			vm_reason_history(&vm->reasons[j], &spans[i], counts);
		for (j = 0; j < history_span_n(&spans[i]); j++)
			sum += counts[j];
	}
	return sum;
}

/* What a VM's history looks like, from its first second to its end. */
static void test_spans(void **state)
{
	struct history_span spans[HISTORY_SPANS_MAX];
	uint64_t i, now_ns = 1234 * S;
	struct registry *r = NULL;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, now_ns, 0, now_ns);
	vm = registry_find(r, 1);
	assert_int_equal(registry_vm_history_spans(r, vm, now_ns, spans), 1);
	assert_int_equal(spans[0].from_s, 1233);
	assert_int_equal(history_span_n(&spans[0]), 1);

	for (i = 1; i <= 2 * 3600; i++) {
		now_ns += S;
		model_count(r, 1, 0, HLT, false, 100, i * 100, now_ns);
		if (i % 7 == 0)
			model_count(r, 1, 1, MSR, true, 3, i / 7 * 3, now_ns);
		if (i == 200) {
			assert_int_equal(registry_vm_history_spans(r, vm, now_ns, spans), 1);
			assert_int_equal(spans[0].step_s, 1);
		}
		if (i % 100 == 0 && i < 3600)
			assert_int_equal(sum_of(r, vm, now_ns), vm->exits);
	}

	assert_int_equal(registry_vm_history_spans(r, vm, now_ns, spans), 3);
	assert_int_equal(spans[0].from_s, 1234);
	assert_int_equal(spans[0].to_s, 1560);
	assert_int_equal(spans[0].step_s, 1);
	assert_int_equal(spans[1].from_s, (1234 + 3600 - 1) / 10 * 10);
	assert_int_equal(spans[1].to_s, 8400 - 300);
	assert_int_equal(spans[1].step_s, 10);
	assert_int_equal(spans[2].to_s, 1234 + 7200);
	assert_int_equal(spans[2].step_s, 1);
	i = (8434 - 4830) + (1560 - 1234);
	assert_in_range(sum_of(r, vm, now_ns), i * 100, i * 100 + i);

	/* Once it has ended, time stands still. */
	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 1234 * S, now_ns, now_ns);
	vm = registry_first_dead(r);
	assert_in_range(sum_of(r, vm, now_ns + 86400 * S), i * 100, i * 100 + i);
	registry_free(r);
}

/* Exits from before anybody looked are in no bucket; those lost on the way are. */
static void test_late(void **state)
{
	struct registry *r = NULL;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 5000 * S);
	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, 1000000, 100 * S, 0, 5000 * S);
	registry_dump_end(r, 5000 * S);
	vm = registry_find(r, 1);
	assert_int_equal(sum_of(r, vm, 5000 * S), 0);

	model_count(r, 1, 0, HLT, false, 50, 1000050, 5001 * S);
	registry_gap(r);
	model_count(r, 1, 0, HLT, false, 50, 1000850, 5100 * S);
	assert_int_equal(sum_of(r, vm, 5100 * S), 850);

	/* What only the sum over vCPUs has counts at the end, and once. */
	model_destroyed(r, 1, HLT, 1000900, 100 * S, 5101 * S);
	vm = registry_first_dead(r);
	assert_int_equal(vm->exits, 1000900);
	assert_int_equal(sum_of(r, vm, 5101 * S), 900);
	model_dump(r, 1, 0, HLT, 1000900, 100 * S, 5101 * S, 5200 * S);
	assert_int_equal(sum_of(r, vm, 5200 * S), 900);
	registry_free(r);
}

/* However many VMs there are, histories stay within the limit and what they say is true. */
static void test_limit(void **state)
{
	const size_t limit = 100000;
	struct history_span spans[HISTORY_SPANS_MAX];
	struct registry *r = NULL;
	uint64_t i, id, now_ns = 10000 * S;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	registry_set_history_limit(r, limit);
	for (id = 1; id <= 100; id++)
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, id, now_ns, 0, now_ns);
	for (i = 1; i <= 1800; i++) {
		now_ns += 2 * S;
		for (id = 1; id <= 100; id++)
			model_count(r, id, 0, HLT, false, 10, i * 10, now_ns);
		assert_true(registry_history_bytes(r) <= limit + limit / 4 + 200);
	}
	vm = registry_find(r, 7);
	assert_int_equal(vm->exits, 18000);
	i = registry_vm_history_spans(r, vm, now_ns, spans);
	assert_true(i >= 1);
	assert_true(sum_of(r, vm, now_ns) <= (now_ns / S - spans[0].from_s) * 5 + 10);
	assert_true(sum_of(r, vm, now_ns) >= (now_ns / S - spans[0].from_s) * 5 - 10);
	/* Ten minutes at least are left, and seconds of the last one. */
	assert_true(now_ns / S - spans[0].from_s >= 500);
	assert_int_equal(spans[i - 1].step_s, 1);
	assert_true(now_ns / S - spans[i - 1].from_s >= 60);

	/* With most of them gone there is room for the rest. */
	for (id = 8; id <= 100; id++)
		model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, id, 10000 * S, now_ns, now_ns);
	while ((vm = registry_next_change(r)))
		registry_change_done(r, vm);
	registry_free(r);
}

/* One message tells of vCPUs of several VMs, and for not the same span. */
static void test_message(void **state)
{
	static const struct model_vcpu first[] = { { 1, 0, 10, 10 }, { 1, 1, 20, 20 } };
	static const struct model_vcpu second[] = {
		{ 1, 0, 100, 110 }, /* of the second before */
		{ 1, 1, 50, 350 }, /* of two, as a message was missed */
		{ 2, 0, 7, 7 },
		{ 1, 2, 5, 5 },
	};
	struct history_span spans[HISTORY_SPANS_MAX];
	struct registry *r = NULL;
	uint64_t counts[4096] = { 0 };
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 200 * S, 0, 200 * S);
	model_count_vcpus(r, first, 2, HLT, 201 * S);
	model_count_vcpus(r, second, 4, HLT, 203 * S);

	vm = registry_find(r, 1);
	assert_int_equal(vm->exits, 465);
	assert_int_equal(sum_of(r, vm, 203 * S), 465);
	assert_true(registry_vm_history_spans(r, vm, 203 * S, spans) >= 1);
	assert_int_equal(spans[0].from_s, 200);
	vm_reason_history(&vm->reasons[0], &spans[0], counts);
	assert_int_equal(counts[0], 30);
	assert_int_equal(counts[1], 165);
	assert_int_equal(counts[2], 270);
	assert_int_equal(sum_of(r, registry_find(r, 2), 203 * S), 7);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_adds), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_extremes),    cmocka_unit_test(test_spans),
		cmocka_unit_test(test_late),	    cmocka_unit_test(test_limit),
		cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
