// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state of kvmexitctl top: rows, their order, keys, and lines on a screen.
 */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>
#include <jansson.h>

#include "top_fixture.h"

static void test_sort(void **state)
{
	struct top *top = *state;

	top_fill(top, 3);
	/* What is alike stands by id. */
	top_check_rows(top, "[vm0] vm1 vm2 ");
	assert_int_equal(top_key(top, 'r'), TOP_DRAW);
	top_check_rows(top, "[vm0] vm1 vm2 ");
	/* The selection goes with its row. */
	assert_int_equal(top_key(top, 'p'), TOP_DRAW);
	top_check_rows(top, "vm2 vm1 [vm0] ");
	top_key(top, 'e');
	top_check_rows(top, "[vm0] vm1 vm2 ");
	top_key(top, 'r');
	top_check_rows(top, "vm2 vm1 [vm0] ");
	top_key(top, 'n');
	top_check_rows(top, "[vm0] vm1 vm2 ");
	/* Through all columns and round. */
	top_key(top, 'i');
	top_key(top, '<');
	assert_int_equal(top->looks[TOP_VMS].sort, TOP_BY_OVERHEAD);
	top_key(top, '>');
	assert_int_equal(top->looks[TOP_VMS].sort, TOP_BY_ID);
	/* VMs have no nested exits to be sorted by, and there is no key x. */
	assert_int_equal(top_key(top, 'l'), TOP_NOTHING);
	assert_int_equal(top_key(top, 'x'), TOP_NOTHING);
	assert_int_equal(top_key(top, 0), TOP_NOTHING);
}

static void test_scroll(void **state)
{
	struct top *top = *state;
	int i;

	/* Room for three rows. */
	top_resize(top, 7, 80);
	top_fill(top, 10);
	top_key(top, 'i');
	top_check_rows(top, "[vm0] vm1 vm2 ");
	for (i = 0; i < 4; i++)
		top_key(top, TOP_KEY_DOWN);
	top_check_rows(top, "vm2 vm3 [vm4] ");
	top_key(top, TOP_KEY_PAGE_DOWN);
	top_check_rows(top, "vm5 vm6 [vm7] ");
	top_key(top, TOP_KEY_END);
	top_check_rows(top, "vm7 vm8 [vm9] ");
	top_key(top, 'j');
	top_check_rows(top, "vm7 vm8 [vm9] ");
	top_key(top, TOP_KEY_HOME);
	top_check_rows(top, "[vm0] vm1 vm2 ");
	top_key(top, TOP_KEY_UP);
	top_check_rows(top, "[vm0] vm1 vm2 ");
	/* A larger screen shows all of them, a smaller one what is selected. */
	top_key(top, TOP_KEY_END);
	top_resize(top, 24, 80);
	top_check_rows(top, "vm0 vm1 vm2 vm3 vm4 vm5 vm6 vm7 vm8 [vm9] ");
	top_resize(top, 5, 80);
	top_check_rows(top, "[vm9] ");
	top_resize(top, 1, 1);
	top_check_rows(top, "[vm9] ");
	/* The one selected has gone, and then all. */
	top_resize(top, 7, 80);
	top_fill(top, 2);
	top_check_rows(top, "vm0 [vm1] ");
	top_fill(top, 0);
	top_check_rows(top, "");
	top_key(top, TOP_KEY_DOWN);
	assert_int_equal(top_key(top, TOP_KEY_ENTER), TOP_NOTHING);
}

static void set_reasons(struct top *top)
{
	json_t *vm = json_loads(
		"{\"id\": 1, \"name\": \"vm1\", \"pid\": 999, \"isa\": \"svm\", \"alive\": true,"
		" \"exits\": 30, \"storm\": {\"rate\": 1}, \"rates\": {\"1s\": 3.0, \"10s\": 3.0}, \"reasons\": ["
		"{\"reason\": \"MSR\", \"code\": 124, \"total\": 20, \"nested\": 0, \"rates\": {\"10s\": 1.0}},"
		"{\"reason\": \"HLT\", \"code\": 120, \"total\": 10, \"nested\": 5, \"rates\": {\"10s\": 2.0}}]}",
		0, NULL);

	assert_non_null(vm);
	assert_int_equal(top_set_vm(top, vm), 0);
	json_decref(vm);
}

