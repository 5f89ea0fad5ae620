// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long a VM's exits took, and which part of its vCPUs' time that is.
 */
#include "config.h"

#include "ctl/times.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The table, which "" would take for ctl/explain/explain.h. */
#include <explain/explain.h>

#include "ctl/output.h"
#include "util/clock.h"
#include "util/histogram.h"
#include "util/util.h"

#define PERCENT 100.0

/* Per cent, in three digits. */
#define SHARE_LEAST	 0.005
#define SHARE_DIGITS_MAX 9.995

/* As the interface has it: what the first element of a histogram is less than. */
#define TIME_FIRST_NS 256
#define TIME_BUCKETS  26

enum {
	COLUMN_REASON,
	COLUMN_EXITS,
	COLUMN_OVERHEAD,
	COLUMN_MEAN,
	COLUMN_P50,
	COLUMN_P95,
	COLUMN_P99,
	COLUMN_MAX,
};

static const struct column columns[] = {
	{ .name = "REASON", .cut = COLUMN_CUT },
	{ .name = "EXITS", .right = true, .count = true, .drop = 3 },
	{ .name = "OVERHEAD%", .right = true },
	{ .name = "MEAN", .right = true },
	{ .name = "P50", .right = true, .drop = 5 },
	{ .name = "P95", .right = true, .drop = 6 },
	{ .name = "P99", .right = true, .drop = 1 },
	{ .name = "MAX", .right = true, .drop = 2 },
	{ .name = NULL },
};

double get_share(const json_t *object, const char *window)
{
	const json_t *share = json_object_get(json_object_get(object, "overhead"), window);

	return json_is_number(share) ? json_number_value(share) : SHARE_UNKNOWN;
}

char *format_share(double share)
{
	char *text;

	if (share < 0)
		return strdup("-");
	/* Little is not nothing. */
	if (share > 0 && share * PERCENT < SHARE_LEAST)
		return strdup("<0.01");
	return asprintf(&text, "%.*f", share * PERCENT < SHARE_DIGITS_MAX ? 2 : 1,
			share * PERCENT) < 0 ?
		       NULL :
		       text;
}

static bool waits(const json_t *reason)
{
	const char *name = json_string_value(json_object_get(reason, "reason"));

	return name && explain_waits(name);
}

void times_print_overhead(const json_t *vm)
{
	size_t i;

	if (get_share(vm, output_windows[0]) < 0)
		return;
	printf("Overhead");
	for (i = 0; i < OUTPUT_WINDOWS; i++) {
		_cleanup_free_ char *text = format_share(get_share(vm, output_windows[i]));

		printf("%s%s%% (%s)", i > 0 ? ", " : " ", text, output_windows[i]);
	}
	puts(" of its vCPUs' time");
}

/* -- the table ------------------------------------------------------------- */

static void put_ns(struct libscols_line *line, size_t column, const json_t *time, const char *key)
{
	if (json_is_integer(json_object_get(time, key)))
		table_text(line, column, format_nanoseconds((double)get_int(time, key)));
}

/* Takes over name. */
static void put_row(struct libscols_table *table, char *name, const json_t *time, double share)
{
	struct libscols_line *line = table_row(table);
	double exits = (double)get_int(time, "exits");

	table_text(line, COLUMN_REASON, name);
	table_int(line, COLUMN_EXITS, get_int(time, "exits"));
	table_text(line, COLUMN_OVERHEAD, format_share(share));
	if (exits > 0)
		table_text(line, COLUMN_MEAN,
			   format_nanoseconds((double)get_int(time, "total_ns") / exits));
	put_ns(line, COLUMN_P50, time, "p50_ns");
	put_ns(line, COLUMN_P95, time, "p95_ns");
	put_ns(line, COLUMN_P99, time, "p99_ns");
	put_ns(line, COLUMN_MAX, time, "max_ns");
}

struct timed {
	const json_t *reason;
	bool waits;
	double total_ns;
};

