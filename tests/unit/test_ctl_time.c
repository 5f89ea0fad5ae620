// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long exits took, as kvmexitctl tells of it; and what it tells of a VM besides.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/stat/stat.h"
#include "ctl_fixture.h"
#include "server_fixture.h"

/* A line of text that has all words, which end with NULL, in this order. */
static bool has_line(const char *text, const char *const *words)
{
	for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL) {
		const char *at = text, *end = strchrnul(text, '\n');
		size_t i;

		for (i = 0; words[i] && at; i++) {
			at = strstr(at, words[i]);
			if (at && at + strlen(words[i]) > end)
				at = NULL;
		}
		if (at)
			return true;
	}
	return false;
}

#define assert_line(text, ...)                                                  \
	do {                                                                    \
		const char *const words_[] = { __VA_ARGS__, NULL };             \
                                                                                \
		if (!has_line(text, words_))                                    \
			fail_msg("no line with %s … in:\n%s", words_[0], text); \
	} while (0)

static void test_show(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "show", "web01", NULL);
	json_t *json;

	assert_null(strstr(result.out, "TIME"));
	result_done(&result);

	process_command(p, COMMAND_TIMED);
	result = ctl(p, "show", "web01", NULL);
	assert_line(result.out, "REASON", "NESTED", "TIME", "MEAN", "MAX");
	assert_line(result.out, "MSR", "1525", "2.0ms", "2.0us", "2.0us");
	assert_line(result.out, "HLT", "30", "30.0ms", "1.0ms", "1.0ms");
	result_done(&result);

	result = ctl(p, "list", "--json", NULL);
	json = result_json(&result);
	assert_number(json, "vms.0.time.exits", 1030);
	assert_number(json, "vms.0.time.total_ns", 32000000);
	assert_number(json, "vms.0.time.max_ns", 1000000);
	assert_null(json_object_get(at(json, "vms.1"), "time"));
	json_decref(json);
}

/* Overhead has a column where it is known: for VMs whose exits were timed while watched. */
static void test_overhead(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "list", NULL);
	const char *times;
	json_t *json;

	assert_null(strstr(result.out, "OVERHEAD"));
	result_done(&result);
	process_command(p, COMMAND_LATER);
	process_command(p, COMMAND_TIMED);
	result = ctl(p, "list", NULL);
	assert_line(result.out, "ID", "UP", "OVERHEAD%");
	assert_line(result.out, " web01 ", " <0.01");
	assert_line(result.out, " db ", " -");
	result_done(&result);
	result = ctl(p, "list", "--sort=overhead", "--names", NULL);
	assert_string_equal(result.out, "web01\ndb\n");
	result_done(&result);
	result = ctl(p, "list", "--sort=overhead", "--reverse", "--names", NULL);
	assert_string_equal(result.out, "db\nweb01\n");
	result_done(&result);
	result = ctl(p, "show", "web01", NULL);
	assert_line(result.out, "Overhead ", "(1s), ", "(10s), ", "(1m), ",
		    "(5m) of its vCPUs' time");
	assert_line(result.out, "Exit times of the last minute");
	assert_line(result.out, "MSR", "1000", "<0.01", "2.0us", "2.0us", "2.0us");
	assert_line(result.out, "HLT", "30", "-", "1.0ms", "1.0ms");
	/* Sleep took longer, and comes last. */
	times = strstr(result.out, "Exit times");
	assert_true(strstr(times, "MSR") < strstr(times, "HLT"));
	result_done(&result);
	result = ctl(p, "show", "--json", "web01", NULL);
	json = result_json(&result);
	assert_non_null(at(json, "reasons.0.overhead"));
	assert_text(json, "reasons.1.reason", "HLT");
	assert_number(json, "reasons.1.recent.exits", 30);
	assert_null(json_object_get(at(json, "reasons.1"), "overhead"));
	assert_number(json, "overhead_ns", 2000000);
	json_decref(json);
	result = ctl(p, "show", "db", NULL);
	assert_null(strstr(result.out, "Overhead"));
	assert_null(strstr(result.out, "Exit times"));
	result_done(&result);
}

