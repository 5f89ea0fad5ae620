/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own news that KVM was loaded or unloaded. */
#ifndef KVMEXITD_UEVENT_H
#define KVMEXITD_UEVENT_H

#include <stddef.h>

enum uevent {
	UEVENT_OTHER,
	UEVENT_KVM_ADDED,
	UEVENT_KVM_REMOVED,
};

/* A socket that hears all of the kernel's device events, or -errno. */
int uevent_open(void);

/* UEVENT_OTHER also for what is not the kernel's, -EAGAIN where nothing waits. */
int uevent_receive(int fd);

/* What such a message says. Pure. */
enum uevent uevent_parse(const char *buf, size_t len);

#endif
