// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What watchers are told.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"
#include "util/clock.h"

#define WATCH	 "{\"method\":\"" EXITS ".Watch\",\"more\":true}"
#define WATCH_DB "{\"method\":\"" EXITS ".Watch\",\"more\":true,\"parameters\":{\"vm\":\"db\"}}"

static json_t *expect_event(struct fixture *f, int fd, const char *event, int id, int delta,
			    int exits, bool continues)
{
	json_t *reply = fixture_reply(f, fd);
	json_t *parameters;

	assert_non_null(reply);
	assert_int_equal(json_is_true(json_object_get(reply, "continues")), continues);
	parameters = json_incref(at(reply, "parameters"));
	json_decref(reply);
	assert_text(parameters, "event", event);
	assert_number(parameters, "id", id);
	assert_number(parameters, "delta", delta);
	assert_number(parameters, "exits", exits);
	assert_int_equal(json_string_length(at(parameters, "time")), 24);
	assert_in_range(json_integer_value(at(parameters, "now.boottime_us")), 1,
			clock_boottime_ns() / NS_PER_US);
	return parameters;
}

static void test_watch(void **state)
{
	struct fixture *f = *state;
	int all = fixture_connect(f), one = fixture_connect(f);
	json_t *event;

	fixture_send(all, WATCH);
	fixture_send(one, WATCH_DB);
	/* A call behind a watch waits for its end. */
	fixture_send(one, CALL(EXITS ".Status"));
	fixture_until(f, f->server->stats.watchers == 2);

	fixture_count(f, 1, 0, CODE_MSR, false, 1100);
	fixture_count(f, 1, 1, CODE_MSR, false, 501);
	fixture_count(f, 1, 1, CODE_MSR, true, 30);
	fixture_publish(f);
	event = expect_event(f, all, "exits", 1, 106, 1661, true);
	assert_text(event, "name", "web01");
	assert_number(event, "pid", 812);
	assert_text(event, "isa", "svm");
	assert_int_equal(json_array_size(at(event, "changes")), 2);
	assert_text(event, "changes.0.reason", "MSR");
	assert_number(event, "changes.0.code", CODE_MSR);
	assert_true(json_is_false(at(event, "changes.0.nested")));
	assert_number(event, "changes.0.delta", 101);
	assert_number(event, "changes.0.total", 1601);
	assert_true(json_is_true(at(event, "changes.1.nested")));
	assert_number(event, "changes.1.delta", 5);
	assert_number(event, "changes.1.total", 30);
	json_decref(event);

	/* Between two batches a VM may be created, run and end. */
	fixture_create(f, 5, 1000, "brief");
	fixture_count(f, 5, 0, CODE_HLT, false, 9);
	fixture_publish(f);
	json_decref(expect_event(f, all, "created", 5, 0, 0, true));
	json_decref(expect_event(f, all, "exits", 5, 9, 9, true));
	fixture_count(f, 5, 0, CODE_HLT, false, 10);
	fixture_destroy(f, 5);
	fixture_publish(f);
	json_decref(expect_event(f, all, "ended", 5, 1, 10, true));

	assert_false(fixture_pending(one));
	fixture_count(f, 2, 0, CODE_CPUID, false, 8);
	fixture_destroy(f, 2);
	fixture_publish(f);
	json_decref(expect_event(f, all, "ended", 2, 1, 8, true));
	json_decref(expect_event(f, one, "ended", 2, 1, 8, false));
	assert_int_equal(f->server->stats.watchers, 1);
	event = fixture_reply(f, one);
	at(event, "parameters.kernel");
	json_decref(event);
	close(one);

	/* One who goes away, goes. */
	close(all);
	fixture_until(f, f->server->stats.clients == 0);
	assert_int_equal(f->server->stats.watchers, 0);
	assert_int_equal(f->server->stats.slow_clients, 0);
}

static void test_watch_half_close(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);

	fixture_send(fd, WATCH);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	fixture_until(f, f->server->stats.watchers == 1);
	fixture_settle(f);
	fixture_count(f, 2, 0, CODE_CPUID, false, 8);
	fixture_publish(f);
	json_decref(expect_event(f, fd, "exits", 2, 1, 8, true));
	fixture_count(f, 2, 0, CODE_CPUID, false, 10);
	fixture_publish(f);
	json_decref(expect_event(f, fd, "exits", 2, 2, 10, true));
	close(fd);
	fixture_until(f, f->server->stats.clients == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_watch),
		TEST(test_watch_half_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
