// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What exactly caused a VM's exits.
 */
#include "config.h"

#include "ctl/details.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "util/util.h"

enum {
	COLUMN_REASON,
	COLUMN_KEY,
	COLUMN_NAME,
	COLUMN_EXITS,
	COLUMN_PERCENT,
	COLUMN_10S,
	COLUMN_1M,
	COLUMN_LEVEL,
	COLUMNS,
};

static const struct column columns[COLUMNS + 1] = {
	[COLUMN_REASON] = { .name = "REASON", .cut = COLUMN_CUT },
	[COLUMN_KEY] = { .name = "KEY", .cut = COLUMN_CUT },
	[COLUMN_NAME] = { .name = "NAME", .cut = COLUMN_CUT },
	[COLUMN_EXITS] = { .name = "EXITS", .right = true, .count = true },
	[COLUMN_PERCENT] = { .name = "%", .right = true, .drop = 1 },
	[COLUMN_10S] = { .name = "10s", .right = true, .count = true, .drop = 2 },
	[COLUMN_1M] = { .name = "1m", .right = true, .count = true, .drop = 3 },
	[COLUMN_LEVEL] = { .name = "GUEST" },
	[COLUMNS] = { .name = NULL },
};

static const json_t *get_details(const json_t *reason)
{
	return json_object_get(reason, "details");
}

static bool is_nested(const json_t *detail)
{
	return json_is_true(json_object_get(detail, "nested"));
}

static bool is_rest(const json_t *detail)
{
	return !json_is_string(json_object_get(detail, "key"));
}

long long details_exits(const json_t *reason)
{
	const json_t *detail;
	long long exits = 0;
	size_t i;

	json_array_foreach(get_details(reason), i, detail)
		exits += get_int(detail, "exits");
	return exits;
}

bool has_details(const json_t *vm)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(vm, "reasons"), i, reason)
		if (json_array_size(get_details(reason)) > 0)
			return true;
	return false;
}

static bool has_nested_keys(const json_t *vm)
{
	const json_t *reason, *detail;
	size_t i, j;

	json_array_foreach(json_object_get(vm, "reasons"), i, reason)
		json_array_foreach(get_details(reason), j, detail)
			if (is_nested(detail))
				return true;
	return false;
}

char *detail_title(const json_t *detail)
{
	_cleanup_free_ char *key = get_text(detail, "key");
	_cleanup_free_ char *name = get_text(detail, "name");
	bool named = json_is_string(json_object_get(detail, "name"));
	char *title;

	if (is_rest(detail))
		return strdup("(rest)");
	if (asprintf(&title, "%s%s%s", key, named ? " " : "", named ? name : "") < 0)
		return NULL;
	return title;
}

struct sum {
	long long exits;
	double s10, m1, measured;
	size_t n;
};

static void add(struct sum *sum, const json_t *detail)
{
	sum->exits += get_int(detail, "exits");
	sum->measured += get_rate(detail, "measured");
	sum->s10 += get_rate(detail, "10s");
	sum->m1 += get_rate(detail, "1m");
	sum->n++;
}

static void put_counts(struct libscols_line *line, const struct sum *sum, long long all,
		       bool measured)
{
	table_int(line, COLUMN_EXITS, sum->exits);
	table_text(line, COLUMN_PERCENT, format_percent((double)sum->exits, (double)all));
	table_text(line, COLUMN_10S, format_rate(measured ? sum->measured : sum->s10));
	if (!measured)
		table_text(line, COLUMN_1M, format_rate(sum->m1));
}

static void put_reason(struct libscols_table *table, const json_t *reason,
		       const struct details_style *style, bool levels)
{
	size_t level = style->measured ? COLUMN_1M : COLUMN_LEVEL;
	long long all = details_exits(reason);
	struct sum others = { 0 }, one;
	struct libscols_line *line;
	const json_t *detail;
	char *text;
	size_t i;

	json_array_foreach(get_details(reason), i, detail) {
		if (i >= style->max && !is_rest(detail)) {
			add(&others, detail);
			continue;
		}
		one = (struct sum){ 0 };
		add(&one, detail);
		line = table_row(table);
		table_text(line, COLUMN_REASON, get_text(reason, "reason"));
		table_text(line, COLUMN_KEY,
			   is_rest(detail) ? strdup("(rest)") : get_text(detail, "key"));
		if (json_is_string(json_object_get(detail, "name")))
			table_text(line, COLUMN_NAME, get_text(detail, "name"));
		put_counts(line, &one, all, style->measured);
		if (levels)
			table_text(line, level, strdup(is_nested(detail) ? "L2" : "L1"));
	}
	if (!others.n)
		return;
	line = table_row(table);
	table_text(line, COLUMN_REASON, get_text(reason, "reason"));
	if (asprintf(&text, "(%zu more)", others.n) >= 0)
		table_text(line, COLUMN_KEY, text);
	put_counts(line, &others, all, style->measured);
}

static struct libscols_table *new_table(const struct details_style *style, bool levels)
{
	struct column shown[COLUMNS + 1];

	memcpy(shown, columns, sizeof(shown));
	if (style->measured) {
		shown[COLUMN_10S].name = "PER S";
		shown[COLUMN_1M] = columns[COLUMN_LEVEL];
		shown[COLUMN_LEVEL].name = NULL;
	}
	if (!levels)
		shown[style->measured ? COLUMN_1M : COLUMN_LEVEL].name = NULL;
	return table_new(shown, style->colour);
}

void details_print(const json_t *vm, const struct details_style *style)
{
	_cleanup_free_ char *since = get_text(vm, "details_since");
	struct libscols_table *table;
	const json_t *reason;
	bool levels = has_nested_keys(vm);
	size_t i;

	if (!json_is_string(json_object_get(vm, "details_since"))) {
		fputs("\nNothing is known of what exactly caused these exits: 'kvmexitctl config "
		      "details=yes'\nhas the kernel count it from then on.\n",
		      style->out);
		return;
	}
	if (!has_details(vm)) {
		fprintf(style->out, "\nThese reasons have made no exits with details since %s.\n",
			since);
		return;
	}
	fprintf(style->out, "\n%sDetails%s of exits since %s%s\n",
		output_mark(style->colour, MARK_HEAD), output_mark(style->colour, MARK_NONE),
		style->measured ? "the measurement began" :
		style->since	? style->since :
				  since,
		json_is_true(json_object_get(vm, "details_incomplete")) ?
			"; some had no place in kvmexitd" :
			"");
	table = new_table(style, levels);
	json_array_foreach(json_object_get(vm, "reasons"), i, reason)
		put_reason(table, reason, style, levels);
	table_print_to(table, style->out);
}
