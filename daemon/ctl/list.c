// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl list: the VMs, one a line.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/rows.h"
#include "ctl/times.h"
#include "util/util.h"

enum {
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_PID,
	COLUMN_ISA,
	COLUMN_VCPUS,
	COLUMN_EXITS,
	COLUMN_RATES,
	COLUMN_LIFE = COLUMN_RATES + 4,
	COLUMN_MORE, /* what is there where one has it */
};

static const struct column columns[] = {
	{ .name = "ID", .right = true, .drop = 1 },
	{ .name = "NAME", .cut = COLUMN_CUT_NAME },
	{ .name = "PID", .right = true, .drop = 9 },
	{ .name = "ISA", .drop = 10 },
	{ .name = "VCPUS", .right = true, .drop = 6 },
	{ .name = "EXITS", .right = true, .count = true, .drop = 4 },
	RATE_COLUMNS,
	{ .name = "UP", .right = true, .drop = 3 },
	{ .name = NULL },
};

static const struct column overhead_column = { .name = "OVERHEAD%", .right = true, .drop = 3 };
static const struct column storm_column = { .name = "STORM", .cut = COLUMN_CUT };
static const struct column no_column = { .name = NULL };

enum {
	OPTION_ALL,
	OPTION_NAMES,
	OPTION_REVERSE,
	OPTION_SORT,
};

static const struct ctl_option options[] = {
	[OPTION_ALL] = { "all", NULL, "VMs that have ended or not run yet, too", 'a' },
	[OPTION_NAMES] = { "names", NULL, "the names alone, one a line", 0 },
	[OPTION_REVERSE] = { "reverse", NULL, "reverse the order", 'r' },
	[OPTION_SORT] = { "sort", "KEY",
			  "by id, name, pid, vcpus, exits, 1s, 10s, 1m, 5m,\noverhead or started",
			  0 },
	{ .name = NULL },
};

static const struct row_key keys[] = {
	{ "id", "id", ROW_NUMBER, true },
	{ "name", "name", ROW_TEXT, true },
	{ "pid", "pid", ROW_NUMBER, true },
	{ "vcpus", "vcpu_count", ROW_NUMBER, false },
	{ "exits", "exits", ROW_NUMBER, false },
	RATE_KEYS,
	{ "overhead", "1m", ROW_SHARE, false },
	{ "started", "started", ROW_TEXT, true },
	{ .name = NULL },
};

/* For --all: how long it lived, and that it does no more. People have less room for that. */
static char *format_life(const struct ctl *ctl, const json_t *vm, int64_t now_us)
{
	_cleanup_free_ char *life = format_us(vm_life_us(vm, now_us));
	char *text;

	if (json_is_true(json_object_get(vm, "alive")))
		return TAKE_PTR(life);
	return asprintf(&text, "%s %s%s", ctl->people ? "lived" : "ended after", life,
			json_is_true(json_object_get(vm, "ended_unseen")) ? " or less" : "") < 0 ?
		       NULL :
		       text;
}

static bool has_storm(const json_t *vm)
{
	return json_is_object(json_object_get(vm, "storm"));
}

/* Which reason's. */
static char *format_storm(const json_t *vm)
{
	const json_t *storm = json_object_get(vm, "storm");

	return json_is_null(json_object_get(storm, "reason")) ? strdup("all exits") :
								get_text(storm, "reason");
}

/* What no VM's exits have, once. */
static void print_not_counted(const json_t *vms)
{
	_cleanup_free_ char *text = NULL;
	const json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm) {
		if (text || !json_is_string(json_object_get(vm, "not_counted")))
			continue;
		text = get_text(vm, "not_counted");
		output_wrapped(text, 0);
	}
}

/* VMs that are older than the counting have made more exits than there are here. */
static void print_counted(const struct ctl *ctl, const json_t *reply, const json_t *vms)
{
	_cleanup_free_ char *since = NULL;
	unsigned int older = 0;
	const json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm) {
		if (!json_is_string(json_object_get(vm, "counted_since")))
			continue;
		older++;
		free(since);
		since = format_when(ctl, reply, vm, "counted_since");
	}
	if (older > 0)
		printf("%u of them counted since %s only; earlier exits are not in EXITS.\n", older,
		       since);
}

