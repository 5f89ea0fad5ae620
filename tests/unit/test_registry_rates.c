// SPDX-License-Identifier: GPL-2.0-or-later
/* Rates of VMs, vCPUs and reasons, as the registry makes them of batches. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "unit_test.h"

#define S  WINDOW_NS_PER_S
#define MS (S / 1000)

#define HLT 0x78
#define MSR 0x7c

static void assert_near(double is, double wanted)
{
	if (is < wanted * 0.999 - 0.001 || is > wanted * 1.001 + 0.001)
		printf("rate is %f, not %f\n", is, wanted);
	assert_true(is >= wanted * 0.999 - 0.001 && is <= wanted * 1.001 + 0.001);
}

static struct registry *new_registry(uint64_t watched_ns)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, watched_ns);
	return r;
}

/* Two vCPUs, steady, for six minutes; batches drift against the seconds. */
static void test_steady(void **state)
{
	struct registry *r = new_registry(100 * S);
	struct rates sum, reasons[2];
	uint64_t now_ns = 200 * S, i;
	struct vm *vm = NULL;

	(void)state;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, now_ns, 0, now_ns);
	for (i = 1; i <= 360; i++) {
		now_ns += 1003 * MS;
		model_count(r, 1, 0, HLT, false, 1003, i * 1003, now_ns);
		model_count(r, 1, 1, HLT, false, 2006, i * 2006, now_ns);
		model_count(r, 1, 1, MSR, true, 10030, i * 10030, now_ns);
		if (i < 5)
			continue;
		vm = registry_find(r, 1);
		/* Whenever one looks until the next batch. */
		registry_vm_rates(r, vm, now_ns, reasons, &sum);
		assert_near(sum.per_s[RATE_1S], 13000);
		registry_vm_rates(r, vm, now_ns + 1002 * MS, reasons, &sum);
		assert_near(sum.per_s[RATE_1S], 13000);
		assert_near(reasons[0].per_s[RATE_1S], 3000);
		assert_near(reasons[1].per_s[RATE_1S], 10000);
	}
	registry_vm_rates(r, vm, now_ns, reasons, &sum);
	for (i = 0; i < RATE_COUNT; i++) {
		assert_near(sum.per_s[i], 13000);
		assert_near(reasons[0].per_s[i], 3000);
		assert_near(reasons[1].per_s[i], 10000);
	}
	registry_vcpu_rates(r, vm, vm->vcpus[1], now_ns, reasons, &sum);
	assert_near(sum.per_s[RATE_1M], 12000);
	assert_near(reasons[0].per_s[RATE_1M], 2000);
	assert_near(reasons[1].per_s[RATE_1M], 10000);
	registry_free(r);
}

/* No batch comes when nothing happens: the rate goes by itself. */
static void test_idle(void **state)
{
	struct registry *r = new_registry(100 * S);
	uint64_t now_ns = 200 * S, i;
	struct rates sum;
	struct vm *vm;

	(void)state;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, now_ns, 0, now_ns);
	for (i = 1; i <= 30; i++)
		model_count(r, 1, 0, HLT, false, 100, i * 100, now_ns += S);
	vm = registry_find(r, 1);
	registry_vm_rates(r, vm, now_ns + 5 * S, NULL, &sum);
	assert_true(sum.per_s[RATE_1S] == 0.0);
	assert_true(sum.per_s[RATE_10S] > 0.0);
	registry_vm_rates(r, vm, now_ns + 15 * S, NULL, &sum);
	assert_true(sum.per_s[RATE_10S] == 0.0);
	assert_true(sum.per_s[RATE_1M] > 0.0);
	registry_vm_rates(r, vm, now_ns + 80 * S, NULL, &sum);
	assert_true(sum.per_s[RATE_1M] == 0.0);
	assert_true(sum.per_s[RATE_5M] > 0.0);
	registry_vm_rates(r, vm, now_ns + 320 * S, NULL, &sum);
	assert_true(sum.per_s[RATE_5M] == 0.0);

	/* The first exits after long were made lately. */
	now_ns += 1000 * S;
	model_count(r, 1, 0, HLT, false, 50, 30 * 100 + 50, now_ns);
	registry_vm_rates(r, vm, now_ns, NULL, &sum);
	assert_near(sum.per_s[RATE_10S], 5);
	registry_free(r);
}

/* What a gap swallowed is spread over it. */
static void test_gap(void **state)
{
	struct registry *r = new_registry(100 * S);
	struct rates sum;
	struct vm *vm;

	(void)state;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 100, 100, 201 * S);
	model_count(r, 1, 0, HLT, false, 100, 200, 202 * S);
	registry_gap(r);
	/* 100 a second for 100 seconds, of which the last message tells one. */
	model_count(r, 1, 0, HLT, false, 100, 10200, 302 * S);
	vm = registry_find(r, 1);
	registry_vm_rates(r, vm, 302 * S, NULL, &sum);
	assert_near(sum.per_s[RATE_1S], 100);
	assert_near(sum.per_s[RATE_10S], 100);
	assert_near(sum.per_s[RATE_1M], 100);
	registry_free(r);
}

