// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: what its sparklines show, of the daemon's history.
 */
#include "config.h"

#include <string.h>

#include "ctl/clock.h"
#include "ctl/output.h"
#include "ctl/top/top.h"

#define MS_PER_S 1000

static const json_t *steps_of(const json_t *span, const char *reason)
{
	const json_t *one;
	const char *name;
	size_t i;

	if (!reason)
		return json_object_get(span, "exits");
	json_array_foreach(json_object_get(span, "reasons"), i, one) {
		name = json_string_value(json_object_get(one, "reason"));
		if (name && strcmp(name, reason) == 0)
			return json_object_get(one, "exits");
	}
	return NULL;
}

static int64_t start_ms(const json_t *span)
{
	return parse_time_ms(json_string_value(json_object_get(span, "start")));
}

static int64_t step_ms(const json_t *span)
{
	return (int64_t)get_step(span) * MS_PER_S;
}

/* The end of the last step of all, which need not be the same for every reason. */
static int64_t end_ms(const json_t *spans)
{
	int64_t end = 0, until;
	const json_t *span;
	size_t i;

	json_array_foreach(spans, i, span) {
		until = start_ms(span) +
			(int64_t)json_array_size(json_object_get(span, "exits")) * step_ms(span);
		if (until > end)
			end = until;
	}
	return end;
}

void top_cells(const json_t *spans, const char *reason, double cells[static TOP_CELLS])
{
	const int64_t cell_ms = (int64_t)TOP_CELL_S * MS_PER_S;
	int64_t begin = end_ms(spans) - TOP_CELLS * cell_ms, at;
	const json_t *span, *exits;
	size_t i, k;

	memset(cells, 0, TOP_CELLS * sizeof(cells[0]));
	json_array_foreach(spans, i, span) {
		if (step_ms(span) == 0)
			continue;
		json_array_foreach(steps_of(span, reason), k, exits) {
			/* By the middle of a step: it may be as long as a cell, and lie across two. */
			at = start_ms(span) + (int64_t)k * step_ms(span) + step_ms(span) / 2 -
			     begin;
			if (at >= 0 && at < TOP_CELLS * cell_ms)
				cells[at / cell_ms] += json_number_value(exits);
		}
	}
}

void top_set_history(struct top *top, long long id, const json_t *history)
{
	const json_t *spans = json_object_get(history, "spans");
	size_t i;

	for (i = 0; i < top->n_rows; i++) {
		if (top->view == TOP_REASONS)
			top_cells(spans, top->rows[i].name, top->rows[i].cells);
		else if (top->rows[i].id == id)
			top_cells(spans, NULL, top->rows[i].cells);
	}
	if (top->view == TOP_REASONS)
		top_cells(spans, NULL, top->vm.cells);
}
