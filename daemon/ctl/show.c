// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl show: why one VM left guest mode.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/connect.h"
#include "ctl/output.h"
#include "util/util.h"

#define PERCENT 100.0

enum {
	COLUMN_REASON,
	COLUMN_TOTAL,
	COLUMN_PERCENT,
	COLUMN_RATES,
	COLUMN_NESTED = COLUMN_RATES + 4,
};

/* The last one only where a guest has guests of its own. */
static const struct column plain_columns[] = {
	{ "REASON", false, false }, { "TOTAL", true, false }, { "%", true, false }, RATE_COLUMNS,
	{ NULL, false, false },
};
static const struct column nested_columns[] = {
	{ "REASON", false, false }, { "TOTAL", true, false }, { "%", true, false }, RATE_COLUMNS,
	{ "NESTED", true, false },  { NULL, false, false },
};

static bool has_nested(const json_t *reasons)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
		if (get_int(reason, "nested") > 0)
			return true;
	return false;
}

static char *format_percent(double part, double whole)
{
	char *text;

	return asprintf(&text, "%.1f", whole > 0 ? part / whole * PERCENT : 0) < 0 ? NULL : text;
}

/* owner is the VM or vCPU whose reasons these are. */
static void print_reasons(const struct ctl *ctl, const json_t *owner)
{
	const json_t *reasons = json_object_get(owner, "reasons"), *reason;
	bool nested = has_nested(reasons);
	struct libscols_table *table;
	struct libscols_line *line;
	size_t i;

	if (json_array_size(reasons) == 0)
		return;
	table = table_new(nested ? nested_columns : plain_columns, ctl->colour);
	json_array_foreach(reasons, i, reason) {
		line = table_row(table);
		table_text(line, COLUMN_REASON, get_text(reason, "reason"));
		table_int(line, COLUMN_TOTAL, get_int(reason, "total"));
		table_text(line, COLUMN_PERCENT,
			   format_percent((double)get_int(reason, "total"),
					  (double)get_int(owner, "exits")));
		table_rates(line, COLUMN_RATES, reason);
		if (nested)
			table_int(line, COLUMN_NESTED, get_int(reason, "nested"));
	}
	table_print(table);
}

static void print_rates(const json_t *owner)
{
	_cleanup_free_ char *s1 = format_rate(get_rate(owner, "1s"));
	_cleanup_free_ char *s10 = format_rate(get_rate(owner, "10s"));
	_cleanup_free_ char *m1 = format_rate(get_rate(owner, "1m"));
	_cleanup_free_ char *m5 = format_rate(get_rate(owner, "5m"));

	printf("%lld, per second %s (1s), %s (10s), %s (1m), %s (5m)\n", get_int(owner, "exits"),
	       s1, s10, m1, m5);
}

static void print_head(const struct ctl *ctl, const json_t *vm)
{
	bool alive = json_is_true(json_object_get(vm, "alive"));
	_cleanup_free_ char *name = get_text(vm, "name");
	_cleanup_free_ char *isa = get_text(vm, "isa");
	_cleanup_free_ char *started = get_text(vm, "started");
	_cleanup_free_ char *ended = get_text(vm, "ended");
	_cleanup_free_ char *life =
		format_duration((alive ? time(NULL) : parse_time(ended)) - parse_time(started));

	printf("%s%s%s\n", output_mark(ctl->colour, MARK_HEAD), name,
	       output_mark(ctl->colour, MARK_NONE));
	printf("Id       %lld\n", get_int(vm, "id"));
	printf("Process  %lld\n", get_int(vm, "pid"));
	printf("vCPUs    %lld, %s\n", get_int(vm, "vcpu_count"), isa);
	if (alive)
		printf("Lives    since %s, for %s\n", started, life);
	else
		printf("Lived    from %s to %s, for %s\n", started, ended, life);
	printf("Exits    ");
	print_rates(vm);
}

static void print_text(const struct ctl *ctl, const json_t *vm)
{
	const json_t *vcpu;
	size_t i;

	print_head(ctl, vm);
	if (json_array_size(json_object_get(vm, "reasons")) > 0)
		putchar('\n');
	print_reasons(ctl, vm);
	json_array_foreach(json_object_get(vm, "vcpus"), i, vcpu) {
		printf("\n%svCPU %lld%s  ", output_mark(ctl->colour, MARK_HEAD),
		       get_int(vcpu, "id"), output_mark(ctl->colour, MARK_NONE));
		print_rates(vcpu);
		print_reasons(ctl, vcpu);
	}
}

static enum ctl_exit run(struct ctl *ctl, int argc, char **argv)
{
	json_t *parameters = ctl_vm_parameters(argv[0]), *reply = NULL, *vm;
	enum ctl_exit result;

	(void)argc;
	if (!parameters)
		return CTL_FAILED;
	(void)json_object_set_new(parameters, "vcpus",
				  json_boolean((ctl->options & CTL_OPTION_VCPUS) != 0));
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, &reply);
	if (result != CTL_OK)
		return result;

	vm = json_object_get(reply, "vm");
	if (ctl->json)
		output_json(vm);
	else
		print_text(ctl, vm);
	json_decref(reply);
	return CTL_OK;
}

const struct ctl_command ctl_show = {
	.name = "show",
	.args = "VM [--vcpus]",
	.help = "one VM with its exit reasons, the most frequent first",
	.args_min = 1,
	.args_max = 1,
	.options = CTL_OPTION_VCPUS,
	.run = run,
};
