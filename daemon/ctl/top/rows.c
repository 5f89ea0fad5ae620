// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: rows, as the daemon's replies have them.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/details.h"
#include "ctl/output.h"
#include "ctl/times.h"
#include "ctl/top/top.h"
#include "explain/detail.h"
#include "explain/explain.h"
#include "util/clock.h"
#include "util/util.h"

/* Twice what it was over five minutes, of a VM that is older, and not just of a few exits. */
#define ABOVE_TIMES 2
#define ABOVE_RATE  100.0
#define ABOVE_AGE_S 300

static enum top_state state_of(const struct top *top, const struct top_row *row, const json_t *json)
{
	const json_t *storm = json_object_get(json, "storm");
	int64_t now_us = (int64_t)(top->now_ns / NS_PER_US);
	int64_t started_us = get_boottime_us(json, "started_boottime_us");

	if (storm && !json_is_null(storm) && !json_is_false(storm))
		return TOP_IN_STORM;
	if (!json_is_true(json_object_get(json, "alive")))
		return TOP_HAS_ENDED;
	if (started_us >= 0 && now_us - started_us >= ABOVE_AGE_S * (int64_t)US_PER_S &&
	    row->rates[TOP_10S] >= ABOVE_RATE &&
	    row->rates[TOP_10S] >= row->rates[TOP_5M] * ABOVE_TIMES)
		return TOP_ABOVE_USUAL;
	return row->vcpus > 0 && row->rates[TOP_10S] < TOP_IDLE_RATE * (double)row->vcpus ?
		       TOP_IDLE :
		       TOP_AS_USUAL;
}

static void read_row(struct top_row *row, const json_t *json, const char *name)
{
	_cleanup_free_ char *text = get_text(json, name);
	size_t i;

	(void)snprintf(row->name, sizeof(row->name), "%s", text ? text : "");
	row->pid = get_int(json, "pid");
	row->vcpus = get_int(json, "vcpu_count");
	row->nested = get_int(json, "nested");
	row->state = TOP_AS_USUAL;
	for (i = 0; i < TOP_RATES; i++) {
		row->rates[i] = get_rate(json, output_windows[i]);
		row->overhead[i] = get_share(json, output_windows[i]);
	}
}

static void read_vm(const struct top *top, struct top_row *row, const json_t *vm)
{
	read_row(row, vm, "name");
	row->id = get_int(vm, "id");
	row->exits = get_int(vm, "exits");
	row->state = state_of(top, row, vm);
}

static void read_vcpu(const struct top *top, struct top_row *row, const json_t *vcpu, double mean)
{
	read_row(row, vcpu, "name");
	row->id = get_int(vcpu, "id");
	row->exits = get_int(vcpu, "exits");
	(void)snprintf(row->name, sizeof(row->name), "vCPU %lld", row->id);
	top_vcpu_why(row, vcpu, top->window);
	if (top_is_outlier(row->rates[top->window], mean))
		row->state = TOP_ABOVE_USUAL;
}

/* storm is the name of the reason that has one, or NULL. */
static void read_reason(struct top_row *row, const json_t *reason, const char *storm)
{
	const char *of = json_string_value(json_object_get(reason, "of"));
	const char *class = json_string_value(json_object_get(reason, "class"));

	read_row(row, reason, "reason");
	row->id = get_int(reason, "code");
	row->exits = get_int(reason, "total");
	if (!of)
		of = row->name;
	row->topic = class ? detail_explain(of, detail_class_of(class),
					    (uint64_t)get_int(reason, "value")) :
			     explain_reason(of);
	(void)snprintf(row->why, sizeof(row->why), "%s", row->topic ? row->topic->title : "");
	if (storm && strcmp(storm, of) == 0)
		row->state = TOP_IN_STORM;
}

