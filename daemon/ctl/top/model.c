// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: rows, their order, and what keys do.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/details.h"
#include "ctl/output.h"
#include "ctl/top/top.h"
#include "util/array.h"
#include "util/util.h"

/* Lines that are no rows: title, message, head, and keys at the bottom. */
#define FRAME_LINES 4

/* Of times, the first is what is asked for most; the others have keys. */
const char *const top_sort_names[] = { "id",  "name", "pid", "exits", "nested", "1s",
				       "10s", "1m",   "5m",  "time",  NULL };
static const char *const windows[TOP_RATES] = { "1s", "10s", "1m", "5m" };

void top_init(struct top *top)
{
	*top = (struct top){
		.looks = { [TOP_VMS] = { .sort = TOP_BY_10S },
			   [TOP_REASONS] = { .sort = TOP_BY_10S } },
		.lines = 24,
		.columns = 80,
		.interval_ms = 2000,
	};
}

void top_done(struct top *top)
{
	free(top->rows);
	top->rows = NULL;
	top->n_rows = top->rows_size = 0;
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

size_t top_page(const struct top *top)
{
	return top->lines > FRAME_LINES + 1 ? top->lines - FRAME_LINES : 1;
}

static bool is_selected(const struct top *top, const struct top_look *look,
			const struct top_row *row)
{
	return top->view == TOP_VMS ? row->id == look->selected_id :
				      strcmp(row->name, look->selected_name) == 0;
}

/* Selects a row, or the one nearest to where none is, and has it on the screen. */
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

/* After rows came, went or moved; what was selected still is. */
void top_arrange(struct top *top)
{
	struct top_look *look = top_look(top);
	size_t i;

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

/* -- rows ------------------------------------------------------------------ */

static void read_row(struct top_row *row, const json_t *json, const char *name)
{
	_cleanup_free_ char *text = get_text(json, name);
	const json_t *storm = json_object_get(json, "storm");
	size_t i;

	(void)snprintf(row->name, sizeof(row->name), "%s", text ? text : "");
	row->pid = get_int(json, "pid");
	row->vcpus = get_int(json, "vcpu_count");
	row->nested = get_int(json, "nested");
	row->storm = storm && !json_is_null(storm) && !json_is_false(storm);
	for (i = 0; i < TOP_RATES; i++)
		row->rates[i] = get_rate(json, windows[i]);
}

/* The row as it was, or NULL. */
static const struct top_row *find_old(const struct top *top, const struct top_row *row)
{
	size_t i;

	for (i = 0; i < top->n_rows; i++)
		if (top->rows[i].id == row->id && strcmp(top->rows[i].name, row->name) == 0)
			return &top->rows[i];
	return NULL;
}

static int set_rows(struct top *top, const json_t *list)
{
	struct top_row *rows;
	const struct top_row *old;
	const json_t *json;
	size_t i, n = json_array_size(list);

	rows = calloc(n + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	json_array_foreach(list, i, json) {
		if (top->view == TOP_VMS) {
			read_row(&rows[i], json, "name");
			rows[i].id = get_int(json, "id");
			rows[i].exits = get_int(json, "exits");
			rows[i].ended = !json_is_true(json_object_get(json, "alive"));
		} else {
			read_row(&rows[i], json, "reason");
			rows[i].id = get_int(json, "code");
			rows[i].exits = get_int(json, "total");
		}
		old = find_old(top, &rows[i]);
		top_read_time(&rows[i].time, json_object_get(json, "time"), old ? &old->time : NULL,
			      top->now_ns);
		if (top->view == TOP_VMS)
			top_read_overhead(&rows[i].time, json);
		/* Cells come seldom: until then, those that the row had. */
		if (old)
			memcpy(rows[i].cells, old->cells, sizeof(rows[i].cells));
	}
	free(top->rows);
	top->rows = rows;
	top->n_rows = n;
	top->rows_size = n + 1;
	return 0;
}

int top_set_vms(struct top *top, const json_t *vms)
{
	size_t i;
	int r = set_rows(top, vms);

	if (r < 0)
		return r;
	memset(&top->vm, 0, sizeof(top->vm));
	top->n_vcpus = 0;
	for (i = 0; i < top->n_rows; i++) {
		const struct top_row *row = &top->rows[i];
		size_t k;

		if (row->ended)
			continue;
		top->vm.vcpus++;
		top->n_vcpus += row->vcpus;
		for (k = 0; k < TOP_RATES; k++)
			top->vm.rates[k] += row->rates[k];
	}
	top_arrange(top);
	return 0;
}

int top_set_vm(struct top *top, const json_t *vm)
{
	_cleanup_free_ char *isa = get_text(vm, "isa");
	json_t *details = top->details ? top_details(vm) : NULL;
	int r = set_rows(top, details ? details : json_object_get(vm, "reasons"));

	json_decref(details);
	if (r < 0)
		return r;
	top->has_details = has_details(vm);
	memset(&top->vm, 0, sizeof(top->vm));
	read_row(&top->vm, vm, "name");
	top->vm.id = get_int(vm, "id");
	top->vm.exits = get_int(vm, "exits");
	top->vm.ended = !json_is_true(json_object_get(vm, "alive"));
	(void)snprintf(top->isa, sizeof(top->isa), "%s", isa ? isa : "");
	top_arrange(top);
	return 0;
}
