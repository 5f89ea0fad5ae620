// SPDX-License-Identifier: GPL-2.0-or-later
/* VMs that ended, and how many of them the registry remembers. */
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

/* Many die at once: all are told of, then the oldest are forgotten. */
static void test_dead_limit(void **state)
{
	struct registry *r = *state;
	unsigned int i, told = 0;
	struct vm *vm;

	for (i = 1; i <= REGISTRY_DEAD_MAX + 50; i++) {
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, i, 200 * S, 0, 200 * S);
		model_count(r, i, 0, HLT, false, i, i, 201 * S);
		model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, i, 200 * S, 201 * S, 201 * S);
	}
	while ((vm = registry_next_change(r))) {
		assert_true(vm->just_ended);
		assert_int_equal(vm->exits, vm->id);
		told++;
		registry_change_done(r, vm);
	}
	assert_int_equal(told, REGISTRY_DEAD_MAX + 50);
	assert_int_equal(registry_n_dead(r), REGISTRY_DEAD_MAX);
	assert_int_equal(registry_first_dead(r)->id, REGISTRY_DEAD_MAX + 50);
}

/* The dead are in the order they ended in, whatever order they are told of in. */
static void test_dead_order(void **state)
{
	static const uint64_t ended[] = { 205, 203, 209, 204, 207 };
	struct registry *r = *state;
	uint64_t last = UINT64_MAX, i;
	struct vm *vm;

	registry_dump_begin(r);
	for (i = 0; i < 5; i++)
		model_dump(r, i + 1, 0, HLT, 1, 200 * S, ended[i] * S, 210 * S);
	registry_dump_end(r, 210 * S);
	for (vm = registry_first_dead(r); vm; vm = registry_next(vm)) {
		assert_true(vm->ended_ns < last);
		last = vm->ended_ns;
	}
	assert_int_equal(registry_first_dead(r)->id, 3);
	assert_int_equal(last, 203 * S);
}

/*
 * The kernel forgets who ended first, as the registry does. So a dump that
 * brings the dead by id has no news, whoever was started first.
 */
static void test_dead_resync(void **state)
{
	const uint64_t n = 2 * REGISTRY_DEAD_MAX;
	struct registry *r = *state;
	uint64_t id;

	registry_dump_begin(r);
	registry_dump_end(r, 150 * S);
	for (id = 1; id <= n; id++)
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, id, 200 * S, 0, 200 * S);
	/* Even ids end first, backwards, then odd ones. */
	for (id = n; id >= 2; id -= 2)
		model_destroyed(r, id, HLT, id, 200 * S, (300 + n - id) * S);
	for (id = 1; id <= n; id += 2)
		model_destroyed(r, id, HLT, id, 200 * S, (1000 + id) * S);
	take_changes(r);
	assert_int_equal(registry_first_dead(r)->id, n - 1);

	registry_dump_begin(r);
	for (id = 1; id <= n; id += 2) {
		model_dump(r, id, 0, HLT, id, 200 * S, (1000 + id) * S, 2000 * S);
		assert_null(registry_next_change(r));
	}
	/* One that was forgotten comes back, in two parts. */
	model_dump(r, 2, 0, HLT, 2, 200 * S, 400 * S, 2000 * S);
	model_dump(r, 2, 1, HLT, 2, 200 * S, 400 * S, 2000 * S);
	/* And one that ended before anybody watched. */
	model_dump(r, n + 1, 0, HLT, 2, 20 * S, 40 * S, 2000 * S);
	registry_dump_end(r, 2000 * S);
	assert_null(registry_next_change(r));
	assert_int_equal(registry_n_dead(r), REGISTRY_DEAD_MAX);
	assert_int_equal(registry_first_dead(r)->id, n - 1);
}

/* What ended before the registry watched is no news in a later dump either. */
static void test_dead_before(void **state)
{
	struct registry *r = *state;

	registry_dump_begin(r);
	model_dump(r, 7, 0, HLT, 2, 20 * S, 0, 150 * S);
	registry_dump_end(r, 150 * S);
	take_changes(r);
	registry_dump_begin(r);
	model_dump(r, 7, 0, HLT, 2, 20 * S, 0, 200 * S);
	model_dump(r, 1, 0, HLT, 2, 20 * S, 40 * S, 200 * S);
	model_dump(r, 1, 1, HLT, 2, 20 * S, 40 * S, 200 * S);
	registry_dump_end(r, 200 * S);
	assert_null(registry_next_change(r));
	assert_int_equal(registry_n_dead(r), 1);
	assert_int_equal(registry_first_dead(r)->exits, 4);
}

/* An epoch that comes back: those of it that died then are none of it now. */
static void test_dead_epochs(void **state)
{
	struct registry *r = *state;
	uint64_t i, ns = 200 * S;

	for (i = 0; i < 3; i++) {
		model_epoch += i == 1 ? 1 : i == 2 ? -1 : 0;
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 7, ns, 0, ns);
		ns += S;
		model_count(r, 7, 0, HLT, false, i + 1, i + 1, ns);
		model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 7, ns - S, ns, ns);
	}
	assert_int_equal(registry_n_dead(r), 3);
	assert_int_equal(registry_first_dead(r)->exits, 3);
	for (i = 0; i < REGISTRY_DEAD_MAX; i++, ns += S) {
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 10 + i, ns, 0, ns);
		model_destroyed(r, 10 + i, HLT, 1, ns, ns);
		take_changes(r);
	}
	assert_int_equal(registry_n_dead(r), REGISTRY_DEAD_MAX);
	assert_int_equal(registry_n_live(r), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dead_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_resync, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_epochs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
