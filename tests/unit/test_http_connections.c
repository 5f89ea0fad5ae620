// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections that are many, or slow, or asked twice: nobody keeps others from the metrics. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_fixture.h"
#include "sink/http/connections.h"
#include "unit_test.h"

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\n"

/* Before any deadline could have helped. */
#define AT_ONCE_US (3 * US_PER_S)

static uint64_t now_us(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return (uint64_t)ts.tv_sec * US_PER_S + (uint64_t)ts.tv_nsec / NS_PER_US;
}

/* Runs the loop for as long. */
static void run_for(struct http_world *w, uint64_t us)
{
	uint64_t end = now_us() + us, now;

	while ((now = now_us()) < end)
		assert_true(sd_event_run(w->event, end - now) >= 0);
}

static bool is_cut(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0 || errno == ECONNRESET;
}

/* A reply with its length, and not the end of the stream. */
static void receive_reply(struct http_world *w, int fd, const char *body)
{
	uint64_t end = now_us() + HTTP_PATIENCE_US;
	char text[1024] = "";
	size_t len = 0;
	ssize_t n;

	while (!strstr(text, body)) {
		n = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT);
		assert_int_not_equal(n, 0);
		if (n > 0)
			len += (size_t)n;
		else
			(void)sd_event_run(w->event, 100 * US_PER_MS);
		text[len] = '\0';
		if (now_us() > end)
			fail_msg("no '%s' in: %s", body, text);
	}
	assert_non_null(strstr(text, "Content-Length: "));
}

static void send_more(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void test_keep_alive(void **state)
{
	struct http_world *w = *state;
	int fd = http_send(w, REQUEST "\r\n");

	receive_reply(w, fd, "prometheus 1\n");
	run_for(w, 400 * US_PER_MS);
	send_more(fd, REQUEST "\r\n");
	receive_reply(w, fd, "prometheus 2\n");
	send_more(fd, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
	receive_reply(w, fd, "kvmexitd has /metrics\n");
	/* Two at a time, and the end with the second. */
	run_for(w, 400 * US_PER_MS);
	send_more(fd, REQUEST "\r\n" REQUEST "Connection: close\r\n\r\n");
	receive_reply(w, fd, "prometheus 3\n");
	free(http_receive_all(w, fd, NULL));
	/* A body is nobody's business, and not waited for. */
	assert_http_answer(http_receive_all(w, http_send(w, REQUEST "Content-Length: 100\r\n\r\n"),
					    NULL),
			   "HTTP/1.1 200", "prometheus ");
}

/* A byte now and then does not keep a connection for ever. */
static void test_drip(void **state)
{
	struct http_world *w = *state;
	uint64_t end = now_us() + HTTP_PATIENCE_US;
	int fd = http_send(w, REQUEST "X: ");

	while (!is_cut(fd)) {
		(void)send(fd, "x", 1, MSG_NOSIGNAL);
		run_for(w, 300 * US_PER_MS);
		if (now_us() > end)
			fail_msg("a request that drips is never cut off");
	}
	close(fd);
}

/* False where this machine was too slow, and deadlines had come. */
static bool try_crowd(struct http_world *w)
{
	int fds[3 * CONNECTIONS_MAX], last = 3 * CONNECTIONS_MAX - 1;
	uint64_t begun = now_us();
	unsigned int cut = 0;
	bool at_once;
	int i;

	for (i = 0; i <= last; i++)
		fds[i] = http_send(w, REQUEST);
	assert_http_answer(http_ask(w, "GET /metrics", ""), "HTTP/1.1 200", "prometheus ");
	run_for(w, 100 * US_PER_MS);
	for (i = 0; i <= last; i++)
		cut += is_cut(fds[i]);
	at_once = now_us() - begun < AT_ONCE_US;
	if (at_once) {
		assert_int_equal(cut, 2 * CONNECTIONS_MAX + 1);
		/* The last to come are still welcome. */
		send_more(fds[last], "Connection: close\r\n\r\n");
		assert_http_answer(http_receive_all(w, fds[last--], NULL), "HTTP/1.1 200",
				   "prometheus ");
	}
	for (i = 0; i <= last; i++)
		close(fds[i]);
	return at_once;
}

/* However many requests are not complete, one that is gets its reply at once. */
static void test_crowd(void **state)
{
	struct http_world *w = *state;
	int i;

	for (i = 0; i < 3; i++) {
		if (try_crowd(w))
			return;
		run_for(w, US_PER_S);
	}
	fail_msg("nobody is served in time");
}

/* Those who do not read hold texts: the oldest of these go when there are too many. */
static void test_slow_readers(void **state)
{
	struct http_world *w = *state;
	size_t len, i, cut = 0;
	int fds[8];

	w->large = true;
	for (i = 0; i < 8; i++) {
		fds[i] = http_send(w, REQUEST "Connection: close\r\n\r\n");
		run_for(w, 400 * US_PER_MS);
		assert_int_equal(w->writes, i + 1);
	}
	for (i = 0; i < 8; i++) {
		free(http_receive_all(w, fds[i], &len));
		cut += len < HTTP_LARGE_BYTES;
		/* The oldest, and not the newest. */
		assert_int_equal(len < HTTP_LARGE_BYTES, i < cut);
	}
	assert_in_range(cut, 3, 6);
}

/* -- which one goes: without HTTP ------------------------------------------ */

struct crowd {
	struct connections connections;
	struct connection *all[CONNECTIONS_MAX + 2];
	int peers[CONNECTIONS_MAX + 2];
	unsigned int n;
};

static struct connection *join(struct crowd *crowd, const char *address, uint64_t at_us)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct connection *connection;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	crowd->peers[crowd->n] = pair[1];
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		connection = connections_add(&crowd->connections, pair[0], (void *)&v4, at_us);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
		connection = connections_add(&crowd->connections, pair[0], (void *)&v6, at_us);
	}
	assert_non_null(connection);
	crowd->all[crowd->n++] = connection;
	return connection;
}

