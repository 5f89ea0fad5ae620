// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics over HTTP in the loop of a test, and clients of it. */
#include "config.h"

#include "http_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit_test.h"
#include "util/buffer.h"

static int write_text(void *userdata, enum metrics_format format, struct buffer *out)
{
	struct http_world *w = userdata;
	char text[32], *to;

	w->writes++;
	if (w->large) {
		assert_int_equal(buffer_reserve(out, HTTP_LARGE_BYTES, &to), 0);
		memset(to, 'x', HTTP_LARGE_BYTES);
		buffer_commit(out, HTTP_LARGE_BYTES);
	}
	snprintf(text, sizeof(text), "%s %u\n",
		 format == METRICS_OPENMETRICS ? "openmetrics" : "prometheus", w->writes);
	(void)buffer_append(out, text, strlen(text));
	return w->result;
}

int http_listen_any(struct sockaddr_in *address)
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

int http_setup(void **state)
{
	struct http_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(sd_event_new(&w->event), 0);
	assert_int_equal(metrics_http_new(&w->http, w->event, write_text, w), 0);
	assert_int_equal(metrics_http_listen_fd(w->http, http_listen_any(&w->address)), 0);
	*state = w;
	return 0;
}

int http_teardown(void **state)
{
	struct http_world *w = *state;

	metrics_http_free(w->http);
	sd_event_unref(w->event);
	free(w);
	return 0;
}

int http_send(struct http_world *w, const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&w->address, sizeof(w->address)), 0);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	return fd;
}

/* All up to the end of the stream, as a string; closes fd. */
char *http_receive_all(struct http_world *w, int fd, size_t *total)
{
	char *text = malloc(HTTP_LARGE_BYTES + 4096);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	for (;;) {
		n = recv(fd, text + len, HTTP_LARGE_BYTES + 4095 - len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			break;
		if (n > 0) {
			len += (size_t)n;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		if (sd_event_run(w->event, HTTP_PATIENCE_US) == 0)
			fail_msg("nothing happens");
	}
	text[len] = '\0';
	close(fd);
	if (total)
		*total = len;
	return text;
}

char *http_ask(struct http_world *w, const char *line, const char *header)
{
	char request[512];

	snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n",
		 line, header);
	return http_receive_all(w, http_send(w, request), NULL);
}

void assert_http_answer(char *text, const char *status, const char *part)
{
	if (strncmp(text, status, strlen(status)) != 0 || !strstr(text, part))
		fail_msg("no '%s' with '%s' in: %s", status, part, text);
	free(text);
}
