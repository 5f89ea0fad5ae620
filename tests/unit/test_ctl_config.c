// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl config: what it shows and changes, and what it says of values that are none.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

static void expect(struct result result, int status, const char *out, const char *err)
{
	assert_string_equal(result.out, out);
	if (*err ? !strstr(result.err, err) : *result.err != '\0')
		fail_msg("no '%s' in: %s", err, result.err);
	assert_int_equal(result.status, status);
	result_done(&result);
}

static void test_show(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "config", "--json", NULL);
	json_t *json = result_json(&result);

	assert_number(json, "interval_ms", 1000);
	assert_true(json_is_false(at(json, "timing")));
	/* The kernel does not know it. */
	assert_true(json_is_null(at(json, "log_exits")));
	json_decref(json);
	expect(ctl(p, "config", NULL), 0, "interval_ms=1000\nbatch_exits=10000\ntiming=no\n", "");
}

/* Everything is said before the daemon is asked to change a thing. */
static void test_wrong(void **state)
{
	struct process *p = *state;

	expect(ctl(p, "config", "timing", NULL), 2, "", "'timing' is no NAME=VALUE");
	expect(ctl(p, "config", "=1", NULL), 2, "", "'=1' is no NAME=VALUE");
	expect(ctl(p, "config", "interval_ms=20", "no_such=1", NULL), 2, "",
	       "'no_such=1' is no setting");
	expect(ctl(p, "config", "timing=2", NULL), 2, "", "timing takes yes or no: 'timing=2'");
	expect(ctl(p, "config", "interval_ms=x\033", NULL), 2, "",
	       "interval_ms takes a number of up to 32 bits: 'interval_ms=x?'");
	expect(ctl(p, "config", "interval_ms=4294967296", NULL), 2, "", "a number of up to 32");
	expect(ctl(p, "config", NULL), 0, "interval_ms=1000\nbatch_exits=10000\ntiming=no\n", "");
}

static void test_change(void **state)
{
	struct process *p = *state;

	/* The server knows by the socket who asks. */
	if (geteuid() != 0)
		skip();
	expect(ctl(p, "config", "timing=1", "log_exits=10000", NULL), 0,
	       "interval_ms=1000\nbatch_exits=10000\nlog_exits=10000\ntiming=yes\n", "");
	expect(ctl(p, "config", "timing=off", "interval_ms=20", NULL), 0,
	       "interval_ms=20\nbatch_exits=10000\nlog_exits=10000\ntiming=no\n", "");
	expect(ctl(p, "config", "interval_ms=1", NULL), 1, "", "integer out of range");
	expect(ctl(p, "config", "--reload", NULL), 1, "", "kvmexitd.conf:3: wrong");
	if (ctl_can_be_nobody())
		expect(ctl_as_nobody(p, "config", "timing=1", NULL), 3, "", "permission");
}

/* What the daemon does not know, as in a replay, is of its kind all the same. */
static void test_replay(void **state)
{
	struct process *p = *state;

	process_command(p, COMMAND_REPLAY);
	expect(ctl(p, "config", NULL), 0, "interval_ms=1000\nbatch_exits=10000\n", "");
	expect(ctl(p, "config", "timing=7", NULL), 2, "", "timing takes yes or no: 'timing=7'");
	if (geteuid() == 0)
		expect(ctl(p, "config", "timing=yes", NULL), 1, "",
		       "kvmexitd is not connected to the kernel");
}

/* A reload does not need a kernel; settings do. */
static void test_reload(void **state)
{
	struct process *p = *state;

	if (geteuid() != 0)
		skip();
	process_command(p, COMMAND_RELOADS);
	expect(ctl(p, "config", "--reload", NULL), 0, "", "");
	expect(ctl(p, "config", "--reload", "timing=yes", NULL), 1, "", "not connected");
	expect(ctl(p, "config", NULL), 1, "", "not connected");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show),   TEST(test_wrong),  TEST(test_change),
		TEST(test_replay), TEST(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
