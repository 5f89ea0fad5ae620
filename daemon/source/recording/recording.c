// SPDX-License-Identifier: GPL-2.0-or-later
/* The format of recordings. */
#include "config.h"

#include "source/recording/recording.h"

#include <errno.h>
#include <string.h>

#define MAGIC "KVMEXREC"
#define ALIGN 8

static size_t padding(size_t len)
{
	return (ALIGN - len % ALIGN) % ALIGN;
}

void recording_build_header(const struct recording_header *header,
			    unsigned char out[static RECORDING_HEADER_BYTES])
{
	const uint32_t version = RECORDING_VERSION, bytes = RECORDING_HEADER_BYTES;

	memcpy(out, MAGIC, 8);
	memcpy(out + 8, &version, sizeof(version));
	memcpy(out + 12, &bytes, sizeof(bytes));
	memcpy(out + 16, &header->boottime_ns, sizeof(header->boottime_ns));
	memcpy(out + 24, &header->realtime_offset_ns, sizeof(header->realtime_offset_ns));
}

int recording_parse_header(const void *buf, size_t len, struct recording_header *out)
{
	const unsigned char *in = buf;
	uint32_t version, bytes;

	if (len < RECORDING_HEADER_BYTES || memcmp(in, MAGIC, 8) != 0)
		return -EBADMSG;
	memcpy(&version, in + 8, sizeof(version));
	memcpy(&bytes, in + 12, sizeof(bytes));
	if (version != RECORDING_VERSION)
		return -EPROTONOSUPPORT;
	if (bytes != RECORDING_HEADER_BYTES)
		return -EBADMSG;
	memcpy(&out->boottime_ns, in + 16, sizeof(out->boottime_ns));
	memcpy(&out->realtime_offset_ns, in + 24, sizeof(out->realtime_offset_ns));
	return 0;
}

size_t recording_build_record(const struct record *record,
			      unsigned char out[static RECORD_HEADER_BYTES])
{
	const uint32_t len = (uint32_t)record->len;

	memcpy(out, &len, sizeof(len));
	memcpy(out + 4, &record->type, sizeof(record->type));
	memcpy(out + 8, &record->time_ns, sizeof(record->time_ns));
	return padding(len);
}

int recording_parse_record(const void *buf, size_t len, struct record *out)
{
	const unsigned char *in = buf;
	struct record record;
	uint32_t bytes;

	if (len < RECORD_HEADER_BYTES)
		return 0;
	memcpy(&bytes, in, sizeof(bytes));
	memcpy(&record.type, in + 4, sizeof(record.type));
	memcpy(&record.time_ns, in + 8, sizeof(record.time_ns));
	/* Type 0 is what a file system leaves where it lost something. */
	if (bytes > RECORD_CONTENT_MAX || record.type == 0)
		return -EBADMSG;
	record.len = bytes;
	record.content = in + RECORD_HEADER_BYTES;
	if (len < RECORD_HEADER_BYTES + record.len + padding(record.len))
		return 0;
	*out = record;
	return (int)(RECORD_HEADER_BYTES + record.len + padding(record.len));
}
