// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables, by libsmartcols: it knows the terminal's width and that of text.
 */
#include "config.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/output.h"

/* Part of a terminal's width that a column asks for; 1.0 and more is absolute. */
#define WIDTH_HINT 1.0

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
