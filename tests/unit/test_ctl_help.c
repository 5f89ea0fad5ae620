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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
