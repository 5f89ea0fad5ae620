// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client's side of varlink.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "util/buffer.h"
#include "util/unix_address.h"
#include "util/util.h"

#define READ_BYTES (64 * 1024)

/* A daemon gone mad must not take all memory; thousands of vCPUs need some. */
#define REPLY_BYTES_MAX (256 * 1024 * 1024)

#define MS_PER_S  1000
#define NS_PER_MS 1000000

struct varlink {
	int fd;
	struct buffer in;
	size_t scanned; /* of in: has no NUL */
};

int varlink_new(struct varlink **out, const char *path)
{
	struct sockaddr_un address;
	socklen_t address_len = 0;
	struct timeval timeout = { .tv_sec = VARLINK_TIMEOUT_MS / MS_PER_S };
	_cleanup_close_ int fd = -1;
	struct varlink *link;
	int r;

	r = unix_address(path, &address, &address_len);
	if (r < 0)
		return r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* connect() waits while the backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, address_len) < 0)
		return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;

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

static int send_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int varlink_send(struct varlink *link, const char *method, json_t *parameters, bool more)
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

	r = send_all(link->fd, text, strlen(text) + 1);
	/* It may have said why before it closed the connection. */
	return r == -EPIPE || r == -ECONNRESET ? 0 : r;
}

/* 1 when reply bytes may be there, else an error. */
static int wait_readable(struct varlink *link, const struct varlink_wait *wait,
			 const struct timespec *left)
{
	struct pollfd fds[] = {
		{ .fd = link->fd, .events = POLLIN },
		{ .fd = wait->fd, .events = 0 },
	};
	int n = ppoll(fds, 2, left, wait->signals);

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	if (fds[1].revents)
		return -EPIPE;
	return 1;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * MS_PER_S + ts.tv_nsec / NS_PER_MS;
}

/* Reads till a whole message is there; gives its length without the NUL. */
static int fill(struct varlink *link, const struct varlink_wait *wait, size_t *out)
{
	int64_t end = now_ms() + wait->timeout_ms, left;
	struct timespec ts;
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

		left = end - now_ms();
		if (left < 0)
			left = 0;
		ts = (struct timespec){ left / MS_PER_S, left % MS_PER_S * NS_PER_MS };
		r = wait_readable(link, wait, wait->timeout_ms < 0 ? NULL : &ts);
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
