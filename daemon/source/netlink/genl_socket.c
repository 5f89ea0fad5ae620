// SPDX-License-Identifier: GPL-2.0-or-later
/* Generic netlink sockets as kvmexitd needs them. */
#include "config.h"

#include "source/netlink/genl_socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "util/util.h"

static ssize_t receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do
		n = recvmsg(fd, &header, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);

	if (n < 0)
		return -errno;
	if (header.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	if (header.msg_namelen != sizeof(from) || from.nl_pid != 0)
		return 0;
	return n;
}

static int send_message(int fd, struct nl_msg *msg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *header = nlmsg_hdr(msg);
	ssize_t n;

	do
		n = sendto(fd, header, header->nlmsg_len, MSG_DONTWAIT | MSG_NOSIGNAL,
			   (const struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : 0;
}

static int join(int fd, uint32_t group)
{
	return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0 ?
		       -errno :
		       0;
}

/* Without CAP_NET_ADMIN, as much as net.core.rmem_max allows. */
int genl_socket_set_receive_buffer(int fd, int receive_buffer)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)) <
		    0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)) < 0)
		return -errno;
	return 0;
}

int genl_socket_open(int receive_buffer)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	const int on = 1;
	_cleanup_close_ int fd = -1;
	int r;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;

	if (receive_buffer) {
		r = genl_socket_set_receive_buffer(fd, receive_buffer);
		if (r < 0)
			return r;
	}

	/* Errors with words, and without a copy of the request. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return TAKE_FD(fd);
}

const struct genl_socket_ops genl_socket_ops = {
	.receive = receive,
	.send = send_message,
	.join = join,
	.open = genl_socket_open,
};
