// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One connection.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

#include "server/client.h"
#include "server/methods/service.h"
#include "server/server_internal.h"
#include "server/varlink_parse.h"
#include "util/log.h"
#include "util/util.h"

/* What one turn of the loop reads at most from one client. */
#define READ_BYTES 4096
/* And what it sends at most: as much as fits into a socket's buffer by default. */
#define SEND_MESSAGES 256

/* Resolution of the clients' timers: nobody minds, and timers coalesce. */
#define TIMER_ACCURACY_US (250 * 1000)

static void update(struct client *client);

static void set_watching(struct client *client, bool on)
{
	struct server_stats *stats = &client->server->stats;

	if (client->watch.active == on)
		return;
	client->watch.active = on;
	if (on)
		stats->watchers++;
	else
		stats->watchers--;
}

/* Behind all others that are ready, if it is not among them. */
static int set_ready(struct client *client, bool ready)
{
	struct server *server = client->server;

	if (client->ready == ready)
		return 0;
	client->ready = ready;
	if (!ready) {
		DL_DELETE2(server->ready, client, ready_prev, ready_next);
		return 0;
	}
	DL_APPEND2(server->ready, client, ready_prev, ready_next);
	return sd_event_source_set_enabled(server->work, SD_EVENT_ON);
}

/* Leaves an object that does nothing any more. */
static void disconnect(struct client *client)
{
	struct server *server = client->server;

	client->dead = true;
	set_watching(client, false);
	client->io = sd_event_source_disable_unref(client->io);
	(void)set_ready(client, false);
	client->timer = sd_event_source_disable_unref(client->timer);
	buffer_done(&client->in);
	queue_done(&client->out);
	close(client->fd);
	client->fd = -1;
	server->stats.clients--;
	DL_DELETE(server->clients, client);
}

static void kill_client(struct client *client)
{
	struct server *server = client->server;

	if (client->dead)
		return;
	disconnect(client);
	DL_APPEND(server->dead, client);
	/* Fails for an event loop that ends, and then server_free() does it. */
	(void)sd_event_source_set_enabled(server->reaper, SD_EVENT_ONESHOT);
}

static void kill_slow(struct client *client)
{
	if (client->dead)
		return;
	server_warn_cut_off(client->server, &client->peer, "does not read");
	client->server->stats.slow_clients++;
	kill_client(client);
}

static void kill_failed(struct client *client, int error)
{
	server_warn_cut_off(client->server, &client->peer, strerror(-error));
	kill_client(client);
}

struct client *client_free(struct client *client)
{
	if (!client)
		return NULL;
	if (client->dead)
		DL_DELETE(client->server->dead, client);
	else
		disconnect(client);
	free(client);
	return NULL;
}

/* Length of the first call that is there, without its NUL, or -1. */
static ssize_t find_call(struct client *client)
{
	const char *head, *nul;

	if (client->scanned == client->in.len)
		return -1;
	head = buffer_head(&client->in);
	nul = memchr(head + client->scanned, '\0', client->in.len - client->scanned);
	if (nul)
		return nul - head;
	client->scanned = client->in.len;
	return -1;
}

static void receive(struct client *client)
{
	size_t room = client->server->limits.request_bytes + 1 - client->in.len;
	char *to;
	ssize_t n;
	int r;

	if (room > READ_BYTES)
		room = READ_BYTES;
	if (room == 0)
		return;

	r = buffer_reserve(&client->in, room, &to);
	if (r < 0) {
		kill_failed(client, r);
		return;
	}
	n = recv(client->fd, to, room, MSG_DONTWAIT);
	if (n > 0)
		buffer_commit(&client->in, (size_t)n);
	else if (n == 0)
		client->eof = true;
	else if (errno == ECONNRESET)
		/* Gone with a reply unread, after what there is to read. */
		client->eof = client->gone = true;
	else if (errno != EAGAIN && errno != EINTR)
		kill_failed(client, -errno);
}

static void kill_idle(struct client *client)
{
	log_debug("client of pid %d, uid %u says nothing, cut off", (int)client->peer.pid,
		  (unsigned int)client->peer.uid);
	client->server->stats.idle_clients++;
	kill_client(client);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct client *client = userdata;

	(void)source;
	(void)usec;
	if (client->wait == WAIT_READ)
		kill_slow(client);
	else
		kill_idle(client);
	return 0;
}

/* Has the timer run for what is waited for; one that runs for that already, goes on. */
static int set_timer(struct client *client)
{
	const struct server_limits *limits = &client->server->limits;
	enum client_wait wait = client->out.n > 0    ? WAIT_READ :
				client->watch.active ? WAIT_NOTHING :
						       WAIT_CALL;
	uint64_t us = wait == WAIT_READ ? limits->stall_us : limits->idle_us;
	int r;

	if (client->wait == wait)
		return 0;
	client->wait = wait;
	if (wait == WAIT_NOTHING)
		return sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
	if (!client->timer)
		return sd_event_add_time_relative(client->server->event, &client->timer,
						  CLOCK_MONOTONIC, us, TIMER_ACCURACY_US, on_timer,
						  client);
	r = sd_event_source_set_time_relative(client->timer, us);
	return r < 0 ? r : sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT);
}

