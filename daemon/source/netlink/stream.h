/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether anything is missing in the stream of notifications. Pure.
 *
 * Every notification has the next sequence number. A dump's messages have the
 * number of the last notification sent, so a dump makes good all up to the
 * number in its first message: what is missing up to there is no gap.
 */
#ifndef KVMEXITD_STREAM_H
#define KVMEXITD_STREAM_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is a valid new stream. */
struct stream {
	bool has_epoch;
	uint64_t epoch;

	bool has_next;
	uint64_t next; /* the number that is due */

	bool gap_open; /* a loss that no dump was begun for yet */
	bool dumping;
	bool has_covered; /* a dump's first message told what the dump makes good */
	uint64_t missing; /* the last number missed until then */
};

enum stream_verdict {
	STREAM_OK,
	STREAM_GAP, /* a new gap: a dump must begin after this */
	STREAM_NEW_EPOCH, /* the same, and all counters began anew */
};

enum stream_verdict stream_notification(struct stream *stream, uint64_t epoch, uint64_t seq);

/* The socket overran, or there was no memory for a message. */
enum stream_verdict stream_overrun(struct stream *stream);

/*
 * Around a dump; every message of it that came is shown to the second. One that
 * had none makes nothing good.
 */
void stream_dump_begin(struct stream *stream);
enum stream_verdict stream_dump_message(struct stream *stream, uint64_t epoch, uint64_t seq);
enum stream_verdict stream_dump_end(struct stream *stream);

#endif
