/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When exits happened, for an hour: every exit is in exactly one bucket.
 *
 * Buckets are aligned to CLOCK_BOOTTIME, and of one second or of ten. They are
 * of one second in the last HISTORY_FINE_MIN minutes, and in the first ones of a
 * VM's life, as long as it is remembered: that is how it booted. What becomes
 * older than these minutes is folded into buckets of ten seconds, and what
 * becomes older than an hour is forgotten.
 *
 * Sixty buckets are a block. Only blocks that had an exit exist, and their
 * buckets take 1, 2, 4 or 8 bytes, whatever the largest of them needs. Work is
 * done when exits are added; what is out of date by then is recognised as such
 * by who reads, so idle costs nothing.
 *
 * A busy reason of a VM takes 1 to 2 KiB, and half of that again for the first
 * minutes.
 */
#ifndef KVMEXITD_HISTORY_H
#define KVMEXITD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HISTORY_S = 3600,
	HISTORY_FINE_S = 1,
	HISTORY_COARSE_S = 10,
	HISTORY_BUCKETS = 60, /* in a block */

	/* At least five minutes, as blocks of one minute, and the current one. */
	HISTORY_FINE_MIN = 5,
	/* At least the first five minutes: the first one is not whole. */
	HISTORY_EARLY_MIN = 6,
};

/*
 * What all histories of a registry share. The limit is most of an hour of 10,000
 * busy reasons of VMs, in ten seconds: with it, and with two copies for a restart
 * while one is made, 10,000 vCPUs stay within 64 MiB. What goes where more is
 * needed: see registry_history.c.
 */
#define HISTORY_BYTES_MAX (12 * 1024 * 1024)

struct history_pool {
	size_t bytes;
	size_t limit; /* a quarter more, and what comes is left out */
	size_t bounded; /* bytes that were left by the last clearing up */
	uint32_t bounded_min; /* and when that was */
	uint32_t fine_min; /* HISTORY_FINE_MIN, or less where memory is short */
	uint32_t horizon_s; /* before that all were forgotten */
};

struct history_block {
	struct history_block *older;
	uint32_t start_s;
	uint8_t step_s; /* HISTORY_FINE_S or HISTORY_COARSE_S */
	uint8_t width; /* bytes of a bucket: 1, 2, 4 or 8 */
	unsigned char counts[] __attribute__((aligned(8)));
};

/* Of one reason of one VM. Both lists have the newest block first. */
struct history {
	struct history_block *fine;
	struct history_block *coarse;
};

void history_done(struct history *history, struct history_pool *pool);

/*
 * Adds exits that were made some time in (from_ns, to_ns], evenly spread. Minutes
 * before early_end_min of CLOCK_BOOTTIME are the VM's first ones. Left out is
 * what is older than the history, and what there is no memory for.
 */
void history_add(struct history *history, struct history_pool *pool, uint32_t early_end_min,
		 uint64_t from_ns, uint64_t to_ns, uint64_t exits);

/* Folds and forgets what is out of date at last_s. */
void history_trim(struct history *history, struct history_pool *pool, uint32_t early_end_min,
		  uint32_t last_s);

/* Forgets buckets of ten seconds by the block, as long as they begin before that. */
void history_forget(struct history *history, struct history_pool *pool, uint32_t before_s);

/* Adds what was made in [from_s, to_s) to counts, of which each is step_s long. */
void history_read(const struct history *history, uint32_t from_s, uint32_t to_s, uint32_t step_s,
		  uint64_t *counts);

/*
 * The time over which there are buckets of ten seconds with exits in them, in
 * whole minutes: widens *from_s and *to_s to it, *to_s being 0 where there were
 * none so far.
 */
void history_coarse_range(const struct history *history, uint32_t *from_s, uint32_t *to_s);

static inline uint32_t history_block_span_s(const struct history_block *block)
{
	return (uint32_t)block->step_s * HISTORY_BUCKETS;
}

uint64_t history_block_get(const struct history_block *block, unsigned int bucket);

/* A block with these counts, for who restores one: 0, -ENOMEM or -EINVAL. */
int history_insert(struct history *history, struct history_pool *pool, uint32_t start_s,
		   uint8_t step_s, const uint64_t counts[static HISTORY_BUCKETS]);

#endif
