// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kvmexitctl top has on screens of any width, and what stands out there.
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

/* What a screen of some width has. */
static void draw_at(struct top *top, size_t columns, struct screen *screen)
{
	memset(screen, 0, sizeof(*screen));
	top_resize(top, 24, columns);
	top_draw(top, screen_put, screen);
}

static void check_has(const struct screen *screen, size_t line, const char *text, bool there)
{
	if ((strstr(screen->lines[line], text) != NULL) != there)
		fail_msg("'%s' %s in: %s", text, there ? "is not" : "is", screen->lines[line]);
}

/* What is needed most is there on each; a wide one has more. */
static void test_widths(void **state)
{
	static const size_t widths[] = { 40, 80, 120, 200 };
	struct top *top = *state;
	struct screen *screen = malloc(sizeof(*screen));
	json_t *vms = json_pack("[{s:i, s:s, s:b, s:i, s:{s:f}, s:{s:f}}]", "id", 7, "name",
				"web-frontend-01", "alive", 1, "vcpu_count", 2, "rates", "10s",
				12345.0, "overhead", "10s", 0.125);
	json_t *vm = json_loads("{\"id\": 7, \"alive\": true, \"vcpu_count\": 2, \"reasons\": ["
				"{\"reason\": \"HLT\", \"total\": 1, \"rates\": {\"1m\": 1.0}},"
				"{\"reason\": \"IOIO\", \"total\": 9, \"rates\": {\"1m\": 9.0}}]}",
				0, NULL);
	size_t i;

	assert_non_null(screen);
	assert_int_equal(top_set_vms(top, vms), 0);
	top_set_why(top, 7, vm);
	json_decref(vm);
	/* It stays with its row. */
	assert_int_equal(top_set_vms(top, vms), 0);
	json_decref(vms);
	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		draw_at(top, widths[i], screen);
		check_has(screen, 2, " WHY", true);
		check_has(screen, 3, " web-frontend-01 ", true);
		check_has(screen, 3, " 12.3k ", true);
		check_has(screen, 3, " IOIO", widths[i] == 40 || widths[i] == 200);
		check_has(screen, 3, " 90% guest uses an I/O port",
			  widths[i] == 80 || widths[i] == 120);
		check_has(screen, 3, " 12.5 ", widths[i] >= 80);
		check_has(screen, 3, " 6.17k ", widths[i] >= 80);
		check_has(screen, 3, " 7 ", widths[i] >= 120);
		check_has(screen, 2, " 5m ", widths[i] == 200);
	}
	/* Without room for all rates, it is that of the window. */
	top_key(top, '3');
	draw_at(top, 80, screen);
	check_has(screen, 0, " over 1 min", true);
	check_has(screen, 3, " 12.3k ", false);
	/* Sorted by it, it is there. */
	check_has(screen, 2, "ID", false);
	top_key(top, 'i');
	draw_at(top, 80, screen);
	check_has(screen, 2, ">ID", true);
	free(screen);
}

/* Marks for those without colours, and styles for those with. */
static void test_states(void **state)
{
	struct top *top = *state;
	struct screen screen = { 0 };
	json_t *vms = json_loads(
		"[{\"id\": 1, \"name\": \"a\", \"alive\": true, \"vcpu_count\": 1, \"storm\": {},"
		"  \"started_boottime_us\": 0, \"rates\": {\"10s\": 5000.0, \"5m\": 5.0}},"
		" {\"id\": 2, \"name\": \"b\", \"alive\": true, \"vcpu_count\": 1,"
		"  \"started_boottime_us\": 0, \"rates\": {\"10s\": 3000.0, \"5m\": 1000.0}},"
		" {\"id\": 3, \"name\": \"c\", \"alive\": true, \"vcpu_count\": 1,"
		"  \"started_boottime_us\": 999000000, \"rates\": {\"10s\": 2000.0, \"5m\": 20.0}},"
		" {\"id\": 4, \"name\": \"d\", \"alive\": true, \"vcpu_count\": 4,"
		"  \"started_boottime_us\": 0, \"rates\": {\"10s\": 30.0, \"5m\": 30.0}},"
		" {\"id\": 5, \"name\": \"e\", \"alive\": false, \"vcpu_count\": 4, \"rates\": {}}]",
		0, NULL);

	assert_non_null(vms);
	top->now_ns = UINT64_C(1000000000000);
	assert_int_equal(top_set_vms(top, vms), 0);
	json_decref(vms);
	top_key(top, TOP_KEY_END);
	top_draw(top, screen_put, &screen);
	assert_memory_equal(screen.lines[3], "! a", 3);
	assert_memory_equal(screen.lines[4], "^ b", 3);
	/* Nobody knows yet what is usual for it. */
	assert_memory_equal(screen.lines[5], "  c", 3);
	assert_memory_equal(screen.lines[6], ". d", 3);
	assert_memory_equal(screen.lines[7], "- e", 3);
	assert_int_equal(screen.styles[3], TOP_STORM);
	assert_int_equal(screen.styles[4], TOP_ABOVE);
	assert_int_equal(screen.styles[5], TOP_PLAIN);
	assert_int_equal(screen.styles[6], TOP_QUIET);
	assert_non_null(strstr(screen.lines[0], ", 1 in a storm"));
}

