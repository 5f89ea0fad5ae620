// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the server listens on: a descriptor that systemd passed, or a path.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <utlist.h>

#include "server/server.h"
#include "server/server_internal.h"
#include "util/unix_address.h"
#include "util/util.h"

#define SOCKET_MODE 0660

/* So that a burst of short-lived clients finds room; the kernel caps it. */
#define BACKLOG 128

void server_free_listener(struct server *server, struct listener *listener)
{
	struct stat st;

	DL_DELETE(server->listeners, listener);
	/*
	 * Somebody else may listen there by now. The inode is not used again while the
	 * socket is open, which the source owns.
	 */
	if (listener->path && lstat(listener->path, &st) == 0 && st.st_dev == listener->device &&
	    st.st_ino == listener->inode)
		(void)unlink(listener->path);
	sd_event_source_disable_unref(listener->source);
	free(listener->path);
	free(listener);
}

/* Owns fd and path, which it is bound to if not NULL, from success on. */
static int add_listener(struct server *server, int fd, char *path)
{
	struct listener *listener;
	struct stat st = { 0 };
	int flags, r;

	if (path && lstat(path, &st) < 0)
		return -errno;
	/* Another client's death between poll and accept must not block us. */
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;

	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	r = sd_event_add_io(server->event, &listener->source, fd, EPOLLIN, server_on_accept,
			    server);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(listener->source, true);
	if (r < 0) {
		sd_event_source_disable_unref(listener->source);
		free(listener);
		return r;
	}
	listener->path = path;
	listener->device = st.st_dev;
	listener->inode = st.st_ino;
	DL_APPEND(server->listeners, listener);
	return 0;
}

int server_listen_fd(struct server *server, int fd)
{
	int value;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) < 0)
		return -errno;
	/* A client speaks bytes; and who it may be, a path's mode says. */
	if (!value || sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
		return -EINVAL;
	return add_listener(server, fd, NULL);
}

/* 0 when nobody listens there and the path is free now. */
static int remove_stale(const struct sockaddr_un *address, socklen_t len)
{
	_cleanup_close_ int fd = -1;
	struct stat st, now;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, len) == 0)
		return -EADDRINUSE;
	/* Its backlog is full: somebody owns it. */
	if (errno != ECONNREFUSED)
		return errno == EAGAIN ? -EADDRINUSE : -errno;
	/* Another one that starts now may have replaced it. */
	if (lstat(address->sun_path, &now) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (now.st_dev != st.st_dev || now.st_ino != st.st_ino)
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int server_listen_path(struct server *server, const char *path)
{
	struct sockaddr_un address;
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *copy = NULL;
	socklen_t len = 0;
	mode_t mask;
	int r;

	r = unix_address(path, &address, &len);
	if (r < 0)
		return r;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;

	r = remove_stale(&address, len);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;

	/* A chmod() after bind() would leave a moment for others to connect. */
	mask = umask(0777 & ~SOCKET_MODE);
	r = bind(fd, (const struct sockaddr *)&address, len) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r < 0)
		return r;

	if (listen(fd, BACKLOG) < 0)
		r = -errno;
	else
		r = add_listener(server, fd, copy);
	if (r < 0) {
		(void)unlink(path);
		return r;
	}
	fd = -1;
	copy = NULL;
	return 0;
}
