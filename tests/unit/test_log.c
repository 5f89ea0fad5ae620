// SPDX-License-Identifier: GPL-2.0-or-later
/* The log: whole lines, and no waiting for somebody who does not read them. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log.h"

/* Ends this test, should it wait for good. */
#define PATIENCE_S 60

/* More than a pipe takes. */
#define LINES 10000

static int pipe_fd, old_stderr;

static int setup(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pipe_fd = fds[0];
	old_stderr = dup(STDERR_FILENO);
	assert_true(old_stderr >= 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	assert_int_equal(fcntl(pipe_fd, F_SETFL, O_NONBLOCK), 0);
	(void)alarm(PATIENCE_S);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)alarm(0);
	(void)dup2(old_stderr, STDERR_FILENO);
	close(old_stderr);
	close(pipe_fd);
	return 0;
}

static char *read_all(void)
{
	static char text[256 * 1024];
	size_t n = 0;
	ssize_t r;

	while ((r = read(pipe_fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	text[n] = '\0';
	return text;
}

static void test_lines(void **state)
{
	(void)state;
	log_info("one %d", 1);
	log_debug("not wanted");
	log_error("two");
	assert_string_equal(read_all(), "kvmexitd: one 1\nkvmexitd: two\n");
}

/* Whoever reads again is told what is missing, and has whole lines. */
static void test_nobody_reads(void **state)
{
	unsigned int i, n = 0, missing = 0;
	char *line, *text;

	(void)state;
	for (i = 0; i < LINES; i++)
		log_info("line %05u of many", i);
	for (line = strtok(read_all(), "\n"); line; line = strtok(NULL, "\n"), n++)
		assert_int_equal(strlen(line), strlen("kvmexitd: line 00000 of many"));
	assert_in_range(n, 1, LINES - 1);

	log_info("again");
	text = read_all();
	assert_int_equal(
		sscanf(text, "kvmexitd: nobody read the log: %u lines are missing", &missing), 1);
	assert_int_equal(n + missing, LINES);
	assert_non_null(strstr(text, "missing\nkvmexitd: again\n"));
	log_info("and again");
	assert_string_equal(read_all(), "kvmexitd: and again\n");
}

/* What is too long is cut, and ends all the same. */
static void test_long(void **state)
{
	static char word[2 * PIPE_BUF];
	char *text;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	log_info("%s", word);
	text = read_all();
	assert_int_equal(strlen(text), PIPE_BUF);
	assert_int_equal(text[PIPE_BUF - 1], '\n');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_nobody_reads),
		TEST(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
