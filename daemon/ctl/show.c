// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl show: why one VM exits.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/details.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/rows.h"
#include "ctl/times.h"
#include "util/util.h"

/* Of what stands behind "Exits" and the like. */
#define INDENT 9

enum {
	COLUMN_REASON,
	COLUMN_TOTAL,
	COLUMN_PERCENT,
	COLUMN_RATES,
	COLUMN_MORE = COLUMN_RATES + 4,
};

enum {
	OPTION_DETAILS,
	OPTION_FIRST,
	OPTION_REASON,
	OPTION_REVERSE,
	OPTION_SORT,
	OPTION_VCPU,
	OPTION_VCPUS,
};

static const struct ctl_option options[] = {
	[OPTION_DETAILS] = { "details", NULL, "what exactly caused the exits, too", 0 },
	[OPTION_FIRST] = { "first", "N", "no more than N reasons", 'n' },
	[OPTION_REASON] = { "reason", "PATTERN", "reasons whose name matches, as 'msr*'", 0 },
	[OPTION_REVERSE] = { "reverse", NULL, "reverse the order", 'r' },
	[OPTION_SORT] = { "sort", "KEY", "by total, reason, code, nested, 1s, 10s, 1m or 5m", 0 },
	[OPTION_VCPU] = { "vcpu", "ID", "one vCPU by itself, too", 0 },
	[OPTION_VCPUS] = { "vcpus", NULL, "every vCPU by itself, too", 0 },
	{ .name = NULL },
};

static const struct row_key keys[] = {
	{ "total", "total", ROW_NUMBER, false },
	{ "reason", "reason", ROW_TEXT, true },
	{ "code", "code", ROW_NUMBER, true },
	{ "nested", "nested", ROW_NUMBER, false },
	RATE_KEYS,
	{ .name = NULL },
};

/* What was asked for, of all that the options say. */
struct filter {
	const char *reason; /* NULL for all */
	const struct row_key *key; /* NULL for the order of the reply */
	bool reverse;
	uint64_t first;
	bool one_vcpu;
	uint64_t vcpu;
};

static const struct column columns[COLUMN_MORE] = {
	{ .name = "REASON", .cut = COLUMN_CUT },
	{ .name = "TOTAL", .right = true, .count = true, .drop = 4 },
	{ .name = "%TOTAL", .right = true },
	RATE_COLUMNS,
};

/* What the shares are of: the window that rows are sorted by, else all exits. */
static const char *share_window(const struct filter *filter)
{
	return filter->key && filter->key->kind == ROW_RATE ? filter->key->member : NULL;
}

static char *share_of(const json_t *reason, const json_t *owner, const char *window)
{
	if (window)
		return format_percent(get_rate(reason, window), get_rate(owner, window));
	return format_percent((double)get_int(reason, "total"), (double)get_int(owner, "exits"));
}

/* owner is the VM or vCPU whose reasons these are. */
static void print_reasons(const struct ctl *ctl, const json_t *owner, const struct filter *filter)
{
	const char *window = share_window(filter);
	struct column shown[COLUMN_MORE + 1] = { { .name = NULL } };
	char share[16] = "%TOTAL";
	const json_t *reasons = json_object_get(owner, "reasons"), *reason;
	const json_t *rest = json_object_get(owner, "rest_time");
	const struct more more = { COLUMN_MORE, has_nested(reasons), has_times(reasons) || rest };
	struct libscols_table *table;
	struct libscols_line *line;
	size_t i;

	if (json_array_size(reasons) == 0)
		return;
	memcpy(shown, columns, sizeof(columns));
	if (window) {
		(void)snprintf(share, sizeof(share), "%%%s", window);
		shown[COLUMN_PERCENT].name = share;
	}
	if (filter->key)
		table_keep(shown, filter->key->name);
	table = table_new_more(shown, &more, ctl->colour);
	json_array_foreach(reasons, i, reason) {
		line = table_row(table);
		table_text(line, COLUMN_REASON, get_text(reason, "reason"));
		table_int(line, COLUMN_TOTAL, get_int(reason, "total"));
		table_text(line, COLUMN_PERCENT, share_of(reason, owner, window));
		table_rates(line, COLUMN_RATES, reason);
		table_more(line, &more, reason);
	}
	table_rest(table, &more, rest);
	table_print(table);
}

static char *format_number(const struct ctl *ctl, double value)
{
	return ctl->people ? format_short(value) : format_rate(value);
}

