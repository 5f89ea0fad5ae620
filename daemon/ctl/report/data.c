// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: steps and reasons, of what the daemon says.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/array.h"

#define US_PER_S 1e6

/* Ages are known to the millisecond. */
#define STEP_MIN_S 0.001

/* One step ends where the next begins, but for rounding. */
#define NEIGHBOUR_S 0.01

static uint64_t count_of(const json_t *value)
{
	return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
}

/* -- steps --------------------------------------------------------------- */

static struct report_step make_step(double age, double length, double life, uint64_t exits)
{
	double from = age > 0 ? age : 0, to = age + length < life ? age + length : life;

	/* Clocks of the kernel and of the daemon differ a little. */
	if (to - from < STEP_MIN_S) {
		from = age;
		to = age + length;
	}
	return (struct report_step){ from, to - from, length, exits };
}

static int add_steps(struct report *report, const json_t *span)
{
	const json_t *exits = json_object_get(span, "exits"), *count;
	double age = json_number_value(json_object_get(span, "age"));
	double length = get_step(span);
	struct report_step *steps;
	size_t i;

	if (length < 1 || !json_is_array(exits))
		return -EBADMSG;
	steps = array_reserve(report->steps, &report->steps_size,
			      report->n_steps + json_array_size(exits) + 1, sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	report->steps = steps;
	json_array_foreach((json_t *)exits, i, count)
		steps[report->n_steps++] =
			make_step(age + (double)i * length, length, report->life, count_of(count));
	return 0;
}

/* -- reasons ------------------------------------------------------------- */

static int find_reason(struct report *report, const json_t *json, struct report_reason **out)
{
	const char *name = json_string_value(json_object_get(json, "reason"));
	struct report_reason *reasons;
	char *clean;
	size_t i;

	if (!name)
		return -EBADMSG;
	clean = clean_text(name);
	for (i = 0; clean && i < report->n_reasons; i++) {
		if (strcmp(report->reasons[i].name, clean) == 0) {
			*out = &report->reasons[i];
			free(clean);
			return 0;
		}
	}
	reasons = array_reserve(report->reasons, &report->reasons_size, report->n_reasons + 1,
				sizeof(*reasons));
	if (!clean || !reasons) {
		free(clean);
		return -ENOMEM;
	}
	report->reasons = reasons;
	reasons[i] = (struct report_reason){
		.name = clean,
		.exits = calloc(report->n_steps + 1, sizeof(*reasons[i].exits)),
	};
	report->n_reasons++;
	*out = &reasons[i];
	return reasons[i].exits ? 0 : -ENOMEM;
}

/* Those of Show, which have all exits. */
static int add_totals(struct report *report, const json_t *vm)
{
	const json_t *list = json_object_get(vm, "reasons"), *json;
	struct report_reason *reason;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)list, i, json) {
		r = find_reason(report, json, &reason);
		if (r < 0)
			break;
		reason->total += count_of(json_object_get(json, "total"));
	}
	return r;
}

/* The steps of the span start with the first one. */
static int add_counts(struct report *report, const json_t *span, size_t first)
{
	size_t n = json_array_size(json_object_get(span, "exits")), i, k;
	const json_t *list = json_object_get(span, "reasons"), *json, *count;
	struct report_reason *reason;
	int r;

	json_array_foreach((json_t *)list, i, json) {
		r = find_reason(report, json, &reason);
		if (r < 0)
			return r;
		json_array_foreach(json_object_get(json, "exits"), k, count) {
			if (k >= n)
				return -EBADMSG;
			reason->exits[first + k] += count_of(count);
		}
	}
	return 0;
}

static int by_total(const void *a, const void *b)
{
	const struct report_reason *x = a, *y = b;

	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* A VM that lives may have made some between the two replies. */
static void settle_totals(struct report *report)
{
	size_t i;

	for (i = 0; i < report->n_reasons; i++) {
		struct report_reason *reason = &report->reasons[i];
		uint64_t sum = report_sum(report, reason, 0, report->n_steps);

		if (reason->total < sum)
			reason->total = sum;
	}
	if (report->n_reasons > 1)
		qsort(report->reasons, report->n_reasons, sizeof(*report->reasons), by_total);
}

/* -- the whole ----------------------------------------------------------- */

static int read_all(struct report *report, const json_t *vm, const json_t *history)
{
	const json_t *spans = json_object_get(history, "spans"), *span;
	size_t i, first = 0;
	uint64_t told;
	int r = 0;

	if (!json_is_array(spans))
		return -EBADMSG;
	json_array_foreach((json_t *)spans, i, span) {
		r = add_steps(report, span);
		if (r < 0)
			return r;
	}
	r = add_totals(report, vm);
	json_array_foreach((json_t *)spans, i, span) {
		if (r < 0)
			return r;
		r = add_counts(report, span, first);
		first += json_array_size(json_object_get(span, "exits"));
	}
	if (r < 0)
		return r;
	settle_totals(report);

	told = report_sum(report, NULL, 0, report->n_steps);
	report->exits = count_of(json_object_get(json_object_get(history, "vm"), "exits"));
	if (report->exits < told)
		report->exits = told;
	report->untold = report->exits - told;
	return 0;
}

int report_new(struct report **out, const json_t *vm, const json_t *history)
{
	int64_t life_us = vm_life_us(vm, reply_now_us(history));
	struct report *report;
	int r;

	if (life_us < 0)
		return -EBADMSG;
	report = calloc(1, sizeof(*report));
	if (!report)
		return -ENOMEM;
	report->life = (double)life_us / US_PER_S;
	if (report->life < STEP_MIN_S)
		report->life = STEP_MIN_S;
	report->vm = json_incref((json_t *)vm);
	report->spans = json_incref(json_object_get(history, "spans"));
	r = read_all(report, vm, history);
	if (r < 0) {
		report_free(report);
		return r;
	}
	report_set_times(report);
	*out = report;
	return 0;
}

struct report *report_free(struct report *report)
{
	size_t i;

	if (!report)
		return NULL;
	for (i = 0; i < report->n_reasons; i++) {
		free(report->reasons[i].name);
		free(report->reasons[i].exits);
	}
	for (i = 0; i < report->n_phases; i++)
		free(report->phases[i].name);
	free(report->reasons);
	free(report->phases);
	free(report->steps);
	json_decref(report->vm);
	json_decref(report->timed);
	json_decref(report->spans);
	free(report);
	return NULL;
}

uint64_t report_sum(const struct report *report, const struct report_reason *reason, size_t first,
		    size_t n)
{
	uint64_t sum = 0;
	size_t i;

	for (i = first; i < first + n; i++)
		sum += reason ? reason->exits[i] : report->steps[i].exits;
	return sum;
}

size_t report_columns(const struct report *report, size_t max, struct report_column **out)
{
	struct report_column *columns = calloc(report->n_steps + 1, sizeof(*columns)), *last;
	double least = report->life / (double)max;
	size_t i, n = 0;

	*out = columns;
	for (i = 0; columns && i < report->n_steps; i++) {
		const struct report_step *step = &report->steps[i];

		last = n ? &columns[n - 1] : NULL;
		if (last && step->age - last->end < NEIGHBOUR_S &&
		    last->end - last->age + step->seconds <= least + NEIGHBOUR_S) {
			last->end = step->age + step->seconds;
			last->length += step->length;
			last->n++;
			continue;
		}
		columns[n++] = (struct report_column){
			.age = step->age,
			.end = step->age + step->seconds,
			.length = step->length,
			.first = i,
			.n = 1,
		};
	}
	return n;
}
