// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics over HTTP: what is answered, and to how many. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#include "http_fixture.h"
#include "sink/http/listen_address.h"
#include "sink/http/metrics_http.h"
#include "unit_test.h"
#include "util/clock.h"
#include "util/util.h"

static void test_formats(void **state)
{
	struct http_world *w = *state;

	assert_http_answer(http_ask(w, "GET /metrics", ""), "HTTP/1.1 200",
			   "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	assert_http_answer(http_ask(w, "GET /metrics", ""), "HTTP/1.1 200", "\r\n\r\nprometheus ");
	assert_http_answer(
		http_ask(w, "GET /metrics",
			 "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"),
		"HTTP/1.1 200", "\r\n\r\nopenmetrics ");
	assert_http_answer(http_ask(w, "GET /metrics?x=1", "Accept: text/plain\r\n"),
			   "HTTP/1.1 200", "\r\n\r\nprometheus ");
}

/* What a client prefers, however it says so. */
static void test_accept(void **state)
{
	static const struct {
		const char *headers, *format;
	} cases[] = {
		{ "Accept: application/openmetrics-text;version=1.0.0;q=0.5,"
		  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n",
		  "openmetrics" },
		{ "Accept: application/openmetrics-text;q=0.3,text/plain;q=0.5\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text;q=0\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text; Q=0.000, */*\r\n", "prometheus" },
		{ "Accept: text/html\r\nAccept: application/openmetrics-text\r\n", "openmetrics" },
		{ "Accept: text/plain;q=0.1\r\nAccept: application/openmetrics-text;q=0.2\r\n",
		  "openmetrics" },
		{ "ACCEPT: Application/OpenMetrics-Text ; Version = \"1.0.0\"\r\n", "openmetrics" },
		{ "Accept: application/openmetrics-text;version=0.0.1\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text;version=0.0.1,"
		  "application/openmetrics-text;version=1.0.0;q=0.1\r\n",
		  "openmetrics" },
		{ "Accept: application/openmetrics-textual\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text.v2+json, text/plain\r\n", "prometheus" },
		{ "Accept: x-application/openmetrics-text\r\n", "prometheus" },
		{ "Accept: text/html;of=\"a, application/openmetrics-text, b\"\r\n", "prometheus" },
		{ "Accept: text/html;of=\"\\\",application/openmetrics-text\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text;q=2,text/plain;q=0.1\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text;q=0.5x,text/plain;q=0.1\r\n",
		  "prometheus" },
		{ "Accept: application/openmetrics-text;q=,text/plain;q=0.1\r\n", "prometheus" },
		{ "Accept: application/openmetrics-text, text/plain\r\n", "openmetrics" },
		{ "Accept: text/plain, application/openmetrics-text\r\n", "prometheus" },
		{ "Accept: application/*, text/plain;q=0.9\r\n", "openmetrics" },
		{ "Accept: */*\r\n", "prometheus" },
		{ "Accept: ,;,=,\";\r\n", "prometheus" },
		{ "Accept:\r\n", "prometheus" },
		{ "X-Accept: application/openmetrics-text\r\n", "prometheus" },
	};
	struct http_world *w = *state;
	char body[32];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s", cases[i].headers);
		snprintf(body, sizeof(body), "\r\n\r\n%s ", cases[i].format);
		assert_http_answer(http_ask(w, "GET /metrics", cases[i].headers), "HTTP/1.1 200",
				   body);
	}
}

/* The part of a reply that follows its headers. */
static char *body_of(char *reply)
{
	char *body = strstr(reply, "\r\n\r\n");

	assert_non_null(body);
	return body + 4;
}

