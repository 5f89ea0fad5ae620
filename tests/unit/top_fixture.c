// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state of kvmexitctl top, with VMs made up, and what it draws.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "top_fixture.h"

void screen_put(void *userdata, size_t line, enum top_style style, const char *text)
{
	struct screen *screen = userdata;

	assert_true(line < SCREEN_LINES);
	if (line >= screen->n)
		screen->n = line + 1;
	screen->styles[line] = style;
	snprintf(screen->lines[line], sizeof(screen->lines[line]), "%s", text);
}

int top_setup(void **state)
{
	struct top *top = malloc(sizeof(*top));

	assert_non_null(top);
	top_init(top);
	top->ascii = true;
	*state = top;
	return 0;
}

int top_teardown(void **state)
{
	top_done(*state);
	free(*state);
	return 0;
}

void top_fill(struct top *top, int n)
{
	json_t *vms = json_array();
	int i;

	for (i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "vm%d", i);
		json_array_append_new(
			vms, json_pack("{s:i, s:s, s:i, s:b, s:i, s:i, s:{s:f, s:f, s:f, s:f}}",
				       "id", i, "name", name, "pid", 1000 - i, "alive", 1,
				       "vcpu_count", 2, "exits", 100 - i, "rates", "1s", 1.0, "10s",
				       1.0, "1m", 1.0, "5m", 1.0));
	}
	assert_int_equal(top_set_vms(top, vms), 0);
	json_decref(vms);
}

void top_check_rows(struct top *top, const char *names)
{
	char found[1024] = "";
	size_t first, n = top_visible(top, &first), i;

	for (i = first; i < first + n; i++) {
		bool selected = i == top->looks[top->view].selected;

		snprintf(found + strlen(found), sizeof(found) - strlen(found),
			 selected ? "[%s] " : "%s ", top->rows[i].name);
	}
	assert_string_equal(found, names);
}
