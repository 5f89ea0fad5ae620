// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may be a client, and for how long.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"

#define STATUS CALL(EXITS ".Status")
#define WATCH  "{\"method\":\"" EXITS ".Watch\",\"more\":true}"

/* Those that are not given stay as they are. */
static void limit(struct fixture *f, struct server_limits limits)
{
	struct server_limits all = server_default_limits;

	if (limits.clients)
		all.clients = limits.clients;
	if (limits.root_clients)
		all.root_clients = limits.root_clients;
	if (limits.user_clients)
		all.user_clients = limits.user_clients;
	if (limits.idle_us)
		all.idle_us = limits.idle_us;
	server_set_limits(f->server, &all);
}

static void expect_alive(struct fixture *f, int fd)
{
	json_t *reply = fixture_call(f, fd, STATUS);

	at(reply, "parameters.kernel");
	json_decref(reply);
}

static uint64_t publish_one(struct fixture *f, uint64_t total)
{
	fixture_count(f, 2, 0, CODE_CPUID, false, ++total);
	fixture_publish(f);
	return total;
}

/* Who neither calls nor watches goes; half a call is none. */
static void test_idle(void **state)
{
	struct fixture *f = *state;
	int silent, half, watcher, caller;
	size_t i;

	limit(f, (struct server_limits){ .idle_us = 1500 * 1000 });
	watcher = fixture_connect(f);
	fixture_send(watcher, WATCH);
	fixture_until(f, f->server->stats.watchers == 1);
	caller = fixture_connect(f);
	expect_alive(f, caller);
	silent = fixture_connect(f);
	half = fixture_connect(f);
	fixture_until(f, f->server->stats.clients == 4);

	for (i = 0; f->server->stats.idle_clients < 2; i++) {
		if (f->server->stats.clients == 4 && i < 1000)
			fixture_send_bytes(half, "{", 1);
		expect_alive(f, caller);
	}
	assert_null(fixture_receive(f, silent));
	assert_null(fixture_receive(f, half));
	assert_int_equal(f->server->stats.watchers, 1);
	fixture_until(f, f->server->stats.idle_clients == 3);
	assert_null(fixture_receive(f, caller));
	publish_one(f, 7);
	json_decref(fixture_reply(f, watcher));
	assert_int_equal(f->server->stats.slow_clients, 0);
	close(silent);
	close(half);
	close(caller);
	close(watcher);
}

/* Root comes in where others do not, up to a limit. */
static void test_user_clients(void **state)
{
	struct fixture *f = *state;
	bool root = getuid() == 0;
	int first, second, third;
	json_t *reply;

	limit(f, (struct server_limits){ .clients = root ? 1 : 100,
					 .root_clients = 1,
					 .user_clients = 2 });
	first = fixture_connect(f);
	second = fixture_connect(f);
	expect_alive(f, first);
	expect_alive(f, second);
	third = fixture_connect(f);
	reply = fixture_reply(f, third);
	assert_text(reply, "error", EXITS ".TooManyClients");
	json_decref(reply);
	close(third);
	close(second);
	fixture_until(f, f->server->stats.clients == 1);
	second = fixture_connect(f);
	expect_alive(f, second);
	close(second);
	close(first);
}

/* As somebody else, where we can be. */
static void test_user_clients_nobody(void **state)
{
	struct fixture *f = *state;
	int first, second;
	json_t *reply;

	if (getuid() != 0)
		skip();
	limit(f, (struct server_limits){ .user_clients = 1 });
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(f->path, 0666), 0);
	assert_int_equal(seteuid(65534), 0);
	first = fixture_connect(f);
	second = fixture_connect(f);
	assert_int_equal(seteuid(0), 0);
	expect_alive(f, first);
	reply = fixture_reply(f, second);
	assert_text(reply, "error", EXITS ".TooManyClients");
	json_decref(reply);
	close(second);
	second = fixture_connect(f);
	expect_alive(f, second);
	close(second);
	close(first);
}

/* How many lines were written to stderr since start_log(). */
static int log_fd, stderr_fd;

static void start_log(void)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	log_fd = fileno(file);
	stderr_fd = dup(STDERR_FILENO);
	assert_true(stderr_fd >= 0 && dup2(log_fd, STDERR_FILENO) == STDERR_FILENO);
}

static size_t end_log(const char *pattern)
{
	static char text[65536];
	size_t n = 0;
	char *at;

	assert_int_equal(dup2(stderr_fd, STDERR_FILENO), STDERR_FILENO);
	close(stderr_fd);
	text[pread(log_fd, text, sizeof(text) - 1, 0)] = '\0';
	close(log_fd);
	for (at = text; (at = strstr(at, pattern)); at++)
		n++;
	return n;
}

/* Everyone who does not read is counted; a few of them are told of. */
static void test_many_slow(void **state)
{
	const struct server_limits limits = server_default_limits;
	struct server_limits few = limits;
	struct fixture *f = *state;
	uint64_t i, n = 20;
	json_t *reply;
	int fd;

	few.stall_us = 1000;
	server_set_limits(f->server, &few);
	start_log();
	for (i = 0; i < n; i++) {
		fd = fixture_connect(f);
		while (f->server->stats.slow_clients == i)
			if (send(fd, STATUS, sizeof(STATUS), MSG_NOSIGNAL) < 0)
				fixture_turn(f);
		close(fd);
	}
	assert_in_range(end_log("does not read"), 1, 5);
	server_set_limits(f->server, &limits);
	fd = fixture_connect(f);
	reply = fixture_call(f, fd, STATUS);
	assert_number(reply, "parameters.slow_clients", n);
	json_decref(reply);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),
		TEST(test_user_clients),
		TEST(test_user_clients_nobody),
		TEST(test_many_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
