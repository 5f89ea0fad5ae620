// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: how long exits took, lately and in all.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ctl/top/top.h"
#include "util/clock.h"

static char lines[64][512];

static void put(void *userdata, size_t line, enum top_style style, const char *text)
{
	(void)userdata;
	(void)style;
	assert_true(line < 64);
	snprintf(lines[line], sizeof(lines[line]), "%s", text);
}

static int setup(void **state)
{
	struct top *top = malloc(sizeof(*top));

	assert_non_null(top);
	top_init(top);
	top->ascii = true;
	top->view = TOP_REASONS;
	*state = top;
	return 0;
}

static int teardown(void **state)
{
	top_done(*state);
	free(*state);
	return 0;
}

/* The reasons MSR, with these sums, HLT, which takes 1 s of it in all, and INTR, not timed. */
static void set(struct top *top, uint64_t now_ms, json_int_t exits, json_int_t total_ns)
{
	json_t *vm = json_pack("{s:i, s:s, s:b, s:i, s:[{s:s, s:i, s:i, s:{s:I, s:I, s:I}},"
			       " {s:s, s:i, s:i, s:{s:i, s:I, s:i}}, {s:s, s:i, s:i}]}",
			       "id", 1, "name", "vm", "alive", 1, "exits", 100, "reasons", "reason",
			       "MSR", "code", 124, "total", 10, "time", "exits", exits, "total_ns",
			       total_ns, "max_ns", total_ns, "reason", "HLT", "code", 120, "total",
			       5, "time", "exits", 5, "total_ns", (json_int_t)1000000000, "max_ns",
			       900000000, "reason", "INTR", "code", 96, "total", 85);

	assert_non_null(vm);
	top->now_ns = now_ms * NS_PER_MS;
	assert_int_equal(top_set_vm(top, vm), 0);
	json_decref(vm);
}

/* The line of a reason, from its name on; spaces are one. */
static const char *line_of(struct top *top, const char *reason)
{
	static char found[512];
	size_t i, n = 0;
	const char *at;

	memset(lines, 0, sizeof(lines));
	top_draw(top, put, NULL);
	for (i = 2; i < 23; i++)
		if (strncmp(lines[i] + 2, reason, strlen(reason)) == 0) {
			for (at = lines[i] + 2; *at; at++)
				if (*at != ' ' || (n > 0 && found[n - 1] != ' '))
					found[n++] = *at;
			found[n] = '\0';
			return found;
		}
	fail_msg("no %s", reason);
	return NULL;
}

static void test_switch(void **state)
{
	struct top *top = *state;

	set(top, 1000, 2, 3000);
	assert_non_null(strstr(line_of(top, "REASON"), " >EXITS/s %10s "));
	assert_int_equal(top_key(top, 't'), TOP_DRAW);
	assert_non_null(strstr(line_of(top, "REASON"), " >%TIME MEAN MAX TIME "));
	/* The one that takes longest is the first, the one that was not timed the last. */
	assert_string_equal(top->rows[0].name, "HLT");
	assert_string_equal(top->rows[2].name, "INTR");
	/* Of all its life, as nothing is known of what was lately. */
	assert_string_equal(line_of(top, "MSR"), "MSR 10 1.5us 3.0us 3.0us 0.0 guest uses an MSR ");
	assert_string_equal(line_of(top, "INTR"), "INTR 85 0.0 interrupt for the host ");
	assert_int_equal(top_key(top, '4'), TOP_DRAW);
	assert_non_null(strstr(line_of(top, "REASON"), " %TIME MEAN MAX >TIME "));
	top_key(top, '>');
	assert_int_equal(top->looks[TOP_REASONS].sort, TOP_BY_NAME);
	top_key(top, 't');
	assert_non_null(strstr(line_of(top, "REASON"), " >EXITS/s %10s "));
}

/* What is new is told of; not in steps shorter than the kernel's. */
static void test_lately(void **state)
{
	struct top *top = *state;

	top_key(top, 't');
	set(top, 1000, 2, 3000);
	set(top, 1500, 2, 3000);
	assert_string_equal(line_of(top, "MSR"), "MSR 10 1.5us 3.0us 3.0us 0.0 guest uses an MSR ");
	set(top, 3000, 102, 500003000);
	assert_string_equal(line_of(top, "MSR"),
			    "MSR 10 25.0 5.0ms 500.0ms 500.0ms 0.0 guest uses an MSR ");
	assert_string_equal(top->rows[0].name, "MSR");
	/* Nothing was done since, and that shows when it is sure. */
	set(top, 4000, 102, 500003000);
	assert_non_null(strstr(line_of(top, "MSR"), " 25.0 5.0ms "));
	set(top, 5000, 102, 500003000);
	assert_string_equal(line_of(top, "MSR"),
			    "MSR 10 0.0 500.0ms 500.0ms 0.0 guest uses an MSR ");
	/* A day of it fits. */
	set(top, 7000, 103, 86400000000000);
	assert_non_null(strstr(line_of(top, "MSR"), " 24.0h 24.0h "));
	/* Another VM with the same id, after KVM was loaded anew. */
	set(top, 9000, 1, 700);
	assert_string_equal(line_of(top, "MSR"), "MSR 10 700ns 700ns 700ns 0.0 guest uses an MSR ");
}

static void test_untimed(void **state)
{
	struct top *top = *state;
	json_t *vm = json_pack("{s:s, s:[{s:s, s:i}]}", "name", "vm", "reasons", "reason", "MSR",
			       "total", 10);

	assert_int_equal(top_set_vm(top, vm), 0);
	json_decref(vm);
	top_draw(top, put, NULL);
	assert_null(strstr(lines[1], "timing"));
	top_key(top, 't');
	top_draw(top, put, NULL);
	assert_non_null(strstr(lines[1], "kvmexitctl config timing=yes"));
	/* What the daemon says goes before. */
	strcpy(top->message, "No daemon.");
	top_draw(top, put, NULL);
	assert_non_null(strstr(lines[1], "No daemon."));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_switch),
		TEST(test_lately),
		TEST(test_untimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
