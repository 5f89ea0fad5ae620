// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What exactly caused the exits that kvmexitctl stat measured.
 */
#include "config.h"

#include "ctl/output.h"
#include "ctl/rows.h"
#include "ctl/stat/stat.h"

bool stat_same_member(const json_t *a, const json_t *b, const char *member)
{
	const json_t *x = json_object_get(a, member), *y = json_object_get(b, member);

	return x == y || json_equal(x, y);
}

/* The same key of the same level; all that have none are one. */
static const json_t *find_detail(const json_t *details, const json_t *wanted)
{
	const json_t *detail;
	size_t i;

	json_array_foreach(details, i, detail)
		if (stat_same_member(detail, wanted, "key") &&
		    stat_same_member(detail, wanted, "nested"))
			return detail;
	return NULL;
}

/* The kernel has not started to count them again meanwhile. */
static bool are_the_same(const struct stat_vm *vm)
{
	return stat_same_member(vm->base, vm->last, "details_since");
}

void stat_subtract_details(const struct stat_vm *vm, json_t *reason, const json_t *base,
			   double span_s)
{
	static const struct row_key by_exits = { "exits", "exits", ROW_NUMBER, false };
	const json_t *details = json_object_get(reason, "details"), *detail;
	const json_t *before = are_the_same(vm) ? json_object_get(base, "details") : NULL, *old;
	json_t *list, *one, *rest = json_array();
	long long exits;
	size_t i;

	if (!details) {
		json_decref(rest);
		return;
	}
	list = json_array();
	json_array_foreach(details, i, detail) {
		old = find_detail(before, detail);
		exits = get_int(detail, "exits") - (old ? get_int(old, "exits") : 0);
		one = exits > 0 ? json_copy((json_t *)detail) : NULL;
		if (!one)
			continue;
		(void)json_object_set_new(one, "exits", json_integer(exits));
		(void)json_object_set_new(one, "rates",
					  json_pack("{s:f}", "measured", (double)exits / span_s));
		/* What has no key stays last. */
		(void)json_array_append_new(json_object_get(one, "key") ? list : rest, one);
	}
	rows_sort(list, &by_exits, false);
	(void)json_array_extend(list, rest);
	json_decref(rest);
	(void)json_object_set_new(reason, "details", list);
}
