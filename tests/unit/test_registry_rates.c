// SPDX-License-Identifier: GPL-2.0-or-later
/* Rates of VMs, vCPUs and reasons, as the registry makes them of batches. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),	   cmocka_unit_test(test_idle),
		cmocka_unit_test(test_gap),	   cmocka_unit_test(test_idle_before_gap),
		cmocka_unit_test(test_late_start), cmocka_unit_test(test_young),
		cmocka_unit_test(test_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
