/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics over HTTP in the loop of a test, and clients of it. */
#ifndef KVMEXITD_HTTP_FIXTURE_H
#define KVMEXITD_HTTP_FIXTURE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "sink/http/metrics_http.h"
#include "util/clock.h"

#define HTTP_PATIENCE_US (20 * US_PER_S)
#define HTTP_LARGE_BYTES (8 * 1024 * 1024)

struct http_world {
	sd_event *event;
	struct metrics_http *http;
	struct sockaddr_in address;
	unsigned int writes;
	bool large;
	int result;
};

int http_setup(void **state);
int http_teardown(void **state);

/* A listening socket on a port that was free. */
int http_listen_any(struct sockaddr_in *address);

/* Connects, and sends all of it. */
int http_send(struct http_world *w, const char *request);

/* All up to the end of the stream, as a string; closes fd. */
char *http_receive_all(struct http_world *w, int fd, size_t *total);

/* line and header in a request that ends the connection; the reply. */
char *http_ask(struct http_world *w, const char *line, const char *header);

/* Frees text, which begins with status and has part somewhere. */
void assert_http_answer(char *text, const char *status, const char *part);

#endif
