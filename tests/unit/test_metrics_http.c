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

#include "sink/http/metrics_http.h"
#include "unit_test.h"
#include "util/buffer.h"
#include "util/clock.h"

#define PATIENCE_US (20 * US_PER_S)
#define LARGE_BYTES (8 * 1024 * 1024)

struct world {
	sd_event *event;
	struct metrics_http *http;
	struct sockaddr_in address;
	unsigned int writes;
	bool large;
	int result;
};

static int write_text(void *userdata, enum metrics_format format, struct buffer *out)
{
	struct world *w = userdata;
	char text[32], *to;

	w->writes++;
	if (w->large) {
		assert_int_equal(buffer_reserve(out, LARGE_BYTES, &to), 0);
		memset(to, 'x', LARGE_BYTES);
		buffer_commit(out, LARGE_BYTES);
	}
	snprintf(text, sizeof(text), "%s %u\n",
		 format == METRICS_OPENMETRICS ? "openmetrics" : "prometheus", w->writes);
	(void)buffer_append(out, text, strlen(text));
	return w->result;
}

static int listen_any(struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(sd_event_new(&w->event), 0);
	assert_int_equal(metrics_http_new(&w->http, w->event, write_text, w), 0);
	assert_int_equal(metrics_http_listen_fd(w->http, listen_any(&w->address)), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	metrics_http_free(w->http);
	sd_event_unref(w->event);
	free(w);
	return 0;
}

static int send_request(struct world *w, const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&w->address, sizeof(w->address)), 0);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	return fd;
}

/* All up to the end of the stream, as a string; closes fd. */
static char *receive_all(struct world *w, int fd, size_t *total)
{
	char *text = malloc(LARGE_BYTES + 4096);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	for (;;) {
		n = recv(fd, text + len, LARGE_BYTES + 4095 - len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			break;
		if (n > 0) {
			len += (size_t)n;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		if (sd_event_run(w->event, PATIENCE_US) == 0)
			fail_msg("nothing happens");
	}
	text[len] = '\0';
	close(fd);
	if (total)
		*total = len;
	return text;
}

static char *ask(struct world *w, const char *line, const char *header)
{
	char request[512];

	snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n",
		 line, header);
	return receive_all(w, send_request(w, request), NULL);
}

static void assert_answer(char *text, const char *status, const char *part)
{
	if (strncmp(text, status, strlen(status)) != 0 || !strstr(text, part))
		fail_msg("no '%s' with '%s' in: %s", status, part, text);
	free(text);
}

static void test_formats(void **state)
{
	struct world *w = *state;

	assert_answer(ask(w, "GET /metrics", ""), "HTTP/1.1 200",
		      "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	assert_answer(ask(w, "GET /metrics", ""), "HTTP/1.1 200", "\r\n\r\nprometheus ");
	assert_answer(ask(w, "GET /metrics",
			  "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"),
		      "HTTP/1.1 200", "\r\n\r\nopenmetrics ");
	assert_answer(ask(w, "GET /metrics?x=1", "Accept: text/plain\r\n"), "HTTP/1.1 200",
		      "\r\n\r\nprometheus ");
}

static void test_refused(void **state)
{
	struct world *w = *state;
	unsigned int writes = w->writes;

	assert_answer(ask(w, "GET /", ""), "HTTP/1.1 404", "/metrics");
	assert_answer(ask(w, "GET /metrics/", ""), "HTTP/1.1 404", "/metrics");
	assert_answer(ask(w, "POST /metrics", "Content-Length: 4\r\n"), "HTTP/1.1 405",
		      "Allow: GET, HEAD\r\n");
	assert_answer(ask(w, "DELETE /metrics", ""), "HTTP/1.1 405", "");
	assert_answer(ask(w, "rubbish", ""), "HTTP/1.1 4", "");
	assert_int_equal(w->writes, writes);
	w->result = -ENOMEM;
	assert_answer(ask(w, "GET /metrics", ""), "HTTP/1.1 503", "");
}

/* Asked again and again it does not work again and again, but never tells old news. */
static void test_fresh(void **state)
{
	struct world *w = *state;
	unsigned int i;

	for (i = 0; i < 20; i++)
		free(ask(w, "GET /metrics", ""));
	assert_in_range(w->writes, 1, 10);
	i = w->writes;
	while (sd_event_run(w->event, 400 * US_PER_MS) > 0)
		;
	free(ask(w, "GET /metrics", ""));
	assert_int_equal(w->writes, i + 1);
}

/* Who does not read keeps nobody waiting; who says nothing is cut off. */
static void test_slow(void **state)
{
	struct world *w = *state;
	int idle = send_request(w, "GET /met"), slow;
	size_t len;
	char *text;

	w->large = true;
	slow = send_request(w, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	text = receive_all(w,
			   send_request(w, "GET /metrics HTTP/1.1\r\nHost: a\r\n"
					   "Connection: close\r\n\r\n"),
			   &len);
	assert_true(len > LARGE_BYTES);
	free(text);
	text = receive_all(w, slow, &len);
	assert_true(len > LARGE_BYTES);
	free(text);
	text = receive_all(w, idle, &len);
	assert_int_equal(len, 0);
	free(text);
}

/* One too many waits, and is served when another has gone. */
static void test_many(void **state)
{
	struct world *w = *state;
	int fds[17];
	size_t i;

	for (i = 0; i < 17; i++)
		fds[i] = send_request(w, "GET /metrics HTTP/1.1\r\nHost: a\r\n");
	for (i = 0; i < 10; i++)
		(void)sd_event_run(w->event, 0);
	for (i = 0; i < 17; i++) {
		assert_int_equal(send(fds[i], "Connection: close\r\n\r\n", 21, 0), 21);
		assert_answer(receive_all(w, fds[i], NULL), "HTTP/1.1 200", "prometheus ");
	}
}

static void test_sockets(void **state)
{
	struct world *w = *state;
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
	assert_int_equal(metrics_http_listen_fd(w->http, listen_any(&w->address)), 0);
	assert_answer(ask(w, "GET /metrics", ""), "HTTP/1.1 200", "prometheus ");
}

/* Out of descriptors: no spinning, and who waits is served when there are some. */
static void test_descriptors(void **state)
{
	const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct world *w = *state;
	struct rlimit old, none;
	int waiting, second, turns = 0;
	char *text;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	waiting = send_request(w, request);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (sd_event_run(w->event, 100 * US_PER_MS) > 0)
		assert_true(++turns < 10);
	assert_int_equal(w->writes, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	/* valgrind has its own idea of the limit, and loses the first one. */
	second = send_request(w, request);
	text = receive_all(w, second, NULL);
	assert_non_null(strstr(text, "prometheus 1"));
	free(text);
	close(waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
