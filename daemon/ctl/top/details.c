// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: rows for what exactly caused exits.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/details.h"
#include "ctl/output.h"
#include "ctl/top/top.h"
#include "util/util.h"

/* A detail as a reason: of one second and five minutes nothing is known. */
static json_t *row_of(const json_t *reason, const json_t *detail)
{
	_cleanup_free_ char *name = get_text(reason, "reason");
	_cleanup_free_ char *title = detail_title(detail), *text = NULL;
	bool nested = json_is_true(json_object_get(detail, "nested"));
	long long exits = get_int(detail, "exits");

	if (asprintf(&text, "%s %s%s", name, title, nested ? " L2" : "") < 0)
		return NULL;
	return json_pack("{s:s, s:O, s:O*, s:O*, s:I, s:I, s:I, s:{s:f, s:f, s:f, s:f}}", "reason",
			 text, "of", json_object_get(reason, "reason"), "class",
			 json_object_get(detail, "class"), "value",
			 json_object_get(detail, "value"), "code",
			 (json_int_t)get_int(reason, "code"), "total", (json_int_t)exits, "nested",
			 (json_int_t)(nested ? exits : 0), "rates", "1s", TOP_NO_RATE, "10s",
			 get_rate(detail, "10s"), "1m", get_rate(detail, "1m"), "5m", TOP_NO_RATE);
}

json_t *top_details(const json_t *vm)
{
	const json_t *reasons = json_object_get(vm, "reasons"), *reason, *details, *detail;
	json_t *rows = json_array();
	size_t i, j;

	json_array_foreach(reasons, i, reason) {
		details = json_object_get(reason, "details");
		if (json_array_size(details) == 0)
			(void)json_array_append(rows, (json_t *)reason);
		json_array_foreach(details, j, detail)
			(void)json_array_append_new(rows, row_of(reason, detail));
	}
	return rows;
}
