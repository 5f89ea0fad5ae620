// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables, printed by libsmartcols. It cuts where there is room to lose, without a sign
 * of it: what a terminal has no room for is chosen here, by what people need most.
 */
#include "config.h"

#include <libsmartcols.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ctl/output.h"
#include "ctl/terminal.h"
#include "ctl/width.h"
#include "util/util.h"

/* Part of a terminal's width that a column asks for; 1.0 and more is absolute. */
#define WIDTH_HINT 1.0

/*
 * What names and other text keep when less needed columns are left out, and when the
 * others are: 16 columns tell most names apart.
 */
#define NAME_WANTED 20
#define NAME_LEAST  16
#define TEXT_WANTED 14
#define TEXT_LEAST  10

/* A struct column's drop from which on it is less needed. */
#define DROP_EASILY 3

/* Smaller numbers are short as they are. */
#define SHORTENED_MIN 1000

/* The longest cell that is cut: a line of a wide terminal, in characters of four bytes. */
#define CELL_BYTES 2048

/* Where struct column's members are in the userdata of a column's header. */
#define COUNT_MASK 1
#define CUT_SHIFT  1
#define CUT_MASK   ((uintptr_t)3 << CUT_SHIFT)
#define CUT_NAME   ((uintptr_t)COLUMN_CUT_NAME << CUT_SHIFT)
#define DROP_SHIFT 3

/* No table here has more, with the nameless one. */
#define COLUMNS_MAX 16

/* Of a column, where its table is printed. The struct column may be gone by then. */
static uintptr_t pack(const struct column *column)
{
	return column->count | (uintptr_t)column->cut << CUT_SHIFT |
	       (uintptr_t)column->drop << DROP_SHIFT;
}

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
		flags = columns->right ? SCOLS_FL_RIGHT : 0;
		column = scols_table_new_column(table, columns->name, WIDTH_HINT, flags);
		header = column ? scols_column_get_header(column) : NULL;
		if (!header ||
		    scols_cell_set_userdata(header, (void *)pack(columns)) < 0 || /* NOLINT */
		    (colour && scols_cell_set_color(header, "bold") < 0)) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

void table_keep(struct column *columns, const char *name)
{
	for (; columns->name; columns++)
		if (strcasecmp(columns->name, name) == 0)
			columns->drop = 0;
}