static void type(struct top *top, const char *text)
{
	while (*text)
		(void)top_key(top, *text++);
}

static void test_filter(void **state)
{
	struct top *top = *state;

	top_fill(top, 12);
	top_key(top, 'i');
	type(top, "/VM1");
	top_check_rows(top, "[vm1] vm10 vm11 ");
	/* A letter is one of the filter's then, and new rows go through it. */
	type(top, "q\b");
	top_fill(top, 12);
	top_check_rows(top, "[vm1] vm10 vm11 ");
	assert_int_equal(top->vm.vcpus, 12);
	top_key(top, TOP_KEY_ENTER);
	assert_int_equal(top_key(top, 'q'), TOP_QUIT);
	top_key(top, TOP_KEY_ESCAPE);
	assert_int_equal(top->n_rows, 12);
	type(top, "/nothing");
	top_check_rows(top, "");
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_DRAW);
	assert_int_equal(top->n_rows, 12);
	assert_false(top->typing);
}

/* The selected VM's reasons, and whether its vCPUs share the exits. */
static void test_below(void **state)
{
	struct top *top = *state;
	struct screen screen = { 0 };
	size_t below;
	json_t *vm = json_loads(
		"{\"id\": 1, \"name\": \"vm1\", \"alive\": true, \"vcpu_count\": 2, \"rates\": {\"10s\": 100.0},"
		" \"vcpus\": [{\"id\": 0, \"rates\": {\"10s\": 10.0}}, {\"id\": 1, \"rates\": {\"10s\": 90.0}}],"
		" \"reasons\": [{\"reason\": \"MSR\", \"code\": 124, \"total\": 20, \"rates\": {\"10s\": 75.0}}]}",
		0, NULL);

	assert_non_null(vm);
	top_fill(top, 3);
	assert_int_equal(top_key(top, TOP_KEY_DOWN), TOP_FETCH);
	assert_int_equal(top_set_below(top, vm), 0);
	top_draw(top, screen_put, &screen);
	below = 23 - top_below_lines(top);
	assert_non_null(strstr(screen.lines[below], "vm1  id 1, 2 vCPUs: vCPU 1 makes 90% of"));
	assert_non_null(strstr(screen.lines[below + 1], " >EXITS/s "));
	assert_non_null(strstr(screen.lines[below + 2], " MSR "));
	assert_non_null(strstr(screen.lines[below + 2], " 75.0 "));
	/* It is not about another one, and small screens have no room. */
	top_key(top, TOP_KEY_UP);
	top_draw(top, screen_put, &screen);
	assert_null(strstr(screen.lines[below], "vm1"));
	top_resize(top, 10, 80);
	assert_int_equal(top_below_lines(top), 0);

	/* The vCPUs themselves. */
	top_resize(top, 24, 80);
	top_key(top, TOP_KEY_DOWN);
	assert_int_equal(top_key(top, 'v'), TOP_FETCH);
	assert_int_equal(top->vm_id, 1);
	assert_int_equal(top_set_vm(top, vm), 0);
	json_decref(vm);
	top_check_rows(top, "[vCPU 1] vCPU 0 ");
	top_draw(top, screen_put, &screen);
	assert_memory_equal(screen.lines[3], "^ vCPU 1 ", 9);
	assert_int_equal(top_key(top, TOP_KEY_ESCAPE), TOP_FETCH);
	assert_int_equal(top->view, TOP_VMS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, top_setup, top_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_widths),
		TEST(test_states),
		TEST(test_filter),
		TEST(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
