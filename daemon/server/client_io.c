// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One connection: bytes in and out, and how long either may take.
 */
#include "config.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "server/client.h"
#include "server/parts.h"
#include "server/server_internal.h"
#include "util/log.h"

/* What one turn of the loop reads at most from one client. */
#define READ_BYTES 4096
/* And what it sends at most: as much as fits into a socket's buffer by default. */
#define SEND_MESSAGES 256

/* Resolution of the clients' timers: nobody minds, and timers coalesce. */
#define TIMER_ACCURACY_US (250 * 1000)

/*
 * What a client takes that does nothing: its own objects, the event loop's, and the
 * kernel's of a socket and its file.
 */
#define CLIENT_BYTES 4096

ssize_t client_find_call(struct client *client)
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

void client_receive(struct client *client)
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
		client_kill_failed(client, r);
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
		client_kill_failed(client, -errno);
}

void client_flush(struct client *client)
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
			client_kill_failed(client, -errno);
		return;
	}
	queue_consume(&client->out, (size_t)n);
	/* Whatever is left may take as long again. */
	client_restart_timer(client);
}

void client_account(struct client *client)
{
	struct server *server = client->server;
	size_t held = CLIENT_BYTES + client->in.size + parts_bytes(client->making) +
		      client->out.size * sizeof(*client->out.ring);
	int unread = 0;

	/* The kernel's memory counts as ours: systemd's MemoryMax= does so, too. */
	if (ioctl(client->fd, SIOCOUTQ, &unread) == 0 && unread > 0)
		held += (size_t)unread;
	server->held_bytes += held - client->held;
	client->held = held;
}

static void kill_idle(struct client *client)
{
	log_debug("client of pid %d, uid %u says nothing, cut off", (int)client->peer.pid,
		  (unsigned int)client->peer.uid);
	client->server->stats.idle_clients++;
	client_kill(client);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct client *client = userdata;

	(void)source;
	(void)usec;
	if (client->wait == WAIT_READ)
		client_kill_slow(client, "does not read");
	else
		kill_idle(client);
	return 0;
}

int client_set_timer(struct client *client)
{
	const struct server_limits *limits = &client->server->limits;
	enum client_wait wait = client->out.n > 0		      ? WAIT_READ :
				client->watch.active || client->ready ? WAIT_NOTHING :
									WAIT_CALL;
	uint64_t us = wait == WAIT_READ ? limits->stall_us : limits->idle_us;
	int r;

	if (client->wait == wait)
		return 0;
	client->wait = wait;
	if (wait == WAIT_NOTHING)
		return client->timer ? sd_event_source_set_enabled(client->timer, SD_EVENT_OFF) : 0;
	if (!client->timer)
		return sd_event_add_time_relative(client->server->event, &client->timer,
						  CLOCK_MONOTONIC, us, TIMER_ACCURACY_US, on_timer,
						  client);
	r = sd_event_source_set_time_relative(client->timer, us);
	return r < 0 ? r : sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT);
}

void client_restart_timer(struct client *client)
{
	client->wait = WAIT_NOTHING;
	if (client->timer)
		(void)sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
}
