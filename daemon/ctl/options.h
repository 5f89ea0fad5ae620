/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: those that all commands of kvmexitctl take, and those of one.
 */
#ifndef KVMEXITD_CTL_OPTIONS_H
#define KVMEXITD_CTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"

enum option_verdict {
	OPTION_RUN, /* go on */
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_WRONG, /* and that was said */
};

/*
 * Reads options of argv from argv[1] on: with command its own, too, else no
 * further than to the first argument. *next is where what is left starts.
 */
enum option_verdict options_read(struct ctl *ctl, const struct ctl_command *command, int argc,
				 char **argv, int *next);

/* The lines of --help about options. */
void options_print_common(void);
void options_print(const struct ctl_command *command);

/* Whether the option at this place in the command's list was given. */
static inline bool option_given(const struct ctl *ctl, size_t option)
{
	return ctl->given[option] != NULL;
}

bool option_read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/*
 * Values. Where text is none, that is said and false given. name is the option's.
 */
bool option_number(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out);

/*
 * "10", "10s", "500ms", "2min", "1h", a year at most, in ms. False if text is nothing
 * like it, and *rest is then the place that is wrong.
 */
bool option_read_duration(const char *text, uint64_t *out_ms, const char **rest);

/* The same of more than nothing. */
bool option_duration(const char *name, const char *text, uint64_t *out_ms);

/* Its place among the choices, which end with NULL. */
bool option_choice(const char *name, const char *text, const char *const *choices, size_t *out);

#endif
