// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics over HTTP.
 *
 * libmicrohttpd runs in our loop: it tells what it waits for by a descriptor of
 * epoll and a time-out, and works when it is told that one of them has come.
 */
#include "config.h"

#include "sink/http/metrics_http.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <utlist.h>

#include "util/buffer.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/ratelimit.h"
#include "util/util.h"

/* Two Prometheus servers with two connections each, and people who look. */
#define CONNECTIONS_MAX 16U

/*
 * A slow reader or one that says nothing is in nobody's way, but has one of the
 * few connections. Who scrapes less often than that connects anew.
 */
#define TIMEOUT_S 10U

/* A request's headers, and the reply's; the text itself is not in it. */
#define CONNECTION_BYTES ((size_t)16 * 1024)

/*
 * Anybody on this host may ask, and as often as he likes: what was told this
 * short a time ago is told again.
 */
#define FRESH_US	  (200 * US_PER_MS)
#define FRESH_ACCURACY_US (20 * US_PER_MS)

/* When a client is cut off need not be exact. */
#define TIMEOUT_ACCURACY_US (250 * US_PER_MS)

/*
 * Out of descriptors, who waits to be accepted goes on waiting, and libmicrohttpd
 * would try at once again: it gets its next turn a little later.
 */
#define RESUME_US	  (500 * US_PER_MS)
#define ACCEPT_WARNING_NS (600 * NS_PER_S)

#define PATH "/metrics"

struct site {
	struct site *prev, *next;
	struct metrics_http *http;
	struct MHD_Daemon *daemon;
	sd_event_source *io;
	sd_event_source *timer;
};

struct metrics_http {
	sd_event *event;
	metrics_http_write write;
	void *userdata;
	struct site *sites;
	struct MHD_Response *fresh[METRICS_FORMATS];
	sd_event_source *stale;
	struct ratelimit accept_failed;
};

static void drop_fresh(struct metrics_http *http)
{
	size_t i;

	for (i = 0; i < METRICS_FORMATS; i++) {
		if (http->fresh[i])
			MHD_destroy_response(http->fresh[i]);
		http->fresh[i] = NULL;
	}
}

static int on_stale(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	drop_fresh(userdata);
	return 0;
}

static int start_stale(struct metrics_http *http)
{
	int enabled = SD_EVENT_OFF, r;

	(void)sd_event_source_get_enabled(http->stale, &enabled);
	if (enabled != SD_EVENT_OFF)
		return 0;
	r = sd_event_source_set_time_relative(http->stale, FRESH_US);
	return r < 0 ? r : sd_event_source_set_enabled(http->stale, SD_EVENT_ONESHOT);
}

/* The reply with the text, which stays http's; NULL where there is none to be had. */
static struct MHD_Response *get_text(struct metrics_http *http, enum metrics_format format)
{
	struct MHD_Response *response = http->fresh[format];
	struct buffer text = { 0 };

	if (response)
		return response;
	if (http->write(http->userdata, format, &text) < 0 || start_stale(http) < 0) {
		buffer_done(&text);
		return NULL;
	}
	/* Nothing of it was consumed, so it begins where it was allocated. */
	response = MHD_create_response_from_buffer(text.len, text.data, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		buffer_done(&text);
		return NULL;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      metrics_content_type(format));
	http->fresh[format] = response;
	return response;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int code,
			      const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
				  const char *url, const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **state)
{
	struct metrics_http *http = userdata;
	struct MHD_Response *response;
	const char *accept;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	/* At once, before anything is uploaded: that is then not waited for. */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET " PATH "\n");
	if (strcmp(url, PATH) != 0)
		return answer(connection, MHD_HTTP_NOT_FOUND, "kvmexitd has " PATH "\n");

	accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	response = get_text(http, accept && strcasestr(accept, "application/openmetrics-text") ?
					  METRICS_OPENMETRICS :
					  METRICS_PROMETHEUS);
	if (!response)
		return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void __attribute__((format(printf, 2, 0)))
on_log(void *userdata, const char *format, va_list args)
{
	char line[256];

	(void)userdata;
	(void)vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("metrics: %s", line);
}

/* libmicrohttpd does not tell why it accepts nobody. 0, or -errno without a descriptor. */
static int check_descriptors(void)
{
	_cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC);

	return fd < 0 ? -errno : 0;
}

