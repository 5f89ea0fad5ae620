// SPDX-License-Identifier: GPL-2.0-or-later
/* How many exits there were lately, exact to the second. */
#include "config.h"

#include "model/window.h"

#include <string.h>

#include "model/spread.h"

#define MINUTE_S       60
#define FIVE_MINUTES_S 300

/* Older than this no span reaches, as seen from the newest second. */
#define REACH_S ((WINDOW_COARSE - 1) * WINDOW_COARSE_S)

const char *const rate_names[RATE_COUNT] = {
	[RATE_1S] = "1s",
	[RATE_10S] = "10s",
	[RATE_1M] = "1m",
	[RATE_5M] = "5m",
};

/* 136 years after boot: the seconds fit 32 bits, and the next one as well. */
#define TIME_MAX_NS ((UINT32_MAX - UINT64_C(1)) * WINDOW_NS_PER_S)

static uint32_t to_second(uint64_t ns)
{
	return (uint32_t)(ns / WINDOW_NS_PER_S);
}

static void put(uint32_t *bucket, uint64_t exits)
{
	uint64_t sum = *bucket + exits;

	*bucket = sum < exits || sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

/* Makes second the newest: buckets in between saw nothing. */
static void advance(struct window *w, uint32_t second)
{
	uint32_t coarse = w->head / WINDOW_COARSE_S, last = second / WINDOW_COARSE_S;
	uint32_t s;

	if (second - w->head >= WINDOW_SECONDS) {
		memset(w->second, 0, sizeof(w->second));
	} else {
		for (s = w->head + 1; s <= second; s++)
			w->second[s % WINDOW_SECONDS] = 0;
	}

	if (last - coarse >= WINDOW_COARSE) {
		memset(w->coarse, 0, sizeof(w->coarse));
	} else {
		for (s = coarse + 1; s <= last; s++)
			w->coarse[s % WINDOW_COARSE] = 0;
	}
	w->head = second;
}

static void add_at(struct window *w, uint32_t second, uint64_t exits)
{
	uint32_t coarse = second / WINDOW_COARSE_S;

	if (second > w->head)
		advance(w, second);
	if (w->head - second < WINDOW_SECONDS)
		put(&w->second[second % WINDOW_SECONDS], exits);
	if (w->head / WINDOW_COARSE_S - coarse < WINDOW_COARSE)
		put(&w->coarse[coarse % WINDOW_COARSE], exits);
}

void window_add(struct window *w, uint64_t from_ns, uint64_t to_ns, uint64_t exits)
{
	struct spread spread = { .from_ns = from_ns, .exits = exits };
	uint32_t last, s, next;

	if (!exits || to_ns > TIME_MAX_NS)
		return;
	last = to_second(to_ns ? to_ns - 1 : 0);
	if (from_ns >= to_ns || to_second(from_ns) == last) {
		add_at(w, to_second(from_ns >= to_ns ? to_ns : from_ns), exits);
		return;
	}

	spread.span_ns = to_ns - from_ns;
	s = to_second(from_ns);
	if (last - s > REACH_S) {
		s = last - REACH_S;
		(void)spread_until(&spread, s * WINDOW_NS_PER_S);
	}

	for (; s <= last; s = next) {
		next = s + 1;

		/* Far back, only the ten-second buckets are left. */
		if (last - s > 2 * WINDOW_SECONDS)
			next = s - s % WINDOW_COARSE_S + WINDOW_COARSE_S;
		add_at(w, s, spread_until(&spread, next * WINDOW_NS_PER_S));
	}
}

/* The second that the span before end_s begins with. */
static uint64_t span_start(int rate, uint64_t end_s)
{
	static const uint16_t seconds[RATE_COUNT] = {
		[RATE_1S] = 1,
		[RATE_10S] = 10,
		[RATE_1M] = MINUTE_S,
		[RATE_5M] = FIVE_MINUTES_S,
	};
	uint64_t start = end_s > seconds[rate] ? end_s - seconds[rate] : 0;

	return rate < RATE_1M ? start : start - start % WINDOW_COARSE_S;
}

void window_sum(const struct window *w, uint64_t end_s, uint64_t sums[static RATE_COUNT])
{
	uint64_t s, c, head_coarse = w->head / WINDOW_COARSE_S;
	uint64_t minute = span_start(RATE_1M, end_s) / WINDOW_COARSE_S;
	uint64_t partial = end_s - end_s % WINDOW_COARSE_S, n;

	/* Most windows are of reasons that are long past. */
	if (w->head + REACH_S + WINDOW_COARSE_S < end_s)
		return;

	for (s = span_start(RATE_10S, end_s); s < end_s; s++) {
		if (s > w->head || w->head - s >= WINDOW_SECONDS)
			continue;
		n = w->second[s % WINDOW_SECONDS];
		sums[RATE_10S] += n;
		if (s == end_s - 1)
			sums[RATE_1S] += n;
		if (s >= partial) {
			sums[RATE_1M] += n;
			sums[RATE_5M] += n;
		}
	}

	for (c = span_start(RATE_5M, end_s) / WINDOW_COARSE_S; c < partial / WINDOW_COARSE_S; c++) {
		if (c > head_coarse || head_coarse - c >= WINDOW_COARSE)
			continue;
		n = w->coarse[c % WINDOW_COARSE];
		sums[RATE_5M] += n;
		if (c >= minute)
			sums[RATE_1M] += n;
	}
}

void window_rates(const uint64_t sums[static RATE_COUNT], uint64_t end_s, uint64_t known_s,
		  struct rates *out)
{
	uint64_t start;
	int i;

	for (i = 0; i < RATE_COUNT; i++) {
		start = span_start(i, end_s);
		if (start < known_s)
			start = known_s;
		out->per_s[i] = (double)sums[i] / (double)(end_s > start ? end_s - start : 1);
	}
}
