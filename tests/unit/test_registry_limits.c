// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry's limits, its order, and who is dead. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "unit_test.h"

#define S WINDOW_NS_PER_S

#define HLT 0x78

static int setup(void **state)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	registry_set_clock(r, (int64_t)(1000000 * S));
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	registry_free(*state);
	return 0;
}

static void take_changes(struct registry *r)
{
	struct vm *vm;

	while ((vm = registry_next_change(r)))
		registry_change_done(r, vm);
}

/* Not in a complete dump: it ended, and was forgotten by the kernel. */
static void test_missing_in_dump(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 200 * S, 0, 200 * S);
	registry_change_done(r, registry_next_change(r));
	registry_change_done(r, registry_next_change(r));
	registry_dump_begin(r);
	model_dump(r, 2, 0, HLT, 1, 200 * S, 0, 210 * S);
	/* One that came meanwhile cannot be in it. */
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 3, 211 * S, 0, 211 * S);
	registry_dump_end(r, 212 * S);
	assert_null(registry_find(r, 1));
	assert_non_null(registry_find(r, 2));
	assert_non_null(registry_find(r, 3));
	vm = registry_first_dead(r);
	assert_int_equal(vm->id, 1);
	assert_true(vm->ended_unseen);
	assert_true(vm->just_ended);
	assert_int_equal(vm->ended_ns, 212 * S);
}

/* One that a dump left out, and whose end nobody saw, lives if it makes exits later. */
static void test_left_out_of_dump(void **state)
{
	struct registry *r = *state;
	struct rates rates;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 10, 10, 201 * S);
	take_changes(r);
	registry_dump_begin(r);
	registry_dump_end(r, 210 * S);
	take_changes(r);
	assert_int_equal(registry_n_dead(r), 2);

	/* What waited to be read since before the dump is no proof. */
	model_count(r, 1, 0, HLT, false, 5, 15, 209 * S);
	assert_int_equal(registry_n_live(r), 0);
	assert_int_equal(
		registry_first_dead(r)->exits + registry_next(registry_first_dead(r))->exits, 15);

	model_count(r, 1, 0, HLT, false, 100, 115, 220 * S);
	vm = registry_find(r, 1);
	assert_non_null(vm);
	assert_true(vm->alive);
	assert_true(vm->is_new);
	assert_true(vm->is_back);
	assert_int_equal(vm->exits, 115);
	assert_int_equal(vm->ended_ns, 0);
	assert_int_equal(vm->ended_us, 0);
	assert_false(vm->ended_unseen);
	assert_int_equal(registry_n_live(r), 1);
	assert_int_equal(registry_n_dead(r), 1);
	assert_int_equal(registry_n_vcpus(r), 1);
	registry_vm_rates(r, vm, 221 * S, NULL, &rates);
	assert_float_equal(rates.per_s[RATE_1S], 100.0, 0.1);
	take_changes(r);
	assert_false(registry_find(r, 1)->is_back);

	/* A dump's word counts as well, unless it is that the VM has ended. */
	model_dump(r, 2, 0, HLT, 3, 200 * S, 225 * S, 230 * S);
	assert_null(registry_find(r, 2));
	model_dump(r, 2, 0, HLT, 3, 200 * S, 0, 230 * S);
	assert_non_null(registry_find(r, 2));

	/* Whose end was seen stays dead, whatever is told afterwards. */
	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 200 * S, 240 * S, 240 * S);
	model_count(r, 1, 0, HLT, false, 1, 116, 241 * S);
	assert_null(registry_find(r, 1));
}

/* KVM's family was away for a moment only: the same epoch goes on. */
static void test_end_all_undone(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 10, 10, 201 * S);
	registry_end_all(r, 205 * S);
	assert_null(registry_find(r, 1));
	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, 12, 200 * S, 0, 210 * S);
	registry_dump_end(r, 210 * S);
	vm = registry_find(r, 1);
	assert_non_null(vm);
	assert_int_equal(vm->exits, 12);
	/* Nobody was told of its end, so it is not news that it lives. */
	assert_false(vm->just_ended);
	assert_false(vm->is_back);
}

