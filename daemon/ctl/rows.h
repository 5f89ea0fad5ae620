/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of a reply, sorted and cut to what was asked for. Pure.
 */
#ifndef KVMEXITD_CTL_ROWS_H
#define KVMEXITD_CTL_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum row_kind {
	ROW_TEXT,
	ROW_NUMBER,
	ROW_RATE,
	ROW_SHARE,
};

/* What rows may be sorted by; a list of keys ends with a nameless one. */
struct row_key {
	const char *name; /* as --sort has it */
	const char *member; /* of a row; of its rates or overhead */
	enum row_kind kind;
	bool ascending; /* else the largest comes first */
};

#define RATE_KEYS                                                           \
	{ "1s", "1s", ROW_RATE, false }, { "10s", "10s", ROW_RATE, false }, \
		{ "1m", "1m", ROW_RATE, false },                            \
	{                                                                   \
		"5m", "5m", ROW_RATE, false                                 \
	}

/* The key of that name; if there is none, that is said, and NULL given. */
const struct row_key *rows_key(const struct row_key *keys, const char *name);

/* In place. Rows that are alike keep their order; what a row lacks counts least. */
void rows_sort(json_t *rows, const struct row_key *key, bool reverse);

/* Keeps the rows whose text matches a shell pattern, letter case aside. */
void rows_match(json_t *rows, const char *member, const char *pattern);

/* Keeps the first n. */
void rows_cut(json_t *rows, size_t n);

#endif
