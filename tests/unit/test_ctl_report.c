// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report, as a command.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

static const char *path_of(const struct process *p, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", p->fixture->dir, name);
	return path;
}

static const char *write_file(const struct process *p, const char *name, const char *text)
{
	const char *path = path_of(p, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void test_text(void **state)
{
	struct result result = ctl(*state, "report", "web01", NULL);

	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	assert_non_null(strstr(result.out, "web01  id 1, svm, 2 vCPUs\nStarted 2"));
	assert_non_null(strstr(result.out, "Boot: not known yet, as the VM is "));
	assert_non_null(strstr(result.out, "Most frequent: MSR 1525 (98.1%), HLT 30 (1.9%)"));
	assert_non_null(strstr(result.out, "\nMSR     1525 98.1\n"));
	result_done(&result);
}

static void test_json(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "report", "--json", "900", NULL);
	json_t *json = result_json(&result);

	assert_text(json, "vm.name", "db");
	assert_text(json, "boot.how", "unknown");
	assert_number(json, "phases.0.exits", 7);
	assert_text(json, "phases.0.phase", "life");
	assert_text(json, "phases.0.reasons.0.reason", "CPUID");
	json_decref(json);

	result = ctl(p, "report", "--json", "db", "--phases",
		     write_file(p, "phases", "# two\n\t # indented\n  0 one\r\n\n1h the other  \n"),
		     NULL);
	json = result_json(&result);
	unlink(path_of(p, "phases"));
	assert_int_equal(json_array_size(at(json, "phases")), 2);
	assert_text(json, "phases.1.phase", "the other");
	assert_number(json, "phases.0.exits", 7);
	json_decref(json);
}

/* The offset of a time counts. */
static void test_boot_end(void **state)
{
	static const struct {
		const char *offset;
		int seconds;
	} offsets[] = { { "Z", 0 }, { "+01:00", 3600 }, { "-02:30", -9000 } };
	struct process *p = *state;
	struct result result;
	struct tm tm = { 0 };
	json_t *json, *vm;
	char text[64];
	time_t time;
	size_t i;

	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		process_command(p, COMMAND_LATER);
		result = ctl(p, "show", "--json", "db", NULL);
		vm = result_json(&result);
		assert_non_null(strptime(json_string_value(at(vm, "started")), "%FT%T", &tm));
		json_decref(vm);
		/* A minute after its start, as it is called at the offset. */
		time = timegm(&tm) + 60 + offsets[i].seconds;
		assert_non_null(gmtime_r(&time, &tm));
		assert_int_equal(strftime(text, sizeof(text), "%FT%T.999", &tm), 23);
		(void)strcat(text, offsets[i].offset);
		result = ctl(p, "report", "--json", "db", "--boot-end", text, NULL);
		json = result_json(&result);
		assert_in_range((unsigned int)json_number_value(at(json, "boot.end")), 60, 61);
		json_decref(json);
	}
}

/* What a VM is called is up to whoever makes it. */
static void test_html(void **state)
{
	struct process *p = *state;
	char *line = NULL;
	size_t size = 0;
	struct result result;
	bool found = false;
	FILE *page;

	process_command(p, COMMAND_HOSTILE);
	result = ctl(p, "report", "666", "--html", path_of(p, "page"), NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "");
	result_done(&result);
	page = fopen(path_of(p, "page"), "r");
	assert_non_null(page);
	while (getline(&line, &size, page) >= 0) {
		assert_null(strchr(line, '\033'));
		found = found || strstr(line, "<h1>?[2Jevil?name</h1>");
	}
	assert_true(found);
	free(line);
	fclose(page);
	unlink(path_of(p, "page"));
}

static void check_error(struct result result, int status, const char *text)
{
	assert_int_equal(result.status, status);
	assert_string_equal(result.out, "");
	if (!strstr(result.err, text))
		fail_msg("not '%s' in: %s", text, result.err);
	result_done(&result);
}

static void test_errors(void **state)
{
	struct process *p = *state;
	const char *path;

	check_error(ctl(p, "report", NULL), 2, "too few arguments");
	check_error(ctl(p, "report", "bd", NULL), 1, "no VM matches 'bd'");
	check_error(ctl(p, "report", "db", "--boot-end", "soon", NULL), 2,
		    "--boot-end: 'soon' is not a time such as 12s");
	check_error(ctl(p, "report", "db", "--boot-end", "5sx", NULL), 2, ": what is 'sx'?");
	check_error(ctl(p, "report", "db", "--boot-end", "2001-01-01T00:00:00Z garbage", NULL), 2,
		    ": what is 'garbage'?");
	check_error(ctl(p, "report", "db", "--boot-end", "2001-01-01T00:00:00", NULL), 2,
		    "the end is missing");
	check_error(ctl(p, "report", "db", "--boot-end", "10h", NULL), 2, "not in the VM's life");
	check_error(ctl(p, "report", "db", "--boot-end", "2001-01-01T00:00:00Z", NULL), 2,
		    "not in the VM's life");
	check_error(ctl(p, "report", "db", "--html", "/no/such/file", NULL), 1,
		    "cannot write to /no/such/file");
	check_error(ctl(p, "report", "db", "--html", "/dev/full", NULL), 1,
		    "cannot write to /dev/full");
	check_error(ctl(p, "report", "db", "--phases", "/no/such/file", NULL), 1,
		    "cannot read /no/such/file");

	path = write_file(p, "phases", "0 one\n\n5 two\n4 three\n");
	check_error(ctl(p, "report", "db", "--phases", path, NULL), 1,
		    "phases:4: the phase begins before the one in front of it");
	write_file(p, "phases", "0\n");
	check_error(ctl(p, "report", "db", "--phases", path, NULL), 1,
		    "phases:1: a phase needs a name behind its time");
	write_file(p, "phases", "one 1\n");
	check_error(ctl(p, "report", "db", "--phases", path, NULL), 1,
		    "phases:1: 'one' is not a time");
	write_file(p, "phases", "  # a comment\n 0 one\n 5s\n");
	check_error(ctl(p, "report", "db", "--phases", path, NULL), 1,
		    "phases:3: a phase needs a name behind its time");
	check_error(ctl(p, "report", "db", "--phases", "/dev/zero", NULL), 1,
		    "/dev/zero has more than 65536 bytes");
	write_file(p, "phases", "# none\n");
	check_error(ctl(p, "report", "db", "--phases", path, NULL), 1, "phases has no phases");
	unlink(path);

	process_command(p, COMMAND_QUIT);
	check_error(ctl(p, "report", "db", NULL), 3, "kvmexitd is not running");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text), TEST(test_json),   TEST(test_boot_end),
		TEST(test_html), TEST(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
