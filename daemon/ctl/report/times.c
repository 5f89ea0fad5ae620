// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: how long exits took, and what they cost.
 */
#include "config.h"

#include "ctl/clock.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "ctl/times.h"
#include "util/util.h"

#define MS_PER_S 1000.0

/* The name of the one window there is. */
#define LIFE "life"

void report_set_times(struct report *report)
{
	int64_t since_ms =
		parse_time_ms(json_string_value(json_object_get(report->vm, "times_since")));
	int64_t started_ms =
		parse_time_ms(json_string_value(json_object_get(report->vm, "started")));

	if (!json_is_object(json_object_get(report->vm, "time")))
		return;
	report->timed_s = report->life;
	if (since_ms > started_ms && started_ms >= 0)
		report->timed_s -= (double)(since_ms - started_ms) / MS_PER_S;
	if (report->timed_s <= 0)
		return;
	report->timed = json_deep_copy(report->vm);
	times_set_overhead(report->timed, LIFE, report->timed_s);
}

double report_overhead(const struct report *report)
{
	return report->timed ? get_share(report->timed, LIFE) : SHARE_UNKNOWN;
}

char *report_say_overhead(const struct report *report)
{
	_cleanup_free_ char *share = format_share(report_overhead(report));
	_cleanup_free_ char *seconds = report_seconds(report->timed_s);
	char *text;

	if (report_overhead(report) < 0)
		return NULL;
	if (asprintf(
		    &text,
		    "Exits cost %s%% of its vCPUs' time in the %s that they were timed. Exits in which "
		    "a vCPU asks to wait (HLT, MWAIT, PAUSE) are not in it, waits for a CPU of the host "
		    "are.",
		    share, seconds) < 0)
		return NULL;
	return text;
}

void report_print_times(const struct report *report, bool colour)
{
	const struct times_style style = { stdout, colour, "Exit times", "time", LIFE };

	if (report->timed)
		times_print(report->timed, &style);
}

/* -- the page -------------------------------------------------------------- */

static void print_ns(const json_t *time, const char *key, FILE *out)
{
	_cleanup_free_ char *text = NULL;

	if (json_is_integer(json_object_get(time, key)))
		text = format_nanoseconds((double)get_int(time, key));
	fprintf(out, "<td class=\"n\">%s</td>", text ? text : "");
}

static void print_row(const json_t *reason, FILE *out)
{
	_cleanup_free_ char *name = get_text(reason, "reason");
	_cleanup_free_ char *share = format_share(get_share(reason, LIFE));
	const json_t *time = json_object_get(reason, "time");

	fputs("<tr><th scope=\"row\">", out);
	html_text(name ? name : "", out);
	fprintf(out, "</th><td class=\"n\">%lld</td><td class=\"n\">%s</td>",
		get_int(time, "exits"), share ? share : "");
	print_ns(time, "p50_ns", out);
	print_ns(time, "p95_ns", out);
	print_ns(time, "p99_ns", out);
	print_ns(time, "max_ns", out);
	fputs("</tr>\n", out);
}

void report_print_html_times(const struct report *report, FILE *out)
{
	const json_t *reason;
	size_t i;

	if (!report->timed)
		return;
	fputs("<section aria-labelledby=\"times\">\n<h2 id=\"times\">Times</h2>\n"
	      "<div class=\"scroll\" role=\"region\" aria-label=\"How long exits took\" "
	      "tabindex=\"0\">\n<table>\n<caption>How long exits took</caption>\n"
	      "<thead><tr><th scope=\"col\">Reason</th><th scope=\"col\" class=\"n\">Timed exits</th>"
	      "<th scope=\"col\" class=\"n\">Overhead %</th><th scope=\"col\" class=\"n\">Half, up to</th>"
	      "<th scope=\"col\" class=\"n\">95 %, up to</th>"
	      "<th scope=\"col\" class=\"n\">99 %, up to</th>"
	      "<th scope=\"col\" class=\"n\">Longest</th></tr></thead>\n<tbody>\n",
	      out);
	json_array_foreach(json_object_get(report->timed, "reasons"), i, reason)
		if (json_is_object(json_object_get(reason, "time")))
			print_row(reason, out);
	fputs("</tbody>\n</table>\n</div>\n</section>\n", out);
}
