/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format of recordings: a header, then records, each behind the other, in the
 * byte order of x86. Reading is pure.
 *
 *   header   8 bytes "KVMEXREC", u32 version, u32 bytes of the header,
 *            u64 CLOCK_BOOTTIME in ns, s64 CLOCK_REALTIME minus that
 *   record   u32 bytes of its content, u32 type, u64 CLOCK_BOOTTIME in ns,
 *            content, zeros up to a multiple of 8
 *
 * A file that ends within a record, or without the record that says so, is what a
 * crash leaves, and good up to there. Readers skip types that they do not know.
 */
#ifndef KVMEXITD_RECORDING_H
#define KVMEXITD_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#define RECORDING_VERSION      1
#define RECORDING_HEADER_BYTES 32
#define RECORD_HEADER_BYTES    16

/* As GENL_RECEIVE_BYTES: no datagram is longer. */
#define RECORD_CONTENT_MAX (64 * 1024)
#define RECORD_BYTES_MAX   (RECORD_HEADER_BYTES + RECORD_CONTENT_MAX)

enum record_type {
	RECORD_MESSAGE = 1, /* a netlink message of the family, as it came */
	RECORD_STATE, /* u32 enum kernel_state */
	RECORD_GAP,
	RECORD_DUMP_BEGIN,
	RECORD_DUMP_END, /* u32, 1 when it was complete */
	RECORD_FAMILY_GONE,
	RECORD_DRAINED, /* all that waited was read */
	RECORD_NAME, /* u64 VM id, then its name */
	RECORD_IDENTITY, /* u64 VM id, then struct record_identity */
	RECORD_LEFT_OUT, /* u64: so many records that the file was too slow for */
	RECORD_END, /* u32 enum record_end; nothing follows */
};

enum record_end {
	RECORD_END_STOPPED, /* the recorder was told to stop */
	RECORD_END_FULL, /* the recording is as long as one may be */
};

/* What a VM is known by besides its name; texts with NULs behind them. */
struct record_identity {
	char uuid[40];
	char namespace[64];
	uint32_t vmid;
	uint32_t reserved; /* 0 */
};

struct recording_header {
	uint64_t boottime_ns;
	int64_t realtime_offset_ns;
};

struct record {
	uint32_t type; /* that of a later version may be none of the above */
	uint64_t time_ns;
	const void *content; /* aligned to 8 bytes if the buffer is */
	size_t len;
};

void recording_build_header(const struct recording_header *header,
			    unsigned char out[static RECORDING_HEADER_BYTES]);

/* -EBADMSG for what is no recording, -EPROTONOSUPPORT for one of another version. */
int recording_parse_header(const void *buf, size_t len, struct recording_header *out);

/* What stands before a record's content, and gives how many zeros behind it. */
size_t recording_build_record(const struct record *record,
			      unsigned char out[static RECORD_HEADER_BYTES]);

/* The bytes that the record takes; 0 where it is not all there; -EBADMSG. */
int recording_parse_record(const void *buf, size_t len, struct record *out);

#endif
