// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client's side of varlink.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "util/buffer.h"
#include "util/clock.h"
#include "util/unix_address.h"
#include "util/util.h"

#define READ_BYTES (64 * 1024)

/* A daemon gone mad must not take all memory; thousands of vCPUs need some. */
#define REPLY_BYTES_MAX (256 * 1024 * 1024)

/* A full backlog cannot be waited for: connecting is tried again so often. */
#define CONNECT_RETRY_NS (20 * NS_PER_MS)

struct varlink {
	int fd;
	struct buffer in;
	size_t scanned; /* of in: has no NUL */
};

/* 1 when fd is ready for events, else an error. fd may be -1. */
static int wait_for(int fd, short events, const struct varlink_wait *wait)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = events },
		{ .fd = wait->fd, .events = 0 },
		{ .fd = wait->stop, .events = POLLIN },
	};
	uint64_t now_ns, left_ns;
	struct timespec ts;
	int n;

	do {
		now_ns = clock_monotonic_ns();
		left_ns = wait->end_ns > now_ns ? wait->end_ns - now_ns : 0;
		ts = (struct timespec){ (time_t)(left_ns / NS_PER_S), (long)(left_ns % NS_PER_S) };
		n = ppoll(fds, ARRAY_SIZE(fds), wait->end_ns == VARLINK_FOREVER ? NULL : &ts,
			  wait->signals);
		/* Who lets in no signals waits on when one came. */
	} while (n < 0 && errno == EINTR && !wait->signals);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	if (fds[2].revents)
		return -EINTR;
	return fds[1].revents ? -EPIPE : 1;
}

/* connect() would wait while the backlog is full, whatever happens meanwhile. */
static int connect_to(int fd, const struct sockaddr_un *address, socklen_t address_len,
		      const struct varlink_wait *wait)
{
	struct varlink_wait pause = *wait;
	uint64_t now_ns;
	int r;

	while (connect(fd, (const struct sockaddr *)address, address_len) < 0) {
		if (errno != EAGAIN)
			return -errno;
		now_ns = clock_monotonic_ns();
		if (now_ns >= wait->end_ns)
			return -ETIMEDOUT;
		if (wait->end_ns - now_ns > CONNECT_RETRY_NS)
			pause.end_ns = now_ns + CONNECT_RETRY_NS;
		r = wait_for(-1, 0, &pause);
		if (r < 0 && r != -ETIMEDOUT)
			return r;
	}
	return 0;
}

int varlink_new(struct varlink **out, const char *path, const struct varlink_wait *wait)
{
	struct sockaddr_un address;
	socklen_t address_len = 0;
	_cleanup_close_ int fd = -1;
	struct varlink *link;
	int r;

	r = unix_address(path, &address, &address_len);
	if (r < 0)
		return r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = connect_to(fd, &address, address_len, wait);
	if (r < 0)
		return r;

	link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->fd = TAKE_FD(fd);
	*out = link;
	return 0;
}

struct varlink *varlink_free(struct varlink *link)
{
	if (!link)
		return NULL;
	(void)close(link->fd);
	buffer_done(&link->in);
	free(link);
	return NULL;
}

int varlink_fd(const struct varlink *link)
{
	return link->fd;
}

static int send_all(int fd, const char *data, size_t len, const struct varlink_wait *wait)
{
	ssize_t n;
	int r;

	while (len > 0) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(fd, POLLOUT, wait);
		if (r < 0)
			return r;
	}
	return 0;
}

int varlink_send(struct varlink *link, const struct varlink_wait *wait, const char *method,
		 json_t *parameters, bool more)
{
	_cleanup_free_ char *text = NULL;
	json_t *call;
	int r;

	call = json_pack("{s:s, s:o*}", "method", method, "parameters", parameters);
	if (call && more && json_object_set_new(call, "more", json_true()) == 0)
		text = json_dumps(call, JSON_COMPACT);
	else if (call && !more)
		text = json_dumps(call, JSON_COMPACT);
	json_decref(call);
	if (!text)
		return -ENOMEM;

	r = send_all(link->fd, text, strlen(text) + 1, wait);
	/* It may have said why before it closed the connection. */
	return r == -EPIPE || r == -ECONNRESET ? 0 : r;
}

/* Reads till a whole message is there; gives its length without the NUL. */
static int fill(struct varlink *link, const struct varlink_wait *wait, size_t *out)
{
	const char *nul;
	ssize_t n;
	char *to;
	int r;

	for (;;) {
		nul = link->in.len > link->scanned ? memchr(buffer_head(&link->in) + link->scanned,
							    '\0', link->in.len - link->scanned) :
						     NULL;
		if (nul) {
			*out = (size_t)(nul - buffer_head(&link->in));
			return 0;
		}
		link->scanned = link->in.len;
		if (link->in.len > REPLY_BYTES_MAX)
			return -EBADMSG;

		r = wait_for(link->fd, POLLIN, wait);
		if (r < 0)
			return r;

		r = buffer_reserve(&link->in, READ_BYTES, &to);
		if (r < 0)
			return r;
		n = recv(link->fd, to, READ_BYTES, MSG_DONTWAIT);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0)
			buffer_commit(&link->in, (size_t)n);
	}
}

static int parse_reply(const char *buf, size_t len, struct varlink_reply *out)
{
	json_t *root = json_loadb(buf, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	json_t *error = json_object_get(root, "error");
	json_t *parameters = json_object_get(root, "parameters");
	json_t *continues = json_object_get(root, "continues");
	int r = -EBADMSG;

	if (!json_is_object(root) || (error && !json_is_string(error)) ||
	    (parameters && !json_is_null(parameters) && !json_is_object(parameters)) ||
	    (continues && !json_is_boolean(continues)))
		goto out;

	out->error = error ? strdup(json_string_value(error)) : NULL;
	out->parameters = json_is_object(parameters) ? json_incref(parameters) : json_object();
	out->continues = json_is_true(continues);
	r = (error && !out->error) || !out->parameters ? -ENOMEM : 0;
	if (r < 0)
		varlink_reply_done(out);
out:
	json_decref(root);
	return r;
}

int varlink_receive(struct varlink *link, const struct varlink_wait *wait,
		    struct varlink_reply *out)
{
	size_t len = 0;
	int r;

	r = fill(link, wait, &len);
	if (r < 0)
		return r;
	r = parse_reply(buffer_head(&link->in), len, out);
	buffer_consume(&link->in, len + 1);
	link->scanned = 0;
	return r;
}

void varlink_reply_done(struct varlink_reply *reply)
{
	free(reply->error);
	json_decref(reply->parameters);
	*reply = (struct varlink_reply){ 0 };
}