static int pause_site(struct site *site, int error)
{
	int r;

	if (ratelimit_pass(&site->http->accept_failed, clock_boottime_ns()))
		log_warning("cannot accept clients for metrics: %s, trying again",
			    strerror(-error));
	r = sd_event_source_set_enabled(site->io, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_time_relative(site->timer, RESUME_US);
	return r < 0 ? r : sd_event_source_set_enabled(site->timer, SD_EVENT_ONESHOT);
}

/* Lets it do what it can, and comes again when it wants to. */
static int run(struct site *site)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	int r;

	(void)MHD_run(site->daemon);
	r = check_descriptors();
	if (r < 0)
		return pause_site(site, r);
	r = sd_event_source_set_enabled(site->io, SD_EVENT_ON);
	if (r < 0)
		return r;
	if (MHD_get_timeout(site->daemon, &timeout_ms) != MHD_YES)
		return sd_event_source_set_enabled(site->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time_relative(site->timer, timeout_ms * US_PER_MS);
	if (r >= 0)
		r = sd_event_source_set_time_accuracy(site->timer,
						      timeout_ms == 0 ? 1 : TIMEOUT_ACCURACY_US);
	return r < 0 ? r : sd_event_source_set_enabled(site->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	return run(userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	return run(userdata);
}

static struct site *site_free(struct site *site)
{
	sd_event_source_disable_unref(site->io);
	sd_event_source_disable_unref(site->timer);
	if (site->daemon)
		MHD_stop_daemon(site->daemon);
	free(site);
	return NULL;
}

DEFINE_CLEANUP(struct site *, site_free);

static int add_sources(struct site *site)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(site->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (!info)
		return -EOPNOTSUPP;
	r = sd_event_add_io(site->http->event, &site->io, info->epoll_fd, EPOLLIN, on_io, site);
	if (r >= 0)
		r = sd_event_add_time_relative(site->http->event, &site->timer, CLOCK_MONOTONIC, 0,
					       TIMEOUT_ACCURACY_US, on_timer, site);
	return r;
}

int metrics_http_listen_fd(struct metrics_http *http, int fd)
{
	_cleanup_(site_freep) struct site *site = NULL;
	int flags, r;

	/* Whom a Unix socket lets in, its mode says: that is what varlink is for. */
	r = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1);
	if (r <= 0 || sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
		return r < 0 ? r : -EINVAL;
	/* libmicrohttpd accepts until there is none left. */
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;

	site = calloc(1, sizeof(*site));
	if (!site)
		return -ENOMEM;
	site->http = http;
	/* clang-format off */
	site->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL,
					on_request, http,
					MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
					MHD_OPTION_LISTEN_SOCKET, fd,
					MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
					MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
					MHD_OPTION_END);
	/* clang-format on */
	if (!site->daemon)
		return errno > 0 ? -errno : -ENOMEM;
	r = add_sources(site);
	if (r < 0) {
		/* The descriptor stays the caller's. */
		(void)MHD_quiesce_daemon(site->daemon);
		return r;
	}
	DL_APPEND(http->sites, site);
	site = NULL;
	return 0;
}

int metrics_http_new(struct metrics_http **out, sd_event *event, metrics_http_write write,
		     void *userdata)
{
	struct metrics_http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return -ENOMEM;
	http->event = sd_event_ref(event);
	http->write = write;
	http->userdata = userdata;
	http->accept_failed = (struct ratelimit){ .interval_ns = ACCEPT_WARNING_NS, .burst = 1 };
	r = sd_event_add_time_relative(event, &http->stale, CLOCK_MONOTONIC, FRESH_US,
				       FRESH_ACCURACY_US, on_stale, http);
	if (r >= 0)
		r = sd_event_source_set_enabled(http->stale, SD_EVENT_OFF);
	if (r < 0) {
		metrics_http_free(http);
		return r;
	}
	*out = http;
	return 0;
}

struct metrics_http *metrics_http_free(struct metrics_http *http)
{
	struct site *site;

	if (!http)
		return NULL;
	while ((site = http->sites)) {
		DL_DELETE(http->sites, site);
		site_free(site);
	}
	drop_fresh(http);
	sd_event_source_disable_unref(http->stale);
	sd_event_unref(http->event);
	free(http);
	return NULL;
}
