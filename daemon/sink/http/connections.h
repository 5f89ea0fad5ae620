/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections of one listening socket: how long each has been doing what it
 * does, and which one goes when that is too long, or when there are too many.
 *
 * A connection is cut off by shutdown(); libmicrohttpd, which owns it, sees that
 * and closes it. Times are CLOCK_MONOTONIC in us.
 */
#ifndef KVMEXITD_CONNECTIONS_H
#define KVMEXITD_CONNECTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Two Prometheus servers with two connections each, and people who look. */
#define CONNECTIONS_MAX 16U

/* Those that are cut off are closed in the next turn, and others come before it. */
#define CONNECTIONS_CLOSING_MAX 16U

/* In the order in which they go when there are too many. */
enum connection_state {
	CONNECTION_IDLE, /* has its reply, and may ask again */
	CONNECTION_READING, /* its first request is not complete */
	CONNECTION_SENDING, /* does not have all of its reply */
};

struct connection {
	struct connection *prev, *next;
	int fd;
	struct in6_addr peer; /* whom it counts for */
	enum connection_state state;
	uint64_t since_us;
	uint64_t text; /* the number of the text that is sent, 0 for none */
	bool cut; /* and about to be closed */
};

/* Valid when all zero. */
struct connections {
	struct connection *first; /* in the order in which they came */
	unsigned int n; /* without those that are cut */
};

/*
 * Another one came; with it there may be too many, and then one is cut off: one of
 * the address that has most of them; of these in the order of their states, and of
 * one state the one that has been in it longest. NULL without memory.
 */
struct connection *connections_add(struct connections *connections, int fd,
				   const struct sockaddr *peer, uint64_t now_us);
void connections_remove(struct connections *connections, struct connection *connection);

void connection_set_state(struct connection *connection, enum connection_state state,
			  uint64_t now_us);

/* Cuts off those whose time is over. */
void connections_cut_overdue(struct connections *connections, uint64_t now_us);

/* Cuts off those that still receive the oldest text. False if none receives any. */
bool connections_cut_oldest_text(struct connections *connections);

/* When the next one's time is over; UINT64_MAX if there is none. */
uint64_t connections_deadline_us(const struct connections *connections);

#endif
