// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: which cells a screen has room for.
 */
#include "config.h"

#include <string.h>

#include "ctl/top/top.h"
#include "ctl/width.h"
#include "util/util.h"

#define NEVER	 SIZE_MAX
#define RATES_AT 130

/* All four rates at once, or times, have less room each. */
#define RATE_WIDTH 8
#define TIME_WIDTH 7

const struct top_cell_form top_cell_forms[TOP_VIEWS][CELLS] = {
	[TOP_VMS] = {
		[CELL_MARK] = { "", 1, false, 0, TOP_SORTS },
		[CELL_ID] = { "ID", 5, true, 100, TOP_BY_ID },
		[CELL_NAME] = { "NAME", 0, false, 0, TOP_BY_NAME },
		[CELL_PID] = { "PID", 7, true, 150, TOP_BY_PID },
		[CELL_VCPUS] = { "VCPUS", 5, true, 110, TOP_SORTS },
		[CELL_EXITS] = { "EXITS", 6, true, 120, TOP_BY_EXITS },
		[CELL_1S] = { "1s", 6, true, RATES_AT, TOP_BY_1S },
		[CELL_10S] = { "10s", 6, true, RATES_AT, TOP_BY_10S },
		[CELL_1M] = { "1m", 6, true, RATES_AT, TOP_BY_1M },
		[CELL_5M] = { "5m", 6, true, RATES_AT, TOP_BY_5M },
		[CELL_PERCENT] = { "%", 5, true, NEVER, TOP_SORTS },
		[CELL_PER_VCPU] = { "/VCPU", 5, true, 64, TOP_SORTS },
		[CELL_OVERHEAD] = { "OVER%", 6, true, 56, TOP_BY_OVERHEAD },
		[CELL_NESTED] = { "NESTED", 6, true, NEVER, TOP_SORTS },
		[CELL_WHY] = { "WHY", 0, false, 0, TOP_SORTS },
		[CELL_SPARK] = { "", 0, false, 76, TOP_SORTS },
	},
	[TOP_REASONS] = {
		[CELL_MARK] = { "", 1, false, 0, TOP_SORTS },
		[CELL_ID] = { "CODE", 5, true, NEVER, TOP_SORTS },
		[CELL_NAME] = { "REASON", 0, false, 0, TOP_BY_NAME },
		[CELL_PID] = { "PID", 7, true, NEVER, TOP_SORTS },
		[CELL_VCPUS] = { "VCPUS", 5, true, NEVER, TOP_SORTS },
		[CELL_EXITS] = { "TOTAL", 6, true, 60, TOP_BY_EXITS },
		[CELL_1S] = { "1s", 6, true, RATES_AT, TOP_BY_1S },
		[CELL_10S] = { "10s", 6, true, RATES_AT, TOP_BY_10S },
		[CELL_1M] = { "1m", 6, true, RATES_AT, TOP_BY_1M },
		[CELL_5M] = { "5m", 6, true, RATES_AT, TOP_BY_5M },
		[CELL_PERCENT] = { "%", 5, true, 36, TOP_SORTS },
		[CELL_PER_VCPU] = { "/VCPU", 5, true, NEVER, TOP_SORTS },
		[CELL_OVERHEAD] = { "OVER%", 6, true, 70, TOP_BY_OVERHEAD },
		[CELL_NESTED] = { "NESTED", 7, true, 110, TOP_BY_NESTED },
		[CELL_WHY] = { "WHAT HAPPENS", 0, false, 60, TOP_SORTS },
		[CELL_SPARK] = { "", 0, false, 76, TOP_SORTS },
	},
	[TOP_VCPUS] = {
		[CELL_MARK] = { "", 1, false, 0, TOP_SORTS },
		[CELL_ID] = { "ID", 5, true, NEVER, TOP_SORTS },
		[CELL_NAME] = { "VCPU", 0, false, 0, TOP_BY_ID },
		[CELL_PID] = { "PID", 7, true, NEVER, TOP_SORTS },
		[CELL_VCPUS] = { "VCPUS", 5, true, NEVER, TOP_SORTS },
		[CELL_EXITS] = { "EXITS", 6, true, 50, TOP_BY_EXITS },
		[CELL_1S] = { "1s", 6, true, RATES_AT, TOP_BY_1S },
		[CELL_10S] = { "10s", 6, true, RATES_AT, TOP_BY_10S },
		[CELL_1M] = { "1m", 6, true, RATES_AT, TOP_BY_1M },
		[CELL_5M] = { "5m", 6, true, RATES_AT, TOP_BY_5M },
		[CELL_PERCENT] = { "%", 5, true, 0, TOP_SORTS },
		[CELL_PER_VCPU] = { "/VCPU", 5, true, NEVER, TOP_SORTS },
		[CELL_OVERHEAD] = { "OVER%", 6, true, NEVER, TOP_SORTS },
		[CELL_NESTED] = { "NESTED", 6, true, NEVER, TOP_SORTS },
		[CELL_WHY] = { "MOST EXITS", 0, false, 40, TOP_SORTS },
		[CELL_SPARK] = { "", 0, false, NEVER, TOP_SORTS },
	},
};

/* Names get what the longest one takes, between these; a wide screen has room for more. */
#define NAME_MIN     16
#define NAME_NARROW  18
#define NAME_WIDE    28
#define WIDE_SCREEN  100
#define SMALL_SCREEN 60
#define WHY_MIN	     10
#define WHY_WANTED   26
#define SPARK_MIN    6
#define KEY_NAME_MAX 48

