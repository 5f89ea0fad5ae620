// SPDX-License-Identifier: GPL-2.0-or-later
/* Which reasons of a VM kvmexitctl explain puts first. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/explain/explain.h"
#include "explain/explain.h"

static void assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

static json_t *reason(const char *name, double rate)
{
	return json_pack("{s:s, s:{s:f}}", "reason", name, "rates", "1m", rate);
}

static json_t *timed(const char *name, double rate, json_int_t exits, json_int_t total_ns)
{
	return json_pack("{s:s, s:{s:f}, s:{s:I, s:I}}", "reason", name, "rates", "1m", rate,
			 "time", "exits", exits, "total_ns", total_ns);
}

static struct ranked *rank(json_t **vm, json_int_t vcpus, json_t *reasons, size_t *n)
{
	*vm = json_pack("{s:I, s:o}", "vcpu_count", vcpus, "reasons", reasons);
	return explain_rank(*vm, -1, n);
}

/* Sleep is free, however often; a port costs more than an MSR; normal is not avoidable. */
static void test_order(void **state)
{
	json_t *vm, *reasons = json_array();
	struct ranked *ranked;
	size_t n;

	(void)state;
	(void)json_array_append_new(reasons, reason("HLT", 50000));
	(void)json_array_append_new(reasons, reason("MSR", 1400));
	(void)json_array_append_new(reasons, reason("IOIO", 1000));
	ranked = rank(&vm, 1, reasons, &n);
	assert_int_equal(n, 3);
	assert_string_equal(ranked[0].reason, "IOIO");
	assert_near(ranked[0].cost, 1000 * 6e-6);
	assert_near(ranked[0].avoidable, 950 * 6e-6);
	assert_string_equal(ranked[1].reason, "MSR");
	assert_near(ranked[1].avoidable, 0);
	assert_string_equal(ranked[2].reason, "HLT");
	assert_near(ranked[2].cost, 0);
	free(ranked);
	json_decref(vm);
}

/* What was measured counts, not the table's figure; four vCPUs may do four times as much. */
static void test_measured(void **state)
{
	json_t *vm, *reasons = json_array();
	struct ranked *ranked;
	size_t n;

	(void)state;
	(void)json_array_append_new(reasons, timed("MSR_WRITE", 10000, 1000, 20000000));
	(void)json_array_append_new(reasons, reason("IO_INSTRUCTION", 200));
	ranked = rank(&vm, 4, reasons, &n);
	assert_string_equal(ranked[0].reason, "MSR_WRITE");
	assert_true(ranked[0].measured);
	assert_near(ranked[0].cost, 0.2);
	assert_near(ranked[0].avoidable, 0.2 * 4000 / 10000);
	assert_false(ranked[1].measured);
	assert_near(ranked[1].avoidable, 0);
	free(ranked);
	json_decref(vm);
}

/* The last minute counts where it is known; what a vCPU waited for another does not. */
static void test_recent(void **state)
{
	json_t *vm, *reasons = json_array(), *msr = timed("MSR_WRITE", 10000, 1000, 20000000);
	struct ranked *ranked;
	size_t n;

	(void)state;
	(void)json_object_set_new(msr, "recent",
				  json_pack("{s:i, s:i}", "exits", 10, "total_ns", 30000));
	(void)json_array_append_new(reasons, timed("PAUSE_INSTRUCTION", 1000, 1000, 900000000));
	(void)json_array_append_new(reasons, msr);
	ranked = rank(&vm, 1, reasons, &n);
	assert_string_equal(ranked[0].reason, "MSR_WRITE");
	assert_near(ranked[0].cost, 10000 * 3e-6);
	assert_near(ranked[1].cost, 1000 * 1e-6);
	assert_false(ranked[1].measured);
	free(ranked);
	json_decref(vm);
}

static void test_empty(void **state)
{
	json_t *vm;
	size_t n;

	(void)state;
	assert_null(rank(&vm, 1, json_array(), &n));
	json_decref(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
