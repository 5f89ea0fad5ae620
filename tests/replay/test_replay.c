// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs as they are, with a recording in the kernel's place: kvmexitctl says
 * of it what it said when it was made. tests/replay/record makes both anew.
 */
#include "config.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model/status.h"
#include "source/recording/recording.h"
#include "unit_test.h"
#include "util/clock.h"

#define DIRECTORY SOURCE_DIR "/tests/replay/"
#define RECORDING DIRECTORY "exitgen.rec"

#define DEADLINE_S 60
#define POLL_NS	   (20 * 1000 * 1000)

static char directory[] = "/tmp/kvmexitd-replay-XXXXXX";

static pid_t start(const char *recording, const char *speed)
{
	char socket[256], replay[512], log[256];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	snprintf(socket, sizeof(socket), "--socket=%s/socket", directory);
	snprintf(replay, sizeof(replay), "--replay=%s", recording);
	snprintf(log, sizeof(log), "%s/log", directory);
	if (!freopen(log, "w", stderr))
		_exit(126);
	execl(KVMEXITD, KVMEXITD, "--config=/dev/null", socket, replay, speed, (char *)NULL);
	_exit(127);
}

/* Ends by SIGTERM, well. */
static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What kvmexitctl --json says, or NULL. */
static json_t *ask(const char *arguments)
{
	char command[1024];
	json_t *json;
	FILE *f;

	snprintf(command, sizeof(command), "'%s' --socket '%s/socket' --json %s 2>/dev/null",
		 KVMEXITCTL, directory, arguments);
	f = popen(command, "r");
	assert_non_null(f);
	json = json_loadf(f, 0, NULL);
	(void)pclose(f);
	return json;
}

static bool has_ended(void)
{
	json_t *status = ask("status");
	const char *replay = json_string_value(json_object_get(status, "replay"));
	bool ended = replay && strcmp(replay, "ended") == 0;

	json_decref(status);
	return ended;
}

static void await_end(void)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	time_t deadline = time(NULL) + DEADLINE_S;

	while (!has_ended()) {
		assert_true(time(NULL) < deadline);
		nanosleep(&pause, NULL);
	}
}

/* Rates depend on when somebody asks; a VM that ended has none but zeros. */
static void drop_rates(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(json)) {
		(void)json_object_del(json, "rates");
		json_object_foreach(json, key, value)
			drop_rates(value);
	} else {
		json_array_foreach(json, i, value)
			drop_rates(value);
	}
}

/* What a later version tells besides is not what this is about. */
static void drop_unknown(json_t *is, json_t *wanted)
{
	const char *key;
	json_t *value;
	size_t i;
	void *next;

	if (json_is_object(is) && json_is_object(wanted)) {
		json_object_foreach_safe(is, next, key, value)
		{
			if (json_object_get(wanted, key))
				drop_unknown(value, json_object_get(wanted, key));
			else
				(void)json_object_del(is, key);
		}
	} else if (json_is_array(is) && json_is_array(wanted)) {
		json_array_foreach(is, i, value)
			drop_unknown(value, json_array_get(wanted, i));
	}
}

static void assert_same(json_t *is, json_t *wanted)
{
	char *is_text, *wanted_text;

	drop_rates(is);
	drop_rates(wanted);
	drop_unknown(is, wanted);
	is_text = json_dumps(is, JSON_SORT_KEYS | JSON_INDENT(1));
	wanted_text = json_dumps(wanted, JSON_SORT_KEYS | JSON_INDENT(1));
	assert_string_equal(is_text, wanted_text);
	free(is_text);
	free(wanted_text);
}

/* Every VM with its vCPUs, times and totals. */
static void check_all(void)
{
	json_t *wanted = json_load_file(DIRECTORY "exitgen.json", 0, NULL), *vm, *is;
	char arguments[64];
	size_t i;

	assert_true(json_array_size(wanted) >= 3);
	json_array_foreach(wanted, i, vm) {
		snprintf(arguments, sizeof(arguments), "show %lld --vcpus",
			 (long long)json_integer_value(json_object_get(vm, "id")));
		is = ask(arguments);
		assert_non_null(is);
		assert_same(is, vm);
		json_decref(is);
	}
	json_decref(wanted);
}

static size_t read_recording(unsigned char **out)
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

/* When it was made, in microseconds: that of the first record, or of the last. */
static json_int_t recorded_us(bool last)
{
	unsigned char *bytes;
	size_t len = read_recording(&bytes), i = RECORDING_HEADER_BYTES;
	struct record record = { 0 };
	uint64_t us;
	int n;

	do {
		n = recording_parse_record(bytes + i, len - i, &record);
		i += n > 0 ? (size_t)n : 0;
	} while (last && n > 0);
	us = record.time_ns / NS_PER_US;
	free(bytes);
	return (json_int_t)us;
}

