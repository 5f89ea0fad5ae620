/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic netlink sockets as kvmexitd needs them: never blocking, with a large
 * receive buffer, telling of every loss. libnl's own hide overruns and bring
 * small buffers, so libnl only makes and reads messages here.
 */
#ifndef KVMEXITD_GENL_SOCKET_H
#define KVMEXITD_GENL_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nl_msg;

/*
 * A message has at most 16 KiB, by the specification, and a dump's datagrams at
 * most 32 KiB, as the kernel never makes more of them at once.
 */
#define GENL_RECEIVE_BYTES (64 * 1024)

/*
 * What may wait while the daemon does not run: at 10,000 vCPUs with 8 reasons,
 * some 6 MB come at once every second. The kernel takes memory only for what
 * really waits.
 */
#define GENL_RCVBUF_BYTES (16 * 1024 * 1024)

/* How sockets are used, so that tests can make them misbehave. */
struct genl_socket_ops {
	/*
	 * One datagram of the kernel: its length, 0 for one that is not the
	 * kernel's, -EAGAIN, -ENOBUFS after an overrun, -EMSGSIZE if it was cut.
	 */
	ssize_t (*receive)(int fd, void *buf, size_t size);
	int (*send)(int fd, struct nl_msg *msg);
	int (*join)(int fd, uint32_t group);
	/* As genl_socket_open(). */
	int (*open)(int receive_buffer);
};

extern const struct genl_socket_ops genl_socket_ops;

/* A bound socket, or -errno. With receive_buffer 0 its size is the system's. */
int genl_socket_open(int receive_buffer);
int genl_socket_set_receive_buffer(int fd, int receive_buffer);

#endif
