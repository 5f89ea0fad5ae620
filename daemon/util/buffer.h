/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes on their way in or out: appended at the end, consumed at the front.
 */
#ifndef KVMEXITD_BUFFER_H
#define KVMEXITD_BUFFER_H

#include <stddef.h>

/* Valid when all zero. */
struct buffer {
	char *data;
	size_t start; /* of what is not consumed yet */
	size_t len; /* of that */
	size_t size; /* of the allocation */
};

static inline char *buffer_head(const struct buffer *buffer)
{
	return buffer->data + buffer->start;
}

void buffer_done(struct buffer *buffer);

/*
 * Makes room for size bytes behind the content; *out is where they go, to be
 * counted by buffer_commit() once they are there. 0 or -ENOMEM.
 */
int buffer_reserve(struct buffer *buffer, size_t size, char **out);
void buffer_commit(struct buffer *buffer, size_t size);

/* 0 or -ENOMEM, and then nothing was appended. */
int buffer_append(struct buffer *buffer, const void *data, size_t size);

void buffer_consume(struct buffer *buffer, size_t size);

#endif
