// SPDX-License-Identifier: GPL-2.0-or-later
/* The connections of one listening socket, and which of them has to go. */
#include "config.h"

#include "sink/http/connections.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "util/clock.h"

/*
 * How long it may take until a whole request is here, however its bytes come: a
 * scraper sends it in one piece.
 */
#define READING_US (5 * US_PER_S)

/* A reply at its largest over 4 Mbit/s; no scraper waits longer by default. */
#define SENDING_US (30 * US_PER_S)

/* Scrapes every minute share a connection. The first to go where there are many. */
#define IDLE_US (90 * US_PER_S)

/* Of an IPv6 address, what one site has. */
#define SITE_BYTES 8

static uint64_t deadline_us(const struct connection *connection)
{
	static const uint64_t limits[] = {
		[CONNECTION_IDLE] = IDLE_US,
		[CONNECTION_READING] = READING_US,
		[CONNECTION_SENDING] = SENDING_US,
	};

	return connection->since_us + limits[connection->state];
}

/*
 * Whoever has one address has its neighbours as well: all of 127.0.0.0/8 is this
 * host, and an IPv6 host has a /64.
 */
static struct in6_addr count_for(const struct sockaddr *address)
{
	struct in6_addr out = IN6ADDR_LOOPBACK_INIT;
	in_addr_t v4;

	if (address && address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		v4 = in->sin_addr.s_addr;
	} else if (address && address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		if (!IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			if (!IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)) {
				out = in6->sin6_addr;
				memset(&out.s6_addr[SITE_BYTES], 0, sizeof(out) - SITE_BYTES);
			}
			return out;
		}
		memcpy(&v4, &in6->sin6_addr.s6_addr[12], sizeof(v4));
	} else {
		return out;
	}
	if (ntohl(v4) >> 24 != IN_LOOPBACKNET) {
		out = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
		memcpy(&out.s6_addr[12], &v4, sizeof(v4));
	}
	return out;
}

static void cut(struct connections *connections, struct connection *connection)
{
	connection->cut = true;
	connections->n--;
	(void)shutdown(connection->fd, SHUT_RDWR);
}

static unsigned int count_peer(const struct connections *connections, const struct in6_addr *peer)
{
	const struct connection *c;
	unsigned int n = 0;

	DL_FOREACH(connections->first, c)
		n += !c->cut && IN6_ARE_ADDR_EQUAL(&c->peer, peer);
	return n;
}

static struct connection *choose_victim(const struct connections *connections)
{
	struct connection *c, *victim = NULL;
	unsigned int n, most = 0;

	DL_FOREACH(connections->first, c) {
		if (c->cut)
			continue;
		n = count_peer(connections, &c->peer);
		if (!victim || n > most ||
		    (n == most && (c->state < victim->state || (c->state == victim->state &&
								c->since_us < victim->since_us)))) {
			victim = c;
			most = n;
		}
	}
	return victim;
}

struct connection *connections_add(struct connections *connections, int fd,
				   const struct sockaddr *peer, uint64_t now_us)
{
	struct connection *connection = calloc(1, sizeof(*connection)), *victim;

	if (!connection)
		return NULL;
	connection->fd = fd;
	connection->peer = count_for(peer);
	connection->state = CONNECTION_READING;
	connection->since_us = now_us;
	if (connections->n >= CONNECTIONS_MAX) {
		victim = choose_victim(connections);
		cut(connections, victim);
	}
	DL_APPEND(connections->first, connection);
	connections->n++;
	return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
	DL_DELETE(connections->first, connection);
	connections->n -= !connection->cut;
	free(connection);
}

void connection_set_state(struct connection *connection, enum connection_state state,
			  uint64_t now_us)
{
	connection->state = state;
	connection->since_us = now_us;
	connection->text = 0;
}

void connections_cut_overdue(struct connections *connections, uint64_t now_us)
{
	struct connection *c;

	DL_FOREACH(connections->first, c) {
		if (!c->cut && deadline_us(c) <= now_us)
			cut(connections, c);
	}
}

bool connections_cut_oldest_text(struct connections *connections)
{
	uint64_t oldest = UINT64_MAX;
	struct connection *c;

	DL_FOREACH(connections->first, c) {
		if (!c->cut && c->text && c->text < oldest)
			oldest = c->text;
	}
	DL_FOREACH(connections->first, c) {
		if (!c->cut && c->text == oldest)
			cut(connections, c);
	}
	return oldest != UINT64_MAX;
}

uint64_t connections_deadline_us(const struct connections *connections)
{
	uint64_t deadline = UINT64_MAX;
	const struct connection *c;

	DL_FOREACH(connections->first, c) {
		if (!c->cut && deadline_us(c) < deadline)
			deadline = deadline_us(c);
	}
	return deadline;
}