static void test_top(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "top", "--times", "-n1", NULL);

	assert_line(result.out, "No exits were timed");
	result_done(&result);
	/* The sleep costs nothing. */
	process_command(p, COMMAND_LATER);
	process_command(p, COMMAND_TIMED);
	result = ctl(p, "top", "-t", "-n1", NULL);
	assert_line(result.out, "ID ", ">%OVER", "MEAN", "MAX", "TIME");
	assert_line(result.out, " web01 ", " 0.0", "2.0us", "2.0us", "2.0ms");
	result_done(&result);
	result = ctl(p, "top", "--sort=time", "-n1", "web01", NULL);
	assert_line(result.out, "REASON", ">%TIME", "MEAN");
	assert_line(result.out, "HLT ", "1.0ms", "1.0ms", "30.0ms");
	result_done(&result);
}

/* What was timed before is not what was measured. */
static void test_stat(void **state)
{
	static const char now[] =
		"{'id': 1, 'vcpu_count': 2, 'exits': 60, 'rest_time': {'exits': 5, 'total_ns': 50, 'max_ns': 9,"
		"  'histogram': [5]}, 'time': {'exits': 60, 'total_ns': 90600, 'max_ns': 70000,"
		"  'histogram': [40, 18, 0, 0, 0, 0, 0, 0, 0, 2]}, 'reasons': ["
		" {'reason': 'MSR', 'total': 50, 'nested': 0, 'time': {'exits': 50,"
		"  'total_ns': 20000, 'max_ns': 9000, 'histogram': [40, 9, 0, 0, 0, 0, 1]}},"
		" {'reason': 'HLT', 'total': 10, 'nested': 0, 'time': {'exits': 10,"
		"  'total_ns': 70600, 'max_ns': 70000, 'histogram': [0, 9, 0, 0, 0, 0, 0, 0, 0, 1]}}]}";
	static const char before[] =
		"{'id': 1, 'exits': 41, 'rest_time': {'exits': 5, 'total_ns': 50, 'max_ns': 9,"
		"  'histogram': [5]}, 'reasons': ["
		" {'reason': 'MSR', 'total': 40, 'nested': 0, 'time': {'exits': 40,"
		"  'total_ns': 15500, 'max_ns': 9000, 'histogram': [38, 1, 0, 0, 0, 0, 1]}},"
		" {'reason': 'HLT', 'total': 1, 'nested': 0, 'time': {'exits': 1,"
		"  'total_ns': 600, 'max_ns': 600, 'histogram': [0, 1]}}]}";
	struct stat_vm vm = { .id = 1, .last_us = 1000000 };
	const struct stat_result result = { .vms = &vm, .n_vms = 1, .ended_us = 1000000 };
	char *text = strdup(now), *base = strdup(before), *quote, *printed = NULL;
	size_t size;
	json_t *json, *time;
	FILE *out;

	(void)state;
	while ((quote = strchr(text, '\'')))
		*quote = '"';
	while ((quote = strchr(base, '\'')))
		*quote = '"';
	vm.last = json_loads(text, 0, NULL);
	vm.base = json_loads(base, 0, NULL);
	assert_non_null(vm.last);
	assert_non_null(vm.base);

	json = stat_vm_json(&result, &vm);
	/* Its longest exit was before: of those since, none took 512 ns. */
	assert_text(json, "reasons.0.reason", "MSR");
	assert_number(json, "reasons.0.time.exits", 10);
	assert_number(json, "reasons.0.time.total_ns", 4500);
	assert_number(json, "reasons.0.time.max_ns", 512);
	assert_number(json, "reasons.0.time.histogram.1", 8);
	/* One exit took no longer than all of them. */
	json_decref(json);
	time = json_object_get(at(vm.last, "reasons.0"), "time");
	json_object_set_new(time, "total_ns", json_integer(15800));
	json = stat_vm_json(&result, &vm);
	assert_number(json, "reasons.0.time.max_ns", 300);
	json_object_set_new(time, "total_ns", json_integer(20000));
	json_decref(json);
	json = stat_vm_json(&result, &vm);
	/* Its longest exit was since. */
	assert_number(json, "reasons.1.time.max_ns", 70000);
	assert_number(json, "reasons.1.time.exits", 9);
	/* Nothing was known of it before. */
	assert_number(json, "time.exits", 60);
	assert_null(json_object_get(json, "rest_time"));

	/* Of a second of two vCPUs; what sleeps is at the end. */
	assert_number(json, "reasons.0.time.p50_ns", 512);
	assert_null(json_object_get(at(json, "reasons.1"), "overhead"));
	json_decref(json);
	out = open_memstream(&printed, &size);
	stat_print(&(struct ctl){ .json = false }, &result, out);
	fclose(out);
	assert_line(printed, "REASON", "EXITS", "TIME", "MEAN", "MAX");
	assert_line(printed, "MSR", "10", "4.5us", "450ns", "512ns");
	assert_line(printed, "Overhead <0.01% of its vCPUs' time");
	assert_line(printed, "MSR", "10", "<0.01", "450ns", "512ns", "512ns", "512ns", "512ns");
	assert_line(printed, "HLT", "9", "-", "7.8us", "512ns", "70.0us", "70.0us", "70.0us");
	free(printed);

	/* A VM that was made meanwhile has all. */
	json_decref(vm.base);
	vm.base = NULL;
	json = stat_vm_json(&result, &vm);
	assert_number(json, "reasons.0.time.max_ns", 9000);
	assert_number(json, "rest_time.exits", 5);
	json_decref(json);

	/* One whose times were switched on again has all of them, too. */
	vm.base = json_loads(base, 0, NULL);
	json_object_set_new(vm.last, "times_since", json_string("later"));
	json = stat_vm_json(&result, &vm);
	assert_number(json, "reasons.0.total", 10);
	assert_number(json, "reasons.0.time.exits", 50);
	json_decref(json);
	json_decref(vm.base);
	json_decref(vm.last);
	free(text);
	free(base);
}

