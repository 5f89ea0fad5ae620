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

#include "sink/http/internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/ratelimit.h"
#include "util/util.h"

/* A request's headers, and the reply's; the text itself is not in it. */
#define CONNECTION_BYTES ((size_t)16 * 1024)

/* When a client is cut off need not be exact. */
#define TIMEOUT_ACCURACY_US (250 * US_PER_MS)

/*
 * Out of descriptors, who waits to be accepted goes on waiting, and libmicrohttpd
 * would try at once again: it gets its next turn a little later.
 */
#define RESUME_US	  (500 * US_PER_MS)
#define ACCEPT_WARNING_NS (600 * NS_PER_S)

uint64_t metrics_http_now_us(const struct metrics_http *http)
{
	uint64_t us = 0;

	(void)sd_event_now(http->event, CLOCK_MONOTONIC, &us);
	return us;
}

static const union MHD_ConnectionInfo *info_of(struct MHD_Connection *connection,
					       enum MHD_ConnectionInfoType type)
{
	return MHD_get_connection_info(connection, type);
}

struct connection *metrics_http_find(struct MHD_Connection *connection)
{
	return info_of(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct site *site = userdata;
	int fd = info_of(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = connections_add(
			&site->connections, fd,
			info_of(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
			metrics_http_now_us(site->http));
		/* What cannot be watched could stay for ever. */
		if (!*context)
			(void)shutdown(fd, SHUT_RDWR);
	} else if (*context) {
		connections_remove(&site->connections, *context);
		*context = NULL;
	}
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode how)
{
	struct connection *known = metrics_http_find(connection);
	struct site *site = userdata;

	(void)state;
	(void)how;
	if (known)
		connection_set_state(known, CONNECTION_IDLE, metrics_http_now_us(site->http));
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

/* When to come again though no descriptor has anything: in us, UINT64_MAX for never. */
static uint64_t delay_us(const struct site *site, uint64_t now)
{
	uint64_t deadline = connections_deadline_us(&site->connections);
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	if (MHD_get_timeout(site->daemon, &timeout_ms) == MHD_YES &&
	    now + timeout_ms * US_PER_MS < deadline)
		return timeout_ms * US_PER_MS;
	if (deadline == UINT64_MAX)
		return UINT64_MAX;
	return deadline > now ? deadline - now : 0;
}

/* Lets it do what it can, and comes again when it wants to. */
static int run(struct site *site)
{
	uint64_t now = metrics_http_now_us(site->http), delay;
	int r;

	connections_cut_overdue(&site->connections, now);
	(void)MHD_run(site->daemon);
	r = check_descriptors();
	if (r < 0)
		return pause_site(site, r);
	r = sd_event_source_set_enabled(site->io, SD_EVENT_ON);
	if (r < 0)
		return r;
	delay = delay_us(site, now);
	if (delay == UINT64_MAX)
		return sd_event_source_set_enabled(site->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time_relative(site->timer, delay);
	if (r >= 0)
		r = sd_event_source_set_time_accuracy(site->timer,
						      delay == 0 ? 1 : TIMEOUT_ACCURACY_US);
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
					metrics_http_on_request, site,
					MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
					MHD_OPTION_LISTEN_SOCKET, fd,
					MHD_OPTION_NOTIFY_CONNECTION, on_connection, site,
					MHD_OPTION_NOTIFY_COMPLETED, on_completed, site,
					MHD_OPTION_CONNECTION_LIMIT,
					CONNECTIONS_MAX + CONNECTIONS_CLOSING_MAX,
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
	http->accept_failed = (struct ratelimit){ .interval_ns = ACCEPT_WARNING_NS, .burst = 1 };
	r = texts_new(&http->texts, event, write, userdata);
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
	texts_free(http->texts);
	sd_event_unref(http->event);
	free(http);
	return NULL;
}