static void test_gzip(void **state)
{
	static const struct {
		const char *headers;
		bool gzip;
	} cases[] = {
		{ "Accept-Encoding: gzip\r\n", true },
		{ "Accept-Encoding: deflate, GZip;q=0.5\r\n", true },
		{ "Accept-Encoding: br\r\nAccept-Encoding: x-gzip\r\n", true },
		{ "Accept-Encoding: *\r\n", true },
		{ "Accept-Encoding: *, gzip;q=0\r\n", false },
		{ "Accept-Encoding: gzip;q=0.0\r\n", false },
		{ "Accept-Encoding: gzip;q=0.5, identity\r\n", false },
		{ "Accept-Encoding: gzipped, bgzip\r\n", false },
		{ "Accept-Encoding: identity\r\n", false },
		{ "", false },
	};
	z_stream stream = { 0 };
	struct http_world *w = *state;
	char *reply, *text = malloc(HTTP_LARGE_BYTES + 64);
	size_t i, len;

	assert_non_null(text);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s", cases[i].headers);
		reply = http_ask(w, "GET /metrics", cases[i].headers);
		assert_int_equal(strstr(reply, "Content-Encoding: gzip\r\n") != NULL,
				 cases[i].gzip);
		assert_int_equal(strncmp(body_of(reply), "\x1f\x8b", 2) == 0, cases[i].gzip);
		assert_non_null(strstr(reply, "Vary: Accept, Accept-Encoding\r\n"));
		free(reply);
	}

	w->large = true;
	while (sd_event_run(w->event, 400 * US_PER_MS) > 0)
		;
	reply = http_receive_all(w,
				 http_send(w, "GET /metrics HTTP/1.1\r\nHost: a\r\n"
					      "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"),
				 &len);
	assert_true(len < HTTP_LARGE_BYTES / 10);
	stream.next_in = (Bytef *)body_of(reply);
	stream.avail_in = (uInt)(len - (size_t)(body_of(reply) - reply));
	stream.next_out = (Bytef *)text;
	stream.avail_out = HTTP_LARGE_BYTES + 64;
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	assert_int_equal(inflateEnd(&stream), Z_OK);
	assert_true(stream.total_out > HTTP_LARGE_BYTES);
	assert_memory_equal(text + HTTP_LARGE_BYTES, "prometheus ", 11);
	free(reply);
	free(text);
}

static void test_refused(void **state)
{
	struct http_world *w = *state;
	unsigned int writes = w->writes;

	assert_http_answer(http_ask(w, "GET /", ""), "HTTP/1.1 404", "/metrics");
	assert_http_answer(http_ask(w, "GET /metrics/", ""), "HTTP/1.1 404", "/metrics");
	assert_http_answer(http_ask(w, "POST /metrics", "Content-Length: 4\r\n"), "HTTP/1.1 405",
			   "Allow: GET, HEAD\r\n");
	assert_http_answer(http_ask(w, "DELETE /metrics", ""), "HTTP/1.1 405", "");
	assert_http_answer(http_ask(w, "rubbish", ""), "HTTP/1.1 4", "");
	assert_int_equal(w->writes, writes);
	w->result = -ENOMEM;
	assert_http_answer(http_ask(w, "GET /metrics", ""), "HTTP/1.1 503", "");
}

/* Asked again and again it does not work again and again, but never tells old news. */
static void test_fresh(void **state)
{
	struct http_world *w = *state;
	unsigned int i;

	for (i = 0; i < 20; i++)
		free(http_ask(w, "GET /metrics", ""));
	assert_in_range(w->writes, 1, 10);
	i = w->writes;
	while (sd_event_run(w->event, 400 * US_PER_MS) > 0)
		;
	free(http_ask(w, "GET /metrics", ""));
	assert_int_equal(w->writes, i + 1);
}

