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

/* Lines of what is below the list that are no rows: what it is about, and the head. */
#define BELOW_FRAME 2

static enum top_style style_of(const struct top_row *row)
{
	switch (row->state) {
	case TOP_IN_STORM:
		return TOP_STORM;
	case TOP_ABOVE_USUAL:
		return TOP_ABOVE;
	case TOP_HAS_ENDED:
	case TOP_IDLE:
		return TOP_QUIET;
	case TOP_AS_USUAL:
		break;
	}
	return TOP_PLAIN;
}

static void title_text(const struct top *top, char *out, size_t size)
{
	static const char *const windows[TOP_RATES] = { "1s", "10s", "1 min", "5 min" };
	_cleanup_free_ char *rate = format_short(top->vm.rates[top->window]);
	char exits[TOP_COUNT_MAX];
	char storms[64] = "";

	top_count_text(top->vm.exits, exits, sizeof(exits));
	if (top->n_storms > 0)
		(void)snprintf(storms, sizeof(storms), ", %zu in a storm", top->n_storms);
	if (top->view == TOP_VMS)
		(void)snprintf(out, size, "%s  %lld VMs, %lld vCPUs, %s exits/s over %s%s%s",
			       top->clock, top->vm.vcpus, top->n_vcpus, rate, windows[top->window],
			       storms, top->paused ? "  PAUSED" : "");
	else
		(void)snprintf(out, size,
			       "%s  %s%s  id %lld, pid %lld, %s, %s exits, %s/s over %s%s%s",
			       top->clock, top->vm.state == TOP_IN_STORM ? "! " : "", top->vm.name,
			       top->vm.id, top->vm.pid, top->isa, exits, rate, windows[top->window],
			       top->vm.state == TOP_HAS_ENDED ? "  ENDED" : "",
			       top->paused ? "  PAUSED" : "");
}

/* How a screen is drawn on. */
struct pen {
	top_put put;
	void *userdata;
	size_t columns;
	size_t line; /* of what is put by top_explain() */
};

static void put_line(const struct pen *pen, size_t line, enum top_style style, const char *text)
{
	char fitted[LINE_BYTES];

	text_fit(fitted, sizeof(fitted), text, pen->columns, CUT_END, false);
	pen->put(pen->userdata, line, style, fitted);
}

static void put_explained(void *userdata, size_t line, enum top_style style, const char *text)
{
	const struct pen *pen = userdata;

	put_line(pen, pen->line + line, style, text);
}

static size_t columns_of(const struct top *top)
{
	return top->columns < COLUMN_MAX ? top->columns : COLUMN_MAX;
}

static void put_message(const struct top *top, const struct pen *pen)
{
	char text[LINE_BYTES];

	if (top->typing)
		(void)snprintf(text, sizeof(text), "Only names with: %s_", top->filter);
	else if (*top->filter && !*top_message(top))
		(void)snprintf(text, sizeof(text), "Only names with '%s': %zu of %zu. Esc: all",
			       top->filter, top->n_rows, top->n_all);
	else
		(void)snprintf(text, sizeof(text), "%s", top_message(top));
	put_line(pen, 1, TOP_ALERT, text);
}

static void put_rows(const struct top *top, const struct pen *pen, size_t line, size_t lines)
{
	const struct top_look *look = &top->looks[top->view];
	size_t first, shown = top_visible(top, &first), i;
	char text[LINE_BYTES];
	struct top_layout layout;

	top_lay_out(top, pen->columns, &layout);
	top_line(top, &layout, NULL, text, sizeof(text));
	put_line(pen, line, TOP_HEAD, text);
	for (i = 0; i + 1 < lines; i++) {
		*text = '\0';
		if (i < shown)
			top_line(top, &layout, &top->rows[first + i], text, sizeof(text));
		put_line(pen, line + 1 + i,
			 i >= shown ? TOP_PLAIN :
			 first + i == look->selected && !top->is_below ?
				      TOP_SELECTED :
				      style_of(&top->rows[first + i]),
			 text);
	}
}

