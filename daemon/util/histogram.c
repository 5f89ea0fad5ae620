// SPDX-License-Identifier: GPL-2.0-or-later
/* Histograms of times whose buckets double. */
#include "config.h"

#include "util/histogram.h"

#define PERCENT 100

static uint64_t bucket_end_ns(const struct histogram *histogram, size_t bucket)
{
	uint64_t end_ns = histogram->first_ns << bucket;

	return bucket + 1 < histogram->n && end_ns < histogram->max_ns ? end_ns : histogram->max_ns;
}

uint64_t histogram_end_ns(const struct histogram *histogram)
{
	size_t i = histogram->n;

	while (i > 0 && histogram->counts[i - 1] == 0)
		i--;
	return i > 0 ? bucket_end_ns(histogram, i - 1) : 0;
}

uint64_t histogram_percentile_ns(const struct histogram *histogram, unsigned int percent)
{
	uint64_t all = 0, wanted, seen = 0;
	size_t i;

	for (i = 0; i < histogram->n; i++)
		all += histogram->counts[i];
	if (all == 0)
		return 0;
	/* Rounded up, without a product that may not fit. */
	wanted = all / PERCENT * percent + (all % PERCENT * percent + PERCENT - 1) / PERCENT;
	for (i = 0; i < histogram->n; i++) {
		seen += histogram->counts[i];
		if (seen >= wanted)
			break;
	}
	return i < histogram->n ? bucket_end_ns(histogram, i) : histogram_end_ns(histogram);
}
