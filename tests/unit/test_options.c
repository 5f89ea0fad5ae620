// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of the real program. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	assert_wrong("--summary-interval=", "--summary-interval needs a value");
	assert_wrong("--socket=", "--socket needs a path");
	assert_wrong("--metrics-listen=", "--metrics-listen '' is not an IPv4 address");
	assert_wrong("--metrics-listen=localhost:9100", "is not an IPv4 address, an IPv6 address");
	assert_wrong("--metrics-listen=0", "is not an IPv4 address");
	assert_wrong("--metrics-listen=65536", "is not an IPv4 address");
	assert_wrong("--metrics-listen=127.0.0.1:65536", "has a port that is not a number from 1");
	assert_wrong("--metrics-listen=127.0.0.1:", "has a port");
	assert_wrong("--metrics-listen=127.0.0.1:09100", "has a port");
	assert_wrong("--metrics-listen=127.0.0.1:9100x", "has a port");
	assert_wrong("--metrics-listen=127.0.0.1:+910", "has a port");
	assert_wrong("--metrics-listen=127.1:9100", "is not an IPv4 address");
	assert_wrong("--metrics-listen=::1:9100", "is not an IPv4 address");
	assert_wrong("--metrics-listen=[::1]9100", "has a port");
	assert_wrong("--metrics-listen=[127.0.0.1]:9100", "is not an IPv4 address");
	assert_wrong("--metrics-listen=[::1:9100", "is not an IPv4 address");
	assert_wrong("--config=", "--config needs a path");
	assert_wrong("--record=", "--record needs a path");
	assert_wrong("--replay=", "--replay needs a path");
	assert_wrong("--summary-interval=-1", "not '-1'");
	assert_wrong("--summary-interval=60x", "takes a time from 0s to 86400s, not '60x'");
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
	assert_int_equal(run("--config=/dev/null --socket=/no/such/directory/socket", output,
			     sizeof(output)),
			 1);
	assert_non_null(strstr(output, "cannot listen on /no/such/directory/socket"));
	assert_non_null(strstr(output, "No such file or directory"));
}

/* Start refused, with what systemd is told not to try again after. */
static void test_config(void **state)
{
	char output[4096], path[] = "/tmp/kvmexitd-options-XXXXXX", arguments[256];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[Limits]\nClients=x\n", 19), 19);
	snprintf(arguments, sizeof(arguments), "--config=%s", path);
	assert_int_equal(run(arguments, output, sizeof(output)), 78);
	assert_non_null(strstr(output, ":2: Clients= takes a number from 1 to 10000, not 'x'"));
	snprintf(arguments, sizeof(arguments), "--check-config %s", path);
	assert_int_equal(run(arguments, output, sizeof(output)), 78);
	assert_non_null(strstr(output, ":2: Clients= takes"));

	assert_int_equal(ftruncate(fd, 9), 0);
	assert_int_equal(run(arguments, output, sizeof(output)), 0);
	assert_non_null(strstr(output, path));
	assert_int_equal(run("--check-config " SOURCE_DIR "/systemd/kvmexitd.conf", output,
			     sizeof(output)),
			 0);
	close(fd);
	unlink(path);
	assert_int_equal(run(arguments, output, sizeof(output)), 78);
	assert_non_null(strstr(output, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_bad_socket),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
