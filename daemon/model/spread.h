/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits that were made some time in a span, shared out over parts of it: evenly,
 * and so that the shares add up to all of them.
 */
#ifndef KVMEXITD_SPREAD_H
#define KVMEXITD_SPREAD_H

#include <stdint.h>

struct spread {
	uint64_t from_ns;
	uint64_t span_ns; /* at least 1 */
	uint64_t exits;
	uint64_t shared; /* of exits, so far */
};

/* The share from where the last one ended up to end_ns, which must not go back. */
static inline uint64_t spread_until(struct spread *spread, uint64_t end_ns)
{
	uint64_t part_ns = end_ns > spread->from_ns ? end_ns - spread->from_ns : 0;
	uint64_t product, share, before = spread->shared;

	if (part_ns >= spread->span_ns)
		share = spread->exits;
	else if (!__builtin_mul_overflow(spread->exits, part_ns, &product))
		share = product / spread->span_ns;
	else
		share = (uint64_t)((unsigned __int128)spread->exits * part_ns / spread->span_ns);
	spread->shared = share;
	return share - before;
}

#endif
