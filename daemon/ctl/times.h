/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a VM's exits took, and which part of its vCPUs' time that is. Pure, but for
 * what prints.
 */
#ifndef KVMEXITD_CTL_TIMES_H
#define KVMEXITD_CTL_TIMES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What replies lack; less than any share. */
#define SHARE_UNKNOWN (-1.0)

/* A member of overhead, from 0 to 1. */
double get_share(const json_t *object, const char *window);

/* "3.20", "<0.01", or "-" for what is not known: per cent. */
char *format_share(double share);

/* What stands for the vCPUs' time in which overhead is, "Overhead 3.20% (1s), … of its vCPUs' time"; nothing if not known. */
void times_print_overhead(const json_t *vm);

struct times_style {
	FILE *out;
	bool colour;
	const char *title; /* "Exit times of the last minute" */
	const char *time; /* the member that has them: recent or time */
	const char *window; /* of overhead */
};

/*
 * A table of the reasons whose exits were timed, the dearest first, and behind them those
 * in which vCPUs asked to wait. Nothing where there are none.
 */
void times_print(const json_t *vm, const struct times_style *style);

/*
 * Sets overhead over a time, in which exits took what the members named time say, under
 * one name as of a window. Those of a VM and its reasons. No more than all of it.
 */
void times_set_overhead(json_t *vm, const char *window, double seconds);

/* The percentiles of a time whose histogram was changed. */
void times_set_percentiles(json_t *time);

#endif
