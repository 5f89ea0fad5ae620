// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: where boot ended.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/report/report.h"
#include "util/util.h"

/*
 * What follows boot is quiet for that long, at a quarter of the rate until then. Less
 * long would be a boot loader's menu; a system that is up and has nothing to do makes
 * a tenth of the exits or fewer.
 */
#define QUIET_S	   REPORT_QUIET_S
#define QUIET_PART 0.25

/* A history that begins later has not seen the boot. Steps are of a second. */
#define START_SEEN_S 1.5
#define FINE_S	     1.5

/* Less of a step is a matter of rounding. */
#define STEP_WHOLE 0.99

/*
 * Firmware, boot loaders and kernels that start read and write devices and touch memory
 * for the first time: most of a boot's exits are for these. So long after boot, they are
 * half that part of exits at most.
 */
static const char *const boot_reasons[] = { "IO_INSTRUCTION", "IOIO", "EPT_MISCONFIG",
					    "EPT_VIOLATION", "NPF" };
#define MIX_BEFORE_MIN 0.5
#define MIX_PART       0.5

static double end_of(const struct report_step *step)
{
	return step->age + step->seconds;
}

/* -- by the rate ------------------------------------------------------------ */

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

/* -- by the mix of reasons -------------------------------------------------- */

static bool is_of_boot(const struct report_reason *reason)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(boot_reasons); i++)
		if (strcmp(reason->name, boot_reasons[i]) == 0)
			return true;
	return false;
}

static uint64_t boot_like(const struct report *report, size_t first, size_t n)
{
	uint64_t exits = 0;
	size_t i;

	for (i = 0; i < report->n_reasons; i++)
		if (is_of_boot(&report->reasons[i]))
			exits += report_sum(report, &report->reasons[i], first, n);
	return exits;
}

/* Their part of the exits of some steps; negative where there are none. */
static double boot_part(const struct report *report, size_t first, size_t n)
{
	uint64_t exits = report_sum(report, NULL, first, n);

	return exits > 0 ? (double)boot_like(report, first, n) / (double)exits : -1;
}

/* The same over QUIET_S from a step on; negative where it is not known that far. */
static double part_after(const struct report *report, size_t n, size_t at)
{
	double seconds = 0;
	size_t i;

	for (i = at; i < n && seconds < QUIET_S * STEP_WHOLE; i++)
		seconds += report->steps[i].seconds;
	return seconds < QUIET_S * STEP_WHOLE ? -1 : boot_part(report, at, i - at);
}

/* The first step of a time that is no boot any more; n if there is none. */
static size_t first_other(const struct report *report, size_t n, double *limit)
{
	double before, after;
	size_t i;

	for (i = 1; i < n; i++) {
		before = boot_part(report, 0, i);
		*limit = MIX_PART * before;
		after = part_after(report, n, i);
		if (before >= MIX_BEFORE_MIN && after >= 0 && after <= *limit &&
		    boot_part(report, i, 1) <= *limit)
			return i;
	}
	return n;
}

/*
 * Up to where such exits are frequent again, boot ends where most of them are over and
 * most of the others are still to come: at the knee of the one sum over the other.
 */
static bool mix_end(struct report *report)
{
	size_t n = fine_steps(report->steps, report->n_steps), i, end = 0;
	double limit = 0, above, best = 0, all_exits, all_like;
	size_t other = first_other(report, n, &limit);

	if (other >= n)
		return false;
	for (i = other; i < n && part_after(report, n, i) <= limit; i++)
		;
	n = i;
	all_exits = (double)report_sum(report, NULL, 0, n);
	all_like = (double)boot_like(report, 0, n);
	for (i = 1; i < n; i++) {
		above = (double)boot_like(report, 0, i) / all_like -
			(double)report_sum(report, NULL, 0, i) / all_exits;
		if (above > best) {
			best = above;
			end = i;
		}
	}
	if (end == 0)
		return false;
	report->boot_end = end_of(&report->steps[end - 1]);
	report->mix_before = boot_part(report, 0, end);
	report->mix_after = boot_part(report, end, n - end);
	return true;
}

/* -- the one or the other ---------------------------------------------------- */

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
	} else if (!report_is_older(report) && mix_end(report)) {
		report->boot = BOOT_MIX;
	}
	report->boot_exits = 0;
	for (i = 0; report->boot != BOOT_UNKNOWN && i < report->n_steps; i++)
		if (report->steps[i].age + report->steps[i].seconds / 2 < report->boot_end)
			report->boot_exits += report->steps[i].exits;
}
