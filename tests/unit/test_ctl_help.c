// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl's help: it is there for each command, and a screen has room for it.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_fixture.h"

/* Also on the smallest of terminals. */
static void check_screen(const char *text)
{
	size_t lines = 0, length;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		assert_true(length < 80);
		lines++;
	}
	assert_in_range(lines, 5, 24);
}

static void test_help(void **state)
{
	struct result result = ctl_run("--help", NULL), own;
	char command[32];
	const char *at;
	size_t n = 0;

	(void)state;
	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	check_screen(result.out);
	at = strstr(result.out, "\nCommands:\n");
	for (at = strchr(at + 1, '\n'); sscanf(at, "\n  %31[a-z]", command) == 1;
	     at = strchr(at + 1, '\n')) {
		own = ctl_run(command, "--help", NULL);
		assert_int_equal(own.status, 0);
		assert_non_null(strstr(own.out, command));
		check_screen(own.out);
		result_done(&own);
		n++;
	}
	assert_true(n >= 9);
	result_done(&result);

	result = ctl_run("-V", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "kvmexitctl (kvmexitd) " PACKAGE_VERSION "\n");
	result_done(&result);
}

static void check_err(const char *const *args, const char *err)
{
	struct result result = ctl_run(args[0], args[1], args[2], NULL);

	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	if (!strstr(result.err, err) || strncmp(result.err, "kvmexitctl: ", 12) != 0)
		fail_msg("no '%s' in: %s", err, result.err);
	result_done(&result);
}

/* What is typed wrong is named, with what was probably meant. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *args[3], *err;
	} cases[] = {
		{ { "lst" }, "'lst'; did you mean 'list'?\n" },
		{ { "help", "shwow" }, "'shwow'; did you mean 'show'?\n" },
		{ { "nothing" }, "there is no command 'nothing'\n" },
		{ { "\033[2J" }, "there is no command '?[2J'\n" },
		{ { "show", "--vcpsu" }, "'--vcpsu'; did you mean '--vcpus'?\n" },
		{ { "list", "--srot=id" }, "; did you mean '--sort'?\n" },
		{ { "list", "-q" }, "there is no option '-q'\n" },
		{ { "list", "-aq" }, "there is no option '-q'\n" },
		{ { "list", "--sort" }, "option '--sort' needs a value\n" },
		{ { "-s" }, "option '-s' needs a value\n" },
		{ { "list", "--all=3" }, "option '--all' takes no value\n" },
		{ { "list", "--json=long" }, "--json takes one of short, pretty, not 'long'\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_err(cases[i].args, cases[i].err);
}

static void test_help_command(void **state)
{
	struct result a = ctl_run("help", NULL), b = ctl_run("--help", NULL);

	(void)state;
	assert_int_equal(a.status, 0);
	assert_string_equal(a.out, b.out);
	result_done(&a);
	result_done(&b);
	a = ctl_run("help", "show", NULL);
	b = ctl_run("show", "--help", NULL);
	assert_int_equal(a.status, 0);
	assert_string_equal(a.out, b.out);
	result_done(&a);
	result_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_command),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
