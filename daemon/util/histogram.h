/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histograms of times whose buckets double: the first has those of less than first_ns,
 * each further one those of up to twice as long, and the last of n all others.
 */
#ifndef KVMEXITD_HISTOGRAM_H
#define KVMEXITD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

struct histogram {
	const uint64_t *counts;
	size_t n;
	uint64_t first_ns;
	uint64_t max_ns; /* none took longer */
};

/* What no time of the histogram reaches, or max_ns where that is less; 0 if it is empty. */
uint64_t histogram_end_ns(const struct histogram *histogram);

/*
 * What percent (1 to 100) of the times do not exceed, to the end of its bucket or max_ns
 * where that is less: the true percentile is in the same bucket. 0 if it is empty.
 */
uint64_t histogram_percentile_ns(const struct histogram *histogram, unsigned int percent);

#endif
