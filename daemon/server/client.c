// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One connection: its state, from its beginning to its end.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

#include "server/client.h"
#include "server/methods/service.h"
#include "server/parts.h"
#include "server/server_internal.h"
#include "server/user.h"
#include "util/log.h"
#include "util/util.h"

/*
 * For what was sent and not read, which the kernel doubles for its own use: with the
 * default of 208 KiB, a thousand clients that do not read would have more than
 * kvmexitd.service's MemoryMax=.
 */
#define SEND_BUFFER (16 * 1024)

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

/* Leaves an object that does nothing any more. */
static void disconnect(struct client *client)
{
	struct server *server = client->server;

	client->dead = true;
	set_watching(client, false);
	client->io = sd_event_source_disable_unref(client->io);
	user_remove_client(client);
	client->timer = sd_event_source_disable_unref(client->timer);
	client->making = parts_free(client->making);
	buffer_done(&client->in);
	queue_done(&client->out);
	close(client->fd);
	client->fd = -1;
	server->held_bytes -= client->held;
	client->held = 0;
	server->stats.clients--;
	DL_DELETE(server->clients, client);
}

void client_kill(struct client *client)
{
	struct server *server = client->server;

	if (client->dead)
		return;
	disconnect(client);
	DL_APPEND(server->dead, client);
	/* Fails for an event loop that ends, and then server_free() does it. */
	(void)sd_event_source_set_enabled(server->reaper, SD_EVENT_ONESHOT);
}

void client_kill_slow(struct client *client, const char *why)
{
	if (client->dead)
		return;
	server_warn_cut_off(client->server, &client->peer, why);
	client->server->stats.slow_clients++;
	client_kill(client);
}

void client_kill_failed(struct client *client, int error)
{
	if (client->dead)
		return;
	server_warn_cut_off(client->server, &client->peer, strerror(-error));
	client_kill(client);
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

bool client_may_change(const struct client *client)
{
	return client->peer.uid == 0;
}

void client_end(struct client *client, const char *error, json_t *parameters, const char *why)
{
	log_debug("client of pid %d, uid %u sent %s, cut off", (int)client->peer.pid,
		  (unsigned int)client->peer.uid, why);
	client->server->stats.bad_clients++;
	(void)client_tell_error(client, error, parameters);
	client->ending = true;
	buffer_done(&client->in);
	client->scanned = 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *client = userdata;

	(void)source;
	(void)fd;
	if (revents & EPOLLIN)
		client_receive(client);
	if (!client->dead && (revents & EPOLLOUT))
		client_flush(client);
	if (revents & (EPOLLHUP | EPOLLERR))
		client->gone = true;
	client_update(client);
	server_limit_memory(client->server);
	return 0;
}

/* What is not to be told to anybody need not be kept, and asked for by root only. */
static void let_go(struct client *client)
{
	set_watching(client, false);
	client->making = parts_free(client->making);
	queue_done(&client->out);
	if (!client_may_change(client) || client->ending)
		client_kill(client);
}

static int wait_for_events(struct client *client, bool call)
{
	/* Who has calls to be answered can wait with more of them. */
	bool in = !client->eof && !client->ending && !call;

	return sd_event_source_set_io_events(
		client->io, (in ? EPOLLIN : 0u) | (client->out.n > 0 ? EPOLLOUT : 0u));
}

void client_update(struct client *client)
{
	const struct server_limits *limits = &client->server->limits;
	bool call, work;
	int r;

	if (client->dead)
		return;
	if (client->gone)
		let_go(client);
	if (client->dead)
		return;

	call = client_find_call(client) >= 0;
	if (client->in.len > limits->request_bytes && !call)
		/* Its end may never come. */
		client_end(client, VARLINK_EXITS ".CallTooLong",
			   json_pack("{s:I}", "max_bytes", (json_int_t)limits->request_bytes),
			   "a call that is too long");
	if ((client->eof || client->ending) && !call && !client->making && client->out.n == 0 &&
	    !client->watch.active) {
		client_kill(client);
		return;
	}

	work = (call || client->making) && !client->watch.active && !client->ending &&
	       client->out.bytes < limits->reply_bytes;
	r = user_set_ready(client, work);
	if (r >= 0)
		r = wait_for_events(client, call);
	if (r >= 0)
		r = client_set_timer(client);
	if (r < 0)
		client_kill_failed(client, r);
	else
		client_account(client);
}

int client_new(struct server *server, int fd, const struct ucred *peer)
{
	const int send_buffer = SEND_BUFFER;
	struct client *client;
	int r;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)) < 0)
		return -errno;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->server = server;

	client->peer = *peer;
	r = user_add_client(client);
	if (r < 0) {
		free(client);
		return r;
	}
	r = sd_event_add_io(server->event, &client->io, fd, EPOLLIN, on_io, client);
	if (r < 0) {
		user_remove_client(client);
		free(client);
		return r;
	}
	client->fd = fd;
	server->stats.clients++;
	DL_APPEND(server->clients, client);
	/* From now on: who connects and says nothing takes a place, too. */
	client_update(client);
	return 0;
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
		client_kill_slow(client, "does not read");
		return;
	}
	r = queue_push(&client->out, message);
	if (r < 0) {
		client_kill_failed(client, r);
		return;
	}
	if (last)
		set_watching(client, false);
	client_update(client);
}
