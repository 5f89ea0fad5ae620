// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: the order of rows, and which of them are on the screen.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/top/top.h"

/* Lines that are no rows: title, message, head, and keys at the bottom. */
#define FRAME_LINES 4

/* Of times, the first is what is asked for most; the others have keys. */
const char *const top_sort_names[] = { "id",  "name", "pid", "exits",	 "nested", "1s",
				       "10s", "1m",   "5m",  "overhead", "time",   NULL };

void top_init(struct top *top)
{
	*top = (struct top){
		.looks = { [TOP_VMS] = { .sort = TOP_BY_10S },
			   [TOP_REASONS] = { .sort = TOP_BY_10S },
			   [TOP_VCPUS] = { .sort = TOP_BY_10S } },
		.window = TOP_10S,
		.lines = 24,
		.columns = 80,
		.interval_ms = 2000,
	};
}

void top_done(struct top *top)
{
	if (top->below)
		top_done(top->below);
	free(top->below);
	free(top->rows);
	top->below = NULL;
	top->rows = NULL;
	top->n_rows = top->n_all = 0;
}

/* -- order and selection --------------------------------------------------- */

static int compare_numbers(double x, double y)
{
	return (x < y) - (x > y);
}

/* What comes first is what there is more of; names and ids go up. */
static int compare_by(enum top_sort sort, const struct top_row *a, const struct top_row *b)
{
	switch (sort) {
	case TOP_BY_ID:
		return (a->id > b->id) - (a->id < b->id);
	case TOP_BY_NAME:
		return strcmp(a->name, b->name);
	case TOP_BY_PID:
		return (a->pid > b->pid) - (a->pid < b->pid);
	case TOP_BY_EXITS:
		return (a->exits < b->exits) - (a->exits > b->exits);
	case TOP_BY_NESTED:
		return (a->nested < b->nested) - (a->nested > b->nested);
	case TOP_BY_1S:
	case TOP_BY_10S:
	case TOP_BY_1M:
	case TOP_BY_5M:
		return compare_numbers(a->rates[sort - TOP_BY_1S], b->rates[sort - TOP_BY_1S]);
	case TOP_BY_OVERHEAD:
		return compare_numbers(a->overhead[TOP_10S], b->overhead[TOP_10S]);
	case TOP_BY_SHARE:
		if (a->time.share != b->time.share)
			return compare_numbers(a->time.share, b->time.share);
		return compare_numbers(a->time.total_ns, b->time.total_ns);
	case TOP_BY_MEAN:
		return compare_numbers(a->time.mean_ns, b->time.mean_ns);
	case TOP_BY_MAX:
		return compare_numbers(a->time.max_ns, b->time.max_ns);
	case TOP_BY_TIME:
		return compare_numbers(a->time.total_ns, b->time.total_ns);
	case TOP_SORTS:
		break;
	}
	return 0;
}

/* Rows that are alike must not dance: the id, and then the name, decide. */
static int compare_rows(const void *a, const void *b, void *userdata)
{
	const struct top_look *look = userdata;
	int result = compare_by(look->sort, a, b);

	if (look->reverse)
		result = -result;
	if (!result)
		result = compare_by(TOP_BY_ID, a, b);
	return result ? result : compare_by(TOP_BY_NAME, a, b);
}

/*
 * Of a screen of that many lines, the selected VM has this part at least, and what the
 * list leaves, as long as it says something.
 */
#define BELOW_SCREEN_MIN 16
#define BELOW_PART	 2
#define BELOW_WHOLE	 5
#define BELOW_MAX	 20

size_t top_below_lines(const struct top *top)
{
	size_t least = top->lines * BELOW_PART / BELOW_WHOLE, left;

	/* No terminal has as many as there is no limit for. */
	if (top->view != TOP_VMS || top->lines < BELOW_SCREEN_MIN || top->lines == SIZE_MAX ||
	    top->n_rows == 0)
		return 0;
	left = top->lines - FRAME_LINES;
	left = left > top->n_rows ? left - top->n_rows : 0;
	left = left < BELOW_MAX ? left : BELOW_MAX;
	return left > least ? left : least;
}

size_t top_page(const struct top *top)
{
	size_t frame = FRAME_LINES + top_below_lines(top);

	return top->lines > frame + 1 ? top->lines - frame : 1;
}

const struct top_row *top_selected(const struct top *top)
{
	size_t selected = top->looks[top->view].selected;

	return selected < top->n_rows ? &top->rows[selected] : NULL;
}

static bool is_selected(const struct top *top, const struct top_look *look,
			const struct top_row *row)
{
	return top->view != TOP_REASONS ? row->id == look->selected_id :
					  strcmp(row->name, look->selected_name) == 0;
}

void top_select(struct top *top, size_t row)
{
	struct top_look *look = top_look(top);

	if (top->n_rows == 0) {
		look->selected = look->first = 0;
		return;
	}
	if (row >= top->n_rows)
		row = top->n_rows - 1;
	look->selected = row;
	look->selected_id = top->rows[row].id;
	memcpy(look->selected_name, top->rows[row].name, sizeof(look->selected_name));
	if (row < look->first)
		look->first = row;
	if (row >= look->first + top_page(top))
		look->first = row + 1 - top_page(top);
	if (look->first + top_page(top) > top->n_rows)
		look->first = top->n_rows > top_page(top) ? top->n_rows - top_page(top) : 0;
}

/* Brings the rows that the filter lets through to the front. */
static void let_through(struct top *top)
{
	struct top_row row;
	size_t i;

	top->n_rows = 0;
	for (i = 0; i < top->n_all; i++) {
		if (*top->filter && !strcasestr(top->rows[i].name, top->filter))
			continue;
		row = top->rows[i];
		top->rows[i] = top->rows[top->n_rows];
		top->rows[top->n_rows++] = row;
	}
}

/* After rows came, went or moved; what was selected still is. */
void top_arrange(struct top *top)
{
	struct top_look *look = top_look(top);
	size_t i;

	let_through(top);
	if (top->n_rows > 0)
		qsort_r(top->rows, top->n_rows, sizeof(*top->rows), compare_rows, look);
	for (i = 0; i < top->n_rows; i++)
		if (is_selected(top, look, &top->rows[i])) {
			top_select(top, i);
			return;
		}
	top_select(top, look->selected);
}

size_t top_visible(const struct top *top, size_t *first)
{
	size_t left;

	*first = top->looks[top->view].first;
	left = top->n_rows > *first ? top->n_rows - *first : 0;
	return left < top_page(top) ? left : top_page(top);
}

void top_resize(struct top *top, size_t lines, size_t columns)
{
	top->lines = lines;
	top->columns = columns;
	top_select(top, top_look(top)->selected);
}