/* A reason that was idle before the gap was so until it. */
static void test_idle_before_gap(void **state)
{
	struct registry *r = new_registry(100 * S);
	struct rates reasons[2];
	struct vm *vm;
	uint64_t i;

	(void)state;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 100, 100, 201 * S);
	for (i = 2; i <= 100; i++)
		model_count(r, 1, 0, MSR, false, 1, i, (200 + i) * S);
	registry_gap(r);
	model_count(r, 1, 0, HLT, false, 100, 1100, 310 * S);
	vm = registry_find(r, 1);
	registry_vm_rates(r, vm, 310 * S, reasons, NULL);
	assert_near(reasons[0].per_s[RATE_1S], 100);
	assert_near(reasons[0].per_s[RATE_10S], 100);
	registry_free(r);
}

/* Before the daemon looked, nothing is known, which is not the same as idle. */
static void test_late_start(void **state)
{
	struct registry *r = new_registry(1000 * S);
	uint64_t now_ns = 1000 * S, i;
	struct rates sum;
	struct vm *vm;

	(void)state;
	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, 5000000, 10 * S, 0, now_ns);
	registry_dump_end(r, now_ns);
	for (i = 1; i <= 20; i++)
		model_count(r, 1, 0, HLT, false, 100, 5000000 + i * 100, now_ns += S);
	vm = registry_find(r, 1);
	registry_vm_rates(r, vm, now_ns, NULL, &sum);
	assert_near(sum.per_s[RATE_1S], 100);
	assert_near(sum.per_s[RATE_1M], 100);
	assert_near(sum.per_s[RATE_5M], 100);
	registry_free(r);
}

/* A VM's life before its creation is idle: 100 exits are one a second in 100 s. */
static void test_young(void **state)
{
	struct registry *r = new_registry(100 * S);
	struct rates sum;
	struct vm *vm;

	(void)state;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 600, 600, 201 * S);
	vm = registry_find(r, 1);
	registry_vm_rates(r, vm, 201 * S, NULL, &sum);
	assert_near(sum.per_s[RATE_1S], 600);
	assert_near(sum.per_s[RATE_10S], 60);
	registry_free(r);
}

/* A dead VM has none, and reading them is no crime. */
static void test_dead(void **state)
{
	struct registry *r = new_registry(100 * S);
	struct rates sum, reasons[1];
	struct vm *vm;

	(void)state;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 600, 600, 201 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 200 * S, 202 * S, 202 * S);
	vm = registry_first_dead(r);
	registry_vm_rates(r, vm, 202 * S, reasons, &sum);
	assert_true(sum.per_s[RATE_10S] == 0.0);
	assert_true(reasons[0].per_s[RATE_10S] == 0.0);
	registry_vcpu_rates(r, vm, vm->vcpus[0], 202 * S, reasons, &sum);
	assert_true(sum.per_s[RATE_10S] == 0.0);
	registry_free(r);
}

/*
 * The reference of a random kernel: for every second and every place where exits
 * are counted, how many there were.
 */
enum {
	RANDOM_S = 1600,
	RANDOM_FROM_S = 200,
	RANDOM_VMS = 2,
	RANDOM_VCPUS = 2,
	RANDOM_REASONS = 3,
	RANDOM_PLACES = RANDOM_VMS * RANDOM_VCPUS * RANDOM_REASONS,
};

struct reference {
	uint64_t second[RANDOM_PLACES][RANDOM_S];
	uint64_t total[RANDOM_PLACES];
	uint64_t last_ns[RANDOM_PLACES]; /* when it was told of last */
};

/* Exits of a batch were made since the last one that had the place, or the interval before it. */
static void reference_add(struct reference *ref, size_t place, uint64_t now_ns, uint64_t exits)
{
	uint64_t from_ns = now_ns - S, s, end_ns, share, shared = 0;

	if (from_ns < ref->last_ns[place])
		from_ns = ref->last_ns[place];
	ref->last_ns[place] = now_ns;
	ref->total[place] += exits;
	if (from_ns == now_ns) {
		ref->second[place][now_ns / S] += exits;
		return;
	}
	for (s = from_ns / S; s * S < now_ns; s++) {
		end_ns = (s + 1) * S < now_ns ? (s + 1) * S : now_ns;
		share = exits * (end_ns - from_ns) / (now_ns - from_ns);
		ref->second[place][s] += share - shared;
		shared = share;
	}
}

/* The rate of some places together, up to the second end_s. */
static double reference_rate(const struct reference *ref, const size_t *places, size_t n,
			     uint64_t end_s, int rate)
{
	static const uint64_t span[RATE_COUNT] = { 1, 10, 60, 300 };
	uint64_t from_s = end_s > span[rate] ? end_s - span[rate] : 0, s, sum = 0;
	size_t i;

	/* Of the longer ones, the oldest bucket is a whole one of ten seconds. */
	if (rate >= RATE_1M)
		from_s -= from_s % 10;
	for (i = 0; i < n; i++)
		for (s = from_s; s < end_s && s < RANDOM_S; s++)
			sum += ref->second[places[i]][s];
	return (double)sum / (double)(end_s - from_s);
}

