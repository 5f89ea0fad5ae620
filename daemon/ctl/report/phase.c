// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: where boot ended, phases, and how steady their rates are.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/report/report.h"

/*
 * What follows boot is quiet for that long, at a quarter of the rate until then. Less
 * long would be a boot loader's menu; a system that is up and has nothing to do makes
 * a tenth of the exits or fewer.
 */
#define QUIET_S	   10.0
#define QUIET_PART 0.25

/* A history that begins later has not seen the boot. Steps are of a second. */
#define START_SEEN_S 1.5
#define FINE_S	     1.5

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

/* -- boot ---------------------------------------------------------------- */

/* How many steps at the start are of one second, without a gap. */
static size_t fine_steps(const struct report_step *steps, size_t n)
{
	size_t i;

	if (n == 0 || steps[0].age > START_SEEN_S)
		return 0;
	for (i = 0; i < n && steps[i].length < FINE_S; i++)
		if (i > 0 && steps[i].age - end_of(&steps[i - 1]) > FINE_S)
			break;
	return i;
}

/* The rate over QUIET_S from a step on; negative where it is not known that far. */
static double rate_after(const struct report_step *steps, size_t n, size_t at)
{
	double seconds = 0, exits = 0;
	size_t i;

	for (i = at; i < n && seconds < QUIET_S * STEP_WHOLE; i++) {
		seconds += steps[i].seconds;
		exits += (double)steps[i].exits;
	}
	return seconds < QUIET_S * STEP_WHOLE ? -1 : exits / seconds;
}

/* The first step of a quiet time; n if there is none. *limit is what quiet means. */
static size_t first_quiet(const struct report_step *steps, size_t n, double *limit)
{
	double exits = 0, after;
	size_t i;

	for (i = 1; i < n; i++) {
		exits += (double)steps[i - 1].exits;
		*limit = QUIET_PART * exits / end_of(&steps[i - 1]);
		after = rate_after(steps, n, i);
		if (after < 0)
			break;
		if (*limit > 0 && after <= *limit &&
		    (double)steps[i].exits <= *limit * steps[i].seconds)
			return i;
	}
	return n;
}

bool report_boot_end(const struct report_step *steps, size_t n, double *age)
{
	double limit = 0, sum = 0, total = 0, length, above, best = 0;
	size_t i, quiet;

	n = fine_steps(steps, n);
	quiet = first_quiet(steps, n, &limit);
	if (quiet == n)
		return false;

	/* Up to where it is not quiet any more. */
	for (i = quiet; i < n && rate_after(steps, n, i) <= limit; i++)
		;
	n = i;
	for (i = 0; i < n; i++)
		total += (double)steps[i].exits;
	length = end_of(&steps[n - 1]);
	for (i = 0; i < n; i++) {
		sum += (double)steps[i].exits;
		above = sum / total - end_of(&steps[i]) / length;
		if (above > best) {
			best = above;
			*age = end_of(&steps[i]);
		}
	}
	return best > 0;
}

bool report_is_older(const struct report *report)
{
	return json_is_string(json_object_get(report->vm, "counted_since"));
}

void report_set_boot(struct report *report, const double *age)
{
	size_t i;

	report->boot = BOOT_UNKNOWN;
	if (age) {
		report->boot = BOOT_GIVEN;
		report->boot_end = *age;
	} else if (!report_is_older(report) &&
		   report_boot_end(report->steps, report->n_steps, &report->boot_end)) {
		report->boot = BOOT_SETTLED;
	}
	report->boot_exits = 0;
	for (i = 0; report->boot != BOOT_UNKNOWN && i < report->n_steps; i++)
		if (report->steps[i].age + report->steps[i].seconds / 2 < report->boot_end)
			report->boot_exits += report->steps[i].exits;
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
