// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists of a reply, sorted and cut to what was asked for.
 */
#include "config.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/rows.h"
#include "ctl/times.h"
#include "util/util.h"

#define KEYS_MAX 16

const struct row_key *rows_key(const struct row_key *keys, const char *name)
{
	const char *names[KEYS_MAX + 1] = { NULL };
	size_t i;

	for (i = 0; keys[i].name && i < KEYS_MAX; i++)
		names[i] = keys[i].name;
	return option_choice("sort", name, names, &i) ? &keys[i] : NULL;
}

struct sorted {
	json_t *row;
	size_t place;
};

struct order {
	const struct row_key *key;
	bool reverse;
};

static int compare_values(const struct row_key *key, const json_t *a, const json_t *b)
{
	double x, y;
	const char *s, *t;

	switch (key->kind) {
	case ROW_TEXT:
		s = json_string_value(json_object_get(a, key->member));
		t = json_string_value(json_object_get(b, key->member));
		return strcmp(s ? s : "", t ? t : "");
	case ROW_NUMBER:
		x = json_number_value(json_object_get(a, key->member));
		y = json_number_value(json_object_get(b, key->member));
		return (x > y) - (x < y);
	case ROW_RATE:
		x = get_rate(a, key->member);
		y = get_rate(b, key->member);
		return (x > y) - (x < y);
	case ROW_SHARE:
		x = get_share(a, key->member);
		y = get_share(b, key->member);
		return (x > y) - (x < y);
	}
	return 0;
}

static int compare(const void *a, const void *b, void *userdata)
{
	const struct sorted *x = a, *y = b;
	const struct order *order = userdata;
	int result = compare_values(order->key, x->row, y->row);

	if (order->key->ascending == order->reverse)
		result = -result;
	return result ? result : (x->place > y->place) - (x->place < y->place);
}

void rows_sort(json_t *rows, const struct row_key *key, bool reverse)
{
	struct order order = { key, reverse };
	size_t i, n = json_array_size(rows);
	struct sorted *list;

	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return;
	for (i = 0; i < n; i++)
		list[i] = (struct sorted){ json_incref(json_array_get(rows, i)), i };
	qsort_r(list, n, sizeof(*list), compare, &order);
	for (i = 0; i < n; i++)
		(void)json_array_set_new(rows, i, list[i].row);
	free(list);
}

void rows_match(json_t *rows, const char *member, const char *pattern)
{
	size_t i = 0;
	const char *text;

	while (i < json_array_size(rows)) {
		text = json_string_value(json_object_get(json_array_get(rows, i), member));
		if (text && fnmatch(pattern, text, FNM_CASEFOLD) == 0)
			i++;
		else
			(void)json_array_remove(rows, i);
	}
}

void rows_cut(json_t *rows, size_t n)
{
	while (json_array_size(rows) > n)
		(void)json_array_remove(rows, json_array_size(rows) - 1);
}
