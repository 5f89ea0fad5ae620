/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics over HTTP: GET /metrics, and nothing else.
 *
 * The text is OpenMetrics where the client prefers that, as Prometheus does, else
 * Prometheus' own format; compressed where the client takes gzip. Connections stay
 * open for the next request, and each is cut off whose request or reply takes too
 * long, however busy it looks.
 */
#ifndef KVMEXITD_METRICS_HTTP_H
#define KVMEXITD_METRICS_HTTP_H

#include <systemd/sd-event.h>

#include "sink/metrics.h"

struct buffer;
struct metrics_http;

/* Appends the text; 0 or -errno. */
typedef int (*metrics_http_write)(void *userdata, enum metrics_format format, struct buffer *out);

/* event is referenced. */
int metrics_http_new(struct metrics_http **out, sd_event *event, metrics_http_write write,
		     void *userdata);

/* Disconnects every client. Returns NULL; NULL is fine. */
struct metrics_http *metrics_http_free(struct metrics_http *http);

/* Owns fd, a listening stream socket of AF_INET or AF_INET6, from success on. */
int metrics_http_listen_fd(struct metrics_http *http, int fd);

#endif
