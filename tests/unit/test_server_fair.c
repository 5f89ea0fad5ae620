// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work and memory are shared by user: one with many connections is in nobody's way.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "server/client.h"
#include "server/user.h"
#include "server_fixture.h"
#include "unit_test.h"

#define STATUS CALL(EXITS ".Status")
#define LIST   CALL(EXITS ".List")
#define WATCH  "{\"method\":\"" EXITS ".Watch\",\"more\":true}"

#define NOBODY 65534

/* Only root can be somebody else, and valgrind's root can as well. */
static int connect_as(struct fixture *f, uid_t uid)
{
	int fd;

	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(f->path, 0666), 0);
	assert_int_equal(seteuid(uid), 0);
	fd = fixture_connect(f);
	assert_int_equal(seteuid(0), 0);
	return fd;
}

/* How many calls of that user wait in the server. */
static size_t count_calls(const struct fixture *f, uid_t uid)
{
	const struct user *user = user_find(f->server, uid);
	const struct client *client;
	size_t n = 0, i;

	if (!user)
		return 0;
	DL_FOREACH2(user->clients, client, user_next)
	for (i = 0; i < client->in.len; i++)
		n += buffer_head(&client->in)[i] == '\0';
	return n;
}

enum {
	CONNECTIONS = 20,
	CALLS = 50,
};

static void send_calls(int fd, const char *call, size_t n)
{
	while (n-- > 0)
		fixture_send(fd, call);
}

/* Until all of a user's connections have calls that can be answered. */
static bool are_ready(const struct fixture *f, uid_t uid, size_t n)
{
	const struct user *user = user_find(f->server, uid);
	const struct client *client;

	if (!user || user->n_clients < n)
		return false;
	DL_FOREACH2(user->clients, client, user_next)
	if (!client->ready)
		return false;
	return true;
}

/* How many calls of nobody's are answered while uid waits for one. */
static size_t answered_before(struct fixture *f, uid_t uid)
{
	int fd = connect_as(f, uid);
	size_t before;
	json_t *reply;

	fixture_until(f, user_find(f->server, uid));
	fixture_send(fd, STATUS);
	fixture_until(f, user_find(f->server, uid)->ready);
	before = count_calls(f, NOBODY);
	fixture_until(f, fixture_pending(fd));
	before -= count_calls(f, NOBODY);
	reply = fixture_reply(f, fd);
	at(reply, "parameters.kernel");
	json_decref(reply);
	close(fd);
	return before;
}

