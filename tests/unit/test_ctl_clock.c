// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl and time: what the daemon measures is measured by the daemon's clock,
 * and times are read as a whole.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/top/source.h"
#include "ctl_fixture.h"
#include "ctl_maker.h"
#include "server_fixture.h"

static void assert_said(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("no '%s' in: %s", wanted, text);
}

/* For the daemon it is two hours later, on a day of 2023: ours is not asked. */
static void test_ages(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_LATER);
	result = ctl(p, "list", NULL);
	assert_said(result.out, " 2h 0min\n");
	result_done(&result);
	result = ctl(p, "status", NULL);
	assert_said(result.out, ", up 2h 1min\n");
	result_done(&result);
	result = ctl(p, "show", "db", NULL);
	assert_said(result.out, ", up 2h 0min\n");
	result_done(&result);
	/* One that ended before does not get older. */
	result = ctl(p, "show", "old", NULL);
	assert_said(result.out, ", after 0s\n");
	result_done(&result);
	result = ctl(p, "report", "--json", "db", NULL);
	json = result_json(&result);
	assert_in_range((uint64_t)json_number_value(at(json, "seconds")), 7200, 7260);
	json_decref(json);
}

/* The daemon's clock goes on by two hours while the command runs, which takes no time. */
static void test_stat(void **state)
{
	struct process *p = *state;
	struct result result;
	char script[128];
	json_t *json;

	(void)snprintf(script, sizeof(script), "echo later >%s/vms; echo 900 +7200 >%s/vms",
		       p->fixture->dir, p->fixture->dir);
	result = ctl(p, "stat", "--json", "--vm", "db", "--", "sh", "-c", script, NULL);
	assert_int_equal(result.status, 0);
	json = json_loads(result.err, 0, NULL);
	assert_non_null(json);
	assert_in_range((uint64_t)json_number_value(at(json, "seconds")), 7199, 7260);
	assert_number(json, "vms.0.exits", 7200);
	assert_float_equal(json_number_value(at(json, "vms.0.rates.measured")), 1, 0.01);
	json_decref(json);
	result_done(&result);
}

/* A replay that has ended, where time stands still: nothing happens, at no rate. */
static void test_stat_still(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_LATER);
	result = ctl(p, "stat", "--json", "--for", "20ms", NULL);
	assert_int_equal(result.status, 0);
	json = result_json(&result);
	assert_true(json_number_value(at(json, "seconds")) == 0);
	assert_true(json_number_value(at(json, "vms.0.rates.measured")) == 0);
	json_decref(json);
}

/* Half of the daemon's time went by with HLT; that it was no time for us does not matter. */
static void test_top(void **state)
{
	struct process *p = *state;
	struct ctl options = { .socket = p->fixture->path, .stop = -1 };
	struct top_source *source;
	struct top top;

	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	top_init(&top);
	top.view = TOP_REASONS;
	top.vm_id = 1;
	assert_int_equal(top_source_new(&source, &options), 0);
	process_command(p, COMMAND_LATER);
	process_command(p, COMMAND_TIMED);
	assert_int_equal(top_source_fetch(source, &top, NULL), 0);
	assert_false(top.rows[0].time.has_share);
	assert_string_equal(top.clock, "00:13:20");
	process_command(p, COMMAND_LATER);
	assert_int_equal(top_source_fetch(source, &top, NULL), 0);
	assert_true(top.rows[0].time.has_share);
	assert_true(top.rows[0].time.share == 0);
	assert_string_equal(top.clock, "02:13:20");
	top_source_free(source);
	top_done(&top);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		size_t wrong; /* the place, or the length of what is right */
	} times[] = {
		{ "1970-01-02T00:00:01.500Z", 86401500, 24 },
		{ "2023-11-14T22:30:30Z", 1700001030000, 20 },
		{ "2023-11-14T23:30:30+01:00", 1700001030000, 25 },
		{ "2023-11-14T18:00:30-04:30", 1700001030000, 25 },
		{ "2023-11-14T22:30:30.1239Z", 1700001030123, 25 },
		{ "2023-11-14t22:30:30z", 1700001030000, 20 },
		{ "2023-11-14 22:30:30Z", 1700001030000, 20 },
		{ "2024-02-29T00:00:00Z", 1709164800000, 20 },
		{ "2016-12-31T23:59:60Z", 1483228800000, 20 },
		{ "", -1, 0 },
		{ "yesterday", -1, 0 },
		{ "2023-11-14", -1, 10 },
		{ "2023-11-14T22:30:30", -1, 19 },
		{ "2023-11-14T22:30:30Z garbage", -1, 20 },
		{ "2023-11-14T22:30:30garbage", -1, 19 },
		{ "2023-11-14T22:30:30,5Z", -1, 19 },
		{ "2023-11-14T22:30:30.Z", -1, 20 },
		{ "2023-11-14T22:30:30.1.9x", -1, 21 },
		{ "2023-11-14T22:30:30+0100", -1, 22 },
		{ "2023-11-14T22:30:30+25:00", -1, 20 },
		{ "2023-11-14T24:30:30Z", -1, 11 },
		{ "2023-11-14T22:60:30Z", -1, 11 },
		{ "2023-11-14T22:30:61Z", -1, 17 },
		{ "2023-02-30T22:30:30Z", -1, 0 },
		{ "2023-13-01T22:30:30Z", -1, 0 },
		{ "2023-11-14T 2:30:30Z", -1, 11 },
		{ " 2023-11-14T22:30:30Z", -1, 0 },
	};
	const char *rest;
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ms = -1;
		if (parse_time(times[i].text, &ms, &rest) != (times[i].ms >= 0) ||
		    ms != times[i].ms || rest != times[i].text + times[i].wrong)
			fail_msg("%s: %lld, wrong from '%s' on", times[i].text, (long long)ms,
				 rest);
	}
	assert_int_equal(parse_time_ms(NULL), -1);
}

/* A daemon of an earlier version does not say what time it is. */
static void test_unknown(void **state)
{
	json_t *reply = json_pack("{s:{s:b, s:s}, s:{s:i}}", "vm", "alive", 1, "started",
				  "2023-11-14T22:30:30Z", "now", "boottime_us", 5);
	struct tm tm;

	(void)state;
	assert_int_equal(reply_now_us(reply), 5);
	assert_int_equal(vm_life_us(json_object_get(reply, "vm"), 5), -1);
	assert_false(reply_local_time(reply, &tm));
	assert_int_equal(reply_now_us(json_object_get(reply, "vm")), -1);
	json_decref(reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ages),
		TEST(test_stat),
		TEST(test_stat_still),
		TEST(test_top),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