/* The row as it was, or NULL. */
static const struct top_row *find_old(const struct top *top, const struct top_row *row)
{
	size_t i;

	for (i = 0; i < top->n_all; i++)
		if (top->rows[i].id == row->id && strcmp(top->rows[i].name, row->name) == 0)
			return &top->rows[i];
	return NULL;
}

/* list is of vm, where that is not NULL. */
static int set_rows(struct top *top, const json_t *list, const json_t *vm)
{
	const char *storm =
		json_string_value(json_object_get(json_object_get(vm, "storm"), "reason"));
	size_t i, n = json_array_size(list);
	double mean = n > 0 ? get_rate(vm, output_windows[top->window]) / (double)n : 0;
	struct top_row *rows;
	const struct top_row *old;
	const json_t *json;

	rows = calloc(n + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	json_array_foreach(list, i, json) {
		if (top->view == TOP_VMS)
			read_vm(top, &rows[i], json);
		else if (top->view == TOP_VCPUS)
			read_vcpu(top, &rows[i], json, mean);
		else
			read_reason(&rows[i], json, storm);
		old = find_old(top, &rows[i]);
		top_read_time(&rows[i].time, json_object_get(json, "time"), old ? &old->time : NULL,
			      top->now_ns);
		if (top->view == TOP_VMS)
			top_read_overhead(&rows[i].time, json);
		/* These come seldom: until then, those that the row had. */
		if (old)
			memcpy(rows[i].cells, old->cells, sizeof(rows[i].cells));
		if (old && top->view == TOP_VMS) {
			memcpy(rows[i].why, old->why, sizeof(rows[i].why));
			memcpy(rows[i].why_long, old->why_long, sizeof(rows[i].why_long));
			memcpy(rows[i].why_reason, old->why_reason, sizeof(rows[i].why_reason));
		}
	}
	free(top->rows);
	top->rows = rows;
	top->n_rows = top->n_all = n;
	return 0;
}

int top_set_vms(struct top *top, const json_t *vms)
{
	size_t i;
	int r = set_rows(top, vms, NULL);

	if (r < 0)
		return r;
	memset(&top->vm, 0, sizeof(top->vm));
	top->n_vcpus = 0;
	top->n_storms = 0;
	for (i = 0; i < top->n_all; i++) {
		const struct top_row *row = &top->rows[i];
		size_t k;

		top->n_storms += row->state == TOP_IN_STORM;
		if (!json_is_true(json_object_get(json_array_get(vms, i), "alive")))
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
	json_t *details = top->details && top->view == TOP_REASONS ? top_details(vm) : NULL;
	const json_t *list = json_object_get(vm, top->view == TOP_VCPUS ? "vcpus" : "reasons");
	int r = set_rows(top, details ? details : list, vm);

	json_decref(details);
	if (r < 0)
		return r;
	top->has_details = has_details(vm);
	top->n_storms = 0;
	memset(&top->vm, 0, sizeof(top->vm));
	read_vm(top, &top->vm, vm);
	(void)snprintf(top->isa, sizeof(top->isa), "%s", isa ? isa : "");
	top_outlier(vm, top->window, top->outlier);
	top_arrange(top);
	return 0;
}

int top_set_below(struct top *top, const json_t *vm)
{
	struct top *below = top->below;

	if (!below) {
		below = malloc(sizeof(*below));
		if (!below)
			return -ENOMEM;
		top_init(below);
		below->view = TOP_REASONS;
		below->is_below = true;
		below->lines = SIZE_MAX;
		top->below = below;
	}
	below->details = top->details;
	below->ascii = top->ascii;
	below->now_ns = top->now_ns;
	top_follow(top);
	return top_set_vm(below, vm);
}

void top_follow(struct top *top)
{
	struct top *below = top->below;

	if (!below)
		return;
	below->window = top->window;
	below->times = top->times;
	below->looks[TOP_REASONS].sort = top->times ? TOP_BY_SHARE :
						      (enum top_sort)(TOP_BY_1S + (int)top->window);
	top_arrange(below);
}