static void print_text(const struct ctl *ctl, const json_t *reply, const struct row_key *key)
{
	const json_t *vms = json_object_get(reply, "vms"), *vm;
	int64_t now_us = reply_now_us(reply);
	struct column shown[ARRAY_SIZE(columns) + 2];
	struct libscols_table *table;
	struct libscols_line *line;
	size_t i, n = COLUMN_MORE, overhead = 0, storm = 0;

	json_array_foreach(vms, i, vm) {
		storm += has_storm(vm);
		overhead += get_share(vm, "1m") >= 0;
	}
	memcpy(shown, columns, sizeof(columns));
	if (overhead) {
		shown[n] = overhead_column;
		overhead = n++;
	}
	if (storm) {
		shown[n] = storm_column;
		storm = n++;
	}
	shown[n] = no_column;
	table_keep(shown, key->name);
	table = table_new(shown, ctl->colour);

	json_array_foreach(vms, i, vm) {
		line = table_row(table);
		table_int(line, COLUMN_ID, get_int(vm, "id"));
		table_text(line, COLUMN_NAME, get_text(vm, "name"));
		table_int(line, COLUMN_PID, get_int(vm, "pid"));
		table_text(line, COLUMN_ISA, get_text(vm, "isa"));
		table_int(line, COLUMN_VCPUS, get_int(vm, "vcpu_count"));
		table_int(line, COLUMN_EXITS, get_int(vm, "exits"));
		table_rates(line, COLUMN_RATES, vm);
		table_text(line, COLUMN_LIFE, format_life(ctl, vm, now_us));
		if (overhead)
			table_text(line, overhead, format_share(get_share(vm, "1m")));
		if (has_storm(vm))
			table_text(line, storm, format_storm(vm));
	}
	table_print(table);
	print_counted(ctl, reply, vms);
	print_not_counted(vms);
}

/* Which VMs were asked for, and how many are not shown as they are called otherwise. */
struct found {
	const char *pattern;
	size_t others;
};

/* No VMs may be no news, or mean that none can be seen. */
static void explain_none(const struct ctl *ctl, const struct found *found)
{
	_cleanup_free_ char *clean = found->pattern ? clean_text(found->pattern) : NULL;
	_cleanup_free_ char *advice = NULL;
	json_t *status = NULL;

	if (found->others > 0) {
		printf("No VM matches '%s' (%zu VM%s in all).\n", clean, found->others,
		       found->others == 1 ? "" : "s");
		return;
	}
	if (ctl_call(ctl, CTL_METHOD("Status"), NULL, &status) != CTL_OK) {
		puts("No VMs.");
		return;
	}
	if (get_int(status, "ended_vms") > 0 && !option_given(ctl, OPTION_ALL))
		puts("No VMs are running. 'kvmexitctl list --all' shows those that ended.");
	else
		puts("No VMs.");
	if (get_int(status, "vms") > 0 && !option_given(ctl, OPTION_ALL))
		puts("With --all, those that have not run yet are listed as well.");
	advice = get_text(status, "advice");
	if (json_is_string(json_object_get(status, "advice")))
		output_wrapped(advice, 0);
	json_decref(status);
}

static void print_names(const json_t *vms)
{
	const json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm) {
		_cleanup_free_ char *name = get_text(vm, "name");

		puts(name ? name : "");
	}
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	const struct row_key *key = &keys[0];
	struct found found = { .pattern = argc > 0 ? argv[0] : NULL };
	json_t *reply = NULL, *vms;
	enum ctl_exit result;

	if (option_given(ctl, OPTION_SORT) && !(key = rows_key(keys, ctl->given[OPTION_SORT])))
		return CTL_USAGE;
	result = ctl_call(ctl, CTL_METHOD("List"),
			  json_pack("{s:b}", "all", option_given(ctl, OPTION_ALL)), &reply);
	if (result != CTL_OK)
		return (int)result;

	vms = json_object_get(reply, "vms");
	found.others = json_array_size(vms);
	if (found.pattern)
		rows_match(vms, "name", found.pattern);
	if (option_given(ctl, OPTION_SORT) || option_given(ctl, OPTION_REVERSE))
		rows_sort(vms, key, option_given(ctl, OPTION_REVERSE));

	if (ctl->json)
		output_json(ctl, reply);
	else if (option_given(ctl, OPTION_NAMES))
		print_names(vms);
	else if (json_array_size(vms) == 0)
		explain_none(ctl, &found);
	else
		print_text(ctl, reply, key);
	json_decref(reply);
	return CTL_OK;
}

const struct ctl_command ctl_list = {
	.name = "list",
	.args = "[PATTERN]",
	.help = "the VMs with their exits, all and per second",
	.about = "PATTERN, as in a shell ('web*'), is for the names of those to be listed.",
	.options = options,
	.args_max = 1,
	.run = run,
};
