// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitd with a recording in the kernel's place, and kvmexitctl that asks it.
 */
#include "config.h"

#include "replay_fixture.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit_test.h"
#include "util/clock.h"

#define DEADLINE_NS (60 * NS_PER_S)
/* It has a second, of a machine that may be busy. */
#define STOP_DEADLINE_NS (15 * NS_PER_S)

#define POLL_NS (20 * NS_PER_MS)

char replay_directory[] = "/tmp/kvmexitd-replay-XXXXXX";

pid_t replay_start_with(const char *first, const char *second)
{
	char socket[256], log[256];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	/* A test that fails leaves no daemon. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(socket, sizeof(socket), "--socket=%s/socket", replay_directory);
	snprintf(log, sizeof(log), "%s/log", replay_directory);
	if (!freopen(log, "w", stderr))
		_exit(126);
	execl(KVMEXITD, KVMEXITD, "--config=/dev/null", socket, first, second, (char *)NULL);
	_exit(127);
}

pid_t replay_start(const char *recording, const char *speed)
{
	char option[512];

	snprintf(option, sizeof(option), "--replay=%s", recording);
	return replay_start_with(option, speed);
}

static int await_exit(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	uint64_t deadline_ns = clock_boottime_ns() + STOP_DEADLINE_NS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_boottime_ns() >= deadline_ns)
			fail_msg("kvmexitd does not end");
		nanosleep(&pause, NULL);
	}
	return status;
}

void replay_stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	status = await_exit(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

json_t *replay_ask(const char *arguments)
{
	char command[1024];
	json_t *json;
	FILE *f;

	snprintf(command, sizeof(command), "'%s' --socket '%s/socket' --json %s 2>/dev/null",
		 KVMEXITCTL, replay_directory, arguments);
	f = popen(command, "r");
	assert_non_null(f);
	json = json_loadf(f, 0, NULL);
	(void)pclose(f);
	return json;
}

static bool has_ended(void)
{
	json_t *status = replay_ask("status");
	const char *replay = json_string_value(json_object_get(status, "replay"));
	bool ended = replay && strcmp(replay, "ended") == 0;

	json_decref(status);
	return ended;
}

void replay_await_end(void)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	uint64_t deadline_ns = clock_boottime_ns() + DEADLINE_NS;

	while (!has_ended()) {
		assert_true(clock_boottime_ns() < deadline_ns);
		nanosleep(&pause, NULL);
	}
}

size_t replay_read(unsigned char **out)
{
	struct stat st;
	FILE *f = fopen(RECORDING, "rb");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*out = malloc((size_t)st.st_size);
	assert_non_null(*out);
	assert_int_equal(fread(*out, 1, (size_t)st.st_size, f), st.st_size);
	fclose(f);
	return (size_t)st.st_size;
}

int replay_setup(void **state)
{
	(void)state;
	return mkdtemp(replay_directory) ? 0 : -1;
}

int replay_teardown(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", replay_directory);
	return system(command);
}

size_t replay_logged(const char *text)
{
	char path[256], line[1024];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", replay_directory);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

int replay_run(const char *arguments)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command),
		 "exec timeout -k 5 20 '%s' --config=/dev/null --socket='%s/socket' %s 2>/dev/null",
		 KVMEXITD, replay_directory, arguments);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
