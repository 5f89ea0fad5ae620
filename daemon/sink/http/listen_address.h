/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where to serve metrics, as text and as a socket. */
#ifndef KVMEXITD_LISTEN_ADDRESS_H
#define KVMEXITD_LISTEN_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* As in kvmexitd-metrics.socket. */
#define METRICS_PORT 10958

struct listen_address {
	struct sockaddr_storage address;
	socklen_t len; /* 0: none */
};

/*
 * PORT, of 127.0.0.1; or an IPv4 address or an IPv6 address in brackets, and after a
 * colon a PORT that is not METRICS_PORT. Names are not looked up. False with *why, a
 * clause that follows the text.
 */
bool listen_address_parse(const char *text, struct listen_address *out, const char **why);

/* A socket that listens there; -errno. */
int listen_address_open(const struct listen_address *address);

#endif
