/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and texts as bytes, and back: numbers in groups of seven bits, the
 * lowest first. Pure.
 */
#ifndef KVMEXITD_STATE_CODEC_H
#define KVMEXITD_STATE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FNV-1a, 64 bits: against what was cut or torn, not against who forges. */
#define STATE_SUM_START UINT64_C(0xcbf29ce484222325)
uint64_t state_sum(uint64_t sum, const void *data, size_t len);

/* Big enough that a write costs little, small enough to be on the stack. */
#define STATE_WRITER_BYTES 16384

/*
 * Counts of one time after the other are written as what each differs from the one
 * before it, so that what is steady takes a byte or two: the last bit is the sign.
 */
static inline uint64_t state_step(uint64_t from, uint64_t to)
{
	uint64_t step = to - from;

	return step << 1 ^ -(step >> 63);
}

static inline uint64_t state_after(uint64_t from, uint64_t step)
{
	return from + (step >> 1 ^ -(step & 1));
}

/* Whole buffers are given to write; once it fails nothing more is. */
struct state_writer {
	int (*write)(void *userdata, const void *data, size_t len);
	void *userdata;
	int error;
	uint64_t sum;
	uint64_t bytes; /* written, without those in buf */
	size_t len;
	unsigned char buf[STATE_WRITER_BYTES];
};

void state_put(struct state_writer *writer, uint64_t value);
void state_put_real(struct state_writer *writer, double value);
void state_put_text(struct state_writer *writer, const char *text);

/* Gives what is left to write. 0, or the first error. */
int state_flush(struct state_writer *writer);

/* What is not there reads as 0, and sets bad. */
struct state_reader {
	const unsigned char *at;
	const unsigned char *end;
	bool bad;
};

static inline size_t state_left(const struct state_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

uint64_t state_get(struct state_reader *reader);
double state_get_real(struct state_reader *reader);

/* One that is at most max, else bad. */
uint64_t state_get_below(struct state_reader *reader, uint64_t max);

/* Into out, of size bytes, with a NUL; longer ones are bad. */
void state_get_text(struct state_reader *reader, char *out, size_t size);

#endif
