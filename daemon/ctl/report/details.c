// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What exactly caused a VM's exits, for the page of kvmexitctl report.
 */
#include "config.h"

#include "ctl/details.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/util.h"

static void print_text_cell(const char *tag, char *text, FILE *out)
{
	fputs(tag, out);
	html_text(text ? text : "", out);
	free(text);
}

static void print_row(const json_t *reason, const json_t *detail, double all, FILE *out)
{
	double exits = (double)get_int(detail, "exits");

	print_text_cell("<tr><th scope=\"row\">", get_text(reason, "reason"), out);
	print_text_cell("</th><td class=\"names-of\">", detail_title(detail), out);
	if (json_is_true(json_object_get(detail, "nested")))
		fputs(" (nested guest)", out);
	fprintf(out, "</td><td class=\"n\">%lld</td>", get_int(detail, "exits"));
	print_text_cell("<td class=\"n\">", format_percent(exits, all), out);
	fputs("</td></tr>\n", out);
}

void report_print_details(const struct report *report, FILE *out)
{
	const json_t *reason, *detail;
	double all;
	size_t i, j;

	if (!has_details(report->vm))
		return;
	fputs("<section aria-labelledby=\"details\">\n<h2 id=\"details\">Details</h2>\n"
	      "<div class=\"scroll\" role=\"region\" aria-label=\"What exactly caused exits\" "
	      "tabindex=\"0\">\n<table>\n<caption>What exactly caused exits, since ",
	      out);
	print_text_cell("", get_text(report->vm, "details_since"), out);
	fputs("</caption>\n<thead><tr><th scope=\"col\">Reason</th><th scope=\"col\">Key</th>"
	      "<th scope=\"col\" class=\"n\">Exits</th><th scope=\"col\" class=\"n\">%</th></tr>"
	      "</thead>\n<tbody>\n",
	      out);
	json_array_foreach(json_object_get(report->vm, "reasons"), i, reason) {
		all = (double)details_exits(reason);
		json_array_foreach(json_object_get(reason, "details"), j, detail)
			if (j < DETAILS_SHOWN)
				print_row(reason, detail, all, out);
	}
	fputs("</tbody>\n</table>\n</div>\n</section>\n", out);
}
