// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which of several words somebody may have meant by one that is none of them.
 */
#include "config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/near.h"

/* Bounds the work that a client can cause: longer names are compared whole. */
#define DISTANCE_LEN_MAX 64

/* A name that was typed short, or that many edits away for that many letters. */
#define SUBSTRING_MIN	 2
#define LETTERS_PER_EDIT 3

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Letters to insert, drop, replace or swap with the next one (optimal string
 * alignment), letter case aside. Of the matrix, three rows are in use.
 */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][DISTANCE_LEN_MAX + 1];
	size_t *two_above = rows[0], *above = rows[1], *row = rows[2], *reused;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		above[j] = j;
	for (i = 1; i <= a_len; i++) {
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			row[j] = min_size(above[j - 1] + !same_letter(a[i - 1], b[j - 1]),
					  min_size(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = min_size(row[j], two_above[j - 2] + 1);
		}
		reused = two_above;
		two_above = above;
		above = row;
		row = reused;
	}
	return above[b_len];
}

size_t near_distance(const char *text, const char *name)
{
	size_t text_len = strlen(text), name_len = strlen(name);
	size_t edits;

	if (text_len <= DISTANCE_LEN_MAX && name_len <= DISTANCE_LEN_MAX) {
		edits = edit_distance(text, text_len, name, name_len);
		if (edits * LETTERS_PER_EDIT <= text_len)
			return edits;
	}
	if (text_len >= SUBSTRING_MIN && strcasestr(name, text))
		return DISTANCE_LEN_MAX + name_len - text_len;
	return SIZE_MAX;
}

/* Mistakes mostly leave the length as it is. */
static size_t length_difference(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b);

	return x > y ? x - y : y - x;
}

const char *near_word(const char *text, const char *const *names)
{
	size_t best = SIZE_MAX, far;
	const char *found = NULL;

	for (; *names; names++) {
		far = near_distance(text, *names);
		if (far == SIZE_MAX)
			continue;
		if (far < best || (far == best && length_difference(text, *names) <
							  length_difference(text, found))) {
			best = far;
			found = *names;
		}
	}
	return found;
}
