// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes on their way in or out.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/buffer.h"

/* Most calls and replies fit, so that they cost one allocation. */
#define SIZE_MIN 1024
/*
 * A buffer that ran empty keeps this much: what a client needs every second
 * stays allocated, what one big reply needed does not.
 */
#define KEEP_BYTES (16 * 1024)

void buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

int buffer_reserve(struct buffer *buffer, size_t size, char **out)
{
	size_t want;
	char *data;

	if (size > SIZE_MAX / 4 - buffer->len)
		return -ENOMEM;
	want = buffer->len + size;

	if (buffer->size - buffer->start < want) {
		if (buffer->start > 0 && buffer->len > 0)
			memmove(buffer->data, buffer_head(buffer), buffer->len);
		buffer->start = 0;
	}
	if (buffer->size < want) {
		size_t grown = buffer->size > 0 ? buffer->size : SIZE_MIN;

		while (grown < want)
			grown *= 2;
		data = realloc(buffer->data, grown);
		if (!data)
			return -ENOMEM;
		buffer->data = data;
		buffer->size = grown;
	}

	*out = buffer->data + buffer->start + buffer->len;
	return 0;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
	assert(size <= buffer->size - buffer->start - buffer->len);
	buffer->len += size;
}

int buffer_append(struct buffer *buffer, const void *data, size_t size)
{
	char *to;
	int r;

	if (size == 0)
		return 0;
	r = buffer_reserve(buffer, size, &to);
	if (r < 0)
		return r;
	memcpy(to, data, size);
	buffer_commit(buffer, size);
	return 0;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
	assert(size <= buffer->len);
	buffer->start += size;
	buffer->len -= size;
	if (buffer->len > 0)
		return;
	buffer->start = 0;
	if (buffer->size > KEEP_BYTES)
		buffer_done(buffer);
}
