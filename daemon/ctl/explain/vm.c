// SPDX-License-Identifier: GPL-2.0-or-later
/* A VM's reasons, ranked and explained. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/details.h"
#include "ctl/explain/explain.h"
#include "ctl/output.h"
#include "explain/explain.h"
#include "util/util.h"

/* Who reads more than so many pieces of advice does not follow the first. */
#define ADVICE_MAX 3

/* Below this share of a CPU, nobody would notice that it is gone: a thousandth. */
#define WORTH_CPUS 0.001

#define PERCENT 100.0

enum {
	COLUMN_REASON,
	COLUMN_KEY,
	COLUMN_RATE,
	COLUMN_NORMAL,
	COLUMN_COST,
	COLUMN_WHAT,
};

static const struct column columns[] = {
	{ .name = "REASON", .cut = COLUMN_CUT },
	{ .name = "KEY", .cut = COLUMN_CUT },
	{ .name = "EXITS/s", .right = true, .count = true },
	{ .name = "NORMAL UP TO", .right = true, .count = true, .drop = 1 },
	{ .name = "COST", .right = true },
	{ .name = "WHAT HAPPENS", .cut = COLUMN_CUT },
	{ .name = NULL },
};

static char *format_cost(double cpus)
{
	char *text = NULL;

	return asprintf(&text, cpus >= WORTH_CPUS || cpus == 0 ? "%.1f%%" : "<0.1%%",
			PERCENT * cpus) < 0 ?
		       NULL :
		       text;
}

/* "0x6e0:W TSC_DEADLINE, 2 more"; NULL where no key is known. */
static char *format_keys(const struct ranked *r)
{
	_cleanup_free_ char *title = r->detail ? detail_title(r->detail) : NULL;
	char *text = NULL;

	if (!title || r->n_keys < 2)
		return TAKE_PTR(title);
	return asprintf(&text, "%s, %zu more", title, r->n_keys - 1) < 0 ? NULL : text;
}

static void print_table(const struct ctl *ctl, const struct ranked *ranked, size_t n)
{
	struct libscols_table *table = table_new(columns, ctl->colour);
	struct libscols_line *line;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct ranked *r = &ranked[i];

		if (r->rate <= 0)
			continue;
		line = table_row(table);
		table_text(line, COLUMN_REASON, clean_text(r->reason));
		table_text(line, COLUMN_KEY, format_keys(r));
		table_text(line, COLUMN_RATE, format_rate(r->rate));
		table_text(line, COLUMN_NORMAL, format_rate(r->normal));
		table_text(line, COLUMN_COST, format_cost(r->cost));
		table_text(line, COLUMN_WHAT,
			   strdup(r->topic ? r->topic->title : "not known here"));
	}
	table_print(table);
}

static double sum_cost(const struct ranked *ranked, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += ranked[i].cost;
	return sum;
}

static bool is_measured(const struct ranked *ranked, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ranked[i].cost > 0 && !ranked[i].measured)
			return false;
	return true;
}

static bool is_worth(const struct ranked *r)
{
	return r->avoidable >= WORTH_CPUS;
}

/* The reason alone does not say what to do. */
static bool lacks_key(const struct ranked *r)
{
	return !r->detail && explain_class_of(r->reason) != EXPLAIN_NO_KEY;
}

/* The same device by port and by address, for example. */
static bool was_said(const struct ranked *ranked, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (ranked[j].topic == ranked[i].topic)
			return true;
	return false;
}

static void print_advice(const struct ctl *ctl, const struct ranked *ranked, size_t n)
{
	bool lacks = false;
	size_t i, pieces = 0;

	for (i = 0; i < n && pieces < ADVICE_MAX && is_worth(&ranked[i]); i++) {
		_cleanup_free_ char *title = ranked[i].detail ? detail_title(ranked[i].detail) :
								NULL;
		_cleanup_free_ char *head = NULL;

		if (was_said(ranked, i))
			continue;
		pieces++;
		lacks |= lacks_key(&ranked[i]);
		if (asprintf(&head, "%s%s%s", ranked[i].reason, title ? " " : "",
			     title ? title : "") < 0)
			return;
		putchar('\n');
		explain_print_topic(ctl, head, ranked[i].topic);
	}
	if (i == 0)
		puts("\nNothing to do: every reason is at a rate that is normal for this VM, or\n"
		     "costs less than a thousandth of a CPU.");
	if (lacks)
		puts("\nWhich registers, ports or addresses these are would say more: 'kvmexitctl "
		     "config\ndetails=yes' has the kernel count them.");
}

static void print_head(const struct ctl *ctl, const json_t *vm, int64_t now_us)
{
	double span_s = explain_span_s(vm, now_us);
	_cleanup_free_ char *name = get_text(vm, "name");
	_cleanup_free_ char *life = format_us(vm_life_us(vm, now_us));
	_cleanup_free_ char *rate = format_rate(span_s > 0 ? (double)get_int(vm, "exits") / span_s :
							     get_rate(vm, "1m"));

	printf("%s%s%s: %s exits per second ", output_mark(ctl->colour, MARK_HEAD), name,
	       output_mark(ctl->colour, MARK_NONE), rate);
	if (span_s > 0)
		printf("in its life of %s", life);
	else
		printf("in the last minute");
	printf(", %lld vCPU%s.\n", get_int(vm, "vcpu_count"),
	       get_int(vm, "vcpu_count") == 1 ? "" : "s");
}

void explain_print_vm(const struct ctl *ctl, const json_t *vm, int64_t now_us)
{
	_cleanup_free_ struct ranked *ranked = NULL;
	_cleanup_free_ char *cost = NULL;
	size_t n = 0;

	ranked = explain_rank(vm, now_us, &n);
	cost = format_cost(ranked ? sum_cost(ranked, n) : 0);
	print_head(ctl, vm, now_us);
	if (!ranked) {
		puts("It has made no exits.");
		return;
	}
	printf("They cost %s of a CPU, sleep left out%s.\n\n", cost,
	       is_measured(ranked, n) ?
		       ", as the kernel measured" :
		       ", by an estimate of 1 us to 8 us an exit\n"
		       "('kvmexitctl config timing=yes' has the kernel measure it)");
	print_table(ctl, ranked, n);
	print_advice(ctl, ranked, n);
}

json_t *explain_vm_json(const json_t *vm, int64_t now_us)
{
	_cleanup_free_ struct ranked *ranked = NULL;
	json_t *reasons = json_array(), *one;
	size_t n = 0, i;

	ranked = explain_rank(vm, now_us, &n);
	for (i = 0; ranked && i < n; i++) {
		const struct ranked *r = &ranked[i];

		one = json_pack("{s:s?, s:f, s:f, s:f, s:f, s:b, s:o}", "reason", r->reason, "rate",
				r->rate, "normal", r->normal, "cost_cpus", r->cost,
				"avoidable_cpus", r->avoidable, "measured", r->measured,
				"explanation",
				r->topic ? explain_topic_json(r->topic) : json_null());
		if (r->detail) {
			(void)json_object_set(one, "key", json_object_get(r->detail, "key"));
			(void)json_object_set_new(one, "keys", json_integer((json_int_t)r->n_keys));
		}
		(void)json_array_append_new(reasons, one);
	}
	return json_pack("{s:O, s:O, s:o}", "name", json_object_get(vm, "name"), "id",
			 json_object_get(vm, "id"), "reasons", reasons);
}