static void check_rates(const struct reference *ref, const size_t *places, size_t n, uint64_t end_s,
			const struct rates *rates)
{
	int i;

	for (i = 0; i < RATE_COUNT; i++)
		assert_true(rates->per_s[i] == reference_rate(ref, places, n, end_s, i));
}

static size_t place_of(size_t vm, size_t vcpu, size_t reason)
{
	return (vm * RANDOM_VCPUS + vcpu) * RANDOM_REASONS + reason;
}

static void check_vm(const struct reference *ref, const struct registry *r, size_t n_vm,
		     uint64_t now_ns)
{
	const struct vm *vm = registry_find(r, n_vm + 1);
	struct rates reasons[RANDOM_REASONS], sum;
	uint64_t latest_ns = vm->created_ns, end_s;
	size_t places[RANDOM_PLACES], i, j, n;

	/* Up to the VM's last batch, or where it has made none for an interval and some, to then. */
	for (i = place_of(n_vm, 0, 0); i < place_of(n_vm + 1, 0, 0); i++)
		if (latest_ns < ref->last_ns[i])
			latest_ns = ref->last_ns[i];
	end_s = (now_ns > latest_ns + S + S / 10 ? now_ns - S - S / 10 : latest_ns) / S;

	registry_vm_rates(r, vm, now_ns, reasons, &sum);
	for (i = 0; i < vm->n_reasons; i++) {
		for (n = 0; n < RANDOM_VCPUS; n++)
			places[n] = place_of(n_vm, n, vm->reasons[i].code - HLT);
		check_rates(ref, places, n, end_s, &reasons[i]);
	}
	for (n = 0; n < RANDOM_VCPUS * RANDOM_REASONS; n++)
		places[n] = place_of(n_vm, 0, n);
	check_rates(ref, places, n, end_s, &sum);

	for (i = 0; i < vm->n_vcpus; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];

		registry_vcpu_rates(r, vm, vcpu, now_ns, reasons, &sum);
		for (j = 0; j < vcpu->n_reasons; j++) {
			places[0] = place_of(n_vm, vcpu->id, vcpu->reasons[j].code - HLT);
			check_rates(ref, places, 1, end_s, &reasons[j]);
		}
		for (n = 0; n < RANDOM_REASONS; n++)
			places[n] = place_of(n_vm, vcpu->id, n);
		check_rates(ref, places, n, end_s, &sum);
	}
}

static void random_run(uint64_t *rng, struct reference *ref)
{
	struct registry *r = new_registry(100 * S);
	uint64_t now_ns = RANDOM_FROM_S * S, exits;
	size_t i;

	memset(ref, 0, sizeof(*ref));
	for (i = 0; i < RANDOM_PLACES; i++)
		ref->last_ns[i] = now_ns;
	for (i = 1; i <= RANDOM_VMS; i++)
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, i, now_ns, 0, now_ns);
	for (;;) {
		/* Batches come each second, sooner where there is much, and not at all in idle times. */
		now_ns += test_random_below(rng, 20) ? S / 10 + test_random_below(rng, S) :
						       test_random_below(rng, 120 * S);
		if (now_ns / S + 2 >= RANDOM_S)
			break;
		for (i = 0; i < RANDOM_PLACES; i++) {
			if (test_random_below(rng, 3) == 0)
				continue;
			exits = test_random_below(rng, 100000) + 1;
			reference_add(ref, i, now_ns, exits);
			model_count(r, i / (RANDOM_VCPUS * RANDOM_REASONS) + 1,
				    (uint32_t)(i / RANDOM_REASONS % RANDOM_VCPUS),
				    HLT + i % RANDOM_REASONS, false, exits, ref->total[i], now_ns);
		}
		for (i = 0; i < RANDOM_VMS; i++) {
			check_vm(ref, r, i, now_ns);
			check_vm(ref, r, i, now_ns + test_random_below(rng, 400 * S));
		}
	}
	registry_free(r);
}

/* All rates of all VMs, vCPUs and reasons, exact to the bucket, whenever one looks. */
static void test_random_streams(void **state)
{
	struct reference *ref = malloc(sizeof(*ref));
	uint64_t rng = test_seed();
	int i;

	(void)state;
	assert_non_null(ref);
	for (i = 0; i < 5; i++)
		random_run(&rng, ref);
	free(ref);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),	   cmocka_unit_test(test_idle),
		cmocka_unit_test(test_gap),	   cmocka_unit_test(test_idle_before_gap),
		cmocka_unit_test(test_late_start), cmocka_unit_test(test_young),
		cmocka_unit_test(test_dead),	   cmocka_unit_test(test_random_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
