// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How connections behave: order, framing, and their end.
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

#include "server/client.h"
#include "server_fixture.h"

#define STATUS_AND_LIST CALL(EXITS ".Status") "\0" CALL(EXITS ".List") "\0"

static void expect_status_and_list(struct fixture *f, int fd)
{
	json_t *reply = fixture_reply(f, fd);

	at(reply, "parameters.kernel");
	json_decref(reply);
	reply = fixture_reply(f, fd);
	at(reply, "parameters.vms");
	json_decref(reply);
}

static void test_pipelined(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	size_t i;

	fixture_send_bytes(fd, STATUS_AND_LIST, sizeof(STATUS_AND_LIST) - 1);
	expect_status_and_list(f, fd);

	/* The same a byte at a time. */
	for (i = 0; i < sizeof(STATUS_AND_LIST) - 1; i++) {
		fixture_send_bytes(fd, &STATUS_AND_LIST[i], 1);
		fixture_settle(f);
	}
	expect_status_and_list(f, fd);
	assert_false(fixture_pending(fd));
	close(fd);
}

static int have_calls(const struct fixture *f)
{
	const struct client *client;
	int n = 0;

	for (client = f->server->clients; client; client = client->next)
		n += client->in.len > 0;
	return n;
}

/* Two with many calls and one with one: they take turns. */
static void test_fair(void **state)
{
	struct fixture *f = *state;
	int first = fixture_connect(f), second = fixture_connect(f), one = fixture_connect(f);
	int i;

	for (i = 0; i < 50; i++) {
		fixture_send_bytes(first, STATUS_AND_LIST, sizeof(STATUS_AND_LIST) - 1);
		fixture_send_bytes(second, STATUS_AND_LIST, sizeof(STATUS_AND_LIST) - 1);
	}
	fixture_until(f, have_calls(f) == 2);
	json_decref(fixture_call(f, one, CALL(EXITS ".Status")));
	assert_int_equal(have_calls(f), 2);
	expect_status_and_list(f, first);
	expect_status_and_list(f, second);
	assert_int_equal(have_calls(f), 2);
	for (i = 1; i < 50; i++) {
		expect_status_and_list(f, second);
		expect_status_and_list(f, first);
	}
	close(first);
	close(second);
	close(one);
}

static void test_oneway(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *reply;

	fixture_send(fd, "{\"method\":\"" EXITS ".Status\",\"oneway\":true}");
	fixture_send(fd, "{\"method\":\"" EXITS ".Nothing\",\"oneway\":true}");
	fixture_send(fd, "{\"method\":\"" EXITS ".Watch\",\"oneway\":true}");
	fixture_send(fd, "{\"method\":\"" EXITS ".GetMetrics\",\"oneway\":true}");
	fixture_settle(f);
	assert_false(fixture_pending(fd));
	/* What nobody is told is not worked out either. */
	assert_null(f->server->metrics[METRICS_OPENMETRICS]);
	reply = fixture_call(f, fd, CALL(EXITS ".List"));
	at(reply, "parameters.vms");
	json_decref(reply);
	close(fd);
}

static void test_half_close(void **state)
{
	struct fixture *f = *state;
	int i, fd = fixture_connect(f);

	/* So many that the end is seen while most are yet to be answered. */
	for (i = 0; i < 40; i++)
		fixture_send_bytes(fd, STATUS_AND_LIST, sizeof(STATUS_AND_LIST) - 1);
	fixture_send_bytes(fd, "{\"method\":", 10);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	for (i = 0; i < 40; i++)
		expect_status_and_list(f, fd);
	/* What was cut short gets no answer, but is no reason to wait either. */
	assert_null(fixture_receive(f, fd));
	assert_int_equal(f->server->stats.clients, 0);
	close(fd);
}

/* An error says which member of a call is wrong, and is the last reply. */
static void test_malformed(void **state)
{
	static const struct {
		const char *call, *parameter;
	} cases[] = {
		{ "", "call" },
		{ "x", "call" },
		{ "[]", "call" },
		{ "{\"method\":\"\xff\"}", "call" },
		{ "{\"method\":1}", "method" },
		{ "{\"method\":\"" EXITS ".Status\\u0000\"}", "method" },
		{ "{\"method\":\"" EXITS ".Status\",\"parameters\":[]}", "parameters" },
		{ "{\"method\":\"" EXITS ".Status\",\"more\":null}", "more" },
		{ "{\"method\":\"" EXITS ".Status\",\"more\":true,\"oneway\":true}", "oneway" },
	};
	struct fixture *f = *state;
	json_t *reply;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = fixture_connect(f);
		/* Answers to what came before are sent yet, none to what comes behind. */
		fixture_send_bytes(fd, STATUS_AND_LIST, sizeof(STATUS_AND_LIST) - 1);
		fixture_send(fd, cases[i].call);
		fixture_send_bytes(fd, STATUS_AND_LIST, sizeof(STATUS_AND_LIST) - 1);
		expect_status_and_list(f, fd);
		reply = fixture_reply(f, fd);
		assert_text(reply, "error", SERVICE ".InvalidParameter");
		assert_text(reply, "parameters.parameter", cases[i].parameter);
		json_decref(reply);
		assert_null(fixture_receive(f, fd));
		assert_int_equal(f->server->stats.bad_clients, i + 1);
		assert_int_equal(f->server->stats.clients, 0);
		close(fd);
	}
}

/* The error arrives behind replies that are not read for a while. */
static void test_malformed_unread(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *reply;
	size_t n = 0;

	while (f->server->queued_bytes < 1000) {
		fixture_send(fd, CALL(EXITS ".Status"));
		fixture_settle(f);
		n++;
	}
	fixture_send(fd, "x");
	fixture_settle(f);
	assert_int_equal(f->server->stats.bad_clients, 1);
	while (n-- > 0) {
		reply = fixture_reply(f, fd);
		at(reply, "parameters.kernel");
		json_decref(reply);
	}
	reply = fixture_reply(f, fd);
	assert_text(reply, "error", SERVICE ".InvalidParameter");
	json_decref(reply);
	assert_null(fixture_receive(f, fd));
	assert_int_equal(f->server->stats.clients, 0);
	close(fd);
}

/* The fixture is freed with clients in every state. */
static void test_freed(void **state)
{
	struct fixture *f = *state;
	int idle = fixture_connect(f), partial = fixture_connect(f), watcher = fixture_connect(f);
	int unread = fixture_connect(f);

	fixture_send_bytes(partial, "{", 1);
	fixture_send(watcher, "{\"method\":\"" EXITS ".Watch\",\"more\":true}");
	fixture_send(unread, CALL(EXITS ".List"));
	fixture_until(f, f->server->stats.clients == 4 && f->server->stats.watchers == 1);
	f->server = server_free(f->server);
	assert_null(fixture_receive(f, watcher));
	assert_null(server_free(NULL));
	close(idle);
	close(partial);
	close(watcher);
	close(unread);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pipelined),  TEST(test_fair),	     TEST(test_oneway),
		TEST(test_half_close), TEST(test_malformed), TEST(test_malformed_unread),
		TEST(test_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
