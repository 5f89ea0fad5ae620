// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's process events connector.
 */
#include "config.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "ctl/stat/procevents.h"
#include "ctl/stat/proctree.h"
#include "util/util.h"

/* Some 10,000 forks may wait while we do not run. */
#define RECEIVE_BYTES (8 * 1024 * 1024)

#define MESSAGE_BYTES 512

/* struct proc_input of Linux 6.6, which headers of Debian 12 lack. */
struct input {
	uint32_t operation;
	uint32_t events;
};

/* Sends the first BYTES of INPUT. */
static int send_input(int fd, const struct input *input, size_t bytes)
{
	const size_t cn_bytes = offsetof(struct cn_msg, data) + bytes;
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct cn_msg cn = {
		.id = { CN_IDX_PROC, CN_VAL_PROC },
		.len = (uint16_t)bytes,
	};
	const struct nlmsghdr nl = {
		.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + cn_bytes),
		.nlmsg_type = NLMSG_DONE,
	};
	char message[NLMSG_HDRLEN + offsetof(struct cn_msg, data) + sizeof(*input)] = { 0 };

	memcpy(message, &nl, sizeof(nl));
	memcpy(message + NLMSG_HDRLEN, &cn, offsetof(struct cn_msg, data));
	memcpy(message + NLMSG_HDRLEN + offsetof(struct cn_msg, data), input, bytes);
	return sendto(fd, message, nl.nlmsg_len, 0, (const struct sockaddr *)&kernel,
		      sizeof(kernel)) < 0 ?
		       -errno :
		       0;
}

/*
 * An operation alone is for all events. Kernels that have Linux 6.6's filter make
 * that forks only by the second message, those before do not look at it.
 */
static int send_listen(int fd)
{
	const struct input input = { PROC_CN_MCAST_LISTEN, PROC_EVENT_FORK };
	int r = send_input(fd, &input, sizeof(input.operation));

	return r < 0 ? r : send_input(fd, &input, sizeof(input));
}

int procevents_open(int *out)
{
	const struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	const int bytes = RECEIVE_BYTES;
	_cleanup_close_ int fd = -1;
	int r;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0)
		return -errno;
	/* Without privilege the system's limit holds, and is enough as a rule. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (bind(fd, (const struct sockaddr *)&group, sizeof(group)) < 0)
		return -errno;
	r = send_listen(fd);
	if (r < 0)
		return r;
	*out = TAKE_FD(fd);
	return 0;
}

int procevents_close(int fd)
{
	const struct input input = { .operation = PROC_CN_MCAST_IGNORE };

	/* Before Linux 6.6, the kernel counts those who listen, and closing does not count. */
	if (fd >= 0) {
		(void)send_input(fd, &input, sizeof(input.operation));
		(void)close(fd);
	}
	return -1;
}

int procevents_read(int fd, struct proctree *tree, bool *lost)
{
	struct sockaddr_nl from;
	char message[MESSAGE_BYTES];
	struct proc_fork event;
	socklen_t size;
	ssize_t n;

	for (;;) {
		size = sizeof(from);
		n = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from, &size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == ENOBUFS) {
			*lost = true;
			continue;
		}
		if (n < 0)
			return -errno;
		/* Others may write to the socket, too. */
		if (from.nl_pid == 0 && proc_fork_parse(message, (size_t)n, &event))
			proctree_fork(tree, &event);
	}
}
