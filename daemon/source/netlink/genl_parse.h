/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the bytes of one kvm-exitstat message to a struct exit_message. Pure:
 * the same for the kernel's socket, tests and fuzzers.
 */
#ifndef KVMEXITD_GENL_PARSE_H
#define KVMEXITD_GENL_PARSE_H

#include <stddef.h>
#include <stdint.h>

struct exit_message;

/* What a new or gone generic netlink family is. */
struct genl_family_news {
	uint16_t id;
	uint32_t exits_group; /* 0 if the family has no such group */
};

/*
 * buf has one netlink message, header included. What is not known is skipped,
 * what is too short, too long, doubled or missing makes it
 *   -EBADMSG     malformed
 *   -EOPNOTSUPP  a command that carries no counts
 *   -ENOMEM
 * and message is then not to be used. Its storage is used again.
 */
int genl_parse_stats(const void *buf, size_t len, struct exit_message *message);

/*
 * A reply or notification of the controller family. -ENOENT if it is about
 * another family than name, -EBADMSG if malformed.
 */
int genl_parse_family(const void *buf, size_t len, const char *name, const char *group,
		      struct genl_family_news *out);

#endif
