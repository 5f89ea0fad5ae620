/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many exits there were lately, exact to the second.
 *
 * Exits are kept in one-second buckets for the last ten seconds and in
 * ten-second ones for the last five minutes, both aligned to CLOCK_BOOTTIME.
 * A rate is taken at the end of a complete second T:
 *
 *   1s, 10s   the 1 or 10 seconds before T
 *   1m, 5m    from the last multiple of ten seconds that is at least 60 or 300
 *             seconds before T, up to T; so over 60..69 and 300..309 seconds
 *
 * divided by the seconds that this is. Buckets change only when exits are
 * added: those out of date are recognised by their distance from T, so idle
 * costs nothing.
 */
#ifndef KVMEXITD_WINDOW_H
#define KVMEXITD_WINDOW_H

#include <stdint.h>

#define WINDOW_NS_PER_S UINT64_C(1000000000)

enum {
	RATE_1S,
	RATE_10S,
	RATE_1M,
	RATE_5M,
	RATE_COUNT,
};

enum {
	/* ten complete seconds, the current one, and one to make it even */
	WINDOW_SECONDS = 12,
	WINDOW_COARSE_S = 10,
	/* 5 minutes begin in the 31st complete one; and the current one */
	WINDOW_COARSE = 32,
};

/*
 * 32 bits: over 400 million exits a second for ten seconds on one vCPU would
 * overflow, and are cut off. There is one of these for every reason of every
 * vCPU, so size matters. All zero is a valid empty window.
 */
struct window {
	uint32_t head; /* the last second that was written to */
	uint32_t second[WINDOW_SECONDS];
	uint32_t coarse[WINDOW_COARSE];
};

struct rates {
	double per_s[RATE_COUNT];
};

/* "1s", "10s", "1m", "5m" */
extern const char *const rate_names[RATE_COUNT];

/*
 * Adds exits that were made some time in (from_ns, to_ns], evenly spread. What
 * falls before the oldest bucket is forgotten.
 */
void window_add(struct window *window, uint64_t from_ns, uint64_t to_ns, uint64_t exits);

/* Adds the exits of each span before the second end_s to sums. */
void window_sum(const struct window *window, uint64_t end_s, uint64_t sums[static RATE_COUNT]);

/*
 * Turns sums into rates. Nothing is known of the time before known_s: it is
 * not counted as idle.
 */
void window_rates(const uint64_t sums[static RATE_COUNT], uint64_t end_s, uint64_t known_s,
		  struct rates *out);

#endif
