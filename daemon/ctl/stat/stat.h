/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl stat: what it measured, apart from how.
 */
#ifndef KVMEXITD_CTL_STAT_H
#define KVMEXITD_CTL_STAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl/ctl.h"

/* A VM that is measured. */
struct stat_vm {
	long long id;
	json_t *base; /* as it was at the start; NULL for one that was made later */
	json_t *last; /* as it was at the end; NULL until then, or where it was not told */
	long long pid;
	int64_t base_us, last_us; /* when these two were so; -1 if not known */
	long long base_exits;
	long long exits; /* as last told of */
	bool ended;
};

struct stat_result {
	struct stat_vm *vms;
	size_t n_vms, size;
	char **command; /* NULL if there was none */
	int status; /* of the command, as a shell has it */
	int64_t started_us, ended_us; /* CLOCK_BOOTTIME of the daemon; -1 if not known */
	bool complete; /* else something was missed */
	bool details; /* what exactly caused exits was asked for */
};

/*
 * What was measured of a VM: as the daemon tells of it, with the exits since the
 * base, and with one rate, "measured", over its time in the measurement. NULL
 * where memory is short.
 */
json_t *stat_vm_json(const struct stat_result *result, const struct stat_vm *vm);

/* All of --json, and the text for people. */
json_t *stat_json(const struct stat_result *result);
void stat_print(const struct ctl *ctl, const struct stat_result *result, FILE *out);

/* Whether two have the same; also that neither has it. */
bool stat_same_member(const json_t *a, const json_t *b, const char *member);

/* -- times.c: makes a time that owner has what is new of it, or leaves it out -- */
void stat_subtract_time(const struct stat_vm *vm, json_t *owner, const json_t *base,
			const char *member);

/* -- details.c: what is new of a reason's details; nothing where it has none -- */
void stat_subtract_details(const struct stat_vm *vm, json_t *reason, const json_t *base,
			   double span_s);

#endif
