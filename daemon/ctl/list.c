// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl list: the VMs, one a line.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/connect.h"
#include "ctl/output.h"
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
};

static const struct column columns[] = {
	{ "ID", true, false },
	{ "NAME", false, true },
	{ "PID", true, false },
	{ "ISA", false, false },
	{ "VCPUS", true, false },
	{ "EXITS", true, false },
	RATE_COLUMNS,
	{ "UP", true, false },
	{ NULL, false, false },
};

/* For --all: how long it lived, and that it does no more. */
static char *format_life(const json_t *vm)
{
	_cleanup_free_ char *started = get_text(vm, "started");
	_cleanup_free_ char *ended = get_text(vm, "ended");
	_cleanup_free_ char *life = NULL;
	char *text;

	if (json_is_true(json_object_get(vm, "alive")))
		return format_duration(time(NULL) - parse_time(started));
	life = format_duration(parse_time(ended) - parse_time(started));
	return asprintf(&text, "ended after %s", life) < 0 ? NULL : text;
}

static void print_text(const struct ctl *ctl, const json_t *vms)
{
	struct libscols_table *table = table_new(columns, ctl->colour);
	struct libscols_line *line;
	const json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm) {
		line = table_row(table);
		table_int(line, COLUMN_ID, get_int(vm, "id"));
		table_text(line, COLUMN_NAME, get_text(vm, "name"));
		table_int(line, COLUMN_PID, get_int(vm, "pid"));
		table_text(line, COLUMN_ISA, get_text(vm, "isa"));
		table_int(line, COLUMN_VCPUS, get_int(vm, "vcpu_count"));
		table_int(line, COLUMN_EXITS, get_int(vm, "exits"));
		table_rates(line, COLUMN_RATES, vm);
		table_text(line, COLUMN_LIFE, format_life(vm));
	}
	table_print(table);
}

/* No VMs may be no news, or mean that none can be seen. */
static void explain_none(const struct ctl *ctl)
{
	_cleanup_free_ char *advice = NULL;
	json_t *status = NULL;

	puts("No VMs.");
	if (ctl_call(ctl, CTL_METHOD("Status"), NULL, &status) != CTL_OK)
		return;
	advice = get_text(status, "advice");
	if (json_is_string(json_object_get(status, "advice")))
		output_wrapped(advice, 0);
	json_decref(status);
}

static enum ctl_exit run(struct ctl *ctl, int argc, char **argv)
{
	json_t *reply = NULL, *vms;
	enum ctl_exit result;

	(void)argc;
	(void)argv;
	result = ctl_call(ctl, CTL_METHOD("List"),
			  json_pack("{s:b}", "all", (ctl->options & CTL_OPTION_ALL) != 0), &reply);
	if (result != CTL_OK)
		return result;

	vms = json_object_get(reply, "vms");
	if (ctl->json)
		output_json(reply);
	else if (json_array_size(vms) == 0)
		explain_none(ctl);
	else
		print_text(ctl, vms);
	json_decref(reply);
	return CTL_OK;
}

const struct ctl_command ctl_list = {
	.name = "list",
	.args = "[--all]",
	.help = "the VMs with their exits, all and per second",
	.options = CTL_OPTION_ALL,
	.run = run,
};