/* Gives it all of the time again. */
static void restart_timer(struct client *client)
{
	client->wait = WAIT_NOTHING;
	if (client->timer)
		(void)sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
}

static void flush(struct client *client)
{
	struct iovec iov[SEND_MESSAGES];
	struct msghdr header = { .msg_iov = iov };
	ssize_t n;

	if (client->out.n == 0)
		return;
	header.msg_iovlen = queue_peek(&client->out, iov, SEND_MESSAGES);
	n = sendmsg(client->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			client->gone = true;
		else if (errno != EAGAIN && errno != EINTR)
			kill_failed(client, -errno);
		return;
	}
	queue_consume(&client->out, (size_t)n);
	/* Whatever is left may take as long again. */
	restart_timer(client);
}

static void kill_bad(struct client *client, const char *why)
{
	/* What was asked before it is answered. */
	flush(client);
	if (client->dead)
		return;
	log_debug("client of pid %d, uid %u sent %s, cut off", (int)client->peer.pid,
		  (unsigned int)client->peer.uid, why);
	client->server->stats.bad_clients++;
	kill_client(client);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *client = userdata;

	(void)source;
	(void)fd;
	if (revents & EPOLLIN)
		receive(client);
	if (!client->dead && (revents & EPOLLOUT))
		flush(client);
	if (revents & (EPOLLHUP | EPOLLERR))
		client->gone = true;
	update(client);
	return 0;
}

void client_work(struct server *server)
{
	struct client *client = server->ready;
	struct varlink_request request;
	struct call call = { .server = server, .client = client, .request = &request };
	ssize_t len = find_call(client);
	int r;

	assert(len >= 0);
	(void)set_ready(client, false);
	if (varlink_parse_request(buffer_head(&client->in), (size_t)len, &request) < 0) {
		kill_bad(client, "what is no varlink call");
		return;
	}
	buffer_consume(&client->in, (size_t)len + 1);
	client->scanned = 0;
	if (client->wait == WAIT_CALL)
		restart_timer(client);

	r = service_dispatch(&call);
	varlink_request_done(&request);
	if (client->dead)
		return;
	if (r < 0)
		kill_failed(client, r);
	update(client);
}

/* Sets the sources to what the client's state waits for, or ends it. */
static void update(struct client *client)
{
	const struct server_limits *limits = &client->server->limits;
	bool call, full, work;
	int r;

	if (client->dead)
		return;
	if (client->gone) {
		queue_done(&client->out);
		set_watching(client, false);
	}

	call = find_call(client) >= 0;
	full = client->in.len > limits->request_bytes;
	if (full && !call) {
		/* Its end may never come. */
		client_tell_too_long(client);
		kill_bad(client, "a call that is too long");
		return;
	}
	if (client->eof && !call && client->out.n == 0 && !client->watch.active) {
		kill_client(client);
		return;
	}

	work = call && !client->watch.active && client->out.bytes < limits->reply_bytes;
	r = set_ready(client, work);
	if (r >= 0)
		r = sd_event_source_set_io_events(client->io,
						  (client->eof || full ? 0u : EPOLLIN) |
							  (client->out.n > 0 ? EPOLLOUT : 0u));
	if (r >= 0)
		r = set_timer(client);
	if (r < 0)
		kill_failed(client, r);
}

int client_new(struct server *server, int fd, const struct ucred *peer)
{
	struct client *client;
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->server = server;

	client->peer = *peer;
	r = sd_event_add_io(server->event, &client->io, fd, EPOLLIN, on_io, client);
	if (r < 0) {
		free(client);
		return r;
	}
	client->fd = fd;
	server->stats.clients++;
	DL_APPEND(server->clients, client);
	/* From now on: who connects and says nothing takes a place, too. */
	update(client);
	return 0;
}

void server_limit_queue(struct server *server)
{
	struct client *client, *longest;

	while (server->queued_bytes > server->limits.total_bytes) {
		longest = NULL;
		DL_FOREACH(server->clients, client)
			if (!longest || client->out.bytes > longest->out.bytes)
				longest = client;
		if (!longest)
			return;
		kill_slow(longest);
	}
}

void client_watch(struct client *client, const struct watch *watch)
{
	client->watch = *watch;
	client->watch.active = false;
	set_watching(client, true);
}

void client_event(struct client *client, struct message *message, bool last)
{
	const struct server_limits *limits = &client->server->limits;
	int r;

	if (client->out.n > 0 && client->out.bytes + message->len > limits->watch_bytes) {
		kill_slow(client);
		return;
	}
	r = queue_push(&client->out, message);
	if (r < 0) {
		kill_failed(client, r);
		return;
	}
	if (last)
		set_watching(client, false);
	update(client);
}
