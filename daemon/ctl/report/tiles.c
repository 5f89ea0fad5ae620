// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: the first things on the page: three answers in short, and what the
 * most frequent reasons mean.
 */
#include "config.h"

#include <stdlib.h>

#include "ctl/clock.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "explain/explain.h"
#include "util/util.h"

/* Reasons that are explained on the page: those that make most of the exits. */
#define MEANINGS_MAX 5

#define MS_PER_S 1000.0

static void begin_tile(const char *head, const char *class, FILE *out)
{
	fprintf(out, "<div class=\"tile\"><h3>%s</h3><p class=\"%s\">", head, class);
}

/* Takes over text. */
static void put(char *text, FILE *out)
{
	html_text(text ? text : "", out);
	free(text);
}

static void print_boot(const struct report *report, FILE *out)
{
	bool known = report->boot != BOOT_UNKNOWN;

	begin_tile("Boot", "value", out);
	if (known) {
		put(format_short((double)report->boot_exits), out);
		fputs(" exits</p><p>in ", out);
		put(report_seconds(report->boot_end), out);
	} else {
		fputs("not known</p><p>of ", out);
		put(format_short((double)report->exits), out);
		fputs(" exits in all", out);
	}
	fputs("</p></div>\n", out);
}

/* Of the last phase: what the VM does now, or did in the end. */
static void print_rate(const struct report *report, FILE *out)
{
	const struct report_phase *phase =
		report->n_phases > 0 ? &report->phases[report->n_phases - 1] : NULL;

	begin_tile("Steady or bursty", "value", out);
	if (!phase || phase->seconds <= 0) {
		fputs("not known</p></div>\n", out);
		return;
	}
	html_text(phase->spread.verdict == VERDICT_SHORT ?
			  "not known" :
			  report_verdict_name(phase->spread.verdict),
		  out);
	fputs("</p><p>", out);
	put(format_short((double)phase->exits / phase->seconds), out);
	fputs(" exits a second in ", out);
	html_text(phase->name, out);
	fputs(", up to ", out);
	put(format_short(phase->spread.peak), out);
	fputs("</p></div>\n", out);
}

static void print_frequent(const struct report *report, FILE *out)
{
	const struct report_reason *first, *last;

	begin_tile("Most frequent", "value", out);
	if (report->n_reasons == 0) {
		fputs("none</p></div>\n", out);
		return;
	}
	first = &report->reasons[0];
	last = &report->reasons[report->n_reasons - 1];
	html_text(first->name, out);
	fputs("</p><p>", out);
	put(format_percent((double)first->total, (double)report->exits), out);
	fputs("% of exits", out);
	if (last != first) {
		fputs("; least frequent: ", out);
		html_text(last->name, out);
		fprintf(out, ", %llu", (unsigned long long)last->total);
	}
	fputs("</p></div>\n", out);
}

double report_storm_age(const struct report *report)
{
	const json_t *storm = json_object_get(report->vm, "storm");
	int64_t since_ms = parse_time_ms(json_string_value(json_object_get(storm, "since")));
	int64_t started_ms =
		parse_time_ms(json_string_value(json_object_get(report->vm, "started")));

	if (since_ms < 0 || started_ms < 0)
		return -1;
	return since_ms > started_ms ? (double)(since_ms - started_ms) / MS_PER_S : 0;
}

void report_print_tiles(const struct report *report, FILE *out)
{
	fputs("<div class=\"tiles\">\n", out);
	print_boot(report, out);
	print_rate(report, out);
	print_frequent(report, out);
	fputs("</div>\n", out);
}

static void print_meaning(const struct report_reason *reason, const struct explain *topic,
			  FILE *out)
{
	fputs("<dt>", out);
	html_text(reason->name, out);
	fputs(": ", out);
	html_text(topic->title, out);
	fputs("</dt>\n<dd>", out);
	html_text(topic->what, out);
	fputs(" <b>Usual causes:</b> ", out);
	html_text(topic->causes, out);
	fputs(" <b>Is it bad?</b> ", out);
	html_text(topic->bad, out);
	fputs(" <b>What to do:</b> ", out);
	html_text(topic->remedy ? topic->remedy : "Nothing.", out);
	fputs("</dd>\n", out);
}

void report_print_meanings(const struct report *report, FILE *out)
{
	const struct explain *topic;
	size_t i;

	if (report->n_reasons == 0)
		return;
	fputs("<h3>What the most frequent reasons mean</h3>\n<dl>\n", out);
	for (i = 0; i < report->n_reasons && i < MEANINGS_MAX; i++) {
		topic = explain_reason(report->reasons[i].name);
		if (topic)
			print_meaning(&report->reasons[i], topic, out);
	}
	fputs("</dl>\n", out);
}
