// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl watch, and all that ends it.
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

static void test_watch(void **state)
{
	struct process *p = *state;
	struct watcher watcher = watch_start(p, NULL);
	json_t *event;
	char *err;

	process_command(p, COMMAND_EXITS);
	event = watch_event(&watcher);
	assert_text(event, "event", "exits");
	assert_text(event, "name", "db");
	assert_number(event, "delta", 1);
	json_decref(event);
	process_command(p, COMMAND_EXITS);
	event = watch_event(&watcher);
	assert_number(event, "exits", 9);
	json_decref(event);

	assert_int_equal(kill(watcher.pid, SIGINT), 0);
	assert_int_equal(watch_end(&watcher, &err), 0);
	assert_string_equal(err, "");
	free(err);
}

/* What is no text at all is no VM's name, and not every VM's either. */
static void test_watch_invalid(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "watch", "\xff", NULL);

	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_string_equal(result.err, "kvmexitctl: no VM matches '?'\n");
	result_done(&result);
}

static void test_watch_vm(void **state)
{
	struct process *p = *state;
	struct watcher watcher = watch_start(p, "db");
	json_t *event;
	char *err;

	process_command(p, COMMAND_END);
	event = watch_event(&watcher);
	assert_text(event, "event", "ended");
	json_decref(event);
	/* Nothing to come any more, so it ends by itself. */
	assert_null(watch_event(&watcher));
	assert_int_equal(watch_end(&watcher, &err), 0);
	assert_string_equal(err, "");
	free(err);
}

static void test_watch_restart(void **state)
{
	struct process *p = *state;
	struct watcher watcher = watch_start(p, NULL);
	json_t *event;
	char *err;

	process_command(p, COMMAND_EXITS);
	event = watch_event(&watcher);
	json_decref(event);
	process_command(p, COMMAND_QUIT);
	assert_null(watch_event(&watcher));
	assert_int_equal(watch_end(&watcher, &err), 3);
	assert_string_equal(err, "kvmexitctl: kvmexitd closed the connection\n");
	free(err);
}

/* "watch | head -1": it notices that nobody reads, also without an event. */
static void test_watch_closed(void **state)
{
	struct process *p = *state;
	struct watcher watcher = watch_start(p, NULL);
	json_t *event;
	char *err;

	process_command(p, COMMAND_EXITS);
	event = watch_event(&watcher);
	json_decref(event);
	fclose(watcher.out);
	watcher.out = NULL;
	assert_int_equal(watch_end(&watcher, &err), 0);
	assert_string_equal(err, "");
	free(err);
}

/* No room for the first event. */
static void test_watch_full(void **state)
{
	struct process *p = *state;
	struct result result;

	process_begin(p, COMMAND_EXITS);
	result = ctl_to_file(p, "/dev/full", "watch", NULL);
	process_end(p, COMMAND_EXITS);
	assert_int_equal(result.status, 1);
	assert_non_null(strstr(result.err, "cannot write"));
	result_done(&result);
}

/* One event of those that were asked for, and that was all. */
static void test_watch_filter(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *event;

	process_begin(p, COMMAND_EXITS);
	result = ctl(p, "watch", "--json", "-n", "1", "--event", "exits", "--reason", "cpu*", NULL);
	process_end(p, COMMAND_EXITS);
	assert_int_equal(result.status, 0);
	event = result_json(&result);
	assert_text(event, "changes.0.reason", "CPUID");
	json_decref(event);

	/* Neither the kind nor the reason that db has an exit more of. */
	process_begin(p, COMMAND_END);
	result = ctl(p, "watch", "db", "--event", "exits", NULL);
	process_end(p, COMMAND_END);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "");
	result_done(&result);
}

/* Without --json it is for people: whole in a pipe, a line of the screen on a terminal. */
static void test_watch_text(void **state)
{
	struct process *p = *state;
	struct result result;

	process_begin(p, COMMAND_EXITS);
	result = ctl(p, "watch", "--count", "1", "--event", "exits", NULL);
	process_end(p, COMMAND_EXITS);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "Z db +1: CPUID +1\n"));
	result_done(&result);
	process_begin(p, COMMAND_EXITS);
	result = ctl_on_terminal(p, 40, "watch", "--count", "1", "--event", "exits", NULL);
	process_end(p, COMMAND_EXITS);
	/* "18:40:12 " comes first. */
	assert_string_equal(result.out + 9, "db               +1: CPUID +1\n");
	result_done(&result);
	process_begin(p, COMMAND_END);
	result = ctl(p, "watch", "db", NULL);
	process_end(p, COMMAND_END);
	assert_non_null(strstr(result.out, "Z db ended after 9 exits\n"));
	result_done(&result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_watch),	  TEST(test_watch_invalid), TEST(test_watch_vm),
		TEST(test_watch_restart), TEST(test_watch_closed),  TEST(test_watch_full),
		TEST(test_watch_filter),  TEST(test_watch_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
