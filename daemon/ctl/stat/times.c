// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long the exits took that kvmexitctl stat measured.
 */
#include "config.h"

#include "ctl/times.h"

#include "ctl/output.h"
#include "ctl/stat/stat.h"

/* As the interface has it: what the first element of a histogram is less than. */
#define TIME_FIRST_NS 256
#define TIME_BUCKETS  26

/* The time that no exit of a histogram reached; max where it has no such end. */
static long long histogram_end_ns(const json_t *histogram, long long max)
{
	size_t n = json_array_size(histogram);

	while (n > 0 && json_integer_value(json_array_get(histogram, n - 1)) == 0)
		n--;
	return n > 0 && n < TIME_BUCKETS ? (long long)TIME_FIRST_NS << (n - 1) : max;
}

static void subtract(json_t *from, const json_t *base, const char *member)
{
	(void)json_object_set_new(from, member,
				  json_integer(get_int(from, member) - get_int(base, member)));
}

/*
 * What is new of a time. Of the longest exit, it is known when it was only where it
 * is longer than the one before; else it is no more than the histogram tells, and than
 * all of them together.
 */
static json_t *time_since(const json_t *time, const json_t *base)
{
	json_t *json = json_copy((json_t *)time), *histogram = json_array();
	const json_t *before = json_object_get(base, "histogram"), *exits;
	long long max = get_int(time, "max_ns"), end;
	size_t i;

	json_array_foreach(json_object_get(time, "histogram"), i, exits)
		(void)json_array_append_new(
			histogram, json_integer(json_integer_value(exits) -
						json_integer_value(json_array_get(before, i))));
	subtract(json, base, "exits");
	subtract(json, base, "total_ns");
	end = histogram_end_ns(histogram, max);
	if (end > get_int(json, "total_ns"))
		end = get_int(json, "total_ns");
	if (max <= get_int(base, "max_ns") && end < max)
		(void)json_object_set_new(json, "max_ns", json_integer(end));
	(void)json_object_set_new(json, "histogram", histogram);
	times_set_percentiles(json);
	return json;
}

void stat_subtract_time(const struct stat_vm *vm, json_t *owner, const json_t *base,
			const char *member)
{
	const json_t *time = json_object_get(owner, member);
	const json_t *before = json_object_get(base, member);
	json_t *json;

	(void)json_object_del(owner, "recent");
	(void)json_object_del(owner, "overhead");
	if (!json_is_object(time))
		return;
	/* Times were switched on again meanwhile: all of them are new. */
	if (!stat_same_member(vm->base, vm->last, "times_since"))
		before = NULL;
	json = time_since(time, before);
	if (get_int(json, "exits") > 0) {
		(void)json_object_set_new(owner, member, json);
	} else {
		(void)json_object_del(owner, member);
		json_decref(json);
	}
}
