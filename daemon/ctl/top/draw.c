// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: the lines of its screen.
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
#define COLUMN_MAX 400

#define LEVELS 8

static const char *const utf8_levels[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const ascii_levels[] = { " ", ".", ":", "-", "=", "+", "*", "%", "#" };

enum cell {
	CELL_MARK,
	CELL_ID,
	CELL_NAME,
	CELL_PID,
	CELL_VCPUS,
	CELL_EXITS,
	CELL_PERCENT,
	CELL_1S,
	CELL_10S,
	CELL_1M,
	CELL_5M,
	CELL_NESTED,
	CELL_SPARK,
	CELLS,
};

/* width is 0 for what takes what is left; wide is from how wide a screen on it is there. */
struct cell_form {
	const char *head;
	size_t width;
	bool right;
	size_t wide;
	enum top_sort sort;
};

/* What VMs and reasons are called mostly; sparklines have the rest, and names what they leave. */
static const size_t name_widths[TOP_VIEWS] = { 15, 18 };

#define SPARK_MIN 4
#define NOT_HERE  (COLUMN_MAX + 1)

static const struct cell_form forms[TOP_VIEWS][CELLS] = {
	[TOP_VMS] = {
		[CELL_MARK] = { "", 1, false, 0, TOP_SORTS },
		[CELL_ID] = { "ID", 5, true, 0, TOP_BY_ID },
		[CELL_NAME] = { "NAME", 0, false, 0, TOP_BY_NAME },
		[CELL_PID] = { "PID", 7, true, 92, TOP_BY_PID },
		[CELL_VCPUS] = { "VCPUS", 5, true, 98, TOP_SORTS },
		[CELL_EXITS] = { "EXITS", 11, true, 0, TOP_BY_EXITS },
		[CELL_PERCENT] = { "%", 5, true, NOT_HERE, TOP_SORTS },
		[CELL_1S] = { "1s", 7, true, 0, TOP_BY_1S },
		[CELL_10S] = { "10s", 7, true, 0, TOP_BY_10S },
		[CELL_1M] = { "1m", 7, true, 0, TOP_BY_1M },
		[CELL_5M] = { "5m", 7, true, 60, TOP_BY_5M },
		[CELL_NESTED] = { "NESTED", 11, true, NOT_HERE, TOP_SORTS },
		[CELL_SPARK] = { "LAST 5 MIN", 0, false, 70, TOP_SORTS },
	},
	[TOP_REASONS] = {
		[CELL_MARK] = { "", 0, false, NOT_HERE, TOP_SORTS },
		[CELL_ID] = { "CODE", 5, true, NOT_HERE, TOP_BY_ID },
		[CELL_NAME] = { "REASON", 0, false, 0, TOP_BY_NAME },
		[CELL_PID] = { "PID", 7, true, NOT_HERE, TOP_SORTS },
		[CELL_VCPUS] = { "VCPUS", 5, true, NOT_HERE, TOP_SORTS },
		[CELL_EXITS] = { "TOTAL", 11, true, 0, TOP_BY_EXITS },
		[CELL_PERCENT] = { "%", 5, true, 0, TOP_SORTS },
		[CELL_1S] = { "1s", 7, true, 0, TOP_BY_1S },
		[CELL_10S] = { "10s", 7, true, 0, TOP_BY_10S },
		[CELL_1M] = { "1m", 7, true, 0, TOP_BY_1M },
		[CELL_5M] = { "5m", 7, true, 60, TOP_BY_5M },
		[CELL_NESTED] = { "NESTED", 11, true, 92, TOP_BY_NESTED },
		[CELL_SPARK] = { "LAST 5 MIN", 0, false, 70, TOP_SORTS },
	},
};

struct layout {
	const struct cell_form *forms;
	size_t widths[CELLS]; /* 0 for a cell that is not there */
};

static void lay_out(const struct top *top, size_t columns, struct layout *out)
{
	size_t fixed = 0, left, i;

	out->forms = forms[top->view];
	for (i = 0; i < CELLS; i++) {
		const struct cell_form *form = &out->forms[i];

		out->widths[i] = columns >= form->wide ? form->width : 0;
		if (out->widths[i])
			fixed += out->widths[i] + 1;
	}
	left = columns > fixed ? columns - fixed : 0;
	/* Keys have long names, and no history. */
	if ((!top->details || top->view != TOP_REASONS) && columns >= out->forms[CELL_SPARK].wide &&
	    left > name_widths[top->view] + SPARK_MIN) {
		out->widths[CELL_SPARK] = left - name_widths[top->view] - 1;
		if (out->widths[CELL_SPARK] > TOP_CELLS)
			out->widths[CELL_SPARK] = TOP_CELLS;
		left -= out->widths[CELL_SPARK] + 1;
	}
	out->widths[CELL_NAME] = left > 0 ? left : 1;
}

static void spark(const struct top *top, const double cells[static TOP_CELLS], size_t width,
		  char *out, size_t size)
{
	const char *const *levels = top->ascii ? ascii_levels : utf8_levels;
	size_t i, level, len = 0, from = TOP_CELLS - width;
	double most = 0;

	for (i = from; i < TOP_CELLS; i++)
		most = cells[i] > most ? cells[i] : most;
	for (i = from; i < TOP_CELLS; i++) {
		/* Little is not nothing. */
		level = cells[i] > 0 ? 1 + (size_t)(cells[i] / most * (LEVELS - 1) + 0.5) : 0;
		len += (size_t)snprintf(out + len, size - len, "%s", levels[level]);
	}
}

static void short_text(double value, char out[static 16])
{
	_cleanup_free_ char *text = format_short(value);

	(void)snprintf(out, 16, "%s", text ? text : "");
}

/* What stands there instead of a rate: the first of these is TOP_BY_SHARE. */
static const char *const time_heads[TOP_VIEWS][TOP_RATES] = {
	[TOP_VMS] = { "%OVER", "MEAN", "MAX", "TIME" },
	[TOP_REASONS] = { "%TIME", "MEAN", "MAX", "TIME" },
};

/* Whether a cell is a rate's, and in times has one of these. */
static bool is_time(const struct top *top, enum cell cell)
{
	return top->times && cell >= CELL_1S && cell <= CELL_5M;
}

static enum top_sort time_sort(enum cell cell)
{
	return (enum top_sort)(TOP_BY_SHARE + (cell - CELL_1S));
}

static void cell_text(const struct top *top, const struct layout *layout, enum cell cell,
		      const struct top_row *row, char *out, size_t size)
{
	switch (cell) {
	case CELL_MARK:
		(void)snprintf(out, size, "%s", row->storm ? "!" : row->ended ? "-" : "");
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
		(void)snprintf(out, size, "%lld", row->exits);
		break;
	case CELL_PERCENT:
		(void)snprintf(
			out, size, "%.1f",
			top->vm.exits > 0 ? (double)row->exits * 100.0 / (double)top->vm.exits : 0);
		break;
	case CELL_1S:
	case CELL_10S:
	case CELL_1M:
	case CELL_5M:
		if (is_time(top, cell))
			top_time_text(&row->time, time_sort(cell), out);
		else if (row->rates[cell - CELL_1S] < 0)
			(void)snprintf(out, size, "-");
		else
			short_text(row->rates[cell - CELL_1S], out);
		break;
	case CELL_NESTED:
		(void)snprintf(out, size, "%lld", row->nested);
		break;
	case CELL_SPARK:
		spark(top, row->cells, layout->widths[cell], out, size);
		break;
	case CELLS:
		break;
	}
}

/* row is NULL for the head. */
static void line_text(const struct top *top, const struct layout *layout, const struct top_row *row,
		      char *out, size_t size)
{
	char text[TOP_NAME_MAX], fitted[LINE_BYTES];
	size_t i, len = 0;

	*out = '\0';
	for (i = 0; i < CELLS; i++) {
		const struct cell_form *form = &layout->forms[i];
		bool time = is_time(top, (enum cell)i);
		enum top_sort sort = time ? time_sort((enum cell)i) : form->sort;
		bool by = top->looks[top->view].sort == sort && sort != TOP_SORTS;

		if (layout->widths[i] == 0)
			continue;
		text[0] = '\0';
		if (row)
			cell_text(top, layout, (enum cell)i, row, text, sizeof(text));
		else
			(void)snprintf(text, sizeof(text), "%s%s", by ? ">" : "",
				       time ? time_heads[top->view][i - CELL_1S] : form->head);
		text_fit(fitted, sizeof(fitted), text, layout->widths[i],
			 i == CELL_NAME ? CUT_MIDDLE : CUT_END, form->right);
		len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? " " : "", fitted);
		if (len >= size)
			return;
	}
}