/* The selected VM: in short, and its reasons. */
static void put_below(const struct top *top, const struct pen *pen, size_t line, size_t lines)
{
	const struct top_row *row = top_selected(top);
	const struct top *below = top->below;
	char text[LINE_BYTES];
	size_t i;

	if (!row || !below || below->vm.id != row->id || lines <= BELOW_FRAME) {
		for (i = 0; i < lines; i++)
			put_line(pen, line + i, TOP_PLAIN, "");
		return;
	}
	(void)snprintf(text, sizeof(text), "%s%s  id %lld, %lld vCPU%s%s%s",
		       below->vm.state == TOP_IN_STORM ? "! " : "", below->vm.name, below->vm.id,
		       row->vcpus, row->vcpus == 1 ? "" : "s", *below->outlier ? ": " : "",
		       below->outlier);
	put_line(pen, line, TOP_TITLE, text);
	put_rows(below, pen, line + 1, lines - 1);
}

static const char *keys_of(const struct top *top)
{
	if (top->explains)
		return "q quit  Up Down scroll  other keys: back";
	if (top->view == TOP_VMS)
		return "q quit  ? help  Enter reasons  v vCPUs  / filter  w window  < > sort  "
		       "d details";
	if (top->view == TOP_VCPUS)
		return "q quit  ? help  Esc back  v reasons  w window  < > sort";
	return top->one_vm ? "q quit  ? help  Enter explain  v vCPUs  d details  w window" :
			     "q quit  ? help  Esc VMs  Enter explain  v vCPUs  d details  w window";
}

static void put_help(const struct top *top, const struct pen *pen)
{
	const char *text = "";
	size_t i;

	for (i = 1; i < top->lines; i++) {
		text = i >= 2 && text ? top_help_line(i - 2) : text;
		put_line(pen, i, TOP_PLAIN, text ? text : "");
	}
}

static void put_explanation(const struct top *top, struct pen *pen, size_t lines)
{
	const struct top_row *row = &top->rows[top->looks[top->view].selected];
	size_t n, i;

	pen->line = 2;
	n = top_explain(row, pen->columns, top->explain_first, lines, put_explained, pen);
	n = n > top->explain_first ? n - top->explain_first : 0;
	for (i = n; i < lines; i++)
		put_line(pen, 2 + i, TOP_PLAIN, "");
}

void top_draw(const struct top *top, top_put put, void *userdata)
{
	struct pen pen = { put, userdata, columns_of(top), 0 };
	size_t below = top_below_lines(top), list;
	char text[LINE_BYTES];

	title_text(top, text, sizeof(text));
	put_line(&pen, 0, TOP_TITLE, text);
	if (top->help) {
		put_help(top, &pen);
		return;
	}
	put_message(top, &pen);
	list = top->lines > 4 + below ? top->lines - 3 - below : 1;
	if (top->explains && top->n_rows > 0)
		put_explanation(top, &pen, list);
	else
		put_rows(top, &pen, 2, list);
	if (below > 0)
		put_below(top, &pen, 2 + list, below);
	if (top->lines > 4)
		put_line(&pen, top->lines - 1, TOP_TITLE, keys_of(top));
}

void top_print(const struct top *top, top_put put, void *userdata)
{
	const struct pen pen = { put, userdata, columns_of(top), 0 };
	char text[LINE_BYTES];
	struct top_layout layout;
	size_t i, line = 0;

	title_text(top, text, sizeof(text));
	put_line(&pen, line++, TOP_TITLE, text);
	if (*top_message(top))
		put_line(&pen, line++, TOP_ALERT, top_message(top));
	top_lay_out(top, pen.columns, &layout);
	top_line(top, &layout, NULL, text, sizeof(text));
	put_line(&pen, line++, TOP_HEAD, text);
	for (i = 0; i < top->n_rows; i++) {
		top_line(top, &layout, &top->rows[i], text, sizeof(text));
		put_line(&pen, line++, style_of(&top->rows[i]), text);
	}
}
