// SPDX-License-Identifier: GPL-2.0-or-later
/* When exits happened, for an hour. */
#include "config.h"

#include "model/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/spread.h"
#include "model/window.h"

#define MINUTE_S 60

/* As in windows: seconds fit 32 bits. */
#define TIME_MAX_NS ((UINT32_MAX - UINT64_C(10000)) * WINDOW_NS_PER_S)

static uint32_t to_second(uint64_t ns)
{
	return (uint32_t)(ns / WINDOW_NS_PER_S);
}

static size_t block_bytes(uint8_t width)
{
	return sizeof(struct history_block) + (size_t)width * HISTORY_BUCKETS;
}

static struct history_block *block_new(struct history_pool *pool, uint32_t start_s, uint8_t step_s,
				       uint8_t width)
{
	struct history_block *block = calloc(1, block_bytes(width));

	if (!block)
		return NULL;
	block->start_s = start_s;
	block->step_s = step_s;
	block->width = width;
	pool->bytes += block_bytes(width);
	return block;
}

static void block_free(struct history_pool *pool, struct history_block *block)
{
	pool->bytes -= block_bytes(block->width);
	free(block);
}

uint64_t history_block_get(const struct history_block *block, unsigned int bucket)
{
	const unsigned char *at = block->counts + (size_t)bucket * block->width;

	switch (block->width) {
	case 1:
		return *at;
	case 2:
		return *(const uint16_t *)(const void *)at;
	case 4:
		return *(const uint32_t *)(const void *)at;
	default:
		return *(const uint64_t *)(const void *)at;
	}
}

static void put(struct history_block *block, unsigned int bucket, uint64_t count)
{
	unsigned char *at = block->counts + (size_t)bucket * block->width;

	switch (block->width) {
	case 1:
		*at = (uint8_t)count;
		break;
	case 2:
		*(uint16_t *)(void *)at = (uint16_t)count;
		break;
	case 4:
		*(uint32_t *)(void *)at = (uint32_t)count;
		break;
	default:
		*(uint64_t *)(void *)at = count;
		break;
	}
}

static uint8_t width_of(uint64_t count)
{
	return count <= UINT8_MAX ? 1 : count <= UINT16_MAX ? 2 : count <= UINT32_MAX ? 4 : 8;
}

/* Makes buckets of *link wide enough; false without memory. */
static bool widen(struct history_block **link, struct history_pool *pool, uint8_t width)
{
	struct history_block *block = *link, *wide;
	unsigned int i;

	wide = block_new(pool, block->start_s, block->step_s, width);
	if (!wide)
		return false;
	for (i = 0; i < HISTORY_BUCKETS; i++)
		put(wide, i, history_block_get(block, i));
	wide->older = block->older;
	*link = wide;
	block_free(pool, block);
	return true;
}

static void add_to_block(struct history_block **link, struct history_pool *pool, uint32_t second,
			 uint64_t exits)
{
	unsigned int bucket = (second - (*link)->start_s) / (*link)->step_s;
	uint64_t sum = history_block_get(*link, bucket);

	if (__builtin_add_overflow(sum, exits, &sum))
		sum = UINT64_MAX;
	if (width_of(sum) > (*link)->width && !widen(link, pool, width_of(sum)))
		return;
	put(*link, bucket, sum);
}

/* Where the block is or has to go that has this second. */
static struct history_block **find_block(struct history_block **link, uint32_t start_s)
{
	while (*link && (*link)->start_s > start_s)
		link = &(*link)->older;
	return link;
}

/* Finds or makes it; NULL without memory. */
static struct history_block **get_block(struct history_block **link, struct history_pool *pool,
					uint32_t second, uint8_t step_s, uint8_t width)
{
	uint32_t span_s = (uint32_t)step_s * HISTORY_BUCKETS;
	uint32_t start_s = second - second % span_s;
	struct history_block *block;

	link = find_block(link, start_s);
	if (*link && (*link)->start_s == start_s)
		return link;

	block = block_new(pool, start_s, step_s, width);
	if (!block)
		return NULL;
	block->older = *link;
	*link = block;
	return link;
}

static void add_at(struct history *history, struct history_pool *pool, uint32_t second,
		   uint8_t step_s, uint64_t exits)
{
	struct history_block **link;

	if (!exits)
		return;
	link = get_block(step_s == HISTORY_FINE_S ? &history->fine : &history->coarse, pool, second,
			 step_s, width_of(exits));
	if (link)
		add_to_block(link, pool, second, exits);
}

/* The oldest second that is kept, but for the VM's first minutes. */
static uint32_t oldest_s(const struct history_pool *pool, uint32_t last_s)
{
	uint32_t oldest = last_s > HISTORY_S ? last_s - HISTORY_S : 0;

	oldest -= oldest % HISTORY_COARSE_S;
	return oldest > pool->horizon_s ? oldest : pool->horizon_s;
}

static bool is_fine(const struct history_pool *pool, uint32_t early_end_min, uint32_t second,
		    uint32_t last_s)
{
	uint32_t minute = second / MINUTE_S;

	return minute < early_end_min || minute + pool->fine_min >= last_s / MINUTE_S;
}

static void fold(struct history *history, struct history_pool *pool,
		 const struct history_block *block, uint32_t oldest)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < HISTORY_BUCKETS; i++) {
		sum += history_block_get(block, i);
		if ((i + 1) % HISTORY_COARSE_S)
			continue;
		if (block->start_s + i >= oldest)
			add_at(history, pool, block->start_s + i, HISTORY_COARSE_S, sum);
		sum = 0;
	}
}

