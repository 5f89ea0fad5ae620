// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: rates over time, as a stacked plot.
 *
 * The drawing is stretched to the page's width, so what is to be read is not in it
 * but laid over it.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/util.h"

/* Of the drawing; more columns than that cannot be told apart. */
#define WIDTH	    1000.0
#define HEIGHT	    300.0
#define COLUMNS_MAX 400

/* As many layers as there are colours that all people can tell apart, one for the rest. */
#define LAYERS_MAX 7

#define TIME_TICKS_MAX 6

/* Of a column that is pointed at, the most frequent ones. */
#define HOVER_REASONS 4

/* A boot that is less than this part of a life is drawn by itself, with as much after it. */
#define START_PART    0.1
#define START_TIMES   2
#define START_LEAST_S 5.0

/* From there on, a label of the time would not fit to the right of its tick. */
#define LABEL_END 90.0
#define PERCENT	  100.0

/* Neighbours touch but for rounding. */
#define NEIGHBOUR_S 0.01

struct plot {
	const struct report *report;
	const char *id; /* of what is in it */
	struct report_column *columns;
	size_t n_columns;
	size_t layers[LAYERS_MAX]; /* reasons, from the bottom */
	size_t n_layers; /* without that of the rest */
	double most; /* the highest rate */
	double *below; /* by column: the rate of the layers that are drawn */
};

static double column_rate(const struct plot *plot, const struct report_reason *reason,
			  const struct report_column *column)
{
	return (double)report_sum(plot->report, reason, column->first, column->n) / column->length;
}

static double x_of(const struct plot *plot, double age)
{
	return age / plot->report->life * WIDTH;
}

static double y_of(const struct plot *plot, double rate)
{
	return HEIGHT - (plot->most > 0 ? rate / plot->most * HEIGHT : 0);
}

/* The columns of [from, to) as one area: there along the top, back along the bottom. */
static void print_area(const struct plot *plot, const double *top, size_t from, size_t to,
		       FILE *out)
{
	size_t i;

	fprintf(out, "M%.1f %.1f", x_of(plot, plot->columns[from].age),
		y_of(plot, plot->below[from]));
	for (i = from; i < to; i++)
		fprintf(out, "V%.1fH%.1f", y_of(plot, top[i]), x_of(plot, plot->columns[i].end));
	for (i = to; i-- > from;)
		fprintf(out, "V%.1fH%.1f", y_of(plot, plot->below[i]),
			x_of(plot, plot->columns[i].age));
	fputc('z', out);
}

/* On top of what is below. With no reason, all that is left. */
static void print_layer(struct plot *plot, const struct report_reason *reason, size_t colour,
			FILE *out)
{
	double *top = calloc(plot->n_columns + 1, sizeof(*top));
	size_t i, from;

	for (i = 0; top && i < plot->n_columns; i++)
		top[i] = column_rate(plot, reason, &plot->columns[i]) +
			 (reason ? plot->below[i] : 0);
	fprintf(out, "<path class=\"c%zu\" d=\"", colour);
	for (i = 0, from = 0; top && i < plot->n_columns; i++) {
		if (i + 1 < plot->n_columns &&
		    plot->columns[i + 1].age - plot->columns[i].end < NEIGHBOUR_S)
			continue;
		print_area(plot, top, from, i + 1, out);
		from = i + 1;
	}
	fputs("\"/>\n", out);
	for (i = 0; top && i < plot->n_columns; i++)
		plot->below[i] = top[i];
	free(top);
}

/* "12min 3s: 110744/s, IOIO 92600, …", where a pointer rests: there is no script to do more. */
static void print_hover(const struct plot *plot, const struct report_column *column, FILE *out)
{
	_cleanup_free_ char *at = report_seconds(column->age);
	_cleanup_free_ char *rate = format_rate(column_rate(plot, NULL, column));
	size_t i;

	fprintf(out,
		"<rect class=\"hit\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.0f\"><title>%s: "
		"%s/s",
		x_of(plot, column->age), x_of(plot, column->end) - x_of(plot, column->age), HEIGHT,
		at ? at : "", rate ? rate : "");
	for (i = 0; i < plot->n_layers && i < HOVER_REASONS; i++) {
		const struct report_reason *reason = &plot->report->reasons[plot->layers[i]];
		_cleanup_free_ char *part = format_rate(column_rate(plot, reason, column));

		fputs(", ", out);
		html_text(reason->name, out);
		fprintf(out, " %s", part ? part : "");
	}
	fputs("</title></rect>\n", out);
}

static void print_storm(const struct plot *plot, FILE *out)
{
	double age = report_storm_age(plot->report);

	if (age >= 0 && age < plot->report->life)
		fprintf(out,
			"<rect class=\"storm\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.0f\"/>\n",
			x_of(plot, age), WIDTH - x_of(plot, age), HEIGHT);
}

static void print_drawing(struct plot *plot, FILE *out)
{
	size_t i;

	fprintf(out,
		"<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
		"aria-labelledby=\"%s-title %s-desc\">\n"
		"<title id=\"%s-title\">Exits per second over time</title>\n"
		"<desc id=\"%s-desc\">A stacked plot of %zu reasons, up to %.0f exits per second. "
		"The phases and the steps are in the tables below.</desc>\n",
		WIDTH, HEIGHT, plot->id, plot->id, plot->id, plot->id, plot->n_layers, plot->most);
	for (i = 0; i < plot->n_layers; i++)
		print_layer(plot, &plot->report->reasons[plot->layers[i]], i, out);
	if (plot->n_layers < plot->report->n_reasons)
		print_layer(plot, NULL, LAYERS_MAX, out);
	print_storm(plot, out);
	for (i = 0; i < plot->report->n_phases; i++) {
		double x = x_of(plot, plot->report->phases[i].start);

		if (x <= WIDTH)
			fprintf(out, "<path class=\"edge\" d=\"M%.1f 0V%.0f\"/>\n", x, HEIGHT);
	}
	for (i = 0; i < plot->n_columns; i++)
		print_hover(plot, &plot->columns[i], out);
	fputs("</svg>\n", out);
}