static void test_views(void **state)
{
	struct top *top = *state;

	top_fill(top, 3);
	top_key(top, TOP_KEY_DOWN);
	assert_int_equal(top_key(top, TOP_KEY_ENTER), TOP_FETCH);
	assert_int_equal(top->view, TOP_REASONS);
	assert_int_equal(top->vm_id, 1);
	set_reasons(top);
	top_check_rows(top, "[HLT] MSR ");
	top_key(top, 'e');
	top_check_rows(top, "MSR [HLT] ");
	top_key(top, 'l');
	top_check_rows(top, "[HLT] MSR ");
	/* What the reason means, and back. */
	assert_int_equal(top_key(top, TOP_KEY_ENTER), TOP_DRAW);
	assert_true(top->explains);
	assert_int_equal(top_key(top, TOP_KEY_DOWN), TOP_DRAW);
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_DRAW);
	assert_false(top->explains);
	assert_int_equal(top->view, TOP_REASONS);
	/* Back, and where it was. */
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_FETCH);
	top_fill(top, 3);
	top_check_rows(top, "vm0 [vm1] vm2 ");
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_NOTHING);
	/* There is no back from the one that was asked for. */
	top->view = TOP_REASONS;
	top->one_vm = true;
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_NOTHING);
}

static void test_keys(void **state)
{
	struct top *top = *state;

	assert_int_equal(top_key(top, 'a'), TOP_FETCH);
	assert_true(top->show_ended);
	assert_int_equal(top_key(top, ' '), TOP_DRAW);
	assert_true(top->paused);
	assert_int_equal(top_key(top, ' '), TOP_FETCH);
	top->interval_ms = 1000;
	top_key(top, '-');
	top_key(top, '-');
	assert_int_equal(top->interval_ms, 500);
	top_key(top, '+');
	assert_int_equal(top->interval_ms, 1000);
	/* Any key ends the help, and q ends all. */
	assert_int_equal(top_key(top, '?'), TOP_DRAW);
	assert_true(top->help);
	assert_int_equal(top_key(top, 'r'), TOP_DRAW);
	assert_false(top->help || top->looks[TOP_VMS].reverse);
	top_key(top, 'h');
	assert_int_equal(top_key(top, 'q'), TOP_QUIT);
	assert_int_equal(top_key(top, 'q'), TOP_QUIT);
}

static size_t width_of(const char *text)
{
	wchar_t wide[2048];
	size_t n = mbstowcs(wide, text, 2048);
	int width = n == (size_t)-1 ? -1 : wcswidth(wide, n);

	assert_true(width >= 0);
	return (size_t)width;
}

/* Whatever the size: no line is too long, none too short to cover what was there. */
static void test_draw_sizes(void **state)
{
	static const size_t sizes[][2] = { { 24, 80 }, { 5, 20 }, { 24, 60 }, { 50, 200 },
					   { 1, 1 },   { 3, 7 },  { 24, 999 } };
	struct top *top = *state;
	size_t i, k, view;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (view = 0; view < 3; view++) {
			struct screen screen = { 0 };
			size_t width = sizes[i][1] < 400 ? sizes[i][1] : 400;

			top->view = view == 0 ? TOP_VMS : TOP_REASONS;
			top->help = view == 2;
			top_resize(top, sizes[i][0], sizes[i][1]);
			if (view == 0)
				top_fill(top, 30);
			else
				set_reasons(top);
			top_draw(top, screen_put, &screen);
			assert_true(screen.n <= (sizes[i][0] < 3 ? 3 : sizes[i][0]));
			for (k = 0; k < screen.n; k++)
				assert_int_equal(width_of(screen.lines[k]), width);
		}
}

