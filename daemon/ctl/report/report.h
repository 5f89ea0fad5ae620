/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl report: the life of a VM, as steps of time that are put into phases.
 *
 * All but command.c is pure. Ages are seconds since the VM was made.
 */
#ifndef KVMEXITD_CTL_REPORT_H
#define KVMEXITD_CTL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl/ctl.h"

/* So many fit on a page that is still read. */
#define REPORT_PHASES_MAX 64

/* A phase with fewer steps, or with fewer exits in a step, says nothing of its rate. */
#define REPORT_STEPS_MIN 5
#define REPORT_MEAN_MIN	 10.0

/*
 * Coefficients of variation. Where events come at random moments that far apart that
 * waiting for one is waiting for any, it is one: that much is bursty.
 */
#define REPORT_CV_UNEVEN 0.5
#define REPORT_CV_BURSTY 1.0

/* What follows boot is seen to be quiet for that long. */
#define REPORT_QUIET_S 10.0

/* GetHistory's steps, cut to the VM's life. */
struct report_step {
	double age, seconds;
	double length; /* uncut: 1 or 10 seconds */
	uint64_t exits;
};

struct report_reason {
	char *name; /* clean */
	uint64_t total; /* of the whole life */
	uint64_t *exits; /* by step */
};

enum report_verdict {
	VERDICT_SHORT, /* too few steps */
	VERDICT_FEW, /* too few exits */
	VERDICT_STABLE,
	VERDICT_UNEVEN,
	VERDICT_BURSTY,
};

/* How the exits of a time were spread over it. */
struct report_spread {
	double step_s; /* the steps that were compared: 1 or 10 */
	size_t n;
	double peak; /* the highest rate of a step, per second */
	double cv; /* standard deviation of the exits per step, divided by their mean */
	enum report_verdict verdict;
};

struct report_phase {
	char *name; /* clean */
	double start, end, seconds; /* seconds of its steps; there may be gaps between them */
	size_t first, n; /* steps */
	uint64_t exits;
	struct report_spread spread;
};

/* Where a phase begins. */
struct report_mark {
	double age;
	char *name;
};

enum report_boot {
	BOOT_UNKNOWN, /* neither the rate nor the mix of reasons tells, or nobody looked */
	BOOT_SETTLED, /* the rate fell */
	BOOT_MIX, /* the rate did not, but exits are for other reasons */
	BOOT_GIVEN,
};

struct report {
	json_t *vm; /* Show's */
	json_t *spans;
	double life;
	uint64_t exits; /* of the whole life */
	uint64_t untold; /* part of exits that is in no step */

	json_t *timed; /* vm with the overhead over timed_s; NULL where no exit was timed */
	double timed_s; /* the part of life that exits were timed in */

	struct report_step *steps;
	size_t n_steps, steps_size;
	struct report_reason *reasons; /* the most frequent first */
	size_t n_reasons, reasons_size;
	struct report_phase *phases;
	size_t n_phases;

	enum report_boot boot;
	double boot_end;
	uint64_t boot_exits;
	double mix_before,
		mix_after; /* BOOT_MIX: the part of exits that is of devices and memory */
};

/* -- data.c ------------------------------------------------------- */

/*
 * Takes in the VM of Show and the reply of GetHistory, whose time is that of the
 * report. -EBADMSG where they are not what they should be. To be followed by
 * report_set_boot() and report_set_phases().
 */
int report_new(struct report **out, const json_t *vm, const json_t *history);
struct report *report_free(struct report *report);

/* The exits of a reason in steps; NULL for all reasons. */
uint64_t report_sum(const struct report *report, const struct report_reason *reason, size_t first,
		    size_t n);

/* Neighbours put together, so that there are no more than so many. */
struct report_column {
	double age, end;
	double length; /* of its steps, uncut */
	size_t first, n; /* steps */
};

/* Gives their number; *out is to be freed, and NULL without memory. */
size_t report_columns(const struct report *report, size_t max, struct report_column **out);

/* -- boot.c ------------------------------------------------------ */

/*
 * Where boot ended: a quiet time follows a busy one. Of the stretch from the start
 * up to where the rate rises again, it is the knee of the sum of exits: the point
 * that is the farthest above the straight line between the stretch's ends. False if
 * there is no such stretch in the steps of one second at the start.
 */
bool report_boot_end(const struct report_step *steps, size_t n, double *age);

/* Whether the VM is older than the counting: its age is then of when it was first seen. */
bool report_is_older(const struct report *report);

/* Boot ended at that age; NULL to have it found. */
void report_set_boot(struct report *report, const double *age);

/* -- phase.c ------------------------------------------------------ */

struct report_spread report_spread(const struct report_step *steps, size_t n);

/*
 * Marks come in order of time; without any, phases are boot and what follows it. A
 * step belongs to the phase that its middle is in. -ENOMEM.
 */
int report_set_phases(struct report *report, const struct report_mark *marks, size_t n);

/* -- tiles.c ------------------------------------------------------ */

void report_print_tiles(const struct report *report, FILE *out);
void report_print_meanings(const struct report *report, FILE *out);

/* When a storm began that has not ended, as an age; negative where there is none. */
double report_storm_age(const struct report *report);

/* -- times.c ------------------------------------------------------ */

void report_set_times(struct report *report);

/* The part of the vCPUs' time that exits cost; negative where it is not known. */
double report_overhead(const struct report *report);

/* NULL where it is not known. */
char *report_say_overhead(const struct report *report);

/* Nothing where no exit was timed; a section of the page. */
void report_print_times(const struct report *report, bool colour);
void report_print_html_times(const struct report *report, FILE *out);

/* -- words.c ------------------------------------------------------ */

const char *report_verdict_name(enum report_verdict verdict);
const char *report_boot_name(enum report_boot boot);

/* "12.3s", "4min 10s" */
char *report_seconds(double seconds);

/* Sentences; all are to be freed, and NULL without memory or where there is nothing to say. */
char *report_say_boot(const struct report *report);
char *report_say_rate(const struct report *report);
char *report_say_frequent(const struct report *report);
char *report_say_untold(const struct report *report);
char *report_say_counted(const struct report *report);

/* What is other in a phase than in the one before it; NULL for the first. */
char *report_say_change(const struct report *report, size_t phase);

/* "IOIO 73.5%, MSR 8.4%": of a phase the most frequent, or the least. */
char *report_top_reasons(const struct report *report, const struct report_phase *phase, bool least);

/* -- text.c, json.c, html.c, plot.c ---------- */

void report_print_text(const struct ctl *ctl, const struct report *report);
json_t *report_json(const struct report *report);
void report_print_html(const struct report *report, FILE *out);

/* A section of the page; nothing where no details are known. */
void report_print_details(const struct report *report, FILE *out);

/* The figure with its legend. */
void report_print_plot(const struct report *report, FILE *out);

/* Text between tags or in an attribute's quotes. */
void html_text(const char *text, FILE *out);

#endif
