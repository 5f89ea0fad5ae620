// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's sums: every exit is in them once, of VMs that came and went, too. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "state/codec.h"
#include "state/state.h"
#include "unit_test.h"

#define S WINDOW_NS_PER_S

#define HLT	   0x78
#define MSR	   0x7c
#define START_NS   (1000 * S)
#define LIVES	   (3 * REGISTRY_DEAD_MAX)
#define SINCE_US   UINT64_C(1700000000000000)
#define LIFE_EXITS 5000

static uint64_t exits(const struct registry *r, uint64_t code)
{
	const struct host_totals *totals = registry_host_totals(r);
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < totals->n; i++) {
		if (totals->all[i].code == code && !totals->all[i].other)
			sum += totals->all[i].exits;
	}
	return sum;
}

static uint64_t all_exits(const struct registry *r)
{
	const struct host_totals *totals = registry_host_totals(r);
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < totals->n; i++)
		sum += totals->all[i].exits;
	return sum;
}

static void settle(struct registry *r)
{
	struct vm *vm;

	while ((vm = registry_next_change(r)))
		registry_change_done(r, vm);
}

static struct registry *watched_registry(void)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, START_NS);
	registry_begin_host(r, KVM_EXITSTAT_ISA_SVM, SINCE_US);
	registry_dump_begin(r);
	registry_dump_end(r, START_NS);
	return r;
}

/* When each was created; it lives two seconds. */
static uint64_t life_ns(unsigned int i)
{
	return START_NS + (1 + i) * 3 * S;
}

/* One has some of its exits in a batch, the others in its final sums. */
static void live(struct registry *r, unsigned int i)
{
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, i + 1, life_ns(i), 0, life_ns(i));
	if (i % 2)
		model_count(r, i + 1, 0, HLT, false, 3000, 3000, life_ns(i) + S);
	model_destroyed(r, i + 1, HLT, LIFE_EXITS, life_ns(i), life_ns(i) + 2 * S);
	settle(r);
}

/* More VMs than are remembered; a dump brings all of them back, and they count once. */
static void test_short_lives(void **state)
{
	struct registry *r = watched_registry();
	unsigned int i;

	(void)state;
	for (i = 0; i < LIVES; i++)
		live(r, i);
	assert_int_equal(registry_n_dead(r), REGISTRY_DEAD_MAX);
	assert_int_equal(exits(r, HLT), LIVES * LIFE_EXITS);

	registry_dump_begin(r);
	for (i = 0; i < LIVES; i++)
		model_dump(r, i + 1, 0, HLT, LIFE_EXITS, life_ns(i), life_ns(i) + 2 * S,
			   life_ns(LIVES));
	registry_dump_end(r, life_ns(LIVES));
	settle(r);
	assert_int_equal(all_exits(r), LIVES * LIFE_EXITS);

	/* Of what a dump brings, only those count that came and went unseen. */
	registry_dump_begin(r);
	model_dump(r, LIVES + 1, 0, MSR, 7, life_ns(LIVES), life_ns(LIVES) + S, life_ns(LIVES + 1));
	registry_dump_end(r, life_ns(LIVES + 1));
	assert_int_equal(exits(r, MSR), 7);
	registry_free(r);
}

/* What was before anybody looked is not in it: sums begin with 0. */
static void test_start(void **state)
{
	struct registry *r = NULL;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, START_NS);
	registry_begin_host(r, KVM_EXITSTAT_ISA_SVM, SINCE_US);
	model_count(r, 1, 0, HLT, false, 10, 1000, START_NS);
	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, 1005, S, 0, START_NS);
	model_dump(r, 2, 0, HLT, 400, S, 2 * S, START_NS);
	registry_dump_end(r, START_NS);
	assert_int_equal(all_exits(r), 0);
	model_count(r, 1, 0, HLT, false, 30, 1035, START_NS + S);
	model_count(r, 1, 0, HLT, true, 4, 4, START_NS + S);
	assert_int_equal(exits(r, HLT), 34);

	/* A new epoch has VMs of the same ids, and counts on. */
	model_epoch++;
	model_count(r, 1, 0, HLT, false, 6, 6, START_NS + 2 * S);
	model_epoch--;
	assert_int_equal(exits(r, HLT), 40);
	registry_free(r);
}