/* Who has one call waits for one of somebody's with thousands, not for one of each connection. */
static void test_turns(void **state)
{
	struct fixture *f = *state;
	int i, fds[CONNECTIONS];

	if (getuid() != 0)
		skip();
	for (i = 0; i < CONNECTIONS; i++) {
		fds[i] = connect_as(f, NOBODY);
		send_calls(fds[i], LIST, CALLS);
	}
	fixture_until(f, are_ready(f, NOBODY, CONNECTIONS));
	/* The loop's other sources have turns in between, in which nothing is answered. */
	assert_in_range(answered_before(f, 0), 0, 2);
	assert_in_range(answered_before(f, NOBODY - 1), 0, 3);
	for (i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
}

/* Root goes first, and others yet get every other turn. */
static void test_root(void **state)
{
	struct fixture *f = *state;
	int i, fds[CONNECTIONS], root;
	size_t before, others;

	if (getuid() != 0)
		skip();
	root = connect_as(f, 0);
	send_calls(root, STATUS, 90);
	for (i = 0; i < CONNECTIONS; i++) {
		/* A user each. */
		fds[i] = connect_as(f, (uid_t)(NOBODY - i));
		send_calls(fds[i], LIST, CALLS);
	}
	for (i = 0; i < CONNECTIONS; i++)
		fixture_until(f, are_ready(f, (uid_t)(NOBODY - i), 1));
	before = count_calls(f, 0);
	assert_in_range(before, 12, 90);
	for (others = 0, i = 0; i < CONNECTIONS; i++)
		others += count_calls(f, (uid_t)(NOBODY - i));
	fixture_until(f, count_calls(f, 0) == before - 10);
	for (i = 0; i < CONNECTIONS; i++)
		others -= count_calls(f, (uid_t)(NOBODY - i));
	assert_in_range(others, 9, 11);
	for (i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	close(root);
}

/* What somebody asked before leaving is forgotten with them. */
static void test_gone(void **state)
{
	struct fixture *f = *state;
	int i, fds[CONNECTIONS], turns = 0;

	if (getuid() != 0)
		skip();
	for (i = 0; i < CONNECTIONS; i++) {
		fds[i] = connect_as(f, NOBODY);
		send_calls(fds[i], LIST, CALLS);
	}
	fixture_until(f, are_ready(f, NOBODY, CONNECTIONS));
	for (i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	/* One to notice and one to clear up for each. */
	for (; f->server->stats.clients > 0; turns++)
		fixture_turn(f);
	assert_in_range(turns, 1, 4 * CONNECTIONS);
}

/* Of users with too much in all, the one with most loses some, and nobody else notices. */
static void test_most(void **state)
{
	struct fixture *f = *state;
	struct server_limits limits = server_default_limits;
	int i, fds[CONNECTIONS], root, other;
	json_t *reply;

	if (getuid() != 0)
		skip();
	for (i = 0; i < 200; i++) {
		fixture_create(f, 100 + (uint64_t)i, 5000, "a-vm-with-a-name-of-some-length");
		/* Those that never ran are not listed. */
		fixture_count(f, 100 + (uint64_t)i, 0, CODE_MSR, false, 1);
	}
	fixture_publish(f);
	root = connect_as(f, 0);
	fixture_until(f, user_find(f->server, 0));
	/* Less than its replies together, more than one of them. */
	limits.total_bytes = 1000 * 1000;
	limits.reply_bytes = 100 * 1000;
	server_set_limits(f->server, &limits);
	for (i = 0; i < CONNECTIONS; i++) {
		fds[i] = connect_as(f, NOBODY);
		send_calls(fds[i], LIST, CALLS);
		fixture_settle(f);
		assert_true(server_memory(f->server) <= limits.total_bytes);
	}
	assert_true(f->server->stats.slow_clients > 0);
	/* Even just below the limit. */
	limits.total_bytes = server_memory(f->server) + 1000;
	server_set_limits(f->server, &limits);
	other = connect_as(f, NOBODY - 1);
	for (i = 0; i < 10; i++) {
		reply = fixture_call(f, root, LIST);
		assert_int_equal(json_array_size(at(reply, "parameters.vms")), 202);
		json_decref(reply);
		reply = fixture_call(f, other, LIST);
		assert_int_equal(json_array_size(at(reply, "parameters.vms")), 202);
		json_decref(reply);
	}
	for (i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	close(root);
	close(other);
}

/* Events are in memory once: who has many watchers has not more for it. */
static void test_shared(void **state)
{
	enum {
		HALF_CALLS = 4
	};
	static char call[60000];
	struct fixture *f = *state;
	struct server_limits limits = server_default_limits;
	int i, watchers[CONNECTIONS], halves[HALF_CALLS];
	uint64_t total = 7;

	if (getuid() != 0)
		skip();
	for (i = 0; i < CONNECTIONS; i++) {
		watchers[i] = connect_as(f, NOBODY);
		fixture_send(watchers[i], WATCH);
	}
	memset(call, ' ', sizeof(call));
	for (i = 0; i < HALF_CALLS; i++) {
		halves[i] = connect_as(f, NOBODY - 1);
		fixture_send_bytes(halves[i], call, sizeof(call));
	}
	fixture_until(f, f->server->stats.watchers == CONNECTIONS &&
				 f->server->stats.clients == CONNECTIONS + HALF_CALLS);
	fixture_settle(f);
	/* At once, so that they are not in the sockets yet, each by itself. */
	for (i = 0; i < 50; i++) {
		fixture_count(f, 2, 0, CODE_CPUID, false, ++total);
		fixture_publish(f);
	}
	limits.total_bytes = server_memory(f->server) - 1;
	server_set_limits(f->server, &limits);
	server_limit_memory(f->server);
	assert_int_equal(f->server->stats.watchers, CONNECTIONS);
	assert_in_range(f->server->stats.slow_clients, 1, HALF_CALLS);
	for (i = 0; i < CONNECTIONS; i++)
		close(watchers[i]);
	for (i = 0; i < HALF_CALLS; i++)
		close(halves[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_turns), TEST(test_root),   TEST(test_gone),
		TEST(test_most),  TEST(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