static void test_stat_text(void **state)
{
	struct process *p = *state;
	struct result result;

	process_command(p, COMMAND_TIMED);
	/* Nothing was done meanwhile, and no time was taken. */
	result = ctl(p, "stat", "--for", "1ms", NULL);
	assert_int_equal(result.status, 0);
	assert_null(strstr(result.out, "TIME"));
	result_done(&result);
}

static void test_storm(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, NULL);

	assert_null(strstr(result.out, "Storm"));
	result_done(&result);
	process_command(p, COMMAND_STORM);
	result = ctl(p, NULL);
	assert_line(result.out, "Storms   1 of the VMs");
	result_done(&result);
	result = ctl(p, "list", NULL);
	assert_line(result.out, "ID", "UP", "STORM");
	assert_line(result.out, " web01 ", " MSR");
	assert_line(result.out, " db ");
	result_done(&result);
	result = ctl(p, "list", "db", NULL);
	assert_null(strstr(result.out, "STORM"));
	result_done(&result);
	result = ctl(p, "show", "web01", NULL);
	assert_line(result.out, "Storm    MSR: ", "per second, usually 0");
	result_done(&result);
	result = ctl(p, "show", "db", NULL);
	assert_null(strstr(result.out, "Storm"));
	result_done(&result);
}

/* That an end was not seen is told of. */
static void test_unseen(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_EMPTY);
	result = ctl(p, "list", "--all", NULL);
	assert_line(result.out, " db ", "ended after", " or less");
	result_done(&result);
	result = ctl(p, "show", "db", NULL);
	assert_line(result.out, "Ended    by ", " or less");
	result_done(&result);
	result = ctl(p, "show", "--json", "db", NULL);
	json = result_json(&result);
	assert_true(json_is_true(at(json, "ended_unseen")));
	json_decref(json);
	/* This one was seen to end. */
	result = ctl(p, "show", "--json", "old", NULL);
	json = result_json(&result);
	assert_true(json_is_false(at(json, "ended_unseen")));
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show),      TEST(test_overhead),
		TEST(test_top),	      cmocka_unit_test(test_stat),
		TEST(test_stat_text), TEST(test_storm),
		TEST(test_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
