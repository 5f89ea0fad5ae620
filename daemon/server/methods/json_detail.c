// SPDX-License-Identifier: GPL-2.0-or-later
/* What exactly caused exits, as JSON. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/detail.h"
#include "model/registry.h"
#include "server/methods/json.h"
#include "util/clock.h"
#include "util/util.h"

/* A detail with its rates, or the sum of all without a key. */
struct row {
	const struct vm_detail *detail; /* NULL for that sum */
	bool nested;
	uint64_t exits;
	struct rates rates;
};

/* What has no key comes last. */
static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (!x->detail != !y->detail)
		return x->detail ? -1 : 1;
	if (x->exits != y->exits)
		return x->exits > y->exits ? -1 : 1;
	if (!x->detail)
		return x->nested - y->nested;
	return (x->detail->key > y->detail->key) - (x->detail->key < y->detail->key);
}

static json_t *json_row(const char *reason, const struct row *row)
{
	const struct vm_detail *detail = row->detail;
	char text[DETAIL_TEXT_MAX];
	json_t *json;

	json = json_pack("{s:b, s:o, s:{s:o, s:o}}", "nested", (int)row->nested, "exits",
			 json_count(row->exits), "rates", "10s",
			 json_rate(row->rates.per_s[RATE_10S]), "1m",
			 json_rate(row->rates.per_s[RATE_1M]));
	if (!json || !detail)
		return json;
	detail_text(reason, detail->class, detail->key, text);
	if (json_object_set_new(json, "key", json_string(text)) < 0 ||
	    json_object_set_new(json, "value", json_integer((json_int_t)detail->key)) < 0)
		goto failed;
	if (detail_class_name(detail->class) &&
	    json_object_set_new(json, "class", json_string(detail_class_name(detail->class))) < 0)
		goto failed;
	if (detail_name(reason, detail->class, detail->key) &&
	    json_object_set_new(json, "name",
				json_string(detail_name(reason, detail->class, detail->key))) < 0)
		goto failed;
	return json;
failed:
	json_decref(json);
	return NULL;
}

/* The rows of one reason; there are no more than details, and two for what has no key. */
static size_t collect(const struct registry *registry, const struct vm *vm, json_int_t code,
		      uint64_t now_ns, struct row *rows)
{
	struct row rests[COUNT_KINDS] = { 0 };
	struct rates rates;
	size_t i, n = 0;
	int k;

	for (i = 0; i < vm->details.n; i++) {
		const struct vm_detail *detail = &vm->details.all[i];

		if ((json_int_t)detail->code != code || !detail->exits)
			continue;
		registry_detail_rates(registry, vm, detail, now_ns, &rates);
		if (!detail->rest) {
			rows[n++] = (struct row){ detail, detail->nested, detail->exits, rates };
			continue;
		}
		rests[detail->nested].exits += detail->exits;
		for (k = 0; k < RATE_COUNT; k++)
			rests[detail->nested].rates.per_s[k] += rates.per_s[k];
	}
	for (k = 0; k < COUNT_KINDS; k++) {
		if (!rests[k].exits)
			continue;
		rests[k].nested = k == COUNT_NESTED;
		rows[n++] = rests[k];
	}
	if (n > 0)
		qsort(rows, n, sizeof(*rows), compare);
	return n;
}

/* Adds those of one reason, where it has any. */
static int set_details(json_t *reason, const struct row *rows, size_t n)
{
	const char *name = json_string_value(json_object_get(reason, "reason"));
	json_t *list;
	size_t i;

	if (!n)
		return 0;
	list = json_array();
	for (i = 0; i < n; i++) {
		if (json_array_append_new(list, json_row(name, &rows[i])) < 0) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	return json_object_set_new(reason, "details", list) < 0 ? -ENOMEM : 0;
}

static int set_since(json_t *json, const struct vm *vm)
{
	uint64_t since_us = vm->started_us;

	if (!vm->details.since_ns)
		return 0;
	/* By the clock as it was for this VM, as its other times are. */
	since_us += (uint64_t)((int64_t)(vm->details.since_ns - vm->first_ns) / (int64_t)NS_PER_US);
	if (json_object_set_new(json, "details_since", json_time(since_us)) < 0)
		return -ENOMEM;
	if (vm->details.incomplete &&
	    json_object_set_new(json, "details_incomplete", json_true()) < 0)
		return -ENOMEM;
	return 0;
}

json_t *json_with_details(json_t *json, const struct registry *registry, const struct vm *vm,
			  uint64_t now_ns)
{
	_cleanup_free_ struct row *rows = calloc(vm->details.n + COUNT_KINDS, sizeof(*rows));
	json_t *reason;
	size_t i, n;

	if (!json || !rows || set_since(json, vm) < 0)
		goto failed;
	json_array_foreach(json_object_get(json, "reasons"), i, reason) {
		/* OTHER is many codes, and has no keys. */
		if (!json_is_integer(json_object_get(reason, "code")))
			continue;
		n = collect(registry, vm, json_integer_value(json_object_get(reason, "code")),
			    now_ns, rows);
		if (set_details(reason, rows, n) < 0)
			goto failed;
	}
	return json;
failed:
	json_decref(json);
	return NULL;
}