/* Who does not read keeps nobody waiting; who says nothing is cut off. */
static void test_slow(void **state)
{
	struct http_world *w = *state;
	int idle = http_send(w, "GET /met"), slow;
	size_t len;
	char *text;

	w->large = true;
	slow = http_send(w, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	text = http_receive_all(w,
				http_send(w, "GET /metrics HTTP/1.1\r\nHost: a\r\n"
					     "Connection: close\r\n\r\n"),
				&len);
	assert_true(len > HTTP_LARGE_BYTES);
	free(text);
	text = http_receive_all(w, slow, &len);
	assert_true(len > HTTP_LARGE_BYTES);
	free(text);
	text = http_receive_all(w, idle, &len);
	assert_int_equal(len, 0);
	free(text);
}

static void test_sockets(void **state)
{
	struct http_world *w = *state;
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	int pair[2], fd;

	assert_int_equal(metrics_http_listen_fd(w->http, 999), -EBADF);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(metrics_http_listen_fd(w->http, pair[0]), -EINVAL);
	close(pair[0]);
	close(pair[1]);
	/* An abstract one, of a name of the kernel's. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&path, sizeof(path.sun_family)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(metrics_http_listen_fd(w->http, fd), -EINVAL);
	close(fd);
	assert_int_equal(metrics_http_listen_fd(w->http, http_listen_any(&w->address)), 0);
	assert_http_answer(http_ask(w, "GET /metrics", ""), "HTTP/1.1 200", "prometheus ");
}

/* An address is taken as a whole or not at all, and a port alone is this host's. */
static void test_address(void **state)
{
	static const char *const hosts[] = { "", "127.0.0.1:", "[::1]:" };
	struct http_world *w = *state;
	struct listen_address address;
	struct sockaddr_in *in = (void *)&address.address;
	struct sockaddr_in6 *in6 = (void *)&address.address;
	const char *why = NULL;
	char text[64];
	size_t i;
	int fd, other;

	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		/* A port that was free a moment ago. */
		close(http_listen_any(&w->address));
		snprintf(text, sizeof(text), "%s%u", hosts[i], ntohs(w->address.sin_port));
		assert_true(listen_address_parse(text, &address, &why));
		fd = listen_address_open(&address);
		if (i == 2 && fd == -EADDRNOTAVAIL)
			continue; /* This machine has no IPv6. */
		assert_true(fd >= 0);
		if (i < 2) {
			assert_int_equal(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
			assert_int_equal(in->sin_port, w->address.sin_port);
			assert_int_equal(metrics_http_listen_fd(w->http, fd), 0);
			assert_http_answer(http_ask(w, "GET /metrics", ""), "HTTP/1.1 200",
					   "prometheus ");
		} else {
			assert_true(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
			close(fd);
		}
	}
	/* It is somebody else's. */
	other = http_listen_any(&w->address);
	snprintf(text, sizeof(text), "%u", ntohs(w->address.sin_port));
	assert_true(listen_address_parse(text, &address, &why));
	assert_int_equal(listen_address_open(&address), -EADDRINUSE);
	close(other);

	assert_true(listen_address_parse("192.0.2.1", &address, &why));
	assert_int_equal(ntohs(in->sin_port), METRICS_PORT);
	assert_true(listen_address_parse("[2001:db8::1]", &address, &why));
	assert_int_equal(ntohs(in6->sin6_port), METRICS_PORT);
}

/* Out of descriptors: no spinning, and who waits is served when there are some. */
static void test_descriptors(void **state)
{
	const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct http_world *w = *state;
	struct rlimit old, none;
	int waiting, second, turns = 0;
	char *text;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	waiting = http_send(w, request);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (sd_event_run(w->event, 100 * US_PER_MS) > 0)
		assert_true(++turns < 10);
	assert_int_equal(w->writes, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	/* valgrind has its own idea of the limit, and loses the first one. */
	second = http_send(w, request);
	text = http_receive_all(w, second, NULL);
	assert_non_null(strstr(text, "prometheus 1"));
	free(text);
	close(waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_formats, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_accept, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_gzip, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_refused, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_fresh, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_slow, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_sockets, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_address, http_setup, http_teardown),
		cmocka_unit_test_setup_teardown(test_descriptors, http_setup, http_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
