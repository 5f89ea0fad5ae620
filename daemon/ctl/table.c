// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables, by libsmartcols: it knows the terminal's width and that of text.
 */
#include "config.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "util/util.h"

/* Part of a terminal's width that a column asks for; 1.0 and more is absolute. */
#define WIDTH_HINT 1.0

/* No table here has more, with the nameless one. */
#define COLUMNS_MAX 16

static const char *const windows[] = { "1s", "10s", "1m", "5m" };

struct libscols_table *table_new(const struct column *columns, bool colour)
{
	struct libscols_table *table;
	struct libscols_column *column;
	struct libscols_cell *header;
	int flags;

	table = scols_new_table();
	if (!table)
		return NULL;
	scols_table_enable_colors(table, colour);

	for (; columns->name; columns++) {
		flags = (columns->right ? SCOLS_FL_RIGHT : 0) |
			(columns->shrink ? SCOLS_FL_TRUNC : 0);
		column = scols_table_new_column(table, columns->name, WIDTH_HINT, flags);
		header = column ? scols_column_get_header(column) : NULL;
		if (!header || (colour && scols_cell_set_color(header, "bold") < 0)) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

struct libscols_table *table_new_more(const struct column *columns, const struct more *more,
				      bool colour)
{
	static const struct column nested = { "NESTED", true, false };
	static const struct column times[] = {
		{ "TIME", true, false },
		{ "MEAN", true, false },
		{ "MAX", true, false },
	};
	struct column all[COLUMNS_MAX] = { { NULL, false, false } };
	size_t n = more->column;

	if (n + 1 + ARRAY_SIZE(times) >= COLUMNS_MAX)
		return NULL;
	memcpy(all, columns, n * sizeof(*columns));
	if (more->nested)
		all[n++] = nested;
	if (more->times)
		memcpy(all + n, times, sizeof(times));
	return table_new(all, colour);
}

struct libscols_line *table_row(struct libscols_table *table)
{
	return table ? scols_table_new_line(table, NULL) : NULL;
}

void table_text(struct libscols_line *line, size_t column, char *text)
{
	if (!line || !text || scols_line_refer_data(line, column, text) < 0)
		free(text);
}

void table_int(struct libscols_line *line, size_t column, long long value)
{
	char *text;

	if (asprintf(&text, "%lld", value) >= 0)
		table_text(line, column, text);
}

void table_rates(struct libscols_line *line, size_t column, const json_t *object)
{
	size_t i;

	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		table_text(line, column + i, format_rate(get_rate(object, windows[i])));
}

static void put_time(struct libscols_line *line, const struct more *more, const json_t *time)
{
	double exits = (double)get_int(time, "exits"), total = (double)get_int(time, "total_ns");
	size_t column = more->column + (more->nested ? 1 : 0);

	if (!more->times || exits <= 0)
		return;
	table_text(line, column, format_nanoseconds(total));
	table_text(line, column + 1, format_nanoseconds(total / exits));
	table_text(line, column + 2, format_nanoseconds((double)get_int(time, "max_ns")));
}

void table_more(struct libscols_line *line, const struct more *more, const json_t *reason)
{
	if (more->nested)
		table_int(line, more->column, get_int(reason, "nested"));
	put_time(line, more, json_object_get(reason, "time"));
}

void table_rest(struct libscols_table *table, const struct more *more, const json_t *rest)
{
	struct libscols_line *line;

	if (!rest)
		return;
	line = table_row(table);
	table_text(line, 0, strdup("(others' times)"));
	put_time(line, more, rest);
}

void table_print(struct libscols_table *table)
{
	table_print_to(table, stdout);
}

void table_print_to(struct libscols_table *table, FILE *out)
{
	if (!table)
		return;
	(void)scols_table_set_stream(table, out);
	/* An empty one has a head all the same. */
	(void)scols_print_table(table);
	scols_unref_table(table);
}
