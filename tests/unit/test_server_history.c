// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GetHistory: all exits, in time and by reason.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"
#include "util/clock.h"

#define ASK(parameters) "{\"method\":\"" EXITS ".GetHistory\",\"parameters\":{" parameters "}}"

static json_t *ask(struct fixture *f, const char *call)
{
	int fd = fixture_connect(f);
	json_t *reply = fixture_call(f, fd, call), *parameters;

	if (json_object_get(reply, "error"))
		fail_msg("error for %s", call);
	parameters = json_incref(at(reply, "parameters"));
	json_decref(reply);
	close(fd);
	return parameters;
}

static json_int_t sum(const json_t *counts)
{
	const json_t *count;
	json_int_t all = 0;
	size_t i;

	json_array_foreach((json_t *)counts, i, count) {
		assert_true(json_is_integer(count));
		all += json_integer_value(count);
	}
	return all;
}

/* A VM that has just begun has one span, of seconds. */
static void test_all(void **state)
{
	json_t *reply = ask(*state, ASK("\"vm\":\"web01\"")), *reasons, *reason;
	json_int_t by_reason = 0;
	size_t i;

	assert_text(reply, "vm.name", "web01");
	assert_number(reply, "vm.exits", 1555);
	assert_int_equal(json_array_size(at(reply, "spans")), 1);
	assert_number(reply, "spans.0.step", 1);
	assert_int_equal(sum(at(reply, "spans.0.exits")), 1555);
	assert_true(json_real_value(at(reply, "spans.0.age")) <= 0.0);
	assert_true(json_real_value(at(reply, "spans.0.age")) > -2.0);
	/* Its start is as the VM's, but for the second that it is aligned to. */
	assert_int_equal(strlen(json_string_value(at(reply, "spans.0.start"))),
			 strlen("2026-01-02T03:04:05.678Z"));

	reasons = at(reply, "spans.0.reasons");
	assert_int_equal(json_array_size(reasons), 2);
	json_array_foreach(reasons, i, reason) {
		assert_int_equal(json_array_size(at(reason, "exits")),
				 json_array_size(at(reply, "spans.0.exits")));
		by_reason += sum(at(reason, "exits"));
		if (strcmp(json_string_value(at(reason, "reason")), "MSR") == 0)
			assert_int_equal(sum(at(reason, "exits")), 1525);
	}
	assert_int_equal(by_reason, 1555);
	json_decref(reply);
}

static void test_chosen(void **state)
{
	json_t *reply = ask(*state, ASK("\"vm\":\"web01\",\"reasons\":[\"HLT\",\"VINTR\"]"));

	assert_int_equal(sum(at(reply, "spans.0.exits")), 1555);
	assert_int_equal(json_array_size(at(reply, "spans.0.reasons")), 1);
	assert_text(reply, "spans.0.reasons.0.reason", "HLT");
	assert_number(reply, "spans.0.reasons.0.code", CODE_HLT);
	assert_int_equal(sum(at(reply, "spans.0.reasons.0.exits")), 30);
	json_decref(reply);

	reply = ask(*state, ASK("\"vm\":\"web01\",\"reasons\":[]"));
	assert_int_equal(json_array_size(at(reply, "spans.0.reasons")), 0);
	json_decref(reply);
}

/* One that ended has its history still. */
static void test_ended(void **state)
{
	json_t *reply = ask(*state, ASK("\"vm\":\"old\""));

	assert_true(json_is_false(at(reply, "vm.alive")));
	assert_int_equal(sum(at(reply, "spans.0.exits")), 3);
	json_decref(reply);
}

static void test_seconds(void **state)
{
	json_t *reply = ask(*state, ASK("\"vm\":\"web01\",\"seconds\":1"));

	assert_int_equal(json_array_size(at(reply, "spans.0.exits")), 1);
	json_decref(reply);
	reply = ask(*state, ASK("\"vm\":\"web01\",\"seconds\":0"));
	assert_int_equal(json_array_size(at(reply, "spans")), 0);
	json_decref(reply);
}

static void test_wrong(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);

	fixture_expect_error(f, fd, ASK(""), SERVICE ".InvalidParameter", "parameter", "vm");
	fixture_expect_error(f, fd, ASK("\"vm\":\"web01\",\"seconds\":-1"),
			     SERVICE ".InvalidParameter", "parameter", "seconds");
	fixture_expect_error(f, fd, ASK("\"vm\":\"web01\",\"seconds\":1.5"),
			     SERVICE ".InvalidParameter", "parameter", "seconds");
	fixture_expect_error(f, fd, ASK("\"vm\":\"web01\",\"reasons\":\"HLT\""),
			     SERVICE ".InvalidParameter", "parameter", "reasons");
	fixture_expect_error(f, fd, ASK("\"vm\":\"web01\",\"reasons\":[1]"),
			     SERVICE ".InvalidParameter", "parameter", "reasons");
	fixture_expect_error(f, fd, ASK("\"vm\":\"nobody\""), EXITS ".NoSuchVm", "vm", "nobody");
	close(fd);
}

/* Clients see that a VM has a storm, and which. */
static void test_storm(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *reply = fixture_call(f, fd, CALL(EXITS ".Status"));

	assert_number(reply, "parameters.storms", 0);
	json_decref(reply);
	fixture_storm(f, 1);
	reply = fixture_call(f, fd, CALL(EXITS ".Status"));
	assert_number(reply, "parameters.storms", 1);
	json_decref(reply);
	close(fd);
	reply = ask(f, ASK("\"vm\":\"web01\""));
	assert_text(reply, "vm.storm.reason", "MSR");
	assert_true(json_real_value(at(reply, "vm.storm.rate")) > 1.0);
	assert_true(json_real_value(at(reply, "vm.storm.usual")) == 0.0);
	assert_true(json_is_string(at(reply, "vm.storm.since")));
	json_decref(reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all),	    TEST(test_chosen), TEST(test_ended),
		TEST(test_seconds), TEST(test_wrong),  TEST(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
