// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: what keys do.
 */
#include "config.h"

#include <string.h>

#include "ctl/top/top.h"

#define SORTS_MAX 11

/* Without and with times. */
static const enum top_sort sorts_of[TOP_VIEWS][2][SORTS_MAX] = {
	[TOP_VMS] = { { TOP_BY_ID, TOP_BY_NAME, TOP_BY_PID, TOP_BY_EXITS, TOP_BY_1S, TOP_BY_10S,
			TOP_BY_1M, TOP_BY_5M, TOP_BY_OVERHEAD, TOP_SORTS },
		      { TOP_BY_ID, TOP_BY_NAME, TOP_BY_PID, TOP_BY_EXITS, TOP_BY_SHARE, TOP_BY_MEAN,
			TOP_BY_MAX, TOP_BY_TIME, TOP_SORTS } },
	[TOP_REASONS] = { { TOP_BY_NAME, TOP_BY_EXITS, TOP_BY_NESTED, TOP_BY_1S, TOP_BY_10S,
			    TOP_BY_1M, TOP_BY_5M, TOP_BY_OVERHEAD, TOP_SORTS },
			  { TOP_BY_NAME, TOP_BY_EXITS, TOP_BY_NESTED, TOP_BY_SHARE, TOP_BY_MEAN,
			    TOP_BY_MAX, TOP_BY_TIME, TOP_SORTS } },
	[TOP_VCPUS] = { { TOP_BY_ID, TOP_BY_EXITS, TOP_BY_1S, TOP_BY_10S, TOP_BY_1M, TOP_BY_5M,
			  TOP_SORTS },
			{ TOP_BY_ID, TOP_BY_EXITS, TOP_BY_1S, TOP_BY_10S, TOP_BY_1M, TOP_BY_5M,
			  TOP_SORTS } },
};

static bool is_rate(enum top_sort sort)
{
	return sort >= TOP_BY_1S && sort <= TOP_BY_5M;
}

static enum top_action sort_by(struct top *top, enum top_sort sort)
{
	struct top_look *look = top_look(top);

	look->sort = sort;
	look->reverse = false;
	/* What is shown of each row is what they are sorted by. */
	if (is_rate(sort))
		top->window = (enum top_window)(sort - TOP_BY_1S);
	top_follow(top);
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

static void forget_rows(struct top *top)
{
	top->n_rows = top->n_all = 0;
}

/* Another view, of the VM that is looked at, from its first row on. */
static enum top_action go_to(struct top *top, enum top_view view)
{
	struct top_look *look;

	top->view = view;
	top->filter[0] = '\0';
	forget_rows(top);
	look = top_look(top);
	if (view != TOP_VMS) {
		look->selected = look->first = 0;
		look->selected_id = -1;
		look->selected_name[0] = '\0';
	}
	if (is_rate(look->sort))
		look->sort = (enum top_sort)(TOP_BY_1S + (int)top->window);
	return TOP_FETCH;
}

static enum top_action leave(struct top *top)
{
	if (*top->filter) {
		top->filter[0] = '\0';
		top_arrange(top);
		return TOP_DRAW;
	}
	if (top->view == TOP_VCPUS && top->one_vm)
		return go_to(top, TOP_REASONS);
	return top->view == TOP_VMS || top->one_vm ? TOP_NOTHING : go_to(top, TOP_VMS);
}

static enum top_action enter(struct top *top)
{
	if (top->n_rows == 0 || top->view == TOP_VCPUS)
		return TOP_NOTHING;
	if (top->view == TOP_REASONS) {
		top->explains = true;
		top->explain_first = 0;
		return TOP_DRAW;
	}
	top->vm_id = top_look(top)->selected_id;
	return go_to(top, TOP_REASONS);
}

static enum top_action switch_vcpus(struct top *top)
{
	if (top->view == TOP_VCPUS)
		return go_to(top, TOP_REASONS);
	if (top->view == TOP_VMS && top->n_rows == 0)
		return TOP_NOTHING;
	if (top->view == TOP_VMS)
		top->vm_id = top_look(top)->selected_id;
	return go_to(top, TOP_VCPUS);
}

static enum top_action set_window(struct top *top, enum top_window window)
{
	top->window = window;
	top_follow(top);
	if (is_rate(top_look(top)->sort))
		(void)sort_by(top, (enum top_sort)(TOP_BY_1S + (int)window));
	/* What is said of vCPUs and of the selected VM is of the window. */
	return top->paused ? TOP_DRAW : TOP_FETCH;
}

/* A letter of the filter. */
static enum top_action type(struct top *top, int key)
{
	size_t length = strlen(top->filter);

