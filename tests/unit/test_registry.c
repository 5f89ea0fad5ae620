// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry: lives of VMs, totals that only grow, changes that are told once. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "unit_test.h"

#define S WINDOW_NS_PER_S

#define HLT 0x78
#define MSR 0x7c

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

static struct vm *next_change(struct registry *r, bool is_new, bool has_exits, bool just_ended)
{
	struct vm *vm = registry_next_change(r);

	assert_non_null(vm);
	assert_int_equal(vm->is_new, is_new);
	assert_int_equal(vm->has_exits, has_exits);
	assert_int_equal(vm->just_ended, just_ended);
	return vm;
}

static void test_life(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 7, 200 * S, 0, 200 * S);
	vm = next_change(r, true, false, false);
	assert_int_equal(vm->id, 7);
	assert_int_equal(vm->pid, MODEL_PID);
	assert_true(vm->alive);
	assert_true(vm->watched);
	assert_int_equal(vm->started_us, UINT64_C(1000200) * 1000000);
	assert_string_equal(vm->name, "vmm");
	registry_change_done(r, vm);
	assert_null(registry_next_change(r));

	model_count(r, 7, 0, HLT, false, 10, 10, 201 * S);
	model_count(r, 7, 1, HLT, false, 5, 5, 201 * S);
	model_count(r, 7, 0, MSR, true, 3, 3, 201 * S);
	vm = next_change(r, false, true, false);
	assert_int_equal(vm->exits, 18);
	assert_int_equal(vm->n_vcpus, 2);
	assert_int_equal(vm->n_reasons, 2);
	assert_int_equal(vm->reasons[0].code, HLT);
	assert_int_equal(vm->reasons[0].count[COUNT_DIRECT], 15);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 15);
	assert_int_equal(vm->reasons[1].count[COUNT_NESTED], 3);
	assert_int_equal(vm->reasons[1].delta[COUNT_NESTED], 3);
	assert_int_equal(vm_reason_total(&vm->reasons[1]), 3);
	assert_int_equal(vm->vcpus[0]->exits, 13);
	assert_int_equal(registry_n_vcpus(r), 2);
	registry_change_done(r, vm);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 0);

	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 7, 200 * S, 203 * S, 203 * S);
	vm = next_change(r, false, false, true);
	assert_false(vm->alive);
	assert_false(vm->ended_unseen);
	assert_int_equal(vm->ended_ns, 203 * S);
	assert_int_equal(vm->ended_us, UINT64_C(1000203) * 1000000);
	assert_int_equal(vm->exits, 18);
	assert_null(vm->vcpus[0]->windows);
	registry_change_done(r, vm);
	assert_int_equal(registry_n_live(r), 0);
	assert_int_equal(registry_n_dead(r), 1);
	assert_int_equal(registry_n_vcpus(r), 0);
	assert_null(registry_find(r, 7));
	assert_ptr_equal(registry_first_dead(r), vm);
}

/* What is not above what is known changes nothing, and is no change. */
static void test_totals_grow(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 10, 10, 201 * S);
	vm = next_change(r, true, true, false);
	registry_change_done(r, vm);

	model_count(r, 1, 0, HLT, false, 10, 10, 201 * S);
	model_count(r, 1, 0, HLT, false, 4, 4, 202 * S);
	assert_null(registry_next_change(r));
	assert_int_equal(vm->exits, 10);

	/* Five of six were in a dump already. */
	model_count(r, 1, 0, HLT, false, 0, 15, 203 * S);
	model_count(r, 1, 0, HLT, false, 6, 16, 203 * S);
	assert_int_equal(vm->exits, 16);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 6);
}

/* OTHER is one reason, whatever its code, and not that with code 0. */
static void test_other(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, 0, false, 2, 2, 201 * S);
	model_count_other(r, 1, 0, 3, 3, 201 * S);
	model_count_other(r, 1, 0, 1, 4, 202 * S);
	vm = registry_find(r, 1);
	assert_int_equal(vm->n_reasons, 2);
	assert_int_equal(vm->exits, 6);
	assert_true(vm->reasons[1].other);
	assert_int_equal(vm_reason_total(&vm->reasons[1]), 4);
	assert_false(vm->reasons[0].other);
}

/* A VM that is older than the daemon: its exits count, but are no news. */
static void test_found(void **state)
{
	struct registry *r = *state;
	struct rates sum;
	struct vm *vm;

	registry_dump_begin(r);
	model_dump(r, 3, 0, HLT, 1000, 50 * S, 0, 150 * S);
	registry_dump_end(r, 150 * S);
	vm = next_change(r, true, false, false);
	assert_false(vm->watched);
	assert_int_equal(vm->exits, 1000);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 0);
	registry_vm_rates(r, vm, 155 * S, NULL, &sum);
	assert_true(sum.per_s[RATE_5M] == 0.0);
	registry_change_done(r, vm);

	/* The kernel's first delta is since nobody knows when. */
	model_count(r, 3, 0, HLT, false, 1010, 1010, 151 * S);
	vm = next_change(r, false, true, false);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 10);
	assert_int_equal(vm->exits, 1010);
	registry_change_done(r, vm);

	/* A reason that it never had before is news. */
	model_count(r, 3, 0, MSR, false, 7, 7, 152 * S);
	vm = next_change(r, false, true, false);
	assert_int_equal(vm->reasons[1].delta[COUNT_DIRECT], 7);
}