static void print_rates(const struct ctl *ctl, const json_t *owner)
{
	_cleanup_free_ char *s1 = format_number(ctl, get_rate(owner, "1s"));
	_cleanup_free_ char *s10 = format_number(ctl, get_rate(owner, "10s"));
	_cleanup_free_ char *m1 = format_number(ctl, get_rate(owner, "1m"));
	_cleanup_free_ char *m5 = format_number(ctl, get_rate(owner, "5m"));
	_cleanup_free_ char *all = format_short((double)get_int(owner, "exits"));

	if (ctl->people)
		printf("%s, ", all);
	else
		printf("%lld, ", get_int(owner, "exits"));
	printf("per second %s (1s), %s (10s), %s (1m), %s (5m)\n", s1, s10, m1, m5);
}

/* storm is null for none. */
static void print_storm(const struct ctl *ctl, const json_t *reply, const json_t *storm)
{
	_cleanup_free_ char *reason = get_text(storm, "reason");
	_cleanup_free_ char *since = format_when(ctl, reply, storm, "since");
	_cleanup_free_ char *rate =
		format_number(ctl, json_number_value(json_object_get(storm, "rate")));
	_cleanup_free_ char *usual =
		format_number(ctl, json_number_value(json_object_get(storm, "usual")));
	bool whole = json_is_null(json_object_get(storm, "reason"));

	if (json_is_object(storm))
		printf("Storm    %s%s%s: %s per second, usually %s\n%*ssince %s\n",
		       output_mark(ctl->colour, MARK_BAD), whole ? "all exits" : reason,
		       output_mark(ctl->colour, MARK_NONE), rate, usual, INDENT, "", since);
}

static void print_head(const struct ctl *ctl, const json_t *reply, const json_t *vm)
{
	bool alive = json_is_true(json_object_get(vm, "alive"));
	_cleanup_free_ char *name = get_text(vm, "name");
	_cleanup_free_ char *uuid = get_text(vm, "uuid");
	_cleanup_free_ char *namespace = get_text(vm, "namespace");
	_cleanup_free_ char *matched = get_text(vm, "matched");
	_cleanup_free_ char *isa = get_text(vm, "isa");
	_cleanup_free_ char *started = format_when(ctl, reply, vm, "started");
	_cleanup_free_ char *ended = format_when(ctl, reply, vm, "ended");
	_cleanup_free_ char *counted = format_when(ctl, reply, vm, "counted_since");
	_cleanup_free_ char *not_counted = get_text(vm, "not_counted");
	_cleanup_free_ char *life = format_us(vm_life_us(vm, reply_now_us(reply)));

	printf("%s%s%s\n", output_mark(ctl->colour, MARK_HEAD), name,
	       output_mark(ctl->colour, MARK_NONE));
	if (json_is_string(json_object_get(vm, "matched")) && strcmp(matched, "name") != 0)
		printf("Found    by its %s\n", matched);
	if (json_is_string(json_object_get(vm, "namespace")))
		printf("In       namespace %s, by KubeVirt\n", namespace);
	if (json_is_string(json_object_get(vm, "uuid")))
		printf("UUID     %s\n", uuid);
	if (json_is_integer(json_object_get(vm, "vmid")))
		printf("VMID     %lld\n", get_int(vm, "vmid"));
	printf("Id       %lld\n", get_int(vm, "id"));
	printf("Process  %lld\n", get_int(vm, "pid"));
	printf("vCPUs    %lld, %s\n", get_int(vm, "vcpu_count"), isa);
	if (json_is_string(json_object_get(vm, "counted_since")))
		printf("Counted  since %s; its earlier exits are not known\n", counted);
	if (alive)
		printf("Started  %s%s%s\n", started, ctl->people ? "" : ", up ",
		       ctl->people ? "" : life);
	else if (json_is_true(json_object_get(vm, "ended_unseen")))
		printf("Started  %s\nEnded    by %s, after %s or less\n", started, ended, life);
	else
		printf("Started  %s\nEnded    %s, after %s\n", started, ended, life);
	printf("Exits    ");
	print_rates(ctl, vm);
	if (json_is_string(json_object_get(vm, "not_counted")))
		output_wrapped(not_counted, INDENT);
	times_print_overhead(vm);
	print_storm(ctl, reply, json_object_get(vm, "storm"));
}

