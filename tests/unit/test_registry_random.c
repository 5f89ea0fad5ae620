// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A simulated kernel counts; the registry sees its messages with some lost and
 * some twice, and dumps in between, old ones among them. At every moment it must
 * not be ahead of the kernel, must not go back, and after a dump be exact.
 */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "unit_test.h"

#define S     WINDOW_NS_PER_S
#define RUNS  20
#define STEPS 2000

#define VMS	4
#define VCPUS	3
#define REASONS 5

struct kernel {
	uint64_t total[VMS][VCPUS][REASONS][COUNT_KINDS];
	uint64_t sent[VMS][VCPUS][REASONS][COUNT_KINDS];
	uint64_t now_ns;
};

#define CREATED_NS (100 * S)

static void put(struct exit_message *m, struct kernel *k, unsigned int vm, unsigned int vcpu,
		bool changes)
{
	size_t first = m->n_reasons;
	struct sample_vcpu *v;
	unsigned int i, kind;

	for (i = 0; i < REASONS; i++) {
		for (kind = 0; kind < COUNT_KINDS; kind++) {
			uint64_t total = k->total[vm][vcpu][i][kind];
			uint64_t *sent = &k->sent[vm][vcpu][i][kind];

			if (total == (changes ? *sent : 0))
				continue;
			*exit_message_add_reason(m) = (struct sample_reason){
				.code = 100 + i,
				.nested = kind == COUNT_NESTED,
				.delta = changes ? total - *sent : 0,
				.total = total,
			};
			if (changes)
				*sent = total;
		}
	}
	v = exit_message_add_vcpu(m);
	*v = (struct sample_vcpu){ .vm_id = vm + 1,
				   .vcpu_id = vcpu,
				   .pid = MODEL_PID,
				   .isa = KVM_EXITSTAT_ISA_VMX,
				   .first_reason = first,
				   .n_reasons = m->n_reasons - first };
}

static void make(struct exit_message *m, struct kernel *k, bool changes, unsigned int vm)
{
	unsigned int vcpu;

	exit_message_reset(m);
	m->type = changes ? MESSAGE_EXITS : MESSAGE_STATS;
	m->epoch = model_epoch;
	m->time_ns = k->now_ns;
	if (!changes) {
		m->has_vm = true;
		m->vm = (struct sample_vm){ .id = vm + 1,
					    .pid = MODEL_PID,
					    .isa = KVM_EXITSTAT_ISA_VMX,
					    .vcpus = VCPUS,
					    .created_ns = CREATED_NS };
	}
	for (vcpu = 0; vcpu < VCPUS; vcpu++)
		put(m, k, vm, vcpu, changes);
}

static uint64_t kernel_total(const struct kernel *k, unsigned int vm)
{
	uint64_t sum = 0;
	unsigned int i, vcpu, kind;

	for (vcpu = 0; vcpu < VCPUS; vcpu++)
		for (i = 0; i < REASONS; i++)
			for (kind = 0; kind < COUNT_KINDS; kind++)
				sum += k->total[vm][vcpu][i][kind];
	return sum;
}

/* All ways of adding up agree. */
static void check_sums(const struct vm *vm)
{
	uint64_t by_reason = 0, by_vcpu = 0, by_slot = 0;
	size_t i, j;

	for (i = 0; i < vm->n_reasons; i++)
		by_reason += vm_reason_total(&vm->reasons[i]);
	for (i = 0; i < vm->n_vcpus; i++) {
		by_vcpu += vm->vcpus[i]->exits;
		for (j = 0; j < vm->vcpus[i]->n_reasons; j++)
			by_slot += vcpu_reason_total(&vm->vcpus[i]->reasons[j]);
	}
	assert_int_equal(by_reason, vm->exits);
	assert_int_equal(by_vcpu, vm->exits);
	assert_int_equal(by_slot, vm->exits);
}

