// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: the cells of a line.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/top/top.h"
#include "ctl/width.h"
#include "util/util.h"

/* Longest line: a wide terminal, of characters of four bytes. */
#define LINE_BYTES 2048

/* Narrower, a reason's name says more than the first words of a sentence. */
#define WHY_WORDS 18

#define LEVELS	8
#define PERCENT 100.0

/* Smaller counts are short as they are. */
#define SHORT_MIN 1000

static const char *const utf8_levels[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const ascii_levels[] = { " ", ".", ":", "-", "=", "+", "*", "%", "#" };

/* What stands there instead of a rate: the first of these is TOP_BY_SHARE. */
static const char *const time_heads[TOP_VIEWS][TOP_RATES] = {
	[TOP_VMS] = { "%OVER", "MEAN", "MAX", "TIME" },
	[TOP_REASONS] = { "%TIME", "MEAN", "MAX", "TIME" },
};
/* All on one scale: the highest of what is on the screen. */
static void spark(const struct top *top, const struct top_layout *layout,
		  const double cells[static TOP_CELLS], char *out, size_t size)
{
	const char *const *levels = top->ascii ? ascii_levels : utf8_levels;
	size_t i, level, len = 0;

	for (i = TOP_CELLS - layout->widths[CELL_SPARK]; i < TOP_CELLS; i++) {
		/* Little is not nothing. */
		level = cells[i] > 0 ? 1 + (size_t)(cells[i] / layout->most * (LEVELS - 1) + 0.5) :
				       0;
		len += (size_t)snprintf(out + len, size - len, "%s",
					levels[level < LEVELS ? level : LEVELS]);
	}
}

static void short_text(double value, char *out, size_t size)
{
	_cleanup_free_ char *text = value < 0 ? strdup("-") : format_short(value);

	(void)snprintf(out, size, "%s", text ? text : "");
}

void top_count_text(long long count, char *out, size_t size)
{
	if (count < SHORT_MIN)
		(void)snprintf(out, size, "%lld", count);
	else
		short_text((double)count, out, size);
}

static void percent_text(double share, char *out, size_t size)
{
	if (share < 0)
		(void)snprintf(out, size, "-");
	else
		(void)snprintf(out, size, "%.1f", share * PERCENT);
}

static const char *mark_of(const struct top_row *row)
{
	switch (row->state) {
	case TOP_IN_STORM:
		return "!";
	case TOP_HAS_ENDED:
		return "-";
	case TOP_ABOVE_USUAL:
		return "^";
	case TOP_IDLE:
		return ".";
	case TOP_AS_USUAL:
		break;
	}
	return "";
}

static double share_of(const struct top *top, const struct top_row *row)
{
	double rate = row->rates[top->window], whole = top->vm.rates[top->window];

	return rate < 0 ? TOP_NO_SHARE : whole > 0 ? rate / whole : 0;
}

/* As much as there is room for. */
static const char *why_of(const struct top_row *row, size_t width)
{
	if (*row->why_long && text_columns(row->why_long) <= width)
		return row->why_long;
	return *row->why_reason && width < WHY_WORDS ? row->why_reason : row->why;
}

static void cell_text(const struct top *top, const struct top_layout *layout, enum top_cell cell,
		      const struct top_row *row, char *out, size_t size)
{
	char time[16];

	switch (cell) {
	case CELL_MARK:
		(void)snprintf(out, size, "%s", mark_of(row));
		break;
	case CELL_ID:
		(void)snprintf(out, size, "%lld", row->id);
		break;
	case CELL_NAME:
		(void)snprintf(out, size, "%s", row->name);
		break;
	case CELL_PID:
		(void)snprintf(out, size, "%lld", row->pid);
		break;
	case CELL_VCPUS:
		(void)snprintf(out, size, "%lld", row->vcpus);
		break;
	case CELL_EXITS:
		top_count_text(row->exits, out, size);
		break;
	case CELL_1S:
	case CELL_10S:
	case CELL_1M:
	case CELL_5M:
		if (top_is_time(top, cell)) {
			top_time_text(&row->time, top_cell_sort(top, cell), time);
			(void)snprintf(out, size, "%s", time);
		} else {
			short_text(row->rates[cell - CELL_1S], out, size);
		}
		break;
	case CELL_PERCENT:
		percent_text(share_of(top, row), out, size);
		break;
	case CELL_PER_VCPU:
		short_text(row->vcpus > 0 ? row->rates[top->window] / (double)row->vcpus :
					    TOP_NO_RATE,
			   out, size);
		break;
	case CELL_OVERHEAD:
		percent_text(row->overhead[top->window], out, size);
		break;
	case CELL_NESTED:
		top_count_text(row->nested, out, size);
		break;
	case CELL_WHY:
		(void)snprintf(out, size, "%s", why_of(row, layout->widths[cell]));
		break;
	case CELL_SPARK:
		spark(top, layout, row->cells, out, size);
		break;
	case CELLS:
		break;
	}
}

static void head_text(const struct top *top, const struct top_layout *layout, enum top_cell cell,
		      char *out, size_t size)
{
	const char *mark = top_is_sorted_by(top, cell) ? ">" : "";
	char most[16];

	if (cell == CELL_SPARK) {
		short_text(layout->most / TOP_CELL_S, most, sizeof(most));
		if (layout->widths[cell] < strlen("TO 99.9k/s"))
			(void)snprintf(out, size, "%s/s", most);
		else if (layout->widths[cell] < strlen("5 MIN, TO 99.9k/s"))
			(void)snprintf(out, size, "TO %s/s", most);
		else
			(void)snprintf(out, size, "%d MIN, TO %s/s",
				       (int)layout->widths[cell] * TOP_CELL_S / 60, most);
	} else if (cell == CELL_PERCENT) {
		(void)snprintf(out, size, "%%%s", output_windows[top->window]);
	} else if (top_is_time(top, cell)) {
		(void)snprintf(out, size, "%s%s", mark, time_heads[top->view][cell - CELL_1S]);
	} else if (top_is_rate(cell) && layout->n_rates == 1) {
		(void)snprintf(out, size, "%sEXITS/s", mark);
	} else {
		(void)snprintf(out, size, "%s%s", mark, top_cell_forms[top->view][cell].head);
	}
}

void top_line(const struct top *top, const struct top_layout *layout, const struct top_row *row,
	      char *out, size_t size)
{
	char text[TOP_NAME_MAX], fitted[LINE_BYTES];
	size_t i, len = 0;

	*out = '\0';
	for (i = 0; i < CELLS; i++) {
		if (layout->widths[i] == 0)
			continue;
		text[0] = '\0';
		if (row)
			cell_text(top, layout, (enum top_cell)i, row, text, sizeof(text));
		else
			head_text(top, layout, (enum top_cell)i, text, sizeof(text));
		text_fit(fitted, sizeof(fitted), text, layout->widths[i],
			 i == CELL_NAME ? CUT_MIDDLE : CUT_END, top_cell_forms[top->view][i].right);
		len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? " " : "", fitted);
		if (len >= size)
			return;
	}
}
