/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What exactly caused a VM's exits, as Show with details has it.
 */
#ifndef KVMEXITD_CTL_DETAILS_H
#define KVMEXITD_CTL_DETAILS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Of a reason, in tables that are not asked for one: what comes after is summed up. */
#define DETAILS_SHOWN 10

/* How they are printed. */
struct details_style {
	FILE *out;
	size_t max; /* keys of each reason */
	bool colour;
	bool measured; /* with the one rate that stat measured */
	const char *since; /* when they began to be counted, in words; NULL for as the VM has it */
};

/* A table of the keys of a VM's reasons, or a line that says why there are none. */
void details_print(const json_t *vm, const struct details_style *style);

/* "0x6e0:W TSC_DEADLINE", "(rest)" for what has no key; to be freed. */
char *detail_title(const json_t *detail);

/* All exits of a reason's details; 0 if it has none. */
long long details_exits(const json_t *reason);

/* Whether any exit of the VM has details. */
bool has_details(const json_t *vm);

#endif
