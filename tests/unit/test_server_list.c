// SPDX-License-Identifier: GPL-2.0-or-later
/* The server: lists of VMs, and metrics. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"
#include "util/clock.h"

static json_t *ask(struct fixture *f, const char *call)
{
	int fd = fixture_connect(f);
	json_t *reply = fixture_call(f, fd, call);
	json_t *parameters;

	if (json_object_get(reply, "error"))
		fail_msg("error for %s", call);
	assert_null(json_object_get(reply, "continues"));
	parameters = json_incref(at(reply, "parameters"));
	json_decref(reply);
	close(fd);
	return parameters;
}

/* One that has not run yet is there for those who want all. */
static void test_list_not_run(void **state)
{
	struct fixture *f = *state;
	json_t *list;

	fixture_create(f, 30, 1300, "probe");
	list = ask(f, CALL(EXITS ".List"));
	assert_int_equal(json_array_size(at(list, "vms")), 2);
	json_decref(list);
	list = ask(f, "{\"method\":\"" EXITS ".List\",\"parameters\":{\"all\":true}}");
	assert_int_equal(json_array_size(at(list, "vms")), 4);
	assert_text(list, "vms.2.name", "probe");
	json_decref(list);
	fixture_count(f, 30, 0, CODE_HLT, false, 1);
	list = ask(f, CALL(EXITS ".List"));
	assert_int_equal(json_array_size(at(list, "vms")), 3);
	json_decref(list);
}

static void test_list(void **state)
{
	json_t *list = ask(*state, CALL(EXITS ".List"));

	assert_int_equal(json_array_size(at(list, "vms")), 2);
	assert_number(list, "vms.0.id", 1);
	assert_text(list, "vms.0.name", "web01");
	assert_number(list, "vms.0.pid", 812);
	assert_text(list, "vms.0.isa", "svm");
	assert_true(json_is_true(at(list, "vms.0.alive")));
	assert_true(json_is_null(at(list, "vms.0.ended")));
	assert_true(json_is_null(at(list, "vms.0.storm")));
	assert_number(list, "vms.0.exits", 1555);
	assert_number(list, "vms.0.vcpu_count", 2);
	assert_true(json_is_real(at(list, "vms.0.rates.5m")));
	assert_int_equal(json_object_size(at(list, "vms.0.rates")), 4);
	assert_null(json_object_get(at(list, "vms.0"), "reasons"));
	assert_text(list, "vms.1.name", "db");
	json_decref(list);

	list = ask(*state, "{\"method\":\"" EXITS ".List\",\"parameters\":{\"all\":true}}");
	assert_int_equal(json_array_size(at(list, "vms")), 3);
	assert_text(list, "vms.2.name", "old");
	assert_true(json_is_false(at(list, "vms.2.alive")));
	/* 2026-01-01T00:00:00.000Z */
	assert_int_equal(json_string_length(at(list, "vms.2.ended")), 24);
	json_decref(list);
}

static void test_metrics(void **state)
{
	struct fixture *f = *state;
	json_t *reply = ask(f, CALL(EXITS ".GetMetrics"));
	int fd = fixture_connect(f);

	assert_text(reply, "content_type",
		    "application/openmetrics-text; version=1.0.0; charset=utf-8");
	assert_non_null(strstr(json_string_value(at(reply, "text")), "\n# EOF\n"));
	assert_non_null(strstr(json_string_value(at(reply, "text")), "\nkvmexitd_clients 1\n"));
	json_decref(reply);

	reply = ask(f, "{\"method\":\"" EXITS ".GetMetrics\",\"parameters\":"
		       "{\"format\":\"prometheus\"}}");
	assert_null(strstr(json_string_value(at(reply, "text")), "# EOF"));
	json_decref(reply);

	/* Details are there when they are wanted, and at once. */
	fixture_fill_details(f);
	server_set_metrics_details(f->server, 1);
	reply = ask(f, CALL(EXITS ".GetMetrics"));
	assert_non_null(strstr(json_string_value(at(reply, "text")), "key=\"0x6e0:W\""));
	assert_null(strstr(json_string_value(at(reply, "text")), "key=\"0x10:R\""));
	json_decref(reply);
	server_set_metrics_details(f->server, 0);
	reply = ask(f, CALL(EXITS ".GetMetrics"));
	assert_null(strstr(json_string_value(at(reply, "text")), "key="));
	json_decref(reply);

	fixture_expect_error(f, fd,
			     "{\"method\":\"" EXITS ".GetMetrics\",\"parameters\":"
			     "{\"format\":\"xml\"}}",
			     SERVICE ".InvalidParameter", "parameter", "format");
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list_not_run),
		TEST(test_list),
		TEST(test_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
