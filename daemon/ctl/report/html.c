// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report, as one page that needs nothing else: no script, no network.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/report/report.h"
#include "explain/explain.h"
#include "util/util.h"

/* The plot's data as a table that is still read. */
#define ROWS_MAX     60
#define ROWS_REASONS 6

#define PERCENT 100.0

void html_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

/*
 * The colours are those of Okabe and Ito, which people with any colour vision can
 * tell apart; no text has them.
 */
static const char style[] =
	":root{color-scheme:light dark;--fg:#1a1a1a;--bg:#fff;--soft:#595959;--line:#c8c8c8;"
	"--storm:#b00020;--head:#f2f2f2;--c0:#0072b2;--c1:#e69f00;--c2:#009e73;--c3:#cc79a7;--c4:#56b4e9;"
	"--c5:#d55e00;--c6:#f0e442;--c7:#999}\n"
	"@media(prefers-color-scheme:dark){:root{--fg:#e8e8e8;--bg:#16181b;--soft:#adadad;"
	"--storm:#ff6b7d;--line:#484c52;--head:#22262b}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:70rem;color:var(--fg);background:var(--bg);"
	"font:1rem/1.5 system-ui,sans-serif}\n"
	"h1{margin:0;font-size:1.6rem;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2rem 0 .5rem}\n"
	"header p,footer{color:var(--soft)}footer{margin-top:2rem;font-size:.85rem}\n"
	"a{color:inherit}nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;"
	"list-style:none}\n"
	":focus-visible{outline:3px solid var(--c0);outline-offset:2px}\n"
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.75rem;"
	"margin:1rem 0}.tile{border:1px solid var(--line);padding:.6rem .9rem}\n"
	".tile h3{margin:0;font-size:.9rem;font-weight:400;color:var(--soft)}.tile p{margin:0}\n"
	".tile .value{font-size:1.5rem;font-weight:600;overflow-wrap:anywhere}\n"
	".hit{fill:transparent}.hit:hover{fill:var(--fg);fill-opacity:.18}\n"
	".storm{fill:none;stroke:var(--storm);stroke-width:4px;vector-effect:non-scaling-stroke}\n"
	".storm-note .swatch{border:3px solid var(--storm)}\n"
	"dt{font-weight:600;margin-top:.75rem}dd{margin:0}\n"
	"figure{margin:1rem 0}figcaption{color:var(--soft)}\n"
	".plot{position:relative;height:18rem;border:1px solid var(--line)}\n"
	"svg{display:block;width:100%;height:100%}\n"
	".edge{stroke:var(--fg);stroke-width:1px;stroke-dasharray:4 4;opacity:.5;"
	"vector-effect:non-scaling-stroke;fill:none}\n"
	".names,.plot,.times{margin-left:4.5rem}\n"
	".rates span{position:absolute;left:-4.5rem;width:4.25rem;text-align:right;"
	"font-size:.75rem;transform:translateY(50%)}\n"
	".names,.times{position:relative;height:1.4rem;font-size:.75rem;white-space:nowrap}\n"
	".names span{position:absolute;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;"
	"padding:0 .2rem}\n"
	".times span{position:absolute;border-left:1px solid var(--line);padding-left:.2rem}\n"
	".times .last{border-left:0;border-right:1px solid var(--line);padding:0 .2rem 0 0}\n"
	".legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}\n"
	".swatch{display:inline-block;width:.9em;height:.9em;margin-right:.4em;"
	"vertical-align:-.1em;border:1px solid var(--fg)}\n"
	".c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}"
	".c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}.c7{fill:var(--c7)}\n"
	".b0{background:var(--c0)}.b1{background:var(--c1)}.b2{background:var(--c2)}"
	".b3{background:var(--c3)}.b4{background:var(--c4)}.b5{background:var(--c5)}"
	".b6{background:var(--c6)}.b7{background:var(--c7)}\n"
	".scroll{overflow-x:auto}\n"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
	"caption{text-align:left;color:var(--soft)}\n"
	"th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
	"white-space:nowrap}\n"
	"thead th,thead td{background:var(--head)}th{font-weight:600}.n{text-align:right}\n"
	"td.names-of{white-space:normal;min-width:15rem}\n"
	".bars{width:100%}.bars td:last-child{width:40%;min-width:6rem}\n"
	".tall{max-height:24rem;overflow:auto}\n"
	".bar{height:1em;min-width:1px;background:var(--c0)}\n"
	"@page{size:A4;margin:15mm}\n"
	"@media print{body{max-width:none;padding:0;font-size:.75rem}nav{display:none}\n"
	".bar,.swatch,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}\n"
	".scroll,.tall{overflow:visible;max-height:none}\n"
	".tiles{grid-template-columns:repeat(3,1fr)}.tile .value{font-size:1.1rem}"
	".plot{height:12rem}\n"
	"th,td{padding:.15rem .3rem;font-size:.6rem}thead th{white-space:normal}"
	".tall thead th{overflow-wrap:anywhere}\n"
	"td.names-of{min-width:0}figure,tr,.tile,dd{break-inside:avoid}h2,h3,dt{break-after:avoid}}\n";