/* VMs that never ran, of which a VMM may make any number, push out no others. */
static void test_never_ran(void **state)
{
	struct registry *r = *state;
	uint64_t ns = 200 * S, sum = 0;
	const struct vm *vm;
	unsigned int i;

	for (i = 0; i < REGISTRY_DEAD_MAX; i++, ns += S) {
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 10 + i, ns, 0, ns);
		model_destroyed(r, 10 + i, HLT, 1, ns, ns);
		take_changes(r);
	}
	for (i = 0; i < 1000; i++, ns += S) {
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1000 + i, ns, 0, ns);
		if (i % 2)
			take_changes(r);
		model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1000 + i, ns, ns, ns);
		take_changes(r);
	}
	for (vm = registry_first_dead(r); vm; vm = registry_next(vm))
		sum += vm->exits;
	assert_int_equal(sum, REGISTRY_DEAD_MAX);
	assert_int_equal(registry_n_dead(r), REGISTRY_DEAD_MAX + REGISTRY_UNUSED_MAX);
	assert_int_equal(registry_first_dead(r)->id, 1999);

	/* And those that ran push each other out as ever. */
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 3000, ns, 0, ns);
	model_destroyed(r, 3000, HLT, 1, ns, ns);
	take_changes(r);
	assert_int_equal(registry_n_dead(r), REGISTRY_DEAD_MAX + REGISTRY_UNUSED_MAX);
	assert_null(registry_find_dead(r, 10));
	assert_non_null(registry_find_dead(r, 11));
}

/* What never ran is no news when it is over before anybody heard of it, or in a dump. */
static void test_never_ran_news(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 200 * S, 201 * S, 201 * S);
	assert_null(registry_next_change(r));

	/* Who was told that it is there, is told that it is not. */
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 200 * S, 0, 200 * S);
	take_changes(r);
	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 2, 200 * S, 201 * S, 201 * S);
	vm = registry_next_change(r);
	assert_non_null(vm);
	assert_true(vm->just_ended);
	take_changes(r);

	registry_dump_begin(r);
	model_dump(r, 3, 0, HLT, 0, 150 * S, 160 * S, 300 * S);
	registry_dump_end(r, 300 * S);
	assert_null(registry_next_change(r));

	/* One that is told to have run after all counts as such. */
	model_count(r, 3, 0, HLT, false, 5, 5, 301 * S);
	assert_int_equal(registry_find_dead(r, 3)->exits, 5);
	assert_false(registry_find_dead(r, 3)->unused);
	assert_int_equal(registry_n_dead(r), 3);
}

/* By id, whatever the order they come in. */
static void test_order(void **state)
{
	static const uint64_t ids[] = { 5, 2, 9, 1, 7 };
	struct registry *r = *state;
	uint64_t last = 0;
	struct vm *vm;
	size_t i;

	for (i = 0; i < 5; i++)
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, ids[i], 200 * S, 0, 200 * S);
	for (i = 0; i < 5; i++)
		model_count(r, 5, (uint32_t)ids[i], HLT, false, 1, 1, 201 * S);
	for (vm = registry_first_live(r); vm; vm = registry_next(vm)) {
		assert_true(vm->id > last);
		last = vm->id;
	}
	assert_int_equal(last, 9);
	vm = registry_find(r, 5);
	for (i = 1; i < vm->n_vcpus; i++)
		assert_true(vm->vcpus[i]->id > vm->vcpus[i - 1]->id);
	assert_int_equal(vm->n_vcpus, 5);
}

static void test_name(void **state)
{
	struct registry *r = *state;
	char long_name[2 * VM_NAME_MAX];
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	vm = registry_find(r, 1);
	assert_int_equal(vm_set_name(vm, "web"), 0);
	assert_string_equal(vm->name, "web");
	/* The kernel's name comes again with every event, and is less. */
	model_event(r, KVM_EXITSTAT_EVENT_VCPU_CREATED, 1, 200 * S, 0, 200 * S);
	assert_string_equal(vm->name, "web");
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(vm_set_name(vm, long_name), 0);
	assert_int_equal(strlen(vm->name), VM_NAME_MAX - 1);
}

/* A kernel gone mad gets no more than the limits. */
static void test_limits(void **state)
{
	struct registry *r = *state;
	unsigned int i;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	for (i = 0; i < REGISTRY_REASONS_MAX; i++)
		assert_int_equal(model_try_count(r, 1, 0, i, i + 1, 201 * S), 0);
	assert_int_equal(model_try_count(r, 1, 0, i, 1, 201 * S), -E2BIG);
	assert_int_equal(model_try_count(r, 1, 0, i - 1, i + 1, 201 * S), 0);
	for (i = 1; i < REGISTRY_VCPUS_PER_VM_MAX; i++)
		assert_int_equal(model_try_count(r, 1, i, 1, 1, 201 * S), 0);
	assert_int_equal(model_try_count(r, 1, i, 1, 1, 201 * S), -E2BIG);
	for (i = 2; i <= REGISTRY_VMS_MAX; i++)
		assert_int_equal(model_try_count(r, i, 0, 1, 1, 201 * S), 0);
	assert_int_equal(model_try_count(r, i, 0, 1, 1, 201 * S), -E2BIG);
	assert_int_equal(registry_n_live(r), REGISTRY_VMS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_never_ran, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_ran_news, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_in_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_out_of_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_all_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