static void print_text(const struct ctl *ctl, const json_t *reply, const struct filter *filter)
{
	const json_t *vm = json_object_get(reply, "vm"), *vcpu;
	_cleanup_free_ char *since = format_when(ctl, reply, vm, "details_since");
	const struct details_style details = {
		.since = since,
		.out = stdout,
		.max = option_given(ctl, OPTION_REASON) ? SIZE_MAX : DETAILS_SHOWN,
		.colour = ctl->colour,
	};
	const struct times_style times = { stdout, ctl->colour, "Exit times of the last minute",
					   "recent", "1m" };
	size_t i;

	print_head(ctl, reply, vm);
	if (json_array_size(json_object_get(vm, "reasons")) > 0)
		putchar('\n');
	print_reasons(ctl, vm, filter);
	times_print(vm, &times);
	/* Who asks for some reasons wants all of them. */
	if (option_given(ctl, OPTION_DETAILS))
		details_print(vm, &details);
	json_array_foreach(json_object_get(vm, "vcpus"), i, vcpu) {
		printf("\n%svCPU %lld%s  ", output_mark(ctl->colour, MARK_HEAD),
		       get_int(vcpu, "id"), output_mark(ctl->colour, MARK_NONE));
		print_rates(ctl, vcpu);
		print_reasons(ctl, vcpu, filter);
	}
}

static bool read_filter(const struct ctl *ctl, struct filter *out)
{
	const char *const *given = ctl->given;

	*out = (struct filter){
		.reason = given[OPTION_REASON],
		.reverse = option_given(ctl, OPTION_REVERSE),
		.first = SIZE_MAX,
		.one_vcpu = option_given(ctl, OPTION_VCPU),
	};
	if (given[OPTION_SORT] || out->reverse) {
		out->key = rows_key(keys, given[OPTION_SORT] ? given[OPTION_SORT] : keys[0].name);
		if (!out->key)
			return false;
	}
	return (!given[OPTION_FIRST] ||
		option_number("first", given[OPTION_FIRST], 1, SIZE_MAX, &out->first)) &&
	       (!given[OPTION_VCPU] ||
		option_number("vcpu", given[OPTION_VCPU], 0, UINT32_MAX, &out->vcpu));
}

static void filter_reasons(const struct filter *filter, json_t *owner)
{
	json_t *reasons = json_object_get(owner, "reasons");

	if (filter->reason)
		rows_match(reasons, "reason", filter->reason);
	if (filter->key)
		rows_sort(reasons, filter->key, filter->reverse);
	rows_cut(reasons, filter->first);
}

/* False if the vCPU that was asked for is not there. */
static bool filter_vm(const struct filter *filter, json_t *vm)
{
	json_t *vcpus = json_object_get(vm, "vcpus"), *vcpu;
	size_t i = 0;

	filter_reasons(filter, vm);
	while ((vcpu = json_array_get(vcpus, i))) {
		filter_reasons(filter, vcpu);
		if (filter->one_vcpu && (uint64_t)get_int(vcpu, "id") != filter->vcpu)
			(void)json_array_remove(vcpus, i);
		else
			i++;
	}
	return !filter->one_vcpu || i > 0;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	json_t *parameters, *reply = NULL, *vm;
	struct filter filter;
	enum ctl_exit result;

	(void)argc;
	if (!read_filter(ctl, &filter))
		return CTL_USAGE;
	parameters = ctl_vm_parameters(argv[0]);
	if (!parameters)
		return CTL_FAILED;
	(void)json_object_set_new(parameters, "vcpus",
				  json_boolean(filter.one_vcpu || option_given(ctl, OPTION_VCPUS)));
	/* A kvmexitd that does not know of details must not be asked for them. */
	if (option_given(ctl, OPTION_DETAILS))
		(void)json_object_set_new(parameters, "details", json_true());
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, &reply);
	if (result != CTL_OK)
		return (int)result;

	vm = json_object_get(reply, "vm");
	if (!filter_vm(&filter, vm)) {
		ctl_error("the VM has no vCPU %s that made exits: --vcpus shows those that did",
			  ctl->given[OPTION_VCPU]);
		result = CTL_FAILED;
	} else if (ctl->json) {
		output_json(ctl, vm);
	} else {
		print_text(ctl, reply, &filter);
	}
	json_decref(reply);
	return (int)result;
}

const struct ctl_command ctl_show = {
	.name = "show",
	.args = "VM",
	.help = "one VM with its exit reasons, the most frequent first",
	.about = "Rates are exits per second over the time that heads them. %TOTAL is the share\n"
		 "of TOTAL, %10s that of the last ten seconds. NESTED is the part of TOTAL that\n"
		 "was taken while a nested guest (L2) ran. TIME, MEAN and MAX are there if the\n"
		 "kernel measured how long exits took: see its setting timing. Overhead is the\n"
		 "part of the vCPUs' time that exits cost, without HLT, MWAIT and PAUSE. With\n"
		 "--details: which MSRs, ports, addresses and so on; see its setting details.",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