static void print_phase_names(const struct report *report, FILE *out)
{
	size_t i;

	fputs("<div class=\"names\" aria-hidden=\"true\">", out);
	for (i = 0; i < report->n_phases; i++) {
		const struct report_phase *phase = &report->phases[i];

		if (phase->start >= report->life)
			continue;
		fprintf(out, "<span style=\"left:%.2f%%;width:%.2f%%\">",
			phase->start / report->life * PERCENT,
			(fmin(phase->end, report->life) - phase->start) / report->life * PERCENT);
		html_text(phase->name, out);
		fputs("</span>", out);
	}
	fputs("</div>\n", out);
}

static void print_rates(const struct plot *plot, FILE *out)
{
	size_t i;

	fputs("<div class=\"rates\" aria-hidden=\"true\">", out);
	for (i = 0; i <= 2; i++) {
		_cleanup_free_ char *rate = format_rate(round(plot->most * (double)i / 2));

		fprintf(out, "<span style=\"bottom:%zu%%\">%s/s</span>", i * 50, rate ? rate : "");
	}
	fputs("</div>\n", out);
}

/* Round times, and not too many. */
static void print_times(const struct report *report, FILE *out)
{
	static const double ticks[] = { 1,     2,     5,     10,     15,     30,     60,
					120,   300,   600,   900,    1800,   3600,   7200,
					14400, 43200, 86400, 172800, 604800, 2592000 };
	double tick = ticks[0], at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ticks) && report->life / tick > TIME_TICKS_MAX; i++)
		tick = ticks[i];
	fputs("<div class=\"times\" aria-hidden=\"true\">", out);
	for (at = 0; report->life / tick < 2 * TIME_TICKS_MAX && at <= report->life; at += tick) {
		_cleanup_free_ char *text = format_duration((long long)at);

		if (at / report->life * PERCENT > LABEL_END)
			fprintf(out, "<span class=\"last\" style=\"right:%.2f%%\">%s</span>",
				PERCENT - at / report->life * PERCENT, text ? text : "");
		else
			fprintf(out, "<span style=\"left:%.2f%%\">%s</span>",
				at / report->life * PERCENT, text ? text : "");
	}
	fputs("</div>\n", out);
}

static void print_legend(const struct plot *plot, FILE *out)
{
	size_t i;

	fputs("<ul class=\"legend\" aria-label=\"Reasons, the lowest layer first\">\n", out);
	for (i = 0; i < plot->n_layers; i++) {
		fprintf(out, "<li><span class=\"swatch b%zu\"></span>", i);
		html_text(plot->report->reasons[plot->layers[i]].name, out);
		fputs("</li>\n", out);
	}
	if (plot->n_layers < plot->report->n_reasons)
		fprintf(out, "<li><span class=\"swatch b%d\"></span>others</li>\n", LAYERS_MAX);
	fputs("</ul>\n", out);
}

static void print_plot(const struct report *report, const char *id, const char *caption, FILE *out)
{
	struct plot plot = { .report = report, .id = id };
	size_t i;

	plot.n_columns = report_columns(report, COLUMNS_MAX, &plot.columns);
	plot.below = calloc(plot.n_columns + 1, sizeof(*plot.below));
	if (!plot.columns || !plot.below)
		plot.n_columns = 0;
	for (i = 0; i < plot.n_columns; i++)
		plot.most = fmax(plot.most, column_rate(&plot, NULL, &plot.columns[i]));
	for (i = 0; i < report->n_reasons && i < LAYERS_MAX; i++)
		plot.layers[plot.n_layers++] = i;

	fprintf(out, "<figure>\n<figcaption id=\"%s\">%s</figcaption>\n", id, caption);
	print_phase_names(report, out);
	fputs("<div class=\"plot\">\n", out);
	print_drawing(&plot, out);
	print_rates(&plot, out);
	fputs("</div>\n", out);
	print_times(report, out);
	print_legend(&plot, out);
	fputs("</figure>\n", out);
	free(plot.columns);
	free(plot.below);
}

/* A boot of seconds in a life of hours is a line: its time by itself. */
static void print_start(const struct report *report, FILE *out)
{
	struct report start = *report;

	if (report->boot == BOOT_UNKNOWN || report->boot_end > report->life * START_PART)
		return;
	start.life = fmax(report->boot_end * START_TIMES, START_LEAST_S);
	for (start.n_steps = 0; start.n_steps < report->n_steps; start.n_steps++)
		if (report->steps[start.n_steps].age >= start.life)
			break;
	if (start.n_steps > 0 && start.life < report->life)
		print_plot(&start, "start", "The start by itself", out);
}

void report_print_plot(const struct report *report, FILE *out)
{
	_cleanup_free_ char *since = report_seconds(report_storm_age(report));

	print_plot(report, "plot", "Exits per second, by reason", out);
	if (report_storm_age(report) >= 0)
		fprintf(out,
			"<p class=\"storm-note\"><span class=\"swatch\"></span>An exit storm, far more "
			"exits than before, since %s.</p>\n",
			since);
	print_start(report, out);
}