static int compare(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	if (x->waits != y->waits)
		return x->waits ? 1 : -1;
	return (x->total_ns < y->total_ns) - (x->total_ns > y->total_ns);
}

/* Sorted, to be freed; NULL for none. */
static struct timed *collect(const json_t *vm, const char *member, size_t *n)
{
	const json_t *reasons = json_object_get(vm, "reasons"), *reason, *time;
	struct timed *timed = calloc(json_array_size(reasons) + 1, sizeof(*timed));
	size_t i;

	*n = 0;
	json_array_foreach(reasons, i, reason) {
		time = json_object_get(reason, member);
		if (timed && json_is_object(time))
			timed[(*n)++] = (struct timed){ reason, waits(reason),
							(double)get_int(time, "total_ns") };
	}
	if (*n > 0)
		qsort(timed, *n, sizeof(*timed), compare);
	return timed;
}

void times_print(const json_t *vm, const struct times_style *style)
{
	struct libscols_table *table;
	_cleanup_free_ struct timed *timed = NULL;
	size_t i, n = 0;

	timed = collect(vm, style->time, &n);
	if (n == 0)
		return;
	fprintf(style->out, "\n%s%s%s\n", output_mark(style->colour, MARK_HEAD), style->title,
		output_mark(style->colour, MARK_NONE));
	table = table_new(columns, style->colour);
	for (i = 0; i < n; i++)
		put_row(table, get_text(timed[i].reason, "reason"),
			json_object_get(timed[i].reason, style->time),
			timed[i].waits ? SHARE_UNKNOWN : get_share(timed[i].reason, style->window));
	table_print_to(table, style->out);
}

/* -- over a time that the daemon has no window of -------------------------- */

static void set_share(json_t *owner, const char *window, double ns, double all_ns)
{
	double share = ns / all_ns;

	(void)json_object_set_new(owner, "overhead",
				  json_pack("{s:f}", window, share < 1 ? share : 1.0));
}

void times_set_overhead(json_t *vm, const char *window, double seconds)
{
	double all_ns = (double)get_int(vm, "vcpu_count") * seconds * (double)NS_PER_S;
	const json_t *rest = json_object_get(vm, "rest_time"), *time;
	double sum = (double)get_int(rest, "total_ns");
	json_t *reason;
	size_t i;

	if (!json_is_object(json_object_get(vm, "time")) || all_ns <= 0)
		return;
	json_array_foreach(json_object_get(vm, "reasons"), i, reason) {
		time = json_object_get(reason, "time");
		if (!json_is_object(time) || waits(reason))
			continue;
		sum += (double)get_int(time, "total_ns");
		set_share(reason, window, (double)get_int(time, "total_ns"), all_ns);
	}
	set_share(vm, window, sum, all_ns);
}

static void set_percentile(json_t *time, const char *key, const struct histogram *histogram,
			   unsigned int percent)
{
	uint64_t ns = histogram_percentile_ns(histogram, percent);

	if (ns)
		(void)json_object_set_new(time, key, json_integer((json_int_t)ns));
	else
		(void)json_object_del(time, key);
}

void times_set_percentiles(json_t *time)
{
	const json_t *list = json_object_get(time, "histogram"), *count;
	long long max_ns = get_int(time, "max_ns");
	uint64_t counts[TIME_BUCKETS] = { 0 };
	struct histogram histogram = { counts, TIME_BUCKETS, TIME_FIRST_NS, 0 };
	size_t i;

	histogram.max_ns = max_ns > 0 ? (uint64_t)max_ns : 0;
	json_array_foreach(list, i, count)
		if (i < TIME_BUCKETS && json_integer_value(count) > 0)
			counts[i] = (uint64_t)json_integer_value(count);
	set_percentile(time, "p50_ns", &histogram, 50);
	set_percentile(time, "p95_ns", &histogram, 95);
	set_percentile(time, "p99_ns", &histogram, 99);
}