bool top_is_rate(enum top_cell cell)
{
	return cell >= CELL_1S && cell <= CELL_5M;
}

bool top_is_time(const struct top *top, enum top_cell cell)
{
	return top->times && top->view != TOP_VCPUS && top_is_rate(cell);
}

enum top_sort top_cell_sort(const struct top *top, enum top_cell cell)
{
	return top_is_time(top, cell) ? (enum top_sort)(TOP_BY_SHARE + (cell - CELL_1S)) :
					top_cell_forms[top->view][cell].sort;
}

bool top_is_sorted_by(const struct top *top, enum top_cell cell)
{
	enum top_sort sort = top_cell_sort(top, cell);

	return sort != TOP_SORTS && top->looks[top->view].sort == sort;
}

static bool has_overhead(const struct top *top)
{
	size_t i;

	for (i = 0; i < top->n_rows; i++)
		if (top->rows[i].overhead[top->window] >= 0)
			return true;
	return false;
}

static bool has_nested_exits(const struct top *top)
{
	size_t i;

	for (i = 0; i < top->n_rows; i++)
		if (top->rows[i].nested > 0)
			return true;
	return false;
}

static size_t cell_width(const struct top *top, enum top_cell cell, size_t columns)
{
	const struct top_cell_form *form = &top_cell_forms[top->view][cell];

	if (cell == CELL_NAME || cell == CELL_WHY || cell == CELL_SPARK)
		return 0;
	if (top_is_time(top, cell))
		return columns >= form->wide || top_is_sorted_by(top, cell) || cell == CELL_1S ||
				       columns >= WIDE_SCREEN * 3 / 4 ?
			       TIME_WIDTH :
			       0;
	/* The four are together, or the window's is alone. */
	if (top_is_rate(cell)) {
		if (columns >= form->wide)
			return form->width;
		return cell == (enum top_cell)(CELL_1S + top->window) ? RATE_WIDTH : 0;
	}
	if (cell == CELL_PER_VCPU && top->times)
		return 0;
	if (cell == CELL_NESTED && !has_nested_exits(top) && !top_is_sorted_by(top, cell))
		return 0;
	if (cell == CELL_OVERHEAD && (!has_overhead(top) || top->times))
		return 0;
	return columns >= form->wide || top_is_sorted_by(top, cell) ? form->width : 0;
}

static size_t longest_name(const struct top *top)
{
	size_t i, width, most = strlen(top_cell_forms[top->view][CELL_NAME].head) + 1;

	for (i = 0; i < top->n_rows; i++) {
		width = text_columns(top->rows[i].name);
		most = width > most ? width : most;
	}
	return most;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Instead of reasons. */
static bool shows_keys(const struct top *top)
{
	return top->view == TOP_REASONS && top->details && top->has_details;
}

/* What the others leave: the name first, then what explains it, and its past. */
static void lay_out_rest(const struct top *top, size_t columns, size_t left, struct top_layout *out)
{
	const struct top_cell_form *of = top_cell_forms[top->view];
	size_t most = columns >= WIDE_SCREEN  ? NAME_WIDE :
		      columns >= SMALL_SCREEN ? NAME_NARROW :
						NAME_MIN;
	size_t spark;

	/* Keys are long, and say what is to be known. */
	if (shows_keys(top))
		most = columns >= WIDE_SCREEN ? KEY_NAME_MAX : KEY_NAME_MAX / 2 + NAME_MIN / 2;
	out->widths[CELL_NAME] = min_size(left, min_size(longest_name(top), most));
	left -= out->widths[CELL_NAME];
	/* What is below the list has no history of its own. */
	if (columns >= of[CELL_SPARK].wide && !top->is_below && !shows_keys(top) &&
	    left > WHY_WANTED + SPARK_MIN + 1) {
		spark = min_size(TOP_CELLS, (left - WHY_WANTED - 1 + SPARK_MIN) / 2);
		out->widths[CELL_SPARK] = min_size(spark, left - WHY_WANTED - 2);
		left -= out->widths[CELL_SPARK] + 1;
	}
	if (columns >= of[CELL_WHY].wide && left > WHY_MIN)
		out->widths[CELL_WHY] = left - 1;
	else
		out->widths[CELL_NAME] += left;
}

void top_lay_out(const struct top *top, size_t columns, struct top_layout *out)
{
	size_t fixed = 0, first, n = top_visible(top, &first), i, k;

	*out = (struct top_layout){ .most = 0 };
	for (i = 0; i < CELLS; i++) {
		out->widths[i] = cell_width(top, (enum top_cell)i, columns);
		if (out->widths[i])
			fixed += out->widths[i] + 1;
		out->n_rates += top_is_rate((enum top_cell)i) && out->widths[i];
	}
	lay_out_rest(top, columns, columns > fixed ? columns - fixed : 0, out);
	if (out->widths[CELL_NAME] == 0)
		out->widths[CELL_NAME] = 1;
	for (i = first; i < first + n; i++)
		for (k = TOP_CELLS - out->widths[CELL_SPARK]; k < TOP_CELLS; k++)
			if (top->rows[i].cells[k] > out->most)
				out->most = top->rows[i].cells[k];
}