/* A batch comes before the dump that tells how old the VM is. */
static void test_found_by_batch(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	registry_dump_begin(r);
	model_count(r, 3, 0, HLT, false, 500, 500, 149 * S);
	model_dump(r, 3, 0, HLT, 510, 50 * S, 0, 150 * S);
	model_dump(r, 3, 1, HLT, 90, 50 * S, 0, 150 * S);
	registry_dump_end(r, 150 * S);
	vm = next_change(r, true, false, false);
	assert_int_equal(vm->exits, 600);
	assert_int_equal(vm->created_ns, 50 * S);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 0);
}

/* Its creation was lost, but it was not there before: so all that it did is news. */
static void test_found_after_dump(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	registry_dump_begin(r);
	model_dump(r, 3, 0, HLT, 1000, 50 * S, 0, 150 * S);
	registry_dump_end(r, 150 * S);
	registry_change_done(r, registry_next_change(r));
	registry_gap(r);
	model_count(r, 4, 0, HLT, false, 20, 90, 160 * S);
	vm = next_change(r, true, true, false);
	assert_int_equal(vm->id, 4);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 90);
}

/* There was none before: no epoch, so no VM, and all that comes is news. */
static void test_none_found(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	registry_dump_begin(r);
	registry_dump_end(r, 150 * S);
	assert_true(registry_is_complete(r));

	model_count(r, 1, 0, HLT, false, 20, 90, 160 * S);
	assert_true(registry_is_complete(r));
	vm = next_change(r, true, true, false);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 90);
}

/* Dead ones in the first dump are history; one that died since we look is news. */
static void test_found_dead(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, 5, 10 * S, 20 * S, 150 * S);
	model_dump(r, 2, 0, HLT, 6, 10 * S, 120 * S, 150 * S);
	registry_dump_end(r, 150 * S);
	vm = next_change(r, true, false, true);
	assert_int_equal(vm->id, 2);
	assert_int_equal(vm->exits, 6);
	registry_change_done(r, vm);
	assert_null(registry_next_change(r));
	assert_int_equal(registry_n_dead(r), 2);
	assert_int_equal(registry_n_live(r), 0);

	/* The rest of a dead VM may come in another message. */
	model_dump(r, 2, 1, HLT, 4, 10 * S, 120 * S, 150 * S);
	assert_int_equal(vm->exits, 10);
	assert_int_equal(registry_n_live(r), 0);
	assert_int_equal(registry_n_vcpus(r), 0);
}

/* It came, counted and went while nothing got through. */
static void test_life_in_gap(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	registry_change_done(r, registry_next_change(r));
	registry_gap(r);
	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, 1, 200 * S, 0, 210 * S);
	model_dump(r, 2, 0, HLT, 77, 203 * S, 204 * S, 210 * S);
	registry_dump_end(r, 210 * S);

	vm = next_change(r, false, true, false);
	assert_int_equal(vm->id, 1);
	registry_change_done(r, vm);
	vm = next_change(r, true, true, true);
	assert_int_equal(vm->id, 2);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 77);
	assert_int_equal(vm->ended_ns, 204 * S);
}

/* The end's sums make good what of the last batch was lost, and only that. */
static void test_final_sums(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 10, 10, 201 * S);
	model_count(r, 1, 1, HLT, false, 20, 20, 201 * S);
	registry_change_done(r, registry_next_change(r));
	model_destroyed(r, 1, HLT, 100, 200 * S, 205 * S);
	vm = next_change(r, false, true, true);
	assert_int_equal(vm->exits, 100);
	assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 70);
	registry_change_done(r, vm);

	/* The dump that follows has them by vCPU. */
	model_dump(r, 1, 0, HLT, 30, 200 * S, 205 * S, 206 * S);
	model_dump(r, 1, 1, HLT, 70, 200 * S, 205 * S, 206 * S);
	assert_int_equal(vm->exits, 100);
	assert_int_equal(vm->vcpus[0]->exits, 30);
	assert_int_equal(vm->vcpus[1]->exits, 70);
	assert_null(registry_next_change(r));
}

static void test_epoch(void **state)
{
	struct registry *r = *state;
	struct vm *vm;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 10, 10, 201 * S);
	registry_change_done(r, registry_next_change(r));

	model_epoch++;
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 300 * S, 0, 300 * S);
	model_count(r, 1, 0, HLT, false, 2, 2, 301 * S);
	assert_int_equal(registry_n_live(r), 1);
	assert_int_equal(registry_n_dead(r), 1);
	vm = registry_find(r, 1);
	assert_int_equal(vm->exits, 2);
	assert_int_equal(registry_first_dead(r)->exits, 10);
	assert_true(registry_first_dead(r)->ended_unseen);
	model_epoch--;
}

static void test_end_all(void **state)
{
	struct registry *r = *state;

	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, HLT, false, 1, 1, 201 * S);
	model_count(r, 2, 0, HLT, false, 1, 1, 201 * S);
	registry_end_all(r, 300 * S);
	assert_int_equal(registry_n_live(r), 0);
	assert_int_equal(registry_n_dead(r), 2);
	next_change(r, true, true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_totals_grow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found_by_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found_after_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found_dead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_life_in_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_final_sums, setup, teardown),
		cmocka_unit_test_setup_teardown(test_epoch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
