// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: phases, and how steady their rates are.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/report/report.h"

#define FINE_S 1.5

#define COARSE_S 10.0

/* Less of a step is a matter of rounding. */
#define STEP_WHOLE 0.99

static bool is_whole(const struct report_step *step)
{
	return step->seconds > step->length * STEP_WHOLE;
}

static double end_of(const struct report_step *step)
{
	return step->age + step->seconds;
}

/* -- spread -------------------------------------------------------------- */

/* The sum and the sum of squares of what is compared. */
struct moments {
	size_t n;
	double sum, squares, most;
};

static void add_moment(struct moments *moments, double exits)
{
	moments->n++;
	moments->sum += exits;
	moments->squares += exits * exits;
	if (exits > moments->most)
		moments->most = exits;
}

/* Steps of one second are put together where others are of ten. */
static struct moments collect(const struct report_step *steps, size_t n, double step_s)
{
	struct moments moments = { 0 };
	double exits = 0, seconds = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_whole(&steps[i]) || steps[i].length >= step_s ||
		    (i > 0 && steps[i].age - end_of(&steps[i - 1]) > FINE_S))
			exits = seconds = 0;
		if (!is_whole(&steps[i]))
			continue;
		exits += (double)steps[i].exits;
		seconds += steps[i].length;
		if (seconds > step_s * STEP_WHOLE) {
			add_moment(&moments, exits);
			exits = seconds = 0;
		}
	}
	return moments;
}

struct report_spread report_spread(const struct report_step *steps, size_t n)
{
	struct report_spread spread = { .step_s = 1 };
	struct moments moments;
	double mean, variance;
	size_t i;

	for (i = 0; i < n; i++)
		if (steps[i].length > FINE_S)
			spread.step_s = COARSE_S;
	moments = collect(steps, n, spread.step_s);
	spread.n = moments.n;
	spread.peak = moments.most / spread.step_s;
	if (moments.n == 0)
		return spread;

	mean = moments.sum / (double)moments.n;
	variance = moments.squares / (double)moments.n - mean * mean;
	if (mean > 0 && variance > 0)
		spread.cv = sqrt(variance) / mean;
	if (moments.n < REPORT_STEPS_MIN)
		spread.verdict = VERDICT_SHORT;
	else if (mean < REPORT_MEAN_MIN)
		spread.verdict = VERDICT_FEW;
	else if (spread.cv < REPORT_CV_UNEVEN)
		spread.verdict = VERDICT_STABLE;
	else
		spread.verdict = spread.cv < REPORT_CV_BURSTY ? VERDICT_UNEVEN : VERDICT_BURSTY;
	return spread;
}

/* -- phases -------------------------------------------------------------- */

/* Its steps are those from first on whose middle is before end. */
static void fill_phase(struct report *report, struct report_phase *phase, size_t first,
		       double start, double end)
{
	const struct report_step *steps = report->steps;
	size_t i;

	phase->first = first;
	phase->start = start;
	phase->end = end;
	for (i = first; i < report->n_steps && steps[i].age + steps[i].seconds / 2 < end; i++) {
		phase->seconds += steps[i].seconds;
		phase->exits += steps[i].exits;
	}
	phase->n = i - first;
	phase->spread = report_spread(steps + first, phase->n);
}

int report_set_phases(struct report *report, const struct report_mark *marks, size_t n)
{
	char boot[] = "boot", running[] = "running", life[] = "life";
	struct report_mark found[] = { { 0, boot }, { report->boot_end, running } };
	struct report_mark none[] = { { 0, life } };
	size_t i, first = 0;

	if (n == 0) {
		marks = report->boot == BOOT_UNKNOWN ? none : found;
		n = report->boot == BOOT_UNKNOWN ? 1 : 2;
	}
	report->phases = calloc(n, sizeof(*report->phases));
	if (!report->phases)
		return -ENOMEM;
	/* What is before the first mark is none of the phases. */
	while (first < report->n_steps &&
	       report->steps[first].age + report->steps[first].seconds / 2 < marks[0].age)
		first++;
	for (i = 0; i < n; i++) {
		struct report_phase *phase = &report->phases[i];
		/* The last one has the end, whatever clocks say. */
		double end = i + 1 < n ? marks[i + 1].age : HUGE_VAL;

		phase->name = clean_text(marks[i].name);
		report->n_phases = i + 1;
		if (!phase->name)
			return -ENOMEM;
		fill_phase(report, phase, first, marks[i].age, end);
		if (i + 1 == n)
			phase->end = report->life > phase->start ? report->life : phase->start;
		first += phase->n;
	}
	return 0;
}
