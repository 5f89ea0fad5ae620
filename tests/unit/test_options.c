// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of the real program. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "unit_test.h"

/* Runs kvmexitd; gives its exit status and what it wrote, to stdout and stderr. */
static int run(const char *arguments, char *output, size_t size)
{
	char command[512];
	size_t n;
	int status;
	FILE *f;

	snprintf(command, sizeof(command), "exec timeout 20 '%s' %s 2>&1", KVMEXITD, arguments);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(output, 1, size - 1, f);
	output[n] = '\0';
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_help(void **state)
{
	char output[4096];

	(void)state;
	assert_int_equal(run("--help", output, sizeof(output)), 0);
	assert_non_null(strstr(output, "Usage:"));
	assert_non_null(strstr(output, "--socket"));
	assert_non_null(strstr(output, "--summary-interval"));
	assert_int_equal(run("-h", output, sizeof(output)), 0);
	assert_int_equal(run("--version", output, sizeof(output)), 0);
	assert_string_equal(output, "kvmexitd " PACKAGE_VERSION "\n");
}

/* Exit 2, a reason, and where to look. */
static void assert_wrong(const char *arguments, const char *reason)
{
	char output[4096];

	assert_int_equal(run(arguments, output, sizeof(output)), 2);
	assert_non_null(strstr(output, reason));
	assert_non_null(strstr(output, "--help"));
}

static void test_wrong(void **state)
{
	(void)state;
	assert_wrong("--summary-interval=", "takes seconds from 0 to 86400, not ''");
	assert_wrong("--summary-interval=-1", "not '-1'");
	assert_wrong("--summary-interval=60s", "not '60s'");
	assert_wrong("--summary-interval=86401", "not '86401'");
	assert_wrong("--summary-interval=99999999999999999999", "not '99999999999999999999'");
	assert_wrong("--summary-interval", "requires an argument");
	assert_wrong("--receive-buffer=1", "--receive-buffer takes");
	assert_wrong("--receive-buffer=x", "--receive-buffer takes");
	assert_wrong("--no-such-option", "unrecognized option");
	assert_wrong("-x", "invalid option");
	assert_wrong("argument", "unexpected argument 'argument'");
	assert_wrong("-- ''", "unexpected argument ''");
}

static void test_bad_socket(void **state)
{
	char output[4096];

	(void)state;
	assert_int_equal(run("--socket=/no/such/directory/socket", output, sizeof(output)), 1);
	assert_non_null(strstr(output, "cannot listen on /no/such/directory/socket"));
	assert_non_null(strstr(output, "No such file or directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_bad_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
