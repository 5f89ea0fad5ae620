// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings in pipes: whatever is at their other end, kvmexitd answers and ends. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "replay_fixture.h"
#include "unit_test.h"

#define DEADLINE_S 60

static char fifo[256];

static int make_fifo(void **state)
{
	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/fifo", replay_directory);
	return mkfifo(fifo, 0600);
}

static int remove_fifo(void **state)
{
	(void)state;
	return unlink(fifo);
}

static json_t *await_status(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	time_t deadline = time(NULL) + DEADLINE_S;
	json_t *status;

	while (!(status = replay_ask("status"))) {
		if (time(NULL) >= deadline)
			fail_msg("kvmexitd does not answer");
		nanosleep(&pause, NULL);
	}
	return status;
}

/* The reader has not read what was in it before. */
static void test_record_stuck(void **state)
{
	char option[300], bytes[4096] = { 0 };
	json_t *status;
	pid_t pid;
	int fd;

	(void)state;
	fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	snprintf(option, sizeof(option), "--record=%s", fifo);
	pid = replay_start_with(option, NULL);
	status = await_status();
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(status, "recording"), "state")),
		"running");
	json_decref(status);
	replay_stop(pid);
	assert_int_equal(replay_logged("lacks its end"), 1);
	close(fd);
}

static void test_record_no_reader(void **state)
{
	char arguments[300];

	(void)state;
	snprintf(arguments, sizeof(arguments), "--record=%s", fifo);
	assert_int_equal(replay_run(arguments), 1);
}

/* A limit that others set for us ends the recording, and nothing else. */
static void test_record_limit(void **state)
{
	char option[300], path[256];
	struct rlimit limit, low;
	json_t *status;
	pid_t pid;

	(void)state;
	/* Its own files are under the limit as well. */
	if (getenv("KVMEXITD_TEST_VALGRIND"))
		skip();
	snprintf(path, sizeof(path), "%s/limited", replay_directory);
	snprintf(option, sizeof(option), "--record=%s", path);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	low = limit;
	low.rlim_cur = 16;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	pid = replay_start_with(option, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	status = await_status();
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(status, "recording"), "error")),
		"File too large");
	json_decref(status);
	replay_stop(pid);
}

/* A writer that comes late, and writes when it likes. */
static void test_replay_fifo(void **state)
{
	char option[300], bytes[777];
	json_t *status, *list;
	pid_t pid;
	size_t n;
	FILE *f;
	int fd;

	(void)state;
	snprintf(option, sizeof(option), "--replay=%s", fifo);
	pid = replay_start_with(option, NULL);
	status = await_status();
	assert_string_equal(json_string_value(json_object_get(status, "replay")), "running");
	json_decref(status);

	fd = open(fifo, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	f = fopen(RECORDING, "rb");
	assert_non_null(f);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		assert_int_equal(write(fd, bytes, n), n);
	fclose(f);
	/* All of it is there, but somebody may still write more. */
	json_decref(await_status());
	close(fd);
	replay_await_end();
	status = replay_ask("status");
	assert_true(json_is_null(json_object_get(status, "replay_damage")));
	assert_string_equal(json_string_value(json_object_get(status, "kernel")), "streaming");
	json_decref(status);
	list = replay_ask("list --all");
	assert_int_equal(json_array_size(json_object_get(list, "vms")), 3);
	json_decref(list);
	replay_stop(pid);
}

static void test_replay_no_writer(void **state)
{
	char option[300];
	pid_t pid;

	(void)state;
	snprintf(option, sizeof(option), "--replay=%s", fifo);
	pid = replay_start_with(option, NULL);
	json_decref(await_status());
	replay_stop(pid);
}

/* What comes through a pipe, and is something else. */
static void test_replay_garbage(void **state)
{
	(void)state;
	assert_int_equal(replay_run("--replay=/dev/stdin </proc/self/status"), 1);
	assert_int_equal(replay_run("--replay=/dev/stdin </dev/null"), 1);
	assert_int_equal(replay_run("--replay=/"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_fifo, remove_fifo)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_record_stuck), TEST(test_record_no_reader), TEST(test_record_limit),
		TEST(test_replay_fifo),	 TEST(test_replay_no_writer), TEST(test_replay_garbage),
	};

	return cmocka_run_group_tests(tests, replay_setup, replay_teardown);
}
