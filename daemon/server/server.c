// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The varlink server: accepting, and its limits.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "server/client.h"
#include "server/methods/service.h"
#include "server/server.h"
#include "server/server_internal.h"
#include "server/user.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/util.h"

/*
 * In one turn of the loop: somebody who connects again and again has little of the
 * backlog then, and those who are let in or refused cost far less than a call.
 */
#define ACCEPT_MAX 64

/*
 * Out of descriptors or memory, new clients stay in the backlog, and the
 * listening socket stays readable: look again a little later.
 */
#define RESUME_US	   (500 * 1000)
#define RESUME_ACCURACY_US (50 * 1000)

/* Which goes on as long as somebody holds them. */
#define WARNINGS_NS (600 * NS_PER_S)

/* Clients can bring it about as often as they like: status counts them all. */
#define CUT_OFF_WARNINGS 5

const struct server_limits server_default_limits = {
	.clients = SERVER_CLIENTS,
	/* Who has to see what goes on when others have taken all. */
	.root_clients = 16,
	/* So that one user alone does not lock out the others. */
	.user_clients = SERVER_CLIENTS / 2,
	/* A hundred times the longest call there is. */
	.request_bytes = 64 * 1024,
	/* Replies are made one by one, so this much and one reply, or a part of one. */
	.reply_bytes = 64 * 1024,
	/*
	 * An event is about 1 KiB: a batch of some thousand VMs has to fit, as
	 * nobody can read before it is told to the end.
	 */
	.watch_bytes = 4 * 1024 * 1024,
	/* Some thousand VMs, or as many vCPUs with few reasons; more come in parts. */
	.single_bytes = 4 * 1024 * 1024,
	/*
	 * Half of kvmexitd.service's MemoryMax= is 128 MiB, and 10,000 vCPUs need up to
	 * 64 MiB of it. With SERVER_CLIENTS_MAX, their places alone take 40 MiB.
	 */
	.total_bytes = 48 * 1024 * 1024,
	/* A person may stop a pager, a program has no excuse. */
	.stall_us = 30 * 1000 * 1000,
	/* Who polls more seldom may as well connect each time. */
	.idle_us = UINT64_C(300) * 1000 * 1000,
};

void server_set_limits(struct server *server, const struct server_limits *limits)
{
	server->limits = *limits;
}

void server_set_clients(struct server *server, size_t clients)
{
	struct rlimit rlimit;

	/* The other half is for all else that opens files, and must not starve. */
	if (getrlimit(RLIMIT_NOFILE, &rlimit) == 0 && rlimit.rlim_cur / 2 < clients)
		clients = rlimit.rlim_cur / 2;
	server->limits.clients = clients;
	server->limits.user_clients = (clients + 1) / 2;
}

static int on_reaper(sd_event_source *source, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	while (server->dead)
		client_free(server->dead);
	return 0;
}

static int on_work(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *server = userdata;

	(void)fd;
	(void)revents;
	client_work(server);
	return server->ready ? 0 : sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/*
 * sd-event's own deferred sources come before all that became ready after they
 * were made. A descriptor that is always readable takes its turn as others do.
 */
static int add_work(struct server *server)
{
	int r;

	server->work_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->work_fd < 0)
		return -errno;
	r = sd_event_add_io(server->event, &server->work, server->work_fd, EPOLLIN, on_work,
			    server);
	return r < 0 ? r : sd_event_source_set_enabled(server->work, SD_EVENT_OFF);
}

static int on_resume(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;
	struct listener *listener;
	int r;

	(void)source;
	(void)usec;
	DL_FOREACH(server->listeners, listener) {
		r = sd_event_source_set_enabled(listener->source, SD_EVENT_ON);
		if (r < 0)
			return r;
	}
	return 0;
}