static void test_as_live(void **state)
{
	pid_t pid = start(RECORDING, NULL);
	json_t *status, *now;

	(void)state;
	await_end();
	check_all();
	status = ask("status");
	assert_string_equal(json_string_value(json_object_get(status, "kernel")), "streaming");
	assert_true(json_integer_value(json_object_get(status, "batches")) > 0);
	assert_int_equal(json_integer_value(json_object_get(status, "malformed")), 0);
	/* And it is the day when it was recorded. */
	now = json_object_get(status, "now");
	assert_int_equal(json_integer_value(json_object_get(now, "boottime_us")),
			 recorded_us(true));
	assert_in_range(json_integer_value(json_object_get(status, "started_boottime_us")), 1,
			recorded_us(false));
	json_decref(status);
	stop(pid);
}

/* Paced, it comes to the same; it took minutes in L1. */
static void test_speed(void **state)
{
	pid_t pid = start(RECORDING, "--replay-speed=200");

	(void)state;
	await_end();
	check_all();
	stop(pid);
}

/* What a crash leaves, and what a bad disk does: good up to there. */
static void test_cut(void **state)
{
	unsigned char *bytes;
	size_t len = read_recording(&bytes), i, j;
	char path[256];
	json_t *list;
	pid_t pid;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/cut.rec", directory);
	for (i = 0; i < 2; i++) {
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, len / 2 + 3, f), len / 2 + 3);
		for (j = 0; i && j < 512; j++)
			assert_int_not_equal(fputc(0xff, f), EOF);
		fclose(f);

		pid = start(path, NULL);
		await_end();
		list = ask("list --all");
		assert_true(json_array_size(json_object_get(list, "vms")) > 0);
		json_decref(list);
		stop(pid);
	}
	free(bytes);
}

/* How often something was logged by the last one started. */
static size_t logged(const char *text)
{
	char path[256], line[1024];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", directory);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

static void append(FILE *f, uint32_t type, uint64_t time_ns, uint32_t number)
{
	const struct record record = { type, time_ns, &number, sizeof(number) };
	unsigned char head[RECORD_HEADER_BYTES], zeros[8] = { 0 };
	size_t padding = recording_build_record(&record, head);

	assert_int_equal(fwrite(head, 1, sizeof(head), f), sizeof(head));
	assert_int_equal(fwrite(&number, 1, sizeof(number), f), sizeof(number));
	assert_int_equal(fwrite(zeros, 1, padding, f), padding);
}

#define DAYS 50

/* One bad day after the other: status has all of them, the log a few words, and no total is less. */
static void test_bad_days(void **state)
{
	unsigned char *bytes;
	size_t len = read_recording(&bytes), i;
	struct record record = { 0 };
	char path[256];
	json_t *status;
	pid_t pid;
	FILE *f;
	int n;

	(void)state;
	for (i = RECORDING_HEADER_BYTES;
	     (n = recording_parse_record(bytes + i, len - i, &record)) > 0; i += (size_t)n)
		;
	snprintf(path, sizeof(path), "%s/bad.rec", directory);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	for (i = 0; i < DAYS; i++) {
		append(f, RECORD_GAP, record.time_ns, 0);
		append(f, RECORD_DUMP_BEGIN, record.time_ns, 0);
		append(f, RECORD_DUMP_END, record.time_ns, 0);
		append(f, RECORD_DUMP_BEGIN, record.time_ns, 0);
		append(f, RECORD_DUMP_END, record.time_ns, 1);
	}
	append(f, RECORD_STATE, record.time_ns, KERNEL_WAITING);
	append(f, RECORD_FAMILY_GONE, record.time_ns, 0);
	fclose(f);
	free(bytes);

	pid = start(path, NULL);
	await_end();
	check_all();
	status = ask("status");
	assert_string_equal(json_string_value(json_object_get(status, "kernel")), "waiting");
	assert_int_equal(json_integer_value(json_object_get(status, "lost")), DAYS);
	assert_int_equal(json_integer_value(json_object_get(status, "failed_dumps")), DAYS);
	assert_in_range(json_integer_value(json_object_get(status, "resyncs")), DAYS, DAYS + 1);
	json_decref(status);
	stop(pid);
	assert_in_range(logged("were lost"), 1, 3);
	assert_int_equal(logged("Waiting."), 1);
}

static int run(const char *arguments)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command),
		 "exec timeout 20 '%s' --config=/dev/null --socket='%s/socket' %s 2>/dev/null",
		 KVMEXITD, directory, arguments);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_wrong(void **state)
{
	unsigned char bytes[RECORDING_HEADER_BYTES];
	const struct recording_header header = { .boottime_ns = 1 };
	char path[256], arguments[512];
	FILE *f;

	(void)state;
	assert_int_equal(run("--replay=/no/such/file"), 1);
	assert_int_equal(run("--replay=/dev/null"), 1);
	assert_int_equal(run("--replay=" DIRECTORY "exitgen.json"), 1);
	assert_int_equal(run("--record=/no/such/directory/file"), 1);
	assert_int_equal(run("--replay-speed=0"), 2);
	assert_int_equal(run("--replay=a --record=b"), 2);

	recording_build_header(&header, bytes);
	bytes[8]++;
	snprintf(path, sizeof(path), "%s/version.rec", directory);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
	fclose(f);
	snprintf(arguments, sizeof(arguments), "--replay=%s", path);
	assert_int_equal(run(arguments), 1);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_days), cmocka_unit_test(test_as_live),
		cmocka_unit_test(test_speed),	 cmocka_unit_test(test_cut),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