static enum top_style style_of(const struct top_row *row)
{
	if (row->storm)
		return TOP_STORM;
	return row->ended ? TOP_ENDED : TOP_PLAIN;
}

static void title_text(const struct top *top, char *out, size_t size)
{
	char rate[16] = "";

	short_text(top->vm.rates[0], rate);
	if (top->view == TOP_VMS)
		(void)snprintf(out, size, "%s  %lld VMs, %lld vCPUs, %s exits/s%s", top->clock,
			       top->vm.vcpus, top->n_vcpus, rate, top->paused ? "  PAUSED" : "");
	else
		(void)snprintf(out, size, "%s  %s%s  id %lld, pid %lld, %s, %lld exits, %s/s%s%s",
			       top->clock, top->vm.storm ? "! " : "", top->vm.name, top->vm.id,
			       top->vm.pid, top->isa, top->vm.exits, rate,
			       top->vm.ended ? "  ENDED" : "", top->paused ? "  PAUSED" : "");
}

/* How a screen is drawn on. */
struct pen {
	top_put put;
	void *userdata;
	size_t columns;
};

static void put_line(const struct pen *pen, size_t line, enum top_style style, const char *text)
{
	char fitted[LINE_BYTES];

	text_fit(fitted, sizeof(fitted), text, pen->columns, CUT_END, false);
	pen->put(pen->userdata, line, style, fitted);
}