static void leave(struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->n; i++) {
		close(crowd->all[i]->fd);
		close(crowd->peers[i]);
		connections_remove(&crowd->connections, crowd->all[i]);
	}
	assert_int_equal(crowd->connections.n, 0);
}

static void test_states(void **state)
{
	struct crowd crowd = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < CONNECTIONS_MAX; i++)
		join(&crowd, "192.0.2.1", 100 + i);
	connection_set_state(crowd.all[0], CONNECTION_SENDING, 200);
	connection_set_state(crowd.all[5], CONNECTION_IDLE, 202);
	connection_set_state(crowd.all[6], CONNECTION_IDLE, 201);
	join(&crowd, "192.0.2.1", 300);
	assert_true(crowd.all[6]->cut);
	assert_true(is_cut(crowd.peers[6]));
	assert_false(crowd.all[5]->cut);
	/* All but the first are reading from here on. */
	connection_set_state(crowd.all[5], CONNECTION_READING, 301);
	join(&crowd, "192.0.2.1", 302);
	assert_true(crowd.all[1]->cut);
	assert_int_equal(crowd.connections.n, CONNECTIONS_MAX);
	leave(&crowd);
}

/* Who has most connections loses one, whatever state it is in. */
static void test_addresses(void **state)
{
	static const char *const one_of[][3] = {
		{ "192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1" },
		{ "127.0.0.1", "127.99.0.3", "::1" },
		{ "2001:db8::1", "2001:db8::2:3", "2001:db8::ffff:ffff:ffff:ffff" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct crowd crowd = { 0 };

		/* Two others, of which the older one has been idle longest. */
		connection_set_state(join(&crowd, "198.51.100.7", 1), CONNECTION_IDLE, 1);
		join(&crowd, "2001:db8:0:1::1", 2);
		for (j = 0; j < CONNECTIONS_MAX - 2; j++)
			connection_set_state(join(&crowd, one_of[i][j % 3], 10 + j),
					     CONNECTION_SENDING, 10 + j);
		join(&crowd, "203.0.113.9", 100);
		assert_false(crowd.all[0]->cut);
		assert_false(crowd.all[1]->cut);
		assert_true(crowd.all[2]->cut);
		leave(&crowd);
	}
}

static void test_deadlines(void **state)
{
	struct crowd crowd = { 0 };
	uint64_t reading_us, sending_us, idle_us;

	(void)state;
	assert_true(connections_deadline_us(&crowd.connections) == UINT64_MAX);
	join(&crowd, "192.0.2.1", 1000);
	reading_us = connections_deadline_us(&crowd.connections) - 1000;
	connection_set_state(crowd.all[0], CONNECTION_SENDING, 1000);
	sending_us = connections_deadline_us(&crowd.connections) - 1000;
	connection_set_state(crowd.all[0], CONNECTION_IDLE, 1000);
	idle_us = connections_deadline_us(&crowd.connections) - 1000;
	assert_true(reading_us < sending_us && sending_us < idle_us);
	/* Scrapes every minute find it open. */
	assert_true(idle_us > 60 * US_PER_S);

	connections_cut_overdue(&crowd.connections, 1000 + idle_us - 1);
	assert_false(is_cut(crowd.peers[0]));
	connections_cut_overdue(&crowd.connections, 1000 + idle_us);
	assert_true(is_cut(crowd.peers[0]));
	assert_true(connections_deadline_us(&crowd.connections) == UINT64_MAX);
	leave(&crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keep_alive, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_drip, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_crowd, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_slow_readers, http_setup, http_teardown),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
