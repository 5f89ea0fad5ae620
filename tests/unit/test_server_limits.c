// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every limit of the server, run into, and others who do not notice.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/client.h"
#include "server_fixture.h"

#define STATUS CALL(EXITS ".Status")
#define WATCH  "{\"method\":\"" EXITS ".Watch\",\"more\":true}"

/* An hour: the test that means a stall asks for one. */
#define NEVER_US (UINT64_C(3600) * 1000 * 1000)

static void limit(struct fixture *f, struct server_limits limits)
{
	if (!limits.clients)
		limits.clients = server_default_limits.clients;
	if (!limits.user_clients)
		limits.user_clients = server_default_limits.user_clients;
	if (!limits.request_bytes)
		limits.request_bytes = server_default_limits.request_bytes;
	if (!limits.reply_bytes)
		limits.reply_bytes = server_default_limits.reply_bytes;
	if (!limits.watch_bytes)
		limits.watch_bytes = server_default_limits.watch_bytes;
	if (!limits.single_bytes)
		limits.single_bytes = server_default_limits.single_bytes;
	if (!limits.total_bytes)
		limits.total_bytes = server_default_limits.total_bytes;
	if (!limits.stall_us)
		limits.stall_us = NEVER_US;
	if (!limits.idle_us)
		limits.idle_us = NEVER_US;
	server_set_limits(f->server, &limits);
}

static void expect_alive(struct fixture *f, int fd)
{
	json_t *reply = fixture_call(f, fd, STATUS);

	at(reply, "parameters.kernel");
	json_decref(reply);
}

/* A call of len bytes, without the NUL. */
static char *make_call(size_t len)
{
	char *call = malloc(len + 1);

	assert_non_null(call);
	memset(call, ' ', len);
	memcpy(call, STATUS, strlen(STATUS));
	call[len] = '\0';
	return call;
}

/* The client is told, and then the connection ends. */
static void expect_too_long(struct fixture *f, int fd, size_t max)
{
	json_t *reply = fixture_reply(f, fd);

	assert_text(reply, "error", EXITS ".CallTooLong");
	assert_number(reply, "parameters.max_bytes", max);
	json_decref(reply);
	assert_null(fixture_receive(f, fd));
	close(fd);
}

static void test_request_size(void **state)
{
	const size_t max = 1000;
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	char *call;

	limit(f, (struct server_limits){ .request_bytes = max });
	call = make_call(max);
	json_decref(fixture_call(f, fd, call));
	/* Two that fit, and are more than the limit together. */
	fixture_send(fd, call);
	json_decref(fixture_call(f, fd, call));
	json_decref(fixture_reply(f, fd));
	free(call);
	assert_int_equal(f->server->stats.bad_clients, 0);

	call = make_call(max + 1);
	fixture_send(fd, call);
	expect_too_long(f, fd, max);
	free(call);

	/* As soon as it is too long, not at its end. */
	fd = fixture_connect(f);
	call = make_call(max + 1);
	fixture_send_bytes(fd, call, max + 1);
	expect_too_long(f, fd, max);
	free(call);
	assert_int_equal(f->server->stats.bad_clients, 2);
}

/* As the limit is by default, with memory that grows meanwhile. */
static void test_request_size_default(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	char *call = make_call(server_default_limits.request_bytes);

	json_decref(fixture_call(f, fd, call));
	free(call);
	call = make_call(server_default_limits.request_bytes + 1);
	fixture_send(fd, call);
	expect_too_long(f, fd, server_default_limits.request_bytes);
	free(call);
}

static void test_too_many_clients(void **state)
{
	struct fixture *f = *state;
	int first, second, third;
	json_t *reply;

	limit(f, (struct server_limits){ .clients = 2 });
	first = fixture_connect(f);
	second = fixture_connect(f);
	expect_alive(f, first);
	expect_alive(f, second);

	third = fixture_connect(f);
	reply = fixture_reply(f, third);
	assert_text(reply, "error", EXITS ".TooManyClients");
	json_decref(reply);
	assert_null(fixture_receive(f, third));
	close(third);
	assert_int_equal(f->server->stats.refused_clients, 1);

	expect_alive(f, first);
	close(first);
	fixture_until(f, f->server->stats.clients == 1);
	third = fixture_connect(f);
	expect_alive(f, third);
	close(second);
	close(third);
}