static const char *const help[] = {
	"Up, Down, PgUp, PgDn, Home, End   select",
	"Enter, Right                      the exit reasons of the selected VM",
	"Esc, Left, Backspace              back to the VMs",
	"1 2 3 4                           sort by exits per second over 1s, 10s, 1m, 5m",
	"t                                 how long exits took, and back to how many they are",
	"d                                 what exactly caused a VM's exits, and back",
	"e  i  n  p                        sort by all exits, id, name, process",
	"l                                 sort by those from a guest's guest (L2)",
	"<  >                              sort by the column beside",
	"r                                 the other way round",
	"a                                 VMs that have ended, too: marked '-'",
	"Space                             stop, and go on",
	"+  -                              refresh half as often, twice as often",
	"q                                 quit",
	"",
	"! marks a VM in an exit storm: far more exits than it used to make.",
	"LAST 5 MIN has a step for 10 seconds, each line by its own most.",
	"%OVER is the part of a VM's vCPU time that exits cost: not HLT, MWAIT, PAUSE.",
	"%TIME is the part of a CPU's time, lately, from exits to the next entries.",
};

static size_t columns_of(const struct top *top)
{
	return top->columns < COLUMN_MAX ? top->columns : COLUMN_MAX;
}

void top_draw(const struct top *top, top_put put, void *userdata)
{
	const struct pen pen = { put, userdata, columns_of(top) };
	const struct top_look *look = &top->looks[top->view];
	size_t first, shown = top_visible(top, &first), i;
	char text[LINE_BYTES];
	struct layout layout;

	title_text(top, text, sizeof(text));
	put_line(&pen, 0, TOP_TITLE, text);
	if (top->help) {
		for (i = 1; i < top->lines; i++)
			put_line(&pen, i, TOP_PLAIN,
				 i >= 2 && i - 2 < ARRAY_SIZE(help) ? help[i - 2] : "");
		return;
	}

	put_line(&pen, 1, TOP_ALERT, top_message(top));
	lay_out(top, pen.columns, &layout);
	line_text(top, &layout, NULL, text, sizeof(text));
	put_line(&pen, 2, TOP_HEAD, text);
	for (i = 0; i + 4 < top->lines; i++) {
		*text = '\0';
		if (i < shown)
			line_text(top, &layout, &top->rows[first + i], text, sizeof(text));
		put_line(&pen, 3 + i,
			 i >= shown		     ? TOP_PLAIN :
			 first + i == look->selected ? TOP_SELECTED :
						       style_of(&top->rows[first + i]),
			 text);
	}
	if (top->lines > 4)
		put_line(&pen, top->lines - 1, TOP_TITLE,
			 top->view == TOP_VMS ?
				 "q quit  ? help  Enter reasons  < > sort  r reverse  a ended" :
			 top->one_vm ? "q quit  ? help  < > sort  r reverse" :
				       "q quit  ? help  Esc VMs  < > sort  r reverse");
}

void top_print(const struct top *top, top_put put, void *userdata)
{
	const struct pen pen = { put, userdata, columns_of(top) };
	char text[LINE_BYTES];
	struct layout layout;
	size_t i, line = 0;

	title_text(top, text, sizeof(text));
	put_line(&pen, line++, TOP_TITLE, text);
	if (*top_message(top))
		put_line(&pen, line++, TOP_ALERT, top_message(top));
	lay_out(top, pen.columns, &layout);
	line_text(top, &layout, NULL, text, sizeof(text));
	put_line(&pen, line++, TOP_HEAD, text);
	for (i = 0; i < top->n_rows; i++) {
		line_text(top, &layout, &top->rows[i], text, sizeof(text));
		put_line(&pen, line++, style_of(&top->rows[i]), text);
	}
}
