// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: what keys do.
 */
#include "config.h"

#include <string.h>

#include "ctl/top/top.h"

#define INTERVAL_MIN_MS 500
#define INTERVAL_MAX_MS 60000

#define SORTS_MAX 9

/* Without and with times. */
static const enum top_sort sorts_of[TOP_VIEWS][2][SORTS_MAX] = {
	[TOP_VMS] = { { TOP_BY_ID, TOP_BY_NAME, TOP_BY_PID, TOP_BY_EXITS, TOP_BY_1S, TOP_BY_10S,
			TOP_BY_1M, TOP_BY_5M, TOP_SORTS },
		      { TOP_BY_ID, TOP_BY_NAME, TOP_BY_PID, TOP_BY_EXITS, TOP_BY_SHARE, TOP_BY_MEAN,
			TOP_BY_MAX, TOP_BY_TIME, TOP_SORTS } },
	[TOP_REASONS] = { { TOP_BY_NAME, TOP_BY_EXITS, TOP_BY_NESTED, TOP_BY_1S, TOP_BY_10S,
			    TOP_BY_1M, TOP_BY_5M, TOP_SORTS },
			  { TOP_BY_NAME, TOP_BY_EXITS, TOP_BY_NESTED, TOP_BY_SHARE, TOP_BY_MEAN,
			    TOP_BY_MAX, TOP_BY_TIME, TOP_SORTS } },
};

static enum top_action sort_by(struct top *top, enum top_sort sort)
{
	struct top_look *look = top_look(top);

	look->sort = sort;
	look->reverse = false;
	top_arrange(top);
	return TOP_DRAW;
}

/* The column beside the one that rows are sorted by now. */
static enum top_action sort_beside(struct top *top, int step)
{
	const enum top_sort *sorts = sorts_of[top->view][top->times];
	size_t n = 0, at = 0;

	while (sorts[n] != TOP_SORTS) {
		if (sorts[n] == top_look(top)->sort)
			at = n;
		n++;
	}
	return sort_by(top, sorts[(at + n + (size_t)(step + (int)n)) % n]);
}

static enum top_action leave(struct top *top)
{
	if (top->view == TOP_VMS || top->one_vm)
		return TOP_NOTHING;
	top->view = TOP_VMS;
	top->n_rows = 0;
	return TOP_FETCH;
}

static enum top_action enter(struct top *top)
{
	struct top_look *look = top_look(top);

	if (top->view != TOP_VMS || top->n_rows == 0)
		return TOP_NOTHING;
	top->vm_id = look->selected_id;
	top->view = TOP_REASONS;
	top->n_rows = 0;
	look = top_look(top);
	look->selected = look->first = 0;
	look->selected_name[0] = '\0';
	return TOP_FETCH;
}

static enum top_action set_interval(struct top *top, uint64_t ms)
{
	if (ms >= INTERVAL_MIN_MS && ms <= INTERVAL_MAX_MS)
		top->interval_ms = ms;
	return TOP_DRAW;
}

static enum top_action move(struct top *top, long long rows)
{
	long long to = (long long)top_look(top)->selected + rows;

	top_select(top, to < 0 ? 0 : (size_t)to);
	return TOP_DRAW;
}

static enum top_action sort_key(struct top *top, int key)
{
	static const char keys[] = "inpel1234";
	const char *at = key > 0 && key < 0x80 ? strchr(keys, key) : NULL;
	const enum top_sort *sort;
	enum top_sort wanted;

	if (!at)
		return TOP_NOTHING;
	wanted = (enum top_sort)(at - keys);
	/* The four columns are others then. */
	if (top->times && wanted >= TOP_BY_1S)
		wanted = (enum top_sort)(wanted - TOP_BY_1S + TOP_BY_SHARE);
	for (sort = sorts_of[top->view][top->times]; *sort != TOP_SORTS; sort++)
		if (*sort == wanted)
			return sort_by(top, *sort);
	return TOP_NOTHING;
}

static enum top_action switch_times(struct top *top)
{
	int view;

	top->times = !top->times;
	for (view = 0; view < TOP_VIEWS; view++)
		top->looks[view].sort = top->times ? TOP_BY_SHARE : TOP_BY_10S;
	return sort_by(top, top_look(top)->sort);
}

enum top_action top_key(struct top *top, int key)
{
	if (top->help) {
		top->help = false;
		return key == 'q' ? TOP_QUIT : TOP_DRAW;
	}
	switch (key) {
	case 'q':
		return TOP_QUIT;
	case '?':
	case 'h':
		top->help = true;
		return TOP_DRAW;
	case TOP_KEY_ENTER:
	case '\r':
	case TOP_KEY_RIGHT:
		return enter(top);
	case TOP_KEY_ESCAPE:
	case TOP_KEY_LEFT:
	case '\b':
	case 127:
		return leave(top);
	case TOP_KEY_UP:
	case 'k':
		return move(top, -1);
	case TOP_KEY_DOWN:
	case 'j':
		return move(top, 1);
	case TOP_KEY_PAGE_UP:
		return move(top, -(long long)top_page(top));
	case TOP_KEY_PAGE_DOWN:
		return move(top, (long long)top_page(top));
	case TOP_KEY_HOME:
		return move(top, -(long long)top->n_rows);
	case TOP_KEY_END:
		return move(top, (long long)top->n_rows);
	case '<':
		return sort_beside(top, -1);
	case '>':
		return sort_beside(top, 1);
	case 'r':
		top_look(top)->reverse = !top_look(top)->reverse;
		top_arrange(top);
		return TOP_DRAW;
	case 'a':
		top->show_ended = !top->show_ended;
		return top->view == TOP_VMS ? TOP_FETCH : TOP_NOTHING;
	case 'd':
		top->details = !top->details;
		return top->view == TOP_REASONS ? TOP_FETCH : TOP_NOTHING;
	case 't':
		return switch_times(top);
	case ' ':
		top->paused = !top->paused;
		return top->paused ? TOP_DRAW : TOP_FETCH;
	case '+':
		return set_interval(top, top->interval_ms * 2);
	case '-':
		return set_interval(top, top->interval_ms / 2);
	case TOP_KEY_RESIZE:
		return TOP_DRAW;
	default:
		return sort_key(top, key);
	}
}
