// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison, for people and programs. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/details.h"
#include "ctl/diff/diff.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/util.h"

#define PERCENT 100.0

/* How many keys are shown; those that changed most come first. */
#define KEYS_SHOWN 10

enum {
	COLUMN_REASON,
	COLUMN_KEY,
	COLUMN_A,
	COLUMN_B,
	COLUMN_CHANGE,
	COLUMN_NOISE,
};

static char *format_change(const struct diff_row *row)
{
	double change = row->b.rate - row->a.rate;
	bool is_change = diff_is_change(row);
	char *text = NULL;

	if (row->a.rate <= 0)
		return strdup(row->b.rate > 0 ? "new" : "");
	if (row->b.rate <= 0)
		return strdup("gone");
	return asprintf(&text, "%s%+.1f%%%s", is_change ? "" : "(", PERCENT * change / row->a.rate,
			is_change ? "" : ")") < 0 ?
		       NULL :
		       text;
}

static char *format_noise(const struct diff_row *row)
{
	double noise = diff_noise(row);
	char *text = NULL;

	if (noise < 0)
		return strdup("?");
	if (row->a.rate <= 0)
		return strdup("");
	return asprintf(&text, "%.1f%%", PERCENT * noise / row->a.rate) < 0 ? NULL : text;
}

static void put_rates(struct libscols_line *line, const struct diff_row *row)
{
	table_text(line, COLUMN_A, format_rate(row->a.rate));
	table_text(line, COLUMN_B, format_rate(row->b.rate));
	table_text(line, COLUMN_CHANGE, format_change(row));
}

static void print_reasons(const struct ctl *ctl, const struct diff *diff)
{
	static const struct column columns[] = {
		{ .name = "REASON", .cut = COLUMN_CUT },
		{ .name = "" },
		{ .name = "A/s", .right = true, .count = true },
		{ .name = "B/s", .right = true, .count = true },
		{ .name = "CHANGE", .right = true },
		{ .name = "NOISE +-", .right = true, .drop = 1 },
		{ .name = NULL },
	};
	struct libscols_table *table = table_new(columns, ctl->colour);
	struct libscols_line *line;
	size_t i;

	for (i = 0; i < diff->n_reasons; i++) {
		line = table_row(table);
		table_text(line, COLUMN_REASON, clean_text(diff->reasons[i].reason));
		put_rates(line, &diff->reasons[i]);
		table_text(line, COLUMN_NOISE, format_noise(&diff->reasons[i]));
	}
	table_print(table);
}

static void print_keys(const struct ctl *ctl, const struct diff *diff)
{
	static const struct column columns[] = {
		{ .name = "REASON", .cut = COLUMN_CUT },
		{ .name = "KEY", .cut = COLUMN_CUT },
		{ .name = "A/s", .right = true, .count = true },
		{ .name = "B/s", .right = true, .count = true },
		{ .name = "CHANGE", .right = true },
		{ .name = NULL },
	};
	struct libscols_table *table;
	struct libscols_line *line;
	size_t i;

	if (!diff->n_keys)
		return;
	puts("\nKeys that changed most, in the last minute of each; their noise is not known");
	table = table_new(columns, ctl->colour);
	for (i = 0; i < diff->n_keys && i < KEYS_SHOWN; i++) {
		line = table_row(table);
		table_text(line, COLUMN_REASON, clean_text(diff->keys[i].reason));
		table_text(line, COLUMN_KEY, detail_title(diff->keys[i].detail));
		put_rates(line, &diff->keys[i]);
	}
	table_print(table);
}