/* Takes over text. */
static void print_item(char *text, FILE *out)
{
	if (text) {
		fputs("<li>", out);
		html_text(text, out);
		fputs("</li>\n", out);
	}
	free(text);
}

static void print_head(const struct report *report, const char *name, FILE *out)
{
	_cleanup_free_ char *isa = get_text(report->vm, "isa");
	_cleanup_free_ char *started = get_text(report->vm, "started");
	_cleanup_free_ char *life = report_seconds(report->life);
	long long vcpus = get_int(report->vm, "vcpu_count");

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
	      out);
	html_text(name, out);
	fprintf(out, ": VM exits</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>",
		style);
	html_text(name, out);
	fprintf(out, "</h1>\n<p>id %lld, pid %lld, ", get_int(report->vm, "id"),
		get_int(report->vm, "pid"));
	html_text(isa, out);
	fprintf(out, ", %lld vCPU%s. %s ", vcpus, vcpus == 1 ? "" : "s",
		json_is_true(json_object_get(report->vm, "alive")) ? "Up since" : "Lived from");
	html_text(started, out);
	fprintf(out, " for %s, with %llu exits.</p>\n</header>\n", life,
		(unsigned long long)report->exits);
	fputs("<nav aria-label=\"On this page\"><ul><li><a href=\"#summary\">Summary</a></li>"
	      "<li><a href=\"#rates\">Rates</a></li><li><a href=\"#phases\">Phases</a></li>"
	      "<li><a href=\"#reasons\">Reasons</a></li></ul></nav>\n<main>\n",
	      out);
}

static void print_summary(const struct report *report, FILE *out)
{
	size_t i;

	fputs("<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n", out);
	report_print_tiles(report, out);
	fputs("<ul>\n", out);
	print_item(report_say_boot(report), out);
	print_item(report_say_rate(report), out);
	print_item(report_say_frequent(report), out);
	print_item(report_say_overhead(report), out);
	print_item(report_say_untold(report), out);
	print_item(report_say_counted(report), out);
	fputs("</ul>\n", out);
	if (report->n_phases > 1)
		fputs("<h3>What changed</h3>\n<ul>\n", out);
	for (i = 1; i < report->n_phases; i++)
		print_item(report_say_change(report, i), out);
	fputs(report->n_phases > 1 ? "</ul>\n</section>\n" : "</section>\n", out);
}

/* A table that is wider than the window is scrolled by itself, by keys, too. */
static void begin_table(const char *label, const char *head, FILE *out)
{
	fprintf(out,
		"<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">\n<table>\n"
		"<caption>%s</caption>\n<thead><tr>%s",
		label, label, head);
}

static void end_table(FILE *out)
{
	fputs("</tbody>\n</table>\n</div>\n", out);
}

/* Takes over text, which is a number or a list of names. */
static void print_cell(char *text, bool number, FILE *out)
{
	fputs(number ? "<td class=\"n\">" : "<td class=\"names-of\">", out);
	html_text(text ? text : "", out);
	fputs("</td>", out);
	free(text);
}

static void print_phases(const struct report *report, FILE *out)
{
	size_t i;

	fputs("<section aria-labelledby=\"phases\">\n<h2 id=\"phases\">Phases</h2>\n", out);
	begin_table(
		"The phases of its life",
		"<th scope=\"col\">Phase</th><th scope=\"col\" class=\"n\">From</th>"
		"<th scope=\"col\" class=\"n\">For</th><th scope=\"col\" class=\"n\">Exits</th>"
		"<th scope=\"col\" class=\"n\">Per second</th>"
		"<th scope=\"col\" class=\"n\">Peak</th>"
		"<th scope=\"col\" class=\"n\"><abbr title=\"coefficient of variation\">CV</abbr></th>"
		"<th scope=\"col\">Rate</th><th scope=\"col\">Most frequent</th>"
		"<th scope=\"col\">Least frequent</th></tr></thead>\n<tbody>\n",
		out);
	for (i = 0; i < report->n_phases; i++) {
		const struct report_phase *phase = &report->phases[i];

		fputs("<tr><th scope=\"row\">", out);
		html_text(phase->name, out);
		fputs("</th>", out);
		print_cell(report_seconds(phase->start), true, out);
		print_cell(report_seconds(phase->seconds), true, out);
		fprintf(out, "<td class=\"n\">%llu</td>", (unsigned long long)phase->exits);
		print_cell(format_rate(phase->seconds > 0 ? (double)phase->exits / phase->seconds :
							    0),
			   true, out);
		print_cell(format_rate(phase->spread.peak), true, out);
		fprintf(out, "<td class=\"n\">%.2f</td><td>%s</td>", phase->spread.cv,
			report_verdict_name(phase->spread.verdict));
		print_cell(report_top_reasons(report, phase, false), false, out);
		print_cell(report_top_reasons(report, phase, true), false, out);
		fputs("</tr>\n", out);
	}
	end_table(out);
	fputs("</section>\n", out);
}

