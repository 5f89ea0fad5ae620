// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM somebody means.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/registry.h"
#include "server/methods/lookup.h"

/* Bounds the work that a client can cause: longer names are compared whole. */
#define DISTANCE_LEN_MAX 64

/* A name that was typed short, or that many edits away for that many letters. */
#define SUBSTRING_MIN	 2
#define LETTERS_PER_EDIT 3

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static void parse_key(struct lookup *lookup)
{
	static const char *const prefixes[LOOKUP_KEYS] = {
		[LOOKUP_NAME] = "name:",
		[LOOKUP_PID] = "pid:",
		[LOOKUP_ID] = "id:",
	};
	size_t len;
	int key;

	lookup->only = LOOKUP_KEYS;
	lookup->value = lookup->text;
	for (key = 0; key < LOOKUP_KEYS; key++) {
		len = strlen(prefixes[key]);
		if (strncmp(lookup->text, prefixes[key], len) == 0) {
			lookup->only = key;
			lookup->value = lookup->text + len;
		}
	}
}

static bool is_meant(const struct lookup *lookup, const struct vm *vm)
{
	switch (lookup->key) {
	case LOOKUP_NAME:
		return strcmp(vm->name, lookup->value) == 0;
	case LOOKUP_PID:
		return lookup->is_number && vm->pid == lookup->number;
	case LOOKUP_ID:
		return lookup->is_number && vm->id == lookup->number;
	case LOOKUP_KEYS:
		break;
	}
	return false;
}

static const struct vm *find_from(const struct lookup *lookup, const struct vm *vm)
{
	while (vm && !is_meant(lookup, vm))
		vm = registry_next(vm);
	return vm;
}

const struct vm *lookup_vm(struct lookup *lookup, const struct registry *registry, const char *text,
			   bool dead)
{
	const struct vm *vm, *first;
	int pass;

	*lookup = (struct lookup){ .text = text };
	parse_key(lookup);
	lookup->is_number = parse_number(lookup->value, &lookup->number);

	for (pass = 0; pass < (dead ? 2 : 1); pass++) {
		first = pass == 0 ? registry_first_live(registry) : registry_first_dead(registry);
		for (lookup->key = LOOKUP_NAME; lookup->key < LOOKUP_KEYS; lookup->key++) {
			if (lookup->only != LOOKUP_KEYS && lookup->only != lookup->key)
				continue;
			vm = find_from(lookup, first);
			if (vm)
				return vm;
		}
	}
	return NULL;
}

const struct vm *lookup_next(const struct lookup *lookup, const struct vm *vm)
{
	return vm->alive ? find_from(lookup, registry_next(vm)) : NULL;
}

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

/* How far name is from text; SIZE_MAX if too far. */
static size_t distance(const char *text, const char *name)
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

struct candidates {
	size_t n;
	const char *names[LOOKUP_NEAR_MAX];
	size_t distances[LOOKUP_NEAR_MAX];
};

static void add_candidate(struct candidates *list, const char *name, size_t far)
{
	size_t i, at;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->names[i], name) == 0)
			return;
	for (at = list->n; at > 0 && list->distances[at - 1] > far; at--)
		;
	if (at == LOOKUP_NEAR_MAX)
		return;
	if (list->n < LOOKUP_NEAR_MAX)
		list->n++;
	for (i = list->n - 1; i > at; i--) {
		list->names[i] = list->names[i - 1];
		list->distances[i] = list->distances[i - 1];
	}
	list->names[at] = name;
	list->distances[at] = far;
}

size_t lookup_near(const struct registry *registry, const char *text, bool dead,
		   const char *near[static LOOKUP_NEAR_MAX])
{
	struct lookup lookup = { .text = text };
	struct candidates list = { 0 };
	const struct vm *vm;
	size_t far;
	int pass;

	parse_key(&lookup);
	text = lookup.value;
	for (pass = 0; pass < (dead ? 2 : 1); pass++) {
		vm = pass == 0 ? registry_first_live(registry) : registry_first_dead(registry);
		for (; vm; vm = registry_next(vm)) {
			far = distance(text, vm->name);
			if (far != SIZE_MAX)
				add_candidate(&list, vm->name, far);
		}
	}
	memcpy(near, list.names, list.n * sizeof(near[0]));
	return list.n;
}