static void print_side(const struct ctl *ctl, char name, const struct diff_side *side)
{
	_cleanup_free_ char *from = report_seconds(side->from);
	_cleanup_free_ char *to = report_seconds(side->to);
	_cleanup_free_ char *span = report_seconds(side->to - side->from);
	long long vcpus = get_int(side->vm, "vcpu_count");

	printf("%s%c%s  %s, %lld vCPU%s", output_mark(ctl->colour, MARK_HEAD), name,
	       output_mark(ctl->colour, MARK_NONE), side->title, vcpus, vcpus == 1 ? "" : "s");
	if (side->spans)
		printf(": the %s from %s to %s after its start\n", span, from, to);
	else
		puts(": rates that were known when it was written");
}

/* "Exits: -38.5%, 52000 to 32000 a second: more than the noise of 1.2%." */
static void print_sentences(const struct diff *diff)
{
	_cleanup_free_ char *a = format_rate(diff->all.a.rate);
	_cleanup_free_ char *b = format_rate(diff->all.b.rate);
	_cleanup_free_ char *noise = format_noise(&diff->all);
	double rate = diff->all.a.rate;

	if (rate > 0)
		printf("\nExits: %+.1f%%, from %s to %s a second",
		       PERCENT * (diff->all.b.rate - rate) / rate, a, b);
	else
		printf("\nExits: from %s to %s a second", a, b);
	if (diff_noise(&diff->all) < 0)
		puts(". How much of it is chance is not known.");
	else if (rate > 0)
		printf(": %s the noise of %s.\n",
		       diff_is_change(&diff->all) ? "more than" : "within", noise);
	else
		puts(".");
	printf("Cost: %+.3f CPUs, from %.3f to %.3f, sleep left out%s.\n",
	       diff->cost_b - diff->cost_a, diff->cost_a, diff->cost_b,
	       diff->measured ? ", as the kernel measured" :
				", by an estimate of 1 us to 8 us an exit");
}

void diff_print(const struct ctl *ctl, const struct diff_side *a, const struct diff_side *b,
		const struct diff *diff)
{
	print_side(ctl, 'A', a);
	print_side(ctl, 'B', b);
	print_sentences(diff);
	if (!diff->n_reasons)
		return;
	putchar('\n');
	print_reasons(ctl, diff);
	puts("A change in parentheses is within the noise: twice the standard error of the rates.");
	print_keys(ctl, diff);
}

/* -- JSON ------------------------------------------------------------------------ */

static json_t *rate_json(const struct diff_rate *rate)
{
	return json_pack("{s:f, s:o}", "rate", rate->rate, "error",
			 rate->error < 0 ? json_null() : json_real(rate->error));
}

static json_t *row_json(const struct diff_row *row)
{
	double noise = diff_noise(row);
	json_t *json = json_pack("{s:o, s:o, s:f, s:o, s:b}", "a", rate_json(&row->a), "b",
				 rate_json(&row->b), "change", row->b.rate - row->a.rate, "noise",
				 noise < 0 ? json_null() : json_real(noise), "significant",
				 (int)(noise >= 0 && diff_is_change(row)));

	if (row->reason)
		(void)json_object_set_new(json, "reason", json_string(row->reason));
	if (row->detail)
		(void)json_object_set(json, "key", json_object_get(row->detail, "key"));
	return json;
}

static json_t *rows_json(const struct diff_row *rows, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		(void)json_array_append_new(list, row_json(&rows[i]));
	return list;
}

static json_t *side_json(const struct diff_side *side)
{
	return json_pack("{s:s, s:O?, s:O?, s:f, s:f}", "title", side->title, "name",
			 json_object_get(side->vm, "name"), "id", json_object_get(side->vm, "id"),
			 "start", side->from, "end", side->to);
}

json_t *diff_json(const struct diff_side *a, const struct diff_side *b, const struct diff *diff)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:f, s:f, s:b}}", "a", side_json(a), "b",
			 side_json(b), "exits", row_json(&diff->all), "reasons",
			 rows_json(diff->reasons, diff->n_reasons), "keys",
			 rows_json(diff->keys, diff->n_keys), "cost_cpus", "a", diff->cost_a, "b",
			 diff->cost_b, "measured", (int)diff->measured);
}