struct libscols_table *table_new_more(const struct column *columns, const struct more *more,
				      bool colour)
{
	static const struct column nested = { .name = "NESTED",
					      .right = true,
					      .count = true,
					      .drop = 4 };
	static const struct column times[] = {
		{ .name = "TIME", .right = true, .drop = 3 },
		{ .name = "MEAN", .right = true, .drop = 1 },
		{ .name = "MAX", .right = true, .drop = 6 },
	};
	struct column all[COLUMNS_MAX] = { { .name = NULL } };
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

	for (i = 0; i < OUTPUT_WINDOWS; i++)
		table_text(line, column + i, format_rate(get_rate(object, output_windows[i])));
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

static bool is_hidden(struct libscols_column *column)
{
	return scols_column_get_flags(column) & SCOLS_FL_HIDDEN;
}

struct fitting {
	struct libscols_table *table;
	size_t n;
	struct {
		struct libscols_column *column;
		uintptr_t form;
		size_t width, wanted, least;
	} columns[COLUMNS_MAX];
};

/* With the next cell of that column; false behind the last. */
static bool next_cell(const struct fitting *fitting, struct libscols_iter *iter, size_t column,
		      struct libscols_cell **out)
{
	struct libscols_line *line;

	if (scols_table_next_line(fitting->table, iter, &line) != 0)
		return false;
	*out = scols_line_get_cell(line, column);
	return true;
}

/* Replaces numbers by what people read. */
static void shorten(const struct fitting *fitting, struct libscols_iter *iter, size_t column)
{
	struct libscols_cell *cell;
	const char *text;
	double value;
	char *end;

	scols_reset_iter(iter, SCOLS_ITER_FORWARD);
	while (next_cell(fitting, iter, column, &cell)) {
		text = cell ? scols_cell_get_data(cell) : NULL;
		value = text ? strtod(text, &end) : 0;
		/* "-" is not a number. */
		if (text && end > text && !*end && value >= SHORTENED_MIN)
			(void)scols_cell_refer_data(cell, format_short(value));
	}
}

static void measure(struct fitting *fitting, struct libscols_iter *iter, size_t column)
{
	struct libscols_cell *cell = scols_column_get_header(fitting->columns[column].column);
	size_t width = text_columns(scols_cell_get_data(cell)), columns;
	const uintptr_t cut = fitting->columns[column].form & CUT_MASK;
	size_t least = cut == CUT_NAME ? NAME_LEAST : TEXT_LEAST;
	size_t wanted = cut == CUT_NAME ? NAME_WANTED : TEXT_WANTED;

	/* The head is whole. */
	least = width > least ? width : least;
	wanted = width > wanted ? width : wanted;
	scols_reset_iter(iter, SCOLS_ITER_FORWARD);
	while (next_cell(fitting, iter, column, &cell)) {
		columns = cell && scols_cell_get_data(cell) ?
				  text_columns(scols_cell_get_data(cell)) :
				  0;
		width = columns > width ? columns : width;
	}
	fitting->columns[column].width = width;
	fitting->columns[column].least = cut && width > least ? least : width;
	fitting->columns[column].wanted = cut && width > wanted ? wanted : width;
}

static size_t least_width(const struct fitting *fitting, bool wanted)
{
	size_t i, sum = 0;

	for (i = 0; i < fitting->n; i++)
		if (!is_hidden(fitting->columns[i].column))
			sum += 1 +
			       (wanted ? fitting->columns[i].wanted : fitting->columns[i].least);
	return sum > 0 ? sum - 1 : 0;
}

/* Leaves out one column whose drop is higher than most; false if there is none. */
static bool drop_one(struct fitting *fitting, uintptr_t most)
{
	const uintptr_t least = most;
	uintptr_t drop;
	size_t i, at = 0;

	for (i = 0; i < fitting->n; i++) {
		drop = fitting->columns[i].form >> DROP_SHIFT;
		if (drop > most && !is_hidden(fitting->columns[i].column)) {
			most = drop;
			at = i;
		}
	}
	if (most > least)
		(void)scols_column_set_flags(fitting->columns[at].column,
					     scols_column_get_flags(fitting->columns[at].column) |
						     SCOLS_FL_HIDDEN);
	return most > least;
}

static void cut_cells(const struct fitting *fitting, struct libscols_iter *iter, size_t column,
		      size_t width)
{
	const bool name = (fitting->columns[column].form & CUT_MASK) == CUT_NAME;
	struct libscols_cell *cell;
	const char *text;
	char cut[CELL_BYTES];

	scols_reset_iter(iter, SCOLS_ITER_FORWARD);
	while (next_cell(fitting, iter, column, &cell)) {
		text = cell ? scols_cell_get_data(cell) : NULL;
		if (!text || text_columns(text) <= width)
			continue;
		(void)text_cut(cut, sizeof(cut), text, width, name ? CUT_MIDDLE : CUT_END);
		(void)scols_cell_set_data(cell, cut);
	}
}

/* Gives a column some of what is left; it then has that much. */
static void widen(size_t *has, size_t wants, size_t *left)
{
	size_t more = wants > *has ? wants - *has : 0;

	more = more < *left ? more : *left;
	*has += more;
	*left -= more;
}

/* What may be cut gets what the others leave: first what all want, then what more they have. */
static void cut_columns(struct fitting *fitting, struct libscols_iter *iter, size_t left)
{
	size_t i;

	for (i = 0; i < fitting->n; i++)
		if (!is_hidden(fitting->columns[i].column))
			widen(&fitting->columns[i].least, fitting->columns[i].wanted, &left);
	for (i = 0; i < fitting->n; i++) {
		if (is_hidden(fitting->columns[i].column))
			continue;
		widen(&fitting->columns[i].least, fitting->columns[i].width, &left);
		if (fitting->columns[i].least < fitting->columns[i].width)
			cut_cells(fitting, iter, i, fitting->columns[i].least);
	}
}

/* For people, in so many columns. */
static void fit(struct libscols_table *table, size_t width)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct fitting fitting = { .table = table, .n = scols_table_get_ncols(table) };
	size_t i, least;

	if (!iter || fitting.n > COLUMNS_MAX)
		goto out;
	for (i = 0; i < fitting.n; i++) {
		fitting.columns[i].column = scols_table_get_column(table, i);
		fitting.columns[i].form = (uintptr_t)scols_cell_get_userdata(
			scols_column_get_header(fitting.columns[i].column));
		if (fitting.columns[i].form & COUNT_MASK)
			shorten(&fitting, iter, i);
		measure(&fitting, iter, i);
	}
	while (least_width(&fitting, true) > width && drop_one(&fitting, DROP_EASILY))
		;
	while ((least = least_width(&fitting, false)) > width && drop_one(&fitting, 0))
		;
	cut_columns(&fitting, iter, least < width ? width - least : 0);
out:
	scols_free_iter(iter);
}

void table_print_to(struct libscols_table *table, FILE *out)
{
	if (!table)
		return;
	(void)scols_table_set_stream(table, out);
	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	if (isatty(fileno(out)))
		fit(table, terminal_columns(fileno(out)));
	/* An empty one has a head all the same. */
	(void)scols_print_table(table);
	scols_unref_table(table);
}
