/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files share that serve metrics over HTTP. */
#ifndef KVMEXITD_HTTP_INTERNAL_H
#define KVMEXITD_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <systemd/sd-event.h>

#include "sink/http/connections.h"
#include "sink/http/metrics_http.h"
#include "sink/http/texts.h"
#include "util/ratelimit.h"

/* A socket that is listened on. */
struct site {
	struct site *prev, *next;
	struct metrics_http *http;
	struct MHD_Daemon *daemon;
	struct connections connections;
	sd_event_source *io;
	sd_event_source *timer;
};

struct metrics_http {
	sd_event *event;
	struct site *sites;
	struct texts *texts;
	struct ratelimit accept_failed;
};

/* util/clock.h's clocks are a recording's while one is replayed. */
uint64_t metrics_http_now_us(const struct metrics_http *http);

/* What is known of it; NULL where it is cut off for want of memory. */
struct connection *metrics_http_find(struct MHD_Connection *connection);

/* libmicrohttpd's handler, with the site as userdata. */
enum MHD_Result metrics_http_on_request(void *userdata, struct MHD_Connection *connection,
					const char *url, const char *method, const char *version,
					const char *upload, size_t *upload_size, void **state);

#endif
