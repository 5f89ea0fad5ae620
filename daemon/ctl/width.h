/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of a terminal's line text takes, and text that has been made to fit.
 */
#ifndef KVMEXITD_CTL_WIDTH_H
#define KVMEXITD_CTL_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

enum text_cut {
	CUT_END, /* for sentences */
	CUT_MIDDLE, /* for names, which often differ at their ends only */
};

/* How many columns text takes. */
size_t text_columns(const char *text);

/*
 * Writes text into out, of size bytes, in no more than width columns, with "…" where
 * something was cut, or "~" where the locale lacks that. Gives the columns it takes.
 */
size_t text_cut(char *out, size_t size, const char *text, size_t width, enum text_cut cut);

/* The same in exactly width columns, filled with spaces: in front of it if right. */
void text_fit(char *out, size_t size, const char *text, size_t width, enum text_cut cut,
	      bool right);

#endif
