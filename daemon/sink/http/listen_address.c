// SPDX-License-Identifier: GPL-2.0-or-later
/* Where to serve metrics, as text and as a socket. */
#include "config.h"

#include "sink/http/listen_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util/util.h"

/* Scrapers that connect while a text is made. */
#define BACKLOG 64

#define PORT_MAX 65535U

static bool parse_port(const char *text, in_port_t *out)
{
	unsigned int port = 0;

	if (*text == '0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (unsigned int)(*text - '0');
		if (port > PORT_MAX)
			return false;
	}
	*out = htons((uint16_t)port);
	return port > 0;
}

static void set_v4(struct listen_address *out, struct in_addr address, in_port_t port)
{
	const struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = port,
		.sin_addr = address,
	};

	*out = (struct listen_address){ .len = sizeof(in) };
	memcpy(&out->address, &in, sizeof(in));
}

static void set_v6(struct listen_address *out, const struct in6_addr *address, in_port_t port)
{
	const struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = port,
		.sin6_addr = *address,
	};

	*out = (struct listen_address){ .len = sizeof(in6) };
	memcpy(&out->address, &in6, sizeof(in6));
}

bool listen_address_parse(const char *text, struct listen_address *out, const char **why)
{
	const bool brackets = *text == '[';
	const char *end = strchr(text, brackets ? ']' : ':'), *rest;
	in_port_t port = htons(METRICS_PORT);
	char host[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;
	size_t len;

	if (!end && parse_port(text, &port)) {
		set_v4(out, (struct in_addr){ htonl(INADDR_LOOPBACK) }, port);
		return true;
	}
	*why = "is not an IPv4 address, an IPv6 address in brackets, or a port";
	if (!end && brackets)
		return false;
	if (!end)
		end = text + strlen(text);
	text += brackets;
	rest = end + brackets;
	len = (size_t)(end - text);
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(brackets ? AF_INET6 : AF_INET, host, brackets ? (void *)&v6 : (void *)&v4) !=
	    1)
		return false;
	if (*rest && (*rest != ':' || !parse_port(rest + 1, &port))) {
		*why = "has a port that is not a number from 1 to 65535";
		return false;
	}
	if (brackets)
		set_v6(out, &v6, port);
	else
		set_v4(out, v4, port);
	return true;
}

int listen_address_open(const struct listen_address *address)
{
	const struct sockaddr *to = (const void *)&address->address;
	_cleanup_close_ int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0)
		return -errno;
	/* Another start must not wait for connections of the last; [::] is not 0.0.0.0. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (to->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (bind(fd, to, address->len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}
