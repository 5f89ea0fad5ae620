// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kvmexitctl stat measured, as JSON and as text.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/details.h"
#include "ctl/output.h"
#include "ctl/rows.h"
#include "ctl/stat/stat.h"
#include "ctl/times.h"
#include "util/util.h"

#define US_PER_S 1e6
#define RATE	 "measured"

/* A rate over less than that, as of a VM that ended at once, would say nothing. */
#define SPAN_MIN_US 1000

enum {
	COLUMN_REASON,
	COLUMN_EXITS,
	COLUMN_PERCENT,
	COLUMN_RATE,
	COLUMN_MORE,
};

static const struct column columns[COLUMN_MORE] = {
	{ .name = "REASON", .cut = COLUMN_CUT },
	{ .name = "EXITS", .right = true },
	{ .name = "%", .right = true, .drop = 2 },
	{ .name = "PER S", .right = true, .drop = 5 },
};

/* Of the measurement, the part that the VM was there, in us. */
static int64_t vm_span_us(const struct stat_result *result, const struct stat_vm *vm)
{
	int64_t from = vm->base ? vm->base_us : result->started_us, to = vm->last_us;
	int64_t started = get_boottime_us(vm->last, "started_boottime_us");
	int64_t ended = get_boottime_us(vm->last, "ended_boottime_us");

	if (!vm->base && started > from)
		from = started;
	if (ended >= 0 && ended < to)
		to = ended;
	return from >= 0 && to > from ? to - from : 0;
}

static json_t *rates(long long exits, int64_t span_us)
{
	if (span_us < SPAN_MIN_US)
		span_us = SPAN_MIN_US;
	return json_pack("{s:f}", RATE, (double)exits * US_PER_S / (double)span_us);
}

/* Of all VMs together. */
static double span_s(const struct stat_result *result)
{
	int64_t us = result->ended_us - result->started_us;

	return result->started_us >= 0 && us > 0 ? (double)us / US_PER_S : 0;
}

static const json_t *find_reason(const json_t *reasons, const char *name)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason) {
		const char *other = json_string_value(json_object_get(reason, "reason"));

		if (other && strcmp(name, other) == 0)
			return reason;
	}
	return NULL;
}

/* Of a member that only grows, what is new; one that is not there stays so. */
static void subtract(json_t *from, const json_t *base, const char *member)
{
	if (json_is_integer(json_object_get(from, member)))
		(void)json_object_set_new(
			from, member, json_integer(get_int(from, member) - get_int(base, member)));
}

static json_t *reasons_json(const struct stat_vm *vm, int64_t span_us)
{
	static const struct row_key by_total = { "total", "total", ROW_NUMBER, false };
	const json_t *base = json_object_get(vm->base, "reasons"), *reason;
	json_t *list = json_array(), *measured;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(vm->last, "reasons"), i, reason) {
		name = json_string_value(json_object_get(reason, "reason"));
		measured = name ? json_copy((json_t *)reason) : NULL;
		if (!measured)
			continue;
		subtract(measured, find_reason(base, name), "total");
		subtract(measured, find_reason(base, name), "nested");
		stat_subtract_time(vm, measured, find_reason(base, name), "time");
		stat_subtract_details(vm, measured, find_reason(base, name),
				      (double)(span_us < SPAN_MIN_US ? SPAN_MIN_US : span_us) /
					      US_PER_S);
		(void)json_object_set_new(measured, "rates",
					  rates(get_int(measured, "total"), span_us));
		if (get_int(measured, "total") > 0)
			(void)json_array_append(list, measured);
		json_decref(measured);
	}
	rows_sort(list, &by_total, false);
	return list;
}

json_t *stat_vm_json(const struct stat_result *result, const struct stat_vm *vm)
{
	int64_t span_us = vm_span_us(result, vm);
	json_t *json = json_copy(vm->last);

	if (!json)
		return NULL;
	subtract(json, vm->base, "exits");
	stat_subtract_time(vm, json, vm->base, "time");
	stat_subtract_time(vm, json, vm->base, "rest_time");
	(void)json_object_set_new(json, "rates", rates(get_int(json, "exits"), span_us));
	(void)json_object_set_new(json, "reasons", reasons_json(vm, span_us));
	times_set_overhead(json, RATE, (double)span_us / US_PER_S);
	return json;
}

