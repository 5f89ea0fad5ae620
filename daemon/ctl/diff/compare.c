// SPDX-License-Identifier: GPL-2.0-or-later
/* What two sides have in common, and what not. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/diff/diff.h"
#include "ctl/explain/explain.h"
#include "ctl/output.h"

#define NS_PER_SECOND 1e9

/* Steps are aligned to the host's seconds, ages are not. */
#define STEP_SLACK_S 0.01

/* What rates named "5m" and "1m" are of: a VM that lived for less has them in its totals. */
#define RATES_S	    300.0
#define KEY_RATES_S 60.0

struct blocks {
	double exits[DIFF_BLOCKS], seconds[DIFF_BLOCKS];
};

/* Counts of the span's steps that are in the side's time, or no exits for NULL. */
static void add_span(const struct diff_side *side, const json_t *span, const json_t *counts,
		     struct blocks *blocks)
{
	double age = json_number_value(json_object_get(span, "age")), length = get_step(span);
	size_t n = json_array_size(json_object_get(span, "exits")), i, block;
	double from, whole = side->to - side->from;

	for (i = 0; length > 0 && whole > 0 && i < n; i++) {
		from = age + (double)i * length;
		if (from < side->from - STEP_SLACK_S || from + length > side->to + STEP_SLACK_S)
			continue;
		block = from > side->from ? (size_t)((from - side->from) / whole * DIFF_BLOCKS) : 0;
		if (block >= DIFF_BLOCKS)
			block = DIFF_BLOCKS - 1;
		blocks->seconds[block] += length;
		blocks->exits[block] += json_number_value(json_array_get(counts, i));
	}
}

static const json_t *counts_of(const json_t *span, const char *reason)
{
	const json_t *list = json_object_get(span, "reasons"), *one;
	const char *name;
	size_t i;

	if (!reason)
		return json_object_get(span, "exits");
	json_array_foreach(list, i, one) {
		name = json_string_value(json_object_get(one, "reason"));
		if (name && strcmp(name, reason) == 0)
			return json_object_get(one, "exits");
	}
	return NULL;
}

static struct diff_rate rate_of_blocks(const struct blocks *blocks)
{
	double exits = 0, seconds = 0, square = 0, off;
	struct diff_rate out = { 0, -1 };
	size_t i, n = 0;

	for (i = 0; i < DIFF_BLOCKS; i++) {
		exits += blocks->exits[i];
		seconds += blocks->seconds[i];
	}
	if (seconds <= 0)
		return out;
	out.rate = exits / seconds;
	for (i = 0; i < DIFF_BLOCKS; i++) {
		if (blocks->seconds[i] <= 0)
			continue;
		off = blocks->exits[i] / blocks->seconds[i] - out.rate;
		square += off * off;
		n++;
	}
	if (n >= DIFF_BLOCKS_MIN)
		out.error = sqrt(square / (double)(n - 1) / (double)n);
	return out;
}

/* counts is a reason, a VM or a detail of it; members are what it calls them. */
static struct diff_rate known_rate(const struct diff_side *side, const json_t *counts,
				   const char *total, const char *window, double span_s)
{
	struct diff_rate out = { 0, -1 };

	if (!counts)
		return out;
	if (json_is_true(json_object_get(side->vm, "alive")) && side->life >= span_s)
		out.rate = get_rate(counts, window);
	else if (side->life > 0)
		out.rate = (double)get_int(counts, total) / side->life;
	return out;
}

static const json_t *find_reason(const struct diff_side *side, const char *reason)
{
	const json_t *one;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(side->vm, "reasons"), i, one) {
		name = json_string_value(json_object_get(one, "reason"));
		if (name && strcmp(name, reason) == 0)
			return one;
	}
	return NULL;
}

/* reason may be NULL for all. */
static struct diff_rate rate_of(const struct diff_side *side, const char *reason)
{
	struct blocks blocks = { 0 };
	const json_t *span;
	size_t i;

	if (!side->spans)
		return reason ?
			       known_rate(side, find_reason(side, reason), "total", "5m", RATES_S) :
			       known_rate(side, side->vm, "exits", "5m", RATES_S);
	json_array_foreach(side->spans, i, span)
		add_span(side, span, counts_of(span, reason), &blocks);
	return rate_of_blocks(&blocks);
}

double diff_noise(const struct diff_row *row)
{
	if (row->a.error < 0 || row->b.error < 0)
		return -1;
	return DIFF_ERRORS * sqrt(row->a.error * row->a.error + row->b.error * row->b.error);
}

bool diff_is_change(const struct diff_row *row)
{
	return fabs(row->b.rate - row->a.rate) > diff_noise(row);
}

/* -- reasons ----------------------------------------------------------------- */

static int compare(const void *x, const void *y)
{
	const struct diff_row *one = x, *other = y;
	double a = fabs(one->b.rate - one->a.rate), b = fabs(other->b.rate - other->a.rate);

	return a < b ? 1 : a > b ? -1 : 0;
}