/* Every exit is in the history of the last hour, where the VM is not older. */
static void check_history(const struct registry *r, const struct vm *vm, uint64_t now_ns)
{
	struct history_span spans[HISTORY_SPANS_MAX];
	size_t n = registry_vm_history_spans(r, vm, now_ns, spans), i, j;
	uint64_t counts[HISTORY_S], sum = 0;

	assert_true(now_ns - CREATED_NS < HISTORY_S * S);
	for (i = 0; i < n; i++) {
		memset(counts, 0, sizeof(counts));
		for (j = 0; j < vm->n_reasons; j++)
			vm_reason_history(&vm->reasons[j], &spans[i], counts);
		for (j = 0; j < history_span_n(&spans[i]); j++)
			sum += counts[j];
	}
	assert_int_equal(sum, vm->exits);
}

static void check(struct registry *r, const struct kernel *k, uint64_t before[VMS], bool exact)
{
	struct vm *vm;

	for (vm = registry_first_live(r); vm; vm = registry_next(vm)) {
		uint64_t total = kernel_total(k, (unsigned int)vm->id - 1);

		assert_true(vm->exits <= total);
		assert_true(vm->exits >= before[vm->id - 1]);
		if (exact)
			assert_int_equal(vm->exits, total);
		check_sums(vm);
		if (exact)
			check_history(r, vm, k->now_ns);
		before[vm->id - 1] = vm->exits;
	}
}

static void dump(struct registry *r, struct kernel *k, struct exit_message *m)
{
	unsigned int vm;

	registry_dump_begin(r);
	for (vm = 0; vm < VMS; vm++) {
		make(m, k, false, vm);
		assert_int_equal(registry_apply(r, m), 0);
	}
	registry_dump_end(r, k->now_ns);
}

static void count(struct kernel *k, uint64_t *rng)
{
	unsigned int n = (unsigned int)test_random_below(rng, 20);

	while (n--)
		k->total[test_random_below(rng, VMS)][test_random_below(rng, VCPUS)]
			[test_random_below(rng, REASONS)][test_random_below(rng, COUNT_KINDS)] +=
			test_random_below(rng, 100000);
	k->now_ns += test_random_below(rng, 2 * S);
}

static void run(uint64_t *rng)
{
	struct exit_message m = { 0 }, old = { 0 };
	struct kernel *k = calloc(1, sizeof(*k));
	uint64_t before[VMS] = { 0 }, deltas = 0;
	struct registry *r = NULL;
	unsigned int i, vm;
	struct vm *change;

	k->now_ns = CREATED_NS;
	assert_int_equal(registry_new(&r), 0);
	dump(r, k, &m);
	make(&old, k, false, 0);
	for (i = 0; i < STEPS; i++) {
		bool lost = test_random_below(rng, 10) == 0;

		count(k, rng);
		for (vm = 0; vm < VMS; vm++) {
			make(&m, k, true, vm);
			if (!lost)
				assert_int_equal(registry_apply(r, &m), 0);
			if (!lost && test_random_below(rng, 10) == 0)
				assert_int_equal(registry_apply(r, &m), 0);
		}
		if (lost)
			registry_gap(r);
		check(r, k, before, false);

		switch (test_random_below(rng, 20)) {
		case 0:
			dump(r, k, &m);
			check(r, k, before, true);
			break;
		case 1:
			assert_int_equal(registry_apply(r, &old), 0);
			check(r, k, before, false);
			make(&old, k, false, (unsigned int)test_random_below(rng, VMS));
			break;
		default:
			break;
		}
	}
	dump(r, k, &m);
	check(r, k, before, true);

	/* What was told as changes is all that there is. */
	while ((change = registry_next_change(r))) {
		for (i = 0; i < change->n_reasons; i++)
			deltas += change->reasons[i].delta[0] + change->reasons[i].delta[1];
		registry_change_done(r, change);
	}
	for (vm = 0; vm < VMS; vm++)
		deltas -= kernel_total(k, vm);
	assert_int_equal(deltas, 0);
	exit_message_done(&m);
	exit_message_done(&old);
	registry_free(r);
	free(k);
}

static void test_random_kernel(void **state)
{
	uint64_t rng = test_seed();
	int i;

	(void)state;
	for (i = 0; i < RUNS; i++)
		run(&rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
