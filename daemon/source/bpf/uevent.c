// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own news that KVM was loaded or unloaded: /dev/kvm comes and goes. */
#include "config.h"

#include "source/bpf/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/util.h"

/* The kernel's messages; the other group's are udev's. */
#define GROUP_KERNEL 1

/* As the kernel's own buffer for one. */
#define UEVENT_BYTES 4096

#define KVM_ADDED   "add@/devices/virtual/misc/kvm"
#define KVM_REMOVED "remove@/devices/virtual/misc/kvm"

int uevent_open(void)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
	_cleanup_close_ int fd = -1;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

enum uevent uevent_parse(const char *buf, size_t len)
{
	size_t first = strnlen(buf, len);

	/* The first of its strings says what happened to what. */
	if (first == len)
		return UEVENT_OTHER;
	if (strcmp(buf, KVM_ADDED) == 0)
		return UEVENT_KVM_ADDED;
	if (strcmp(buf, KVM_REMOVED) == 0)
		return UEVENT_KVM_REMOVED;
	return UEVENT_OTHER;
}

int uevent_receive(int fd)
{
	char buf[UEVENT_BYTES];
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t n =
		recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

	if (n < 0)
		return -errno;
	if (from.nl_pid != 0)
		return UEVENT_OTHER;
	return (int)uevent_parse(buf, (size_t)n);
}