static double cost_of(const struct diff_side *side, const char *reason, double rate, bool *measured)
{
	const json_t *json = find_reason(side, reason);
	bool one = false;
	double ns;

	if (!json || rate <= 0)
		return 0;
	ns = explain_exit_ns(json, &one);
	*measured = *measured && (one || ns <= 0);
	return rate * ns / NS_PER_SECOND;
}

static void add_reason(struct diff *diff, const struct diff_side *a, const struct diff_side *b,
		       const char *reason)
{
	struct diff_row *row = &diff->reasons[diff->n_reasons];
	size_t i;

	for (i = 0; i < diff->n_reasons; i++)
		if (strcmp(diff->reasons[i].reason, reason) == 0)
			return;
	*row = (struct diff_row){ .reason = reason,
				  .a = rate_of(a, reason),
				  .b = rate_of(b, reason) };
	diff->cost_a += cost_of(a, reason, row->a.rate, &diff->measured);
	diff->cost_b += cost_of(b, reason, row->b.rate, &diff->measured);
	if (row->a.rate > 0 || row->b.rate > 0)
		diff->n_reasons++;
}

static void add_reasons(struct diff *diff, const struct diff_side *a, const struct diff_side *b,
			const struct diff_side *of)
{
	const json_t *one;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(of->vm, "reasons"), i, one) {
		name = json_string_value(json_object_get(one, "reason"));
		if (name)
			add_reason(diff, a, b, name);
	}
}

/* -- keys -------------------------------------------------------------------- */

static bool same_key(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "key"), json_object_get(b, "key")) &&
	       json_is_true(json_object_get(a, "nested")) ==
		       json_is_true(json_object_get(b, "nested"));
}

static const json_t *find_key(const struct diff_side *side, const char *reason,
			      const json_t *wanted)
{
	const json_t *details = json_object_get(find_reason(side, reason), "details"), *detail;
	size_t i;

	json_array_foreach(details, i, detail)
		if (same_key(detail, wanted))
			return detail;
	return NULL;
}

static void add_key(struct diff *diff, const struct diff_side *a, const struct diff_side *b,
		    const char *reason, const json_t *detail)
{
	struct diff_row *row = &diff->keys[diff->n_keys];
	size_t i;

	for (i = 0; i < diff->n_keys; i++)
		if (strcmp(diff->keys[i].reason, reason) == 0 &&
		    same_key(diff->keys[i].detail, detail))
			return;
	*row = (struct diff_row){
		.reason = reason,
		.detail = detail,
		.a = known_rate(a, find_key(a, reason, detail), "exits", "1m", KEY_RATES_S),
		.b = known_rate(b, find_key(b, reason, detail), "exits", "1m", KEY_RATES_S),
	};
	if (row->a.rate > 0 || row->b.rate > 0)
		diff->n_keys++;
}

static void add_keys(struct diff *diff, const struct diff_side *a, const struct diff_side *b,
		     const struct diff_side *of)
{
	const json_t *reason, *detail;
	const char *name;
	size_t i, j;

	json_array_foreach(json_object_get(of->vm, "reasons"), i, reason) {
		name = json_string_value(json_object_get(reason, "reason"));
		if (!name)
			continue;
		json_array_foreach(json_object_get(reason, "details"), j, detail)
			if (json_is_string(json_object_get(detail, "key")))
				add_key(diff, a, b, name, detail);
	}
}

static size_t count_keys(const struct diff_side *side)
{
	const json_t *reason;
	size_t i, n = 0;

	json_array_foreach(json_object_get(side->vm, "reasons"), i, reason)
		n += json_array_size(json_object_get(reason, "details"));
	return n;
}

struct diff *diff_new(const struct diff_side *a, const struct diff_side *b, bool keys)
{
	size_t reasons = json_array_size(json_object_get(a->vm, "reasons")) +
			 json_array_size(json_object_get(b->vm, "reasons"));
	struct diff *diff = calloc(1, sizeof(*diff));

	if (!diff)
		return NULL;
	diff->reasons = calloc(reasons + 1, sizeof(*diff->reasons));
	diff->keys = calloc(count_keys(a) + count_keys(b) + 1, sizeof(*diff->keys));
	if (!diff->reasons || !diff->keys)
		return diff_free(diff);
	diff->measured = true;
	diff->all.a = rate_of(a, NULL);
	diff->all.b = rate_of(b, NULL);
	add_reasons(diff, a, b, a);
	add_reasons(diff, a, b, b);
	if (keys) {
		add_keys(diff, a, b, a);
		add_keys(diff, a, b, b);
	}
	qsort(diff->reasons, diff->n_reasons, sizeof(*diff->reasons), compare);
	qsort(diff->keys, diff->n_keys, sizeof(*diff->keys), compare);
	return diff;
}

struct diff *diff_free(struct diff *diff)
{
	if (!diff)
		return NULL;
	free(diff->reasons);
	free(diff->keys);
	free(diff);
	return NULL;
}
