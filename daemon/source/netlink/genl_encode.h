/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a struct exit_message to the bytes that genl_parse.c reads. */
#ifndef KVMEXITD_GENL_ENCODE_H
#define KVMEXITD_GENL_ENCODE_H

#include <stddef.h>

struct exit_message;

/*
 * For sources that are not netlink, whose messages a recording has in the kernel's
 * encoding. *out, to be freed, has *len bytes. -ENOMEM, also where there is too much
 * for one message.
 */
int genl_encode_stats(const struct exit_message *message, void **out, size_t *len);

#endif
