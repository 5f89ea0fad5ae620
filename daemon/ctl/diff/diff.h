/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl diff: two VMs, two times of one, or two reports side by side.
 *
 * All but command.c and side.c is pure.
 */
#ifndef KVMEXITD_CTL_DIFF_H
#define KVMEXITD_CTL_DIFF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"

/*
 * A time is cut into so many blocks, whose rates differ by chance as the whole does from
 * another such time: fewer say little about that, more are not independent.
 */
#define DIFF_BLOCKS	10
#define DIFF_BLOCKS_MIN 3

/* A change this many standard errors away from none is one: by chance, one in twenty is. */
#define DIFF_ERRORS 2.0

struct diff_side {
	json_t *vm; /* Show's, with details if they are known */
	json_t *spans; /* GetHistory's; NULL where only rates are known */
	char *title; /* clean */
	double life; /* seconds */
	double from, to; /* ages in seconds; both 0 where only rates are known */
};

/* Exits per second, and its standard error; negative if that is not known. */
struct diff_rate {
	double rate;
	double error;
};

struct diff_row {
	const char *reason; /* NULL for all exits; in a side's JSON */
	const json_t *detail; /* a key of it; NULL for the reason itself */
	struct diff_rate a, b;
};

struct diff {
	struct diff_row all;
	struct diff_row *reasons; /* what changed most comes first */
	size_t n_reasons;
	struct diff_row *keys;
	size_t n_keys;
	double cost_a, cost_b; /* CPU seconds per second, sleep left out */
	bool measured; /* all of it, on both sides */
};

/* -- side.c ---------------------------------------------------------------- */

/* A VM, or a file with the output of report --json or show --json. What is wrong is said. */
enum ctl_exit diff_read_side(const struct ctl *ctl, const char *what, struct diff_side *out);
void diff_side_done(struct diff_side *side);

/* The same VM again, for another time of it: -ENOMEM. */
int diff_side_copy(const struct diff_side *side, struct diff_side *out);

/*
 * The last seconds of what is known, leaving out as many at the end as ago says. False
 * if nothing is known of that time. Without spans, only rates up to the end are.
 */
bool diff_set_time(struct diff_side *side, double seconds, double ago);

/* -- compare.c ------------------------------------------------------------- */

/* keys: also what exactly caused exits. NULL without memory. */
struct diff *diff_new(const struct diff_side *a, const struct diff_side *b, bool keys);
struct diff *diff_free(struct diff *diff);

/* How much of a change is chance, in exits per second; negative if that is not known. */
double diff_noise(const struct diff_row *row);

/* Whether the rates differ by more than that. True where it is not known. */
bool diff_is_change(const struct diff_row *row);

/* -- print.c --------------------------------------------------------------- */

void diff_print(const struct ctl *ctl, const struct diff_side *a, const struct diff_side *b,
		const struct diff *diff);
json_t *diff_json(const struct diff_side *a, const struct diff_side *b, const struct diff *diff);

#endif
