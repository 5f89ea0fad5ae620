// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: where boot ends, and how steady rates are.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/report/report.h"

#define STEPS_MAX 400

/* What a VM did, second by second. */
struct life {
	struct report_step steps[STEPS_MAX];
	size_t n;
};

static void go_on(struct life *life, size_t seconds, uint64_t rate)
{
	while (seconds--) {
		assert_true(life->n < STEPS_MAX);
		life->steps[life->n] = (struct report_step){ .age = (double)life->n,
							     .seconds = 1,
							     .length = 1,
							     .exits = rate };
		life->n++;
	}
}

static void check_boot(const struct life *life, double wanted)
{
	double age = -1;

	assert_true(report_boot_end(life->steps, life->n, &age));
	assert_float_equal(age, wanted, 0.01);
}

static void check_no_boot(const struct life *life)
{
	double age;

	assert_false(report_boot_end(life->steps, life->n, &age));
}

static void test_boot(void **state)
{
	struct life life = { .n = 0 };

	(void)state;
	check_no_boot(&life);
	go_on(&life, 12, 10000);
	check_no_boot(&life);
	/* So short a rest may be one within boot. */
	go_on(&life, 9, 200);
	check_no_boot(&life);
	go_on(&life, 20, 200);
	check_boot(&life, 12);
	/* What it does later is no part of it, however much that is. */
	go_on(&life, 60, 90000);
	check_boot(&life, 12);
	go_on(&life, 200, 100);
	check_boot(&life, 12);
}

/* A loader that waits for a key, and a firmware that does much in a moment. */
static void test_boot_uneven(void **state)
{
	struct life menu = { .n = 0 }, firmware = { .n = 0 }, jitter = { .n = 0 };
	size_t i;

	(void)state;
	go_on(&menu, 3, 20000);
	go_on(&menu, 5, 50);
	go_on(&menu, 8, 10000);
	go_on(&menu, 40, 100);
	check_boot(&menu, 16);

	go_on(&firmware, 1, 500000);
	go_on(&firmware, 11, 30000);
	go_on(&firmware, 60, 300);
	check_boot(&firmware, 12);

	/* It is quiet enough if only a second of ten is not. */
	go_on(&jitter, 10, 10000);
	for (i = 0; i < 5; i++) {
		go_on(&jitter, 9, 100);
		go_on(&jitter, 1, 3000);
	}
	check_boot(&jitter, 10);
}

static void test_boot_unknown(void **state)
{
	struct life steady = { .n = 0 }, late = { .n = 0 }, coarse = { .n = 0 };
	size_t i;

	(void)state;
	go_on(&steady, 100, 5000);
	check_no_boot(&steady);
	/* An empty life has no boot either. */
	memset(&steady, 0, sizeof(steady));
	go_on(&steady, 100, 0);
	check_no_boot(&steady);

	go_on(&late, 12, 10000);
	go_on(&late, 30, 100);
	for (i = 0; i < late.n; i++)
		late.steps[i].age += 20;
	check_no_boot(&late);

	go_on(&coarse, 12, 10000);
	go_on(&coarse, 30, 100);
	for (i = 0; i < coarse.n; i++)
		coarse.steps[i].length = coarse.steps[i].seconds = 10;
	check_no_boot(&coarse);
}

static void test_spread(void **state)
{
	struct life life = { .n = 0 };
	struct report_spread spread;
	size_t i;

	(void)state;
	assert_int_equal(report_spread(life.steps, 0).verdict, VERDICT_SHORT);
	go_on(&life, 4, 1000);
	assert_int_equal(report_spread(life.steps, life.n).verdict, VERDICT_SHORT);
	go_on(&life, 6, 1000);
	spread = report_spread(life.steps, life.n);
	assert_int_equal(spread.verdict, VERDICT_STABLE);
	assert_float_equal(spread.cv, 0, 1e-9);
	assert_int_equal(spread.n, 10);

	/* Every other second: the mean is as large as the deviation. */
	life.n = 0;
	for (i = 0; i < 10; i++)
		go_on(&life, 1, i % 2 * 1000);
	spread = report_spread(life.steps, life.n);
	assert_float_equal(spread.cv, 1, 1e-9);
	assert_float_equal(spread.peak, 1000, 1e-9);
	assert_int_equal(spread.verdict, VERDICT_BURSTY);
	for (i = 0; i < 10; i++)
		life.steps[i].exits += 500;
	assert_float_equal(report_spread(life.steps, life.n).cv, 0.5, 1e-9);
	assert_int_equal(report_spread(life.steps, life.n).verdict, VERDICT_UNEVEN);

	life.n = 0;
	go_on(&life, 20, 2);
	assert_int_equal(report_spread(life.steps, life.n).verdict, VERDICT_FEW);
}

/* Steps are compared only with their like, and only whole ones. */
static void test_spread_mixed(void **state)
{
	struct life life = { .n = 0 };
	struct report_spread spread;
	size_t i;

	(void)state;
	go_on(&life, 25, 100);
	for (i = 0; i < 3; i++) {
		life.steps[life.n] = (struct report_step){ .age = 25 + 10.0 * (double)i,
							   .seconds = 10,
							   .length = 10,
							   .exits = 1000 };
		life.n++;
	}
	spread = report_spread(life.steps, life.n);
	assert_float_equal(spread.step_s, 10, 1e-9);
	assert_int_equal(spread.n, 5);
	assert_float_equal(spread.cv, 0, 1e-9);
	assert_float_equal(spread.peak, 100, 1e-9);

	life.n = 0;
	go_on(&life, 8, 100);
	life.steps[7].seconds = 0.1;
	life.steps[7].exits = 1;
	spread = report_spread(life.steps, life.n);
	assert_int_equal(spread.n, 7);
	assert_float_equal(spread.cv, 0, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot),	     cmocka_unit_test(test_boot_uneven),
		cmocka_unit_test(test_boot_unknown), cmocka_unit_test(test_spread),
		cmocka_unit_test(test_spread_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
