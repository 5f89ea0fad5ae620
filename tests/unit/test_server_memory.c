// SPDX-License-Identifier: GPL-2.0-or-later
/* The limit of the memory that clients take, and what counts for it. */
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

static uint64_t publish_one(struct fixture *f, uint64_t total)
{
	fixture_count(f, 2, 0, CODE_CPUID, false, ++total);
	fixture_publish(f);
	return total;
}

/* Whether the stream has an end, after all that can be read. */
static bool has_ended(struct fixture *f, int fd)
{
	char *event;

	while (fixture_pending(fd)) {
		event = fixture_receive(f, fd);
		if (!event)
			return true;
		free(event);
	}
	return false;
}

/* Together too much: the one with the most goes. */
static void test_total(void **state)
{
	struct fixture *f = *state;
	int long_one = fixture_connect(f), short_one;
	uint64_t total = 7;
	size_t most;

	fixture_send(long_one, WATCH);
	fixture_until(f, f->server->stats.watchers == 1);
	while (f->server->queued_bytes < 1000) {
		total = publish_one(f, total);
		fixture_settle(f);
	}
	/* What the kernel keeps for it is above the limit alone, and counts. */
	most = server_memory(f->server) + 30000;
	limit(f, (struct server_limits){ .total_bytes = most });
	short_one = fixture_connect(f);
	fixture_send(short_one, WATCH);
	fixture_until(f, f->server->stats.watchers == 2);
	while (f->server->stats.slow_clients == 0) {
		total = publish_one(f, total);
		fixture_settle(f);
		assert_true(server_memory(f->server) <= most);
	}
	assert_int_equal(f->server->stats.watchers, 1);
	assert_true(has_ended(f, long_one));
	assert_false(has_ended(f, short_one));
	close(long_one);
	close(short_one);
}

/* Half calls take memory, too: of those who have many, some go. */
static void test_half_calls(void **state)
{
	enum {
		CLIENTS = 30
	};
	const size_t most = 1000 * 1000;
	struct fixture *f = *state;
	char *call = make_call(60000);
	int i, fds[CLIENTS];
	bool ended = false;

	limit(f, (struct server_limits){ .total_bytes = most });
	for (i = 0; i < CLIENTS; i++) {
		fds[i] = fixture_connect(f);
		fixture_send_bytes(fds[i], call, 60000);
		fixture_settle(f);
		assert_true(server_memory(f->server) <= most);
	}
	assert_true(f->server->stats.slow_clients > 0);
	assert_true(f->server->stats.clients > 5);
	for (i = 0; i < CLIENTS; i++) {
		ended = ended || has_ended(f, fds[i]);
		close(fds[i]);
	}
	assert_true(ended);
	fixture_until(f, f->server->stats.clients == 0);
	assert_int_equal(server_memory(f->server), 0);
	free(call);
}

/* Many calls are not read before the first of them is answered. */
static void test_pipelined_bytes(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);

	limit(f, (struct server_limits){ .reply_bytes = 1 });
	while (send(fd, STATUS, sizeof(STATUS), MSG_NOSIGNAL) > 0)
		;
	while (sd_event_run(f->event, 0) > 0)
		assert_true(f->server->clients->in.len <= 8192);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_total),
		TEST(test_half_calls),
		TEST(test_pipelined_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
