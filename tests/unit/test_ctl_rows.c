// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What list and show make of a reply: sorted, and cut to what was asked for.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"
#include "util/util.h"

/* The names that list prints, one a line. */
static void check_names(struct process *p, const char *arg, const char *key, const char *names)
{
	struct result result = ctl(p, "list", "--names", "--all", arg, key, NULL);

	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	assert_string_equal(result.out, names);
	result_done(&result);
}

static void test_list_order(void **state)
{
	struct process *p = *state;

	check_names(p, NULL, NULL, "web01\ndb\nold\n");
	check_names(p, "--reverse", NULL, "old\ndb\nweb01\n");
	check_names(p, "--sort", "name", "db\nold\nweb01\n");
	check_names(p, "--sort", "exits", "web01\ndb\nold\n");
	check_names(p, "-r", "--sort=pid", "old\ndb\nweb01\n");
	check_names(p, "W*", NULL, "web01\n");
	check_names(p, "nothing*", NULL, "");
}

/* The reasons that show has, in its order. */
static void check_reasons(struct process *p, const char *arg, const char *value, const char *names)
{
	struct result result = ctl(p, "show", "web01", "--json", arg, value, NULL);
	json_t *json = result_json(&result), *reason;
	char found[64] = "";
	size_t i;

	json_array_foreach(at(json, "reasons"), i, reason) {
		strcat(found, json_string_value(at(reason, "reason")));
		strcat(found, " ");
	}
	assert_string_equal(found, names);
	json_decref(json);
}

static void test_show_filters(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	check_reasons(p, NULL, NULL, "MSR HLT ");
	check_reasons(p, "--reverse", NULL, "HLT MSR ");
	check_reasons(p, "--sort", "reason", "HLT MSR ");
	check_reasons(p, "--sort", "code", "HLT MSR ");
	check_reasons(p, "--sort", "nested", "MSR HLT ");
	check_reasons(p, "--first", "1", "MSR ");
	check_reasons(p, "--reason", "h*", "HLT ");
	check_reasons(p, "--reason", "nothing", "");

	result = ctl(p, "show", "web01", "--json", "--vcpu", "1", "--reason", "MSR", NULL);
	json = result_json(&result);
	assert_int_equal(json_array_size(at(json, "vcpus")), 1);
	assert_number(json, "vcpus.0.id", 1);
	/* Part of the whole all the same. */
	assert_number(json, "exits", 1555);
	json_decref(json);

	result = ctl(p, "show", "web01", "--vcpu", "7", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "no vCPU 7"));
	result_done(&result);
}

/* What counts does not see, whoever shows its counts. */
static void test_not_counted(void **state)
{
	static const char *const commands[][5] = {
		{ "list" },
		{ "show", "web01" },
		{ "stat", "--vm", "web01", "--for", "1ms" },
		{ "report", "web01" },
	};
	struct process *p = *state;
	struct result result;
	size_t i, told;

	for (told = 0; told < 2; told++) {
		for (i = 0; i < ARRAY_SIZE(commands); i++) {
			result = ctl(p, commands[i][0], commands[i][1], commands[i][2],
				     commands[i][3], commands[i][4], NULL);
			assert_int_equal(result.status, 0);
			if (!!strstr(result.out, CTL_BLIND) != (told == 1))
				fail_msg("%s: %s", commands[i][0], result.out);
			result_done(&result);
		}
		process_command(p, COMMAND_BLIND);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list_order),
		TEST(test_show_filters),
		TEST(test_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
