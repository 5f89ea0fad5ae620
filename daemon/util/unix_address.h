/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address of a Unix socket in the file system. */
#ifndef KVMEXITD_UNIX_ADDRESS_H
#define KVMEXITD_UNIX_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

/*
 * -EINVAL for "", which the kernel would take for an abstract socket that has no
 * mode and that anybody may connect to or listen on; -ENAMETOOLONG.
 */
int unix_address(const char *path, struct sockaddr_un *out, socklen_t *len);

#endif