	if (key == TOP_KEY_ESCAPE)
		top->filter[0] = '\0';
	if (key == TOP_KEY_ESCAPE || key == TOP_KEY_ENTER || key == '\r')
		top->typing = false;
	else if ((key == '\b' || key == 127) && length > 0)
		top->filter[length - 1] = '\0';
	else if (key >= ' ' && key < 127 && length + 1 < sizeof(top->filter)) {
		top->filter[length] = (char)key;
		top->filter[length + 1] = '\0';
	}
	top_arrange(top);
	return TOP_DRAW;
}

/* While something is explained; any other key ends that. */
static enum top_action read_on(struct top *top, int key)
{
	if (key == 'q')
		return TOP_QUIT;
	if (key == TOP_KEY_DOWN || key == 'j')
		top->explain_first++;
	else if (key == TOP_KEY_UP || key == 'k')
		top->explain_first -= top->explain_first > 0;
	else if (key != TOP_KEY_RESIZE)
		top->explains = false;
	return TOP_DRAW;
}

static enum top_action set_interval(struct top *top, uint64_t ms)
{
	if (ms >= TOP_INTERVAL_MIN_MS && ms <= TOP_INTERVAL_MAX_MS)
		top->interval_ms = ms;
	return TOP_DRAW;
}

static enum top_action move(struct top *top, long long rows)
{
	long long to = (long long)top_look(top)->selected + rows;

	top_select(top, to < 0 ? 0 : (size_t)to);
	/* There is more about the selected VM. */
	return top_below_lines(top) > 0 && !top->paused ? TOP_FETCH : TOP_DRAW;
}

static enum top_action set_sort_window(struct top *top, enum top_window window)
{
	(void)sort_by(top, (enum top_sort)(TOP_BY_1S + (int)window));
	return set_window(top, window);
}

static enum top_action sort_key(struct top *top, int key)
{
	static const char keys[] = "inpel1234o";
	const char *at = key > 0 && key < 0x80 ? strchr(keys, key) : NULL;
	const enum top_sort *sort;
	enum top_sort wanted;

	if (!at)
		return TOP_NOTHING;
	wanted = (enum top_sort)(at - keys);
	/* The four columns are others then. */
	if (is_rate(wanted) && (!top->times || top->view == TOP_VCPUS))
		return set_sort_window(top, (enum top_window)(wanted - TOP_BY_1S));
	if (top->times && is_rate(wanted))
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
		top->looks[view].sort = top->times && view != TOP_VCPUS ?
						TOP_BY_SHARE :
						(enum top_sort)(TOP_BY_1S + (int)top->window);
	return sort_by(top, top_look(top)->sort);
}

enum top_action top_key(struct top *top, int key)
{
	if (top->help) {
		top->help = false;
		return key == 'q' ? TOP_QUIT : TOP_DRAW;
	}
	if (top->explains)
		return read_on(top, key);
	if (top->typing)
		return type(top, key);
	switch (key) {
	case 'q':
		return TOP_QUIT;
	case 'W':
		return TOP_SAVE;
	case '/':
		top->typing = true;
		return TOP_DRAW;
	case 'v':
		return switch_vcpus(top);
	case 'w':
		return set_window(top, (enum top_window)((top->window + 1) % TOP_RATES));
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
		return top->view == TOP_VCPUS ? TOP_NOTHING : TOP_FETCH;
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