void history_forget(struct history *history, struct history_pool *pool, uint32_t before_s)
{
	struct history_block **link = &history->coarse, *block;

	while ((block = *link)) {
		if (block->start_s >= before_s) {
			link = &block->older;
			continue;
		}
		*link = block->older;
		block_free(pool, block);
	}
}

void history_trim(struct history *history, struct history_pool *pool, uint32_t early_end_min,
		  uint32_t last_s)
{
	uint32_t oldest = oldest_s(pool, last_s), span_s = HISTORY_COARSE_S * HISTORY_BUCKETS;
	struct history_block **link = &history->fine, *block;

	while ((block = *link)) {
		if (is_fine(pool, early_end_min, block->start_s, last_s)) {
			link = &block->older;
			continue;
		}
		*link = block->older;
		fold(history, pool, block, oldest);
		block_free(pool, block);
	}

	/* A block goes when all of it is too old. */
	history_forget(history, pool, oldest + 1 > span_s ? oldest + 1 - span_s : 0);
}

void history_add(struct history *history, struct history_pool *pool, uint32_t early_end_min,
		 uint64_t from_ns, uint64_t to_ns, uint64_t exits)
{
	struct spread spread = { .from_ns = from_ns, .exits = exits };
	uint32_t last, newest, oldest, s, next;
	uint8_t step_s;

	if (!exits || to_ns > TIME_MAX_NS || pool->bytes > pool->limit + pool->limit / 4)
		return;
	if (from_ns >= to_ns)
		from_ns = spread.from_ns = to_ns ? to_ns - 1 : 0;
	spread.span_ns = to_ns > from_ns ? to_ns - from_ns : 1;

	last = to_second(to_ns ? to_ns - 1 : 0);
	newest = history->fine ? history->fine->start_s : 0;
	if (last >= newest + MINUTE_S)
		history_trim(history, pool, early_end_min, last);
	if (last < newest)
		last = newest;

	oldest = oldest_s(pool, last);
	last = to_second(to_ns ? to_ns - 1 : 0);
	for (s = to_second(from_ns); s <= last; s = next) {
		/* However long that is: nothing of it is kept. */
		if (s < oldest && s / MINUTE_S >= early_end_min) {
			next = oldest;
			(void)spread_until(&spread, next * WINDOW_NS_PER_S);
			continue;
		}
		step_s = is_fine(pool, early_end_min, s, last > newest ? last : newest) ?
				 HISTORY_FINE_S :
				 HISTORY_COARSE_S;
		next = s - s % step_s + step_s;
		add_at(history, pool, s, step_s, spread_until(&spread, next * WINDOW_NS_PER_S));
	}
}

static void read_list(const struct history_block *block, uint32_t from_s, uint32_t to_s,
		      uint32_t step_s, uint64_t *counts)
{
	uint32_t second;
	unsigned int i;

	for (; block; block = block->older) {
		if (block->start_s >= to_s)
			continue;
		if (block->start_s + history_block_span_s(block) <= from_s)
			return;
		for (i = 0; i < HISTORY_BUCKETS; i++) {
			second = block->start_s + i * block->step_s;
			if (second >= from_s && second < to_s)
				counts[(second - from_s) / step_s] += history_block_get(block, i);
		}
	}
}

void history_read(const struct history *history, uint32_t from_s, uint32_t to_s, uint32_t step_s,
		  uint64_t *counts)
{
	read_list(history->fine, from_s, to_s, step_s, counts);
	read_list(history->coarse, from_s, to_s, step_s, counts);
}

void history_coarse_range(const struct history *history, uint32_t *from_s, uint32_t *to_s)
{
	const struct history_block *block;
	uint32_t second;
	unsigned int i;

	for (block = history->coarse; block; block = block->older) {
		for (i = 0; i < HISTORY_BUCKETS; i++) {
			if (!history_block_get(block, i))
				continue;
			second = block->start_s + i * block->step_s;
			second -= second % MINUTE_S;
			if (!*to_s || second < *from_s)
				*from_s = second;
			if (second + MINUTE_S > *to_s)
				*to_s = second + MINUTE_S;
		}
	}
}

int history_insert(struct history *history, struct history_pool *pool, uint32_t start_s,
		   uint8_t step_s, const uint64_t counts[static HISTORY_BUCKETS])
{
	struct history_block **list, **link, *block;
	uint64_t largest = 0;
	unsigned int i;

	if (step_s != HISTORY_FINE_S && step_s != HISTORY_COARSE_S)
		return -EINVAL;
	if (start_s % ((uint32_t)step_s * HISTORY_BUCKETS) || start_s > to_second(TIME_MAX_NS))
		return -EINVAL;

	list = step_s == HISTORY_FINE_S ? &history->fine : &history->coarse;
	link = find_block(list, start_s);
	if (*link && (*link)->start_s == start_s)
		return -EINVAL;

	for (i = 0; i < HISTORY_BUCKETS; i++)
		if (largest < counts[i])
			largest = counts[i];
	block = block_new(pool, start_s, step_s, width_of(largest));
	if (!block)
		return -ENOMEM;
	for (i = 0; i < HISTORY_BUCKETS; i++)
		put(block, i, counts[i]);
	block->older = *link;
	*link = block;
	return 0;
}

void history_done(struct history *history, struct history_pool *pool)
{
	struct history_block *block;

	while ((block = history->fine)) {
		history->fine = block->older;
		block_free(pool, block);
	}
	while ((block = history->coarse)) {
		history->coarse = block->older;
		block_free(pool, block);
	}
}