static void test_draw(void **state)
{
	struct top *top = *state;
	struct screen screen = { 0 };

	top_fill(top, 3);
	top_draw(top, screen_put, &screen);
	assert_int_equal(screen.n, 24);
	assert_non_null(strstr(screen.lines[0], "3 VMs, 6 vCPUs, 3.0 exits/s"));
	assert_non_null(strstr(screen.lines[2], " >EXITS/s "));
	assert_int_equal(screen.styles[3], TOP_SELECTED);
	assert_non_null(strstr(screen.lines[4], " vm1 "));
	assert_non_null(strstr(screen.lines[23], "q quit"));

	top->view = TOP_REASONS;
	set_reasons(top);
	top_draw(top, screen_put, &screen);
	/* A storm has a mark for those without colours, too. */
	assert_non_null(strstr(screen.lines[0], "! vm1  id 1, pid 999, svm, 30 exits"));
	assert_non_null(strstr(screen.lines[4], "MSR "));
	assert_non_null(strstr(screen.lines[2], " %10s "));
	assert_non_null(strstr(screen.lines[4], " 33.3 "));
	assert_non_null(strstr(screen.lines[4], " guest uses an MSR"));
}

static json_t *history(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void test_cells(void **state)
{
	/* 20 s in steps of 10, then 20 s in steps of one. */
	json_t *spans = history(
		"[{\"start\": \"2026-01-01T00:00:00.000Z\", \"step\": 10, \"exits\": [5, 6],"
		"  \"reasons\": [{\"reason\": \"MSR\", \"exits\": [1, 2]}]},"
		" {\"start\": \"2026-01-01T00:00:20.000Z\", \"step\": 1, \"exits\":"
		"  [1,1,1,1,1,1,1,1,1,1, 2,2,2,2,2,2,2,2,2,2], \"reasons\": []}]");
	double cells[TOP_CELLS];

	(void)state;
	top_cells(spans, NULL, cells);
	assert_true(cells[TOP_CELLS - 1] == 20 && cells[TOP_CELLS - 2] == 10);
	assert_true(cells[TOP_CELLS - 3] == 6 && cells[TOP_CELLS - 4] == 5);
	assert_true(cells[TOP_CELLS - 5] == 0);
	/* At the same places, though its last steps are not there. */
	top_cells(spans, "MSR", cells);
	assert_true(cells[TOP_CELLS - 3] == 2 && cells[TOP_CELLS - 4] == 1);
	assert_true(cells[TOP_CELLS - 1] == 0);
	top_cells(spans, "HLT", cells);
	assert_true(cells[TOP_CELLS - 3] == 0);
	json_decref(spans);
	top_cells(NULL, NULL, cells);
	assert_true(cells[TOP_CELLS - 1] == 0);

	/* Steps that cannot be are passed over. */
	spans = history(
		"[{\"start\": \"2026-01-01T00:00:00.000Z\","
		"  \"step\": 9223372036854775807, \"exits\": [7, 7, 7]},"
		" {\"start\": \"2026-01-01T00:00:00.000Z\", \"step\": 10, \"exits\": [5]}]");
	top_cells(spans, NULL, cells);
	assert_true(cells[TOP_CELLS - 1] == 5);
	json_decref(spans);
}

/* What the daemon told of a row's past stays with it when rows come anew. */
static void test_sparks(void **state)
{
	struct top *top = *state;
	struct screen screen = { 0 };
	json_t *reply = history(
		       "{\"spans\": [{\"start\": \"2026-01-01T00:00:00.000Z\", \"step\": 10,"
		       " \"exits\": [8, 4, 0, 1]}]}"),
	       *half = history(
		       "{\"spans\": [{\"start\": \"2026-01-01T00:00:00.000Z\", \"step\": 10,"
		       " \"exits\": [4, 4]}]}");

	top_fill(top, 3);
	top_set_history(top, 1, reply);
	top_set_history(top, 2, half);
	json_decref(reply);
	json_decref(half);
	top_fill(top, 3);
	top_draw(top, screen_put, &screen);
	assert_non_null(strstr(screen.lines[4], "#+ :"));
	/* All on one scale: what is steady and little is no slab. */
	assert_non_null(strstr(screen.lines[5], "++"));
	assert_null(strchr(screen.lines[5], '#'));
	assert_non_null(strstr(screen.lines[2], "0.8/s"));
	if (MB_CUR_MAX > 1) {
		top->ascii = false;
		top_draw(top, screen_put, &screen);
		assert_non_null(strstr(screen.lines[4], "█▅ ▂"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, top_setup, top_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sort), TEST(test_scroll),	TEST(test_views), TEST(test_keys),
		TEST(test_draw), TEST(test_draw_sizes), TEST(test_cells), TEST(test_sparks),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
