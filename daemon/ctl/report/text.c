// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report, for people at a terminal.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/details.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/util.h"

enum {
	COLUMN_PHASE,
	COLUMN_FROM,
	COLUMN_FOR,
	COLUMN_EXITS,
	COLUMN_RATE,
	COLUMN_PEAK,
	COLUMN_CV,
	COLUMN_VERDICT,
	COLUMN_MOST,
};

static const struct column columns[] = {
	{ .name = "PHASE", .cut = COLUMN_CUT },
	{ .name = "FROM", .right = true },
	{ .name = "FOR", .right = true, .drop = 2 },
	{ .name = "EXITS", .right = true, .count = true, .drop = 1 },
	{ .name = "PER S", .right = true, .count = true },
	{ .name = "PEAK", .right = true, .count = true, .drop = 3 },
	{ .name = "CV", .right = true, .drop = 4 },
	{ .name = "RATE" },
	{ .name = "MOST FREQUENT", .cut = COLUMN_CUT },
	{ .name = NULL },
};

static void print_phases(const struct report *report, bool colour)
{
	struct libscols_table *table = table_new(columns, colour);
	struct libscols_line *line;
	char *text;
	size_t i;

	for (i = 0; i < report->n_phases; i++) {
		const struct report_phase *phase = &report->phases[i];

		line = table_row(table);
		table_text(line, COLUMN_PHASE, strdup(phase->name));
		table_text(line, COLUMN_FROM, report_seconds(phase->start));
		table_text(line, COLUMN_FOR, report_seconds(phase->seconds));
		table_int(line, COLUMN_EXITS, (long long)phase->exits);
		table_text(line, COLUMN_RATE,
			   format_rate(phase->seconds > 0 ? (double)phase->exits / phase->seconds :
							    0));
		table_text(line, COLUMN_PEAK, format_rate(phase->spread.peak));
		if (asprintf(&text, "%.2f", phase->spread.cv) >= 0)
			table_text(line, COLUMN_CV, text);
		table_text(line, COLUMN_VERDICT,
			   strdup(report_verdict_name(phase->spread.verdict)));
		table_text(line, COLUMN_MOST, report_top_reasons(report, phase, false));
	}
	table_print(table);
}

static void print_reasons(const struct report *report, bool colour)
{
	static const struct column reason_columns[] = {
		{ .name = "REASON", .cut = COLUMN_CUT },
		{ .name = "TOTAL", .right = true, .count = true },
		{ .name = "%", .right = true },
		{ .name = NULL },
	};
	struct libscols_table *table = table_new(reason_columns, colour);
	struct libscols_line *line;
	size_t i;

	for (i = 0; i < report->n_reasons; i++) {
		line = table_row(table);
		table_text(line, 0, strdup(report->reasons[i].name));
		table_int(line, 1, (long long)report->reasons[i].total);
		table_text(line, 2,
			   format_percent((double)report->reasons[i].total, (double)report->exits));
	}
	table_print(table);
}

/* Takes over text. */
static void print_sentence(char *text)
{
	if (text)
		output_wrapped(text, 0);
	free(text);
}

void report_print_text(const struct ctl *ctl, const struct report *report)
{
	const bool colour = ctl->colour;
	_cleanup_free_ char *name = get_text(report->vm, "name");
	_cleanup_free_ char *isa = get_text(report->vm, "isa");
	_cleanup_free_ char *started = format_when(ctl, NULL, report->vm, "started");
	_cleanup_free_ char *life = report_seconds(report->life);
	const struct details_style details = { stdout, DETAILS_SHOWN, colour, false, NULL };
	long long vcpus = get_int(report->vm, "vcpu_count");
	size_t i;

	printf("%s%s%s  id %lld, %s, %lld vCPU%s\nStarted %s, %s %s, with %llu exits\n\n",
	       output_mark(colour, MARK_HEAD), name, output_mark(colour, MARK_NONE),
	       get_int(report->vm, "id"), isa, vcpus, vcpus == 1 ? "" : "s", started,
	       json_is_true(json_object_get(report->vm, "alive")) ? "up" : "lived", life,
	       (unsigned long long)report->exits);
	print_sentence(report_say_boot(report));
	print_sentence(report_say_rate(report));
	print_sentence(report_say_frequent(report));
	print_sentence(report_say_overhead(report));
	print_sentence(report_say_untold(report));
	print_sentence(report_say_counted(report));
	putchar('\n');
	print_phases(report, colour);
	if (report->n_phases > 1)
		printf("\n%sWhat changed%s\n", output_mark(colour, MARK_HEAD),
		       output_mark(colour, MARK_NONE));
	for (i = 1; i < report->n_phases; i++)
		print_sentence(report_say_change(report, i));
	if (report->n_reasons > 0)
		putchar('\n');
	print_reasons(report, colour);
	report_print_times(report, colour);
	if (has_details(report->vm))
		details_print(report->vm, &details);
}
