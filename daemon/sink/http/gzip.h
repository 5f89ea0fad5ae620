/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 1952 by zlib. */
#ifndef KVMEXITD_GZIP_H
#define KVMEXITD_GZIP_H

#include <stddef.h>

struct buffer;

/* Appends data as one gzip member. 0 or -ENOMEM, and then part of it may be there. */
int gzip_append(struct buffer *out, const void *data, size_t len);

#endif