/* Many calls and no reading: they wait, and the memory for it has its limit. */
static void test_unread_replies(void **state)
{
	struct fixture *f = *state;
	int replies = 0, fd = fixture_connect(f), other = fixture_connect(f);
	size_t most = 0;

	limit(f, (struct server_limits){ .reply_bytes = 2000 });
	while (send(fd, STATUS, sizeof(STATUS), MSG_NOSIGNAL) > 0 ||
	       sd_event_run(f->event, 0) > 0) {
		if (f->server->queued_bytes > most)
			most = f->server->queued_bytes;
	}
	assert_true(most >= 2000);
	assert_true(most < 3000);

	/* One who reads is served meanwhile, and then the first goes on. */
	expect_alive(f, other);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	for (;;) {
		char *reply = fixture_receive(f, fd);

		if (!reply)
			break;
		replies++;
		free(reply);
	}
	assert_true(replies > 100);
	assert_int_equal(f->server->queued_bytes, 0);
	assert_int_equal(f->server->stats.slow_clients, 0);
	close(fd);
	close(other);
}

/* The same one, whom nobody waits for any longer. */
static void test_stall(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f), idle = fixture_connect(f);

	expect_alive(f, idle);
	limit(f, (struct server_limits){ .stall_us = 1000 });
	while (f->server->stats.slow_clients == 0)
		if (send(fd, STATUS, sizeof(STATUS), MSG_NOSIGNAL) < 0)
			fixture_turn(f);
	assert_int_equal(f->server->stats.clients, 1);
	assert_int_equal(f->server->queued_bytes, 0);
	/* Having nothing to be told is no stall. */
	expect_alive(f, idle);
	close(fd);
	close(idle);
}

static uint64_t publish_one(struct fixture *f, uint64_t total)
{
	fixture_count(f, 2, 0, CODE_CPUID, false, ++total);
	fixture_publish(f);
	return total;
}

static void test_slow_watcher(void **state)
{
	struct fixture *f = *state;
	int slow = fixture_connect(f), good = fixture_connect(f);
	uint64_t total = 7, seen = 7;
	json_t *event;

	limit(f, (struct server_limits){ .watch_bytes = 20000 });
	fixture_send(slow, WATCH);
	fixture_send(good, WATCH);
	fixture_until(f, f->server->stats.watchers == 2);

	while (f->server->stats.slow_clients == 0) {
		total = publish_one(f, total);
		event = fixture_reply(f, good);
		assert_number(event, "parameters.exits", ++seen);
		json_decref(event);
		assert_true(f->server->queued_bytes <= 20000);
	}
	assert_int_equal(f->server->stats.watchers, 1);
	assert_int_equal(f->server->stats.clients, 1);

	/* To the other nothing was lost, neither then nor after it. */
	total = publish_one(f, total);
	event = fixture_reply(f, good);
	assert_number(event, "parameters.exits", total);
	assert_number(event, "parameters.delta", 1);
	json_decref(event);
	close(slow);
	close(good);
}

/* One event longer than the limit is sent all the same, to who is up to date. */
static void test_long_event(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);

	limit(f, (struct server_limits){ .watch_bytes = 10 });
	fixture_send(fd, WATCH);
	fixture_until(f, f->server->stats.watchers == 1);
	publish_one(f, 7);
	json_decref(fixture_reply(f, fd));
	publish_one(f, 8);
	json_decref(fixture_reply(f, fd));
	assert_int_equal(f->server->stats.slow_clients, 0);
	close(fd);
}

/* A batch comes at once, before anybody can read; each of its events is kept once. */
static void test_burst(void **state)
{
	enum {
		WATCHERS = 20,
		EVENTS = 100
	};
	struct fixture *f = *state;
	uint64_t total = 7;
	json_t *event;
	int i, n, fds[WATCHERS];

	for (i = 0; i < WATCHERS; i++) {
		fds[i] = fixture_connect(f);
		fixture_send(fds[i], WATCH);
	}
	fixture_until(f, f->server->stats.watchers == WATCHERS);
	for (n = 0; n < EVENTS; n++)
		total = publish_one(f, total);
	assert_int_equal(f->server->stats.slow_clients, 0);
	assert_in_range(f->server->queued_bytes, 20000, 60000);
	for (i = 0; i < WATCHERS; i++) {
		for (n = 1; n <= EVENTS; n++) {
			event = fixture_reply(f, fds[i]);
			assert_number(event, "parameters.exits", 7 + n);
			json_decref(event);
		}
		close(fds[i]);
	}
	assert_int_equal(f->server->queued_bytes, 0);
}

/* Out of descriptors: no spinning, and those who wait are served later. */
static void test_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, none;
	int first = fixture_connect(f), second, turns = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	fixture_turn(f);
	while (sd_event_run(f->event, 0) > 0)
		assert_true(++turns < 10);
	assert_int_equal(f->server->stats.clients, 0);
	assert_true(f->server->stats.accept_failures > 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	/* valgrind has its own idea of the limit, and loses the first one. */
	second = fixture_connect(f);
	expect_alive(f, second);
	close(first);
	close(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request_size),
		TEST(test_request_size_default),
		TEST(test_too_many_clients),
		TEST(test_unread_replies),
		TEST(test_stall),
		TEST(test_slow_watcher),
		TEST(test_long_event),
		TEST(test_burst),
		TEST(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
