/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests that kvmexitd makes, and the answers that are no counts. */
#ifndef KVMEXITD_GENL_REQUEST_H
#define KVMEXITD_GENL_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct genl_socket_ops;
struct nlmsghdr;

/* What is known of the family by name. Answered with NEWFAMILY or -ENOENT. */
int genl_request_family(const struct genl_socket_ops *ops, int fd, uint32_t seq, const char *name);

/* Totals of all VMs. */
int genl_request_dump(const struct genl_socket_ops *ops, int fd, uint32_t seq, uint16_t family);

/* How batches are made. */
int genl_request_config(const struct genl_socket_ops *ops, int fd, uint32_t seq, uint16_t family);

/*
 * The error that an NLMSG_ERROR or NLMSG_DONE carries: 0, -errno, -EBADMSG if
 * it is too short for one. *text is what the kernel said about it, or NULL; it
 * is in the message.
 */
int genl_answer_error(const struct nlmsghdr *header, const char **text);

#endif