static void print_steps(const struct report *report, FILE *out)
{
	size_t n_reasons = report->n_reasons < ROWS_REASONS ? report->n_reasons : ROWS_REASONS;
	struct report_column *columns;
	size_t n = report_columns(report, ROWS_MAX, &columns), i, k;

	fputs("<h3>The plot as a table</h3>\n<div class=\"tall\" role=\"region\" "
	      "aria-label=\"The plot as a table\" tabindex=\"0\">\n",
	      out);
	begin_table("Exits by time and reason",
		    "<th scope=\"col\">From</th><th scope=\"col\" class=\"n\">For</th>"
		    "<th scope=\"col\" class=\"n\">Exits</th>",
		    out);
	for (k = 0; k < n_reasons; k++) {
		fputs("<th scope=\"col\" class=\"n\">", out);
		html_text(report->reasons[k].name, out);
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	for (i = 0; columns && i < n; i++) {
		_cleanup_free_ char *from = report_seconds(columns[i].age);
		_cleanup_free_ char *length = report_seconds(columns[i].end - columns[i].age);

		fprintf(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td>",
			from ? from : "", length ? length : "");
		fprintf(out, "<td class=\"n\">%llu</td>",
			(unsigned long long)report_sum(report, NULL, columns[i].first,
						       columns[i].n));
		for (k = 0; k < n_reasons; k++)
			fprintf(out, "<td class=\"n\">%llu</td>",
				(unsigned long long)report_sum(report, &report->reasons[k],
							       columns[i].first, columns[i].n));
		fputs("</tr>\n", out);
	}
	free(columns);
	end_table(out);
	fputs("</div>\n", out);
}

/* A table that is a bar chart: what is seen can be read out, too. */
static void print_reasons(const struct report *report, FILE *out)
{
	uint64_t most = report->n_reasons ? report->reasons[0].total : 0;
	const struct explain *topic;
	size_t i;

	fputs("<section aria-labelledby=\"reasons\">\n<h2 id=\"reasons\">Reasons</h2>\n"
	      "<div class=\"scroll\" role=\"region\" aria-label=\"Exits by reason\" tabindex=\"0\">\n"
	      "<table class=\"bars\">\n<caption>All exits of its life, by reason</caption>\n"
	      "<thead><tr><th scope=\"col\">Reason</th><th scope=\"col\" class=\"n\">Exits</th>"
	      "<th scope=\"col\" class=\"n\">%</th><th scope=\"col\">What happens</th><td></td></tr></thead>\n"
	      "<tbody>\n",
	      out);
	for (i = 0; i < report->n_reasons; i++) {
		uint64_t total = report->reasons[i].total;

		fputs("<tr><th scope=\"row\">", out);
		html_text(report->reasons[i].name, out);
		fprintf(out, "</th><td class=\"n\">%llu</td>", (unsigned long long)total);
		print_cell(format_percent((double)total, (double)report->exits), true, out);
		topic = explain_reason(report->reasons[i].name);
		fputs("<td>", out);
		html_text(topic ? topic->title : "", out);
		fputs("</td>", out);
		fprintf(out,
			"<td aria-hidden=\"true\"><div class=\"bar\" style=\"width:%.2f%%\"></div>"
			"</td></tr>\n",
			most ? (double)total * PERCENT / (double)most : 0);
	}
	fputs("</tbody>\n</table>\n</div>\n", out);
	report_print_meanings(report, out);
	fputs("</section>\n", out);
}

void report_print_html(const struct report *report, FILE *out)
{
	_cleanup_free_ char *name = get_text(report->vm, "name");

	print_head(report, name ? name : "", out);
	print_summary(report, out);
	fputs("<section aria-labelledby=\"rates\">\n<h2 id=\"rates\">Rates</h2>\n", out);
	report_print_plot(report, out);
	print_steps(report, out);
	fputs("</section>\n", out);
	print_phases(report, out);
	print_reasons(report, out);
	report_print_html_times(report, out);
	report_print_details(report, out);
	fputs("</main>\n<footer>Made by kvmexitctl " PACKAGE_VERSION
	      ". Reasons have the names that Linux has for them.</footer>\n</body>\n</html>\n",
	      out);
}