json_t *stat_json(const struct stat_result *result)
{
	json_t *vms = json_array(), *command = NULL;
	size_t i;

	for (i = 0; i < result->n_vms; i++)
		if (result->vms[i].last)
			(void)json_array_append_new(vms, stat_vm_json(result, &result->vms[i]));
	if (result->command) {
		command = json_array();
		for (i = 0; result->command[i]; i++) {
			char *clean = clean_text(result->command[i]);

			(void)json_array_append_new(command, json_string(clean));
			free(clean);
		}
	}
	return json_pack("{s:o*, s:o*, s:f, s:b, s:o}", "command", command, "status",
			 result->command ? json_integer(result->status) : NULL, "seconds",
			 span_s(result), "complete", (int)result->complete, "vms", vms);
}

static void print_reasons(const struct ctl *ctl, const json_t *vm, FILE *out)
{
	const json_t *reasons = json_object_get(vm, "reasons"), *reason;
	const json_t *rest = json_object_get(vm, "rest_time");
	const struct more more = { COLUMN_MORE, has_nested(reasons), has_times(reasons) || rest };
	struct libscols_table *table;
	struct libscols_line *line;
	size_t i;

	if (json_array_size(reasons) == 0)
		return;
	table = table_new_more(columns, &more, ctl->colour);
	json_array_foreach(reasons, i, reason) {
		line = table_row(table);
		table_text(line, COLUMN_REASON, get_text(reason, "reason"));
		table_int(line, COLUMN_EXITS, get_int(reason, "total"));
		table_text(line, COLUMN_PERCENT,
			   format_percent((double)get_int(reason, "total"),
					  (double)get_int(vm, "exits")));
		table_text(line, COLUMN_RATE, format_rate(get_rate(reason, RATE)));
		table_more(line, &more, reason);
	}
	table_rest(table, &more, rest);
	table_print_to(table, out);
}

static void print_vm(const struct ctl *ctl, const struct stat_result *result,
		     const struct stat_vm *measured, FILE *out)
{
	const struct details_style details = { out, DETAILS_SHOWN, ctl->colour, true, NULL };
	json_t *vm = stat_vm_json(result, measured);
	_cleanup_free_ char *name = get_text(vm, "name");
	_cleanup_free_ char *isa = get_text(vm, "isa");
	_cleanup_free_ char *rate = format_rate(get_rate(vm, RATE));
	_cleanup_free_ char *share = format_share(get_share(vm, RATE));
	const struct times_style times = { out, ctl->colour, "Exit times", "time", RATE };

	fprintf(out, "\n%s%s%s  id %lld, pid %lld, %s: %lld exits in %.3f s, %s per second\n",
		output_mark(ctl->colour, MARK_HEAD), name, output_mark(ctl->colour, MARK_NONE),
		get_int(vm, "id"), get_int(vm, "pid"), isa, get_int(vm, "exits"),
		(double)vm_span_us(result, measured) / US_PER_S, rate);
	if (get_share(vm, RATE) >= 0)
		fprintf(out, "Overhead %s%% of its vCPUs' time\n", share);
	print_reasons(ctl, vm, out);
	times_print(vm, &times);
	if (result->details)
		details_print(vm, &details);
	json_decref(vm);
}

/* What is in no count, if the source said so of a VM. */
static void print_not_counted(const struct stat_result *result, FILE *out)
{
	size_t i;

	for (i = 0; i < result->n_vms; i++) {
		_cleanup_free_ char *text = NULL;

		if (!json_is_string(json_object_get(result->vms[i].last, "not_counted")))
			continue;
		text = get_text(result->vms[i].last, "not_counted");
		fprintf(out, "%s\n", text);
		return;
	}
}

void stat_print(const struct ctl *ctl, const struct stat_result *result, FILE *out)
{
	long long exits = 0;
	size_t i, n = 0;

	for (i = 0; i < result->n_vms; i++) {
		const struct stat_vm *vm = &result->vms[i];

		if (!vm->last)
			continue;
		print_vm(ctl, result, vm, out);
		exits += get_int(vm->last, "exits") - vm->base_exits;
		n++;
	}
	fprintf(out, "\n%zu VM%s, %lld exits in %.3f s\n", n, n == 1 ? "" : "s", exits,
		span_s(result));
	print_not_counted(result, out);
}
