// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kvmexitctl prints on a terminal fits there and is for people; elsewhere it is
 * whole and exact.
 */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/output.h"
#include "ctl/width.h"
#include "ctl_fixture.h"
#include "server_fixture.h"
#include "util/util.h"

/* Every line has its end on the screen. */
static void check_lines(const char *text, size_t columns)
{
	char line[1024];
	size_t length;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		assert_true(length < sizeof(line));
		memcpy(line, text, length);
		line[length] = '\0';
		if (text_columns(line) > columns)
			fail_msg("more than %zu columns: %s", columns, line);
	}
}

static void has(const struct result *result, const char *text)
{
	if (!strstr(result->out, text))
		fail_msg("no '%s' in: %s", text, result->out);
}

static void has_no(const struct result *result, const char *text)
{
	if (strstr(result->out, text))
		fail_msg("'%s' in: %s", text, result->out);
}

static void test_list(void **state)
{
	static const unsigned short widths[] = { 40, 60, 80, 120, 200 };
	struct process *p = *state;
	struct result result;
	size_t i;

	process_command(p, COMMAND_LONG);
	process_command(p, COMMAND_STORM);
	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		result = ctl_on_terminal(p, widths[i], "list", NULL);
		assert_int_equal(result.status, 0);
		check_lines(result.out, widths[i]);
		has(&result, " web-frontend-01 ");
		has(&result, " web-frontend-02 ");
		has(&result, " 10s ");
		has(&result, "STORM");
		if (widths[i] >= 60)
			has(&result, " 12.3M ");
		if (widths[i] <= 80)
			has(&result, "…");
		result_done(&result);
	}
	/* Both ends of a name say something. */
	result = ctl_on_terminal(p, 40, "list", NULL);
	has(&result, "kubevirt");
	has(&result, "-name-1");
	result_done(&result);
	/* So is there who has ended, in few words. */
	result = ctl_on_terminal(p, 80, "list", "--all", NULL);
	check_lines(result.out, 80);
	has(&result, " lived ");
	has(&result, " EXITS ");
	result_done(&result);
	/* What rows are sorted by is there. */
	result = ctl_on_terminal(p, 40, "list", NULL);
	has_no(&result, " 5m ");
	result_done(&result);
	result = ctl_on_terminal(p, 40, "list", "--sort=5m", NULL);
	has(&result, " 5m ");
	result_done(&result);

	result = ctl(p, "list", NULL);
	has(&result, " kubevirt_a-namespace-that-is-long_with-a-name-1 ");
	has(&result, " 12345678 ");
	has(&result, " 5m ");
	has_no(&result, "…");
	result_done(&result);
}

static void test_show(void **state)
{
	struct process *p = *state;
	struct result result;

	process_command(p, COMMAND_LONG);
	process_command(p, COMMAND_TIMED);
	result = ctl_on_terminal(p, 80, "show", "web01", NULL);
	check_lines(result.out, 80);
	has(&result, " %TOTAL ");
	has(&result, " UTC, ");
	has(&result, " s ago\n");
	result_done(&result);
	result = ctl_on_terminal(p, 80, "show", "web-frontend-01", "--sort", "10s", NULL);
	has(&result, "\nExits    12.3M, per second ");
	has(&result, " %10s ");
	result_done(&result);
	result = ctl(p, "show", "web-frontend-01", NULL);
	has(&result, "\nExits    12345678, per second ");
	has(&result, "Z, up ");
	has(&result, "\nMSR    12345678  100.0 ");
	result_done(&result);
}

static void test_report(void **state)
{
	struct process *p = *state;
	struct result result = ctl_on_terminal(p, 80, "report", "web01", NULL);

	assert_int_equal(result.status, 0);
	check_lines(result.out, 80);
	has(&result, "web01  id 1, svm, 2 vCPUs\nStarted ");
	has(&result, " UTC, up ");
	result_done(&result);
	result = ctl(p, "report", "web01", NULL);
	has(&result, "Z, up ");
	result_done(&result);
}

/* A measurement is exact, wherever it is printed. */
static void test_stat(void **state)
{
	struct process *p = *state;
	struct result result;
	char script[128];

	(void)snprintf(script, sizeof(script), "echo 900 +12345 >%s/vms; exec sleep 60",
		       p->fixture->dir);
	result = ctl_on_terminal(p, 80, "stat", "--vm=db", "--until-exits=3", "--", "sh", "-c",
				 script, NULL);
	check_lines(result.out, 80);
	has(&result, "\nREASON");
	has(&result, " 12345 ");
	result_done(&result);
}

static void test_short(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },	   { 0.05, "0.050" },	{ 9.5, "9.5" },	       { 999, "999" },
		{ 999.4, "999" },  { 999.6, "1.00k" },	{ 1234, "1.23k" },     { 9996, "10.0k" },
		{ 99960, "100k" }, { 999600, "1.00M" }, { 39256743, "39.3M" }, { 1e9, "1.00G" },
		{ 9e18, "9.00E" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = format_short(cases[i].value);

		assert_string_equal(text, cases[i].text);
	}
}

static void check_fit(const char *text, size_t width, enum text_cut cut, bool right,
		      const char *wanted)
{
	char fitted[64];

	text_fit(fitted, sizeof(fitted), text, width, cut, right);
	assert_string_equal(fitted, wanted);
}

static void test_fit(void **state)
{
	const bool utf8 = MB_CUR_MAX > 1;

	(void)state;
	check_fit("abc", 5, CUT_END, false, "abc  ");
	check_fit("abc", 5, CUT_END, true, "  abc");
	check_fit("a\xff", 3, CUT_END, false, "a? ");
	check_fit("abcdef", 0, CUT_END, false, "");
	check_fit("abcdefghijkl", 6, CUT_END, false, utf8 ? "abcde…" : "abcde~");
	check_fit("abcdefghijkl", 6, CUT_MIDDLE, true, utf8 ? "abc…kl" : "abc~kl");
	check_fit("abcdefghijkl", 1, CUT_MIDDLE, false, utf8 ? "…" : "~");
	/* Two columns each, of which there is room for one and a half. */
	if (utf8)
		check_fit("漢字漢字", 4, CUT_END, false, "漢… ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_show),
		TEST(test_report),
		TEST(test_stat),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_fit),
	};

	if (setenv("LC_ALL", "C.UTF-8", 1) != 0 || setenv("TZ", "UTC", 1) != 0 ||
	    setenv("TERM", "dumb", 1) != 0)
		return 1;
	setlocale(LC_CTYPE, "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
