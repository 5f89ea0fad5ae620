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

#include "ctl/top/top.h"

#define LINES_MAX 64

struct screen {
	size_t n;
	enum top_style styles[LINES_MAX];
	char lines[LINES_MAX][2048];
};

static void put(void *userdata, size_t line, enum top_style style, const char *text)
{
	struct screen *screen = userdata;

	assert_true(line < LINES_MAX);
	if (line >= screen->n)
		screen->n = line + 1;
	screen->styles[line] = style;
	snprintf(screen->lines[line], sizeof(screen->lines[line]), "%s", text);
}

static int setup(void **state)
{
	struct top *top = malloc(sizeof(*top));

	assert_non_null(top);
	top_init(top);
	top->ascii = true;
	*state = top;
	return 0;
}

static int teardown(void **state)
{
	top_done(*state);
	free(*state);
	return 0;
}

/* n VMs called vm0 and so on; the higher the id, the fewer the exits, but all rates alike. */
static void fill(struct top *top, int n)
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

/* The names on the screen, the selected one in brackets. */
static void check_rows(struct top *top, const char *names)
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

static void test_sort(void **state)
{
	struct top *top = *state;

	fill(top, 3);
	/* What is alike stands by id. */
	check_rows(top, "[vm0] vm1 vm2 ");
	assert_int_equal(top_key(top, 'r'), TOP_DRAW);
	check_rows(top, "[vm0] vm1 vm2 ");
	/* The selection goes with its row. */
	assert_int_equal(top_key(top, 'p'), TOP_DRAW);
	check_rows(top, "vm2 vm1 [vm0] ");
	top_key(top, 'e');
	check_rows(top, "[vm0] vm1 vm2 ");
	top_key(top, 'r');
	check_rows(top, "vm2 vm1 [vm0] ");
	top_key(top, 'n');
	check_rows(top, "[vm0] vm1 vm2 ");
	/* Through all columns and round. */
	top_key(top, 'i');
	top_key(top, '<');
	assert_int_equal(top->looks[TOP_VMS].sort, TOP_BY_5M);
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
	fill(top, 10);
	top_key(top, 'i');
	check_rows(top, "[vm0] vm1 vm2 ");
	for (i = 0; i < 4; i++)
		top_key(top, TOP_KEY_DOWN);
	check_rows(top, "vm2 vm3 [vm4] ");
	top_key(top, TOP_KEY_PAGE_DOWN);
	check_rows(top, "vm5 vm6 [vm7] ");
	top_key(top, TOP_KEY_END);
	check_rows(top, "vm7 vm8 [vm9] ");
	top_key(top, 'j');
	check_rows(top, "vm7 vm8 [vm9] ");
	top_key(top, TOP_KEY_HOME);
	check_rows(top, "[vm0] vm1 vm2 ");
	top_key(top, TOP_KEY_UP);
	check_rows(top, "[vm0] vm1 vm2 ");
	/* A larger screen shows all of them, a smaller one what is selected. */
	top_key(top, TOP_KEY_END);
	top_resize(top, 24, 80);
	check_rows(top, "vm0 vm1 vm2 vm3 vm4 vm5 vm6 vm7 vm8 [vm9] ");
	top_resize(top, 5, 80);
	check_rows(top, "[vm9] ");
	top_resize(top, 1, 1);
	check_rows(top, "[vm9] ");
	/* The one selected has gone, and then all. */
	top_resize(top, 7, 80);
	fill(top, 2);
	check_rows(top, "vm0 [vm1] ");
	fill(top, 0);
	check_rows(top, "");
	top_key(top, TOP_KEY_DOWN);
	assert_int_equal(top_key(top, TOP_KEY_ENTER), TOP_NOTHING);
}

static void set_reasons(struct top *top)
{
	json_t *vm = json_loads(
		"{\"id\": 1, \"name\": \"vm1\", \"pid\": 999, \"isa\": \"svm\", \"alive\": true,"
		" \"exits\": 30, \"storm\": {\"rate\": 1}, \"rates\": {\"1s\": 3.0}, \"reasons\": ["
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

	fill(top, 3);
	top_key(top, TOP_KEY_DOWN);
	assert_int_equal(top_key(top, TOP_KEY_ENTER), TOP_FETCH);
	assert_int_equal(top->view, TOP_REASONS);
	assert_int_equal(top->vm_id, 1);
	set_reasons(top);
	check_rows(top, "[HLT] MSR ");
	top_key(top, 'e');
	check_rows(top, "MSR [HLT] ");
	top_key(top, 'l');
	check_rows(top, "[HLT] MSR ");
	assert_int_equal(top_key(top, TOP_KEY_ENTER), TOP_NOTHING);
	/* Back, and where it was. */
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_FETCH);
	fill(top, 3);
	check_rows(top, "vm0 [vm1] vm2 ");
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
				fill(top, 30);
			else
				set_reasons(top);
			top_draw(top, put, &screen);
			assert_true(screen.n <= (sizes[i][0] < 3 ? 3 : sizes[i][0]));
			for (k = 0; k < screen.n; k++)
				assert_int_equal(width_of(screen.lines[k]), width);
		}
}

static void test_draw(void **state)
{
	struct top *top = *state;
	struct screen screen = { 0 };

	fill(top, 3);
	top_draw(top, put, &screen);
	assert_int_equal(screen.n, 24);
	assert_non_null(strstr(screen.lines[0], "3 VMs, 6 vCPUs, 3.0 exits/s"));
	assert_non_null(strstr(screen.lines[2], " >10s "));
	assert_non_null(strstr(screen.lines[2], "LAST 5 MIN"));
	assert_int_equal(screen.styles[3], TOP_SELECTED);
	assert_non_null(strstr(screen.lines[4], "    1 vm1 "));
	assert_non_null(strstr(screen.lines[23], "q quit"));

	top->view = TOP_REASONS;
	set_reasons(top);
	top_draw(top, put, &screen);
	/* A storm has a mark for those without colours, too. */
	assert_non_null(strstr(screen.lines[0], "! vm1  id 1, pid 999, svm, 30 exits"));
	assert_non_null(strstr(screen.lines[4], "MSR "));
	assert_non_null(strstr(screen.lines[4], " 66.7 "));
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
	json_t *reply =
		history("{\"spans\": [{\"start\": \"2026-01-01T00:00:00.000Z\", \"step\": 10,"
			" \"exits\": [8, 4, 0, 1]}]}");

	fill(top, 3);
	top_set_history(top, 1, reply);
	json_decref(reply);
	fill(top, 3);
	top_draw(top, put, &screen);
	assert_non_null(strstr(screen.lines[4], "#+ :"));
	assert_null(strchr(screen.lines[5], '#'));
	if (MB_CUR_MAX > 1) {
		top->ascii = false;
		top_draw(top, put, &screen);
		assert_non_null(strstr(screen.lines[4], "█▅ ▂"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sort), TEST(test_scroll),	TEST(test_views), TEST(test_keys),
		TEST(test_draw), TEST(test_draw_sizes), TEST(test_cells), TEST(test_sparks),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