int server_new(struct server **out, sd_event *event, struct registry *registry,
	       const struct daemon_status *status)
{
	struct server *server;
	int r;

	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->event = sd_event_ref(event);
	server->registry = registry;
	server->status = status;
	server->limits = server_default_limits;
	server_set_clients(server, SERVER_CLIENTS);
	server->accept_failed = (struct ratelimit){ .interval_ns = WARNINGS_NS, .burst = 1 };
	server->cut_off =
		(struct ratelimit){ .interval_ns = WARNINGS_NS, .burst = CUT_OFF_WARNINGS };
	server->work_fd = -1;

	r = sd_event_add_defer(event, &server->reaper, on_reaper, server);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->reaper, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &server->resume, CLOCK_MONOTONIC, RESUME_US,
					       RESUME_ACCURACY_US, on_resume, server);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->resume, SD_EVENT_OFF);
	if (r >= 0)
		r = add_work(server);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*out = server;
	return 0;
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	while (server->listeners)
		server_free_listener(server, server->listeners);
	while (server->clients)
		client_free(server->clients);
	while (server->dead)
		client_free(server->dead);
	server_drop_metrics(server);
	sd_event_source_disable_unref(server->stale);
	sd_event_source_disable_unref(server->work);
	sd_event_source_disable_unref(server->resume);
	sd_event_source_disable_unref(server->reaper);
	if (server->work_fd >= 0)
		(void)close(server->work_fd);
	sd_event_unref(server->event);
	free(server);
	return NULL;
}

static void pause_accepting(struct server *server, int error)
{
	struct listener *listener;

	server->stats.accept_failures++;
	if (ratelimit_pass(&server->accept_failed, clock_boottime_ns()))
		log_warning("cannot accept clients: %s, trying again", strerror(error));
	DL_FOREACH(server->listeners, listener)
		(void)sd_event_source_set_enabled(listener->source, SD_EVENT_OFF);
	if (sd_event_source_set_time_relative(server->resume, RESUME_US) < 0 ||
	    sd_event_source_set_enabled(server->resume, SD_EVENT_ONESHOT) < 0)
		(void)on_resume(NULL, 0, server);
}

void server_warn_cut_off(struct server *server, const struct ucred *peer, const char *why)
{
	if (ratelimit_pass(&server->cut_off, clock_boottime_ns()))
		log_warning("client of pid %d, uid %u cut off: %s", (int)peer->pid,
			    (unsigned int)peer->uid, why);
}

/* A new connection's buffer takes the message whole, or it goes unsaid. */
static void refuse(struct server *server, int fd)
{
	struct message *message;

	server->stats.refused_clients++;
	if (message_new(&message, &server->queued_bytes, VARLINK_EXITS ".TooManyClients",
			json_object(), false) < 0)
		return;
	(void)!send(fd, message->data, message->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	message_unref(message);
}

static bool has_room(const struct server *server, uid_t uid)
{
	const struct server_limits *limits = &server->limits;
	const struct user *user;

	if (uid == 0)
		return server->stats.clients < limits->clients + limits->root_clients;
	if (server->stats.clients >= limits->clients)
		return false;
	user = user_find(server, uid);
	return !user || user->n_clients < limits->user_clients;
}

/* 1 for one that came in or was refused; 0 if none is there, or there is no room. */
static int accept_one(struct server *server, int listen_fd)
{
	_cleanup_close_ int fd = -1;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int r;

	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(server, errno);
		/* Anything else is about one client that gave up meanwhile. */
		return 0;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		log_warning("cannot tell who a client is: %s", strerror(errno));
		return 1;
	}
	if (!has_room(server, peer.uid)) {
		refuse(server, fd);
		return 1;
	}
	r = client_new(server, fd, &peer);
	if (r < 0)
		log_warning("cannot serve a client: %s", strerror(-r));
	else
		fd = -1;
	return 1;
}

int server_on_accept(sd_event_source *source, int listen_fd, uint32_t revents, void *userdata)
{
	size_t n = 0;

	(void)source;
	(void)revents;
	while (n < ACCEPT_MAX && accept_one(userdata, listen_fd) > 0)
		n++;
	return 0;
}
