/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's configuration, read and set. */
#ifndef KVMEXITD_GENL_CONFIG_H
#define KVMEXITD_GENL_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct genl_socket_ops;
struct kernel_config;

/* What the kernel says of a refusal, the longest text of its own twice. */
#define GENL_TEXT_BYTES 256

/*
 * A reply to config-get, or news of a change. Pure. -EOPNOTSUPP if it is another
 * command, -EBADMSG if malformed.
 */
int genl_parse_config(const void *buf, size_t len, struct kernel_config *out);

/*
 * Has the kernel change what config has, all or nothing, on a socket of its own.
 * -errno is the kernel's, and text then what it said, "" if nothing. The answer
 * is awaited, which takes no time: generic netlink answers before send returns.
 */
int genl_set_config(const struct genl_socket_ops *ops, uint16_t family,
		    const struct kernel_config *config, char text[static GENL_TEXT_BYTES]);

#endif