/* The usual reasons are there before the first exit, each once. */
static void test_expected(void **state)
{
	struct registry *r = watched_registry();
	const struct host_totals *totals = registry_host_totals(r);
	size_t n = totals->n, i, found = 0;

	(void)state;
	for (i = 0; i < n; i++) {
		assert_int_equal(totals->all[i].exits, 0);
		found += totals->all[i].code == HLT || totals->all[i].code == MSR;
	}
	assert_int_equal(found, 2);
	live(r, 1);
	assert_int_equal(totals->n, n);
	assert_int_equal(totals->since_us, SINCE_US);
	registry_free(r);
}

/* Codes and ISAs without end have places that end, and no exit is lost. */
static void test_bounded(void **state)
{
	static struct host_totals totals;
	size_t i, place;

	(void)state;
	for (i = 0; i < 5000; i++) {
		place = host_totals_find(&totals, (uint32_t)(i / 1000), i, i % 7 == 0);
		assert_true(place < HOST_TOTALS_MAX);
		totals.all[place].exits++;
	}
	for (i = 0; i < 100; i++)
		totals.all[host_totals_find(&totals, 1000 + (uint32_t)i, 0, true)].exits++;
	assert_true(totals.n <= HOST_TOTALS_MAX);
	for (i = 0, place = 0; i < totals.n; i++)
		place += totals.all[i].exits;
	assert_int_equal(place, 5100);
	/* Where there is no place, the ISA's OTHER has it. */
	place = host_totals_find(&totals, 2, 123456, false);
	assert_int_equal(totals.all[place].isa, 2);
	assert_true(totals.all[place].other);
	assert_int_equal(totals.all[HOST_TOTALS_MAX - 1].isa, 0);
}

/* -- over a restart --------------------------------------------------------- */

struct bytes {
	unsigned char at[65536];
	size_t len;
};

static int collect(void *userdata, const void *data, size_t len)
{
	struct bytes *b = userdata;

	assert_true(b->len + len <= sizeof(b->at));
	memcpy(b->at + b->len, data, len);
	b->len += len;
	return 0;
}

static struct registry *restart(struct registry *r)
{
	static struct bytes b;
	struct state_writer *w = calloc(1, sizeof(*w));
	struct registry *next = NULL;

	assert_non_null(w);
	b.len = 0;
	w->write = collect;
	w->userdata = &b;
	state_write(w, r);
	assert_int_equal(state_flush(w), 0);
	free(w);
	registry_free(r);
	assert_int_equal(registry_new(&next), 0);
	assert_int_equal(state_read(b.at, b.len, next), 0);
	registry_begin_host(next, KVM_EXITSTAT_ISA_SVM, SINCE_US + 12345);
	return next;
}

/* What was, and what happened meanwhile: exits of those that live, and whole lives. */
static void test_restart(void **state)
{
	struct registry *r = watched_registry();
	uint64_t at_ns = life_ns(2);

	(void)state;
	live(r, 0);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, life_ns(1), 0, life_ns(1));
	model_count(r, 2, 0, MSR, false, 100, 100, life_ns(1) + S);
	settle(r);
	r = restart(r);
	assert_int_equal(exits(r, HLT), LIFE_EXITS);
	assert_int_equal(exits(r, MSR), 100);
	assert_int_equal(registry_host_totals(r)->since_us, SINCE_US);

	registry_dump_begin(r);
	model_dump(r, 1, 0, HLT, LIFE_EXITS, life_ns(0), life_ns(0) + 2 * S, at_ns);
	model_dump(r, 2, 0, MSR, 150, life_ns(1), 0, at_ns);
	model_dump(r, 3, 0, HLT, 11, life_ns(1), life_ns(1) + 2 * S, at_ns);
	registry_dump_end(r, at_ns);
	assert_int_equal(exits(r, HLT), LIFE_EXITS + 11);
	assert_int_equal(exits(r, MSR), 150);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_lives), cmocka_unit_test(test_start),
		cmocka_unit_test(test_expected),    cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
