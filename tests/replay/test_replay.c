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
#include <unistd.h>

#include "model/status.h"
#include "replay_fixture.h"
#include "source/recording/recording.h"
#include "unit_test.h"
#include "util/clock.h"

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
		is = replay_ask(arguments);
		assert_non_null(is);
		assert_same(is, vm);
		json_decref(is);
	}
	json_decref(wanted);
}

/* When it was made, in microseconds: that of the first record, or of the last. */
static json_int_t recorded_us(bool last)
{
	unsigned char *bytes;
	size_t len = replay_read(&bytes), i = RECORDING_HEADER_BYTES;
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
	pid_t pid = replay_start(RECORDING, NULL);
	json_t *status, *now;

	(void)state;
	replay_await_end();
	check_all();
	status = replay_ask("status");
	assert_string_equal(json_string_value(json_object_get(status, "kernel")), "streaming");
	assert_true(json_is_null(json_object_get(status, "replay_damage")));
	assert_true(json_integer_value(json_object_get(status, "batches")) > 0);
	assert_int_equal(json_integer_value(json_object_get(status, "malformed")), 0);
	/* And it is the day when it was recorded. */
	now = json_object_get(status, "now");
	assert_int_equal(json_integer_value(json_object_get(now, "boottime_us")),
			 recorded_us(true));
	assert_in_range(json_integer_value(json_object_get(status, "started_boottime_us")), 1,
			recorded_us(false));
	json_decref(status);
	replay_stop(pid);
}

/* Paced, it comes to the same; it took minutes in L1. */
static void test_speed(void **state)
{
	pid_t pid = replay_start(RECORDING, "--replay-speed=200");

	(void)state;
	replay_await_end();
	check_all();
	replay_stop(pid);
}

static void assert_damage(const char *wanted)
{
	json_t *status = replay_ask("status");
	const char *damage = json_string_value(json_object_get(status, "replay_damage"));

	assert_non_null(damage);
	assert_string_equal(damage, wanted);
	json_decref(status);
}

/* The recording without the record that says that it is complete. */
static int write_without_end(const char *path, const unsigned char *bytes, size_t len)
{
	struct record record = { 0 };
	size_t at = RECORDING_HEADER_BYTES, last = at;
	FILE *f = fopen(path, "wb");
	int n;

	assert_non_null(f);
	while ((n = recording_parse_record(bytes + at, len - at, &record)) > 0) {
		last = at;
		at += (size_t)n;
	}
	assert_int_equal(record.type, RECORD_END);
	assert_int_equal(fwrite(bytes, 1, last, f), last);
	return fclose(f);
}

/* What a crash leaves, and what a bad disk does: good up to there. */
static void test_cut(void **state)
{
	unsigned char *bytes;
	size_t len = replay_read(&bytes), i, j;
	char path[256];
	json_t *list;
	pid_t pid;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/cut.rec", replay_directory);
	for (i = 0; i < 2; i++) {
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, len / 2 + 3, f), len / 2 + 3);
		for (j = 0; i && j < 512; j++)
			assert_int_not_equal(fputc(0xff, f), EOF);
		fclose(f);

		pid = replay_start(path, NULL);
		replay_await_end();
		assert_damage(i ? "damaged" : "cut");
		list = replay_ask("list --all");
		assert_true(json_array_size(json_object_get(list, "vms")) > 0);
		json_decref(list);
		replay_stop(pid);
		assert_int_equal(replay_logged(i ? "is damaged behind record" :
						   "is cut off behind record"),
				 1);
	}
	/* Between two records, too: what is missing is the end. */
	assert_int_equal(write_without_end(path, bytes, len), 0);
	pid = replay_start(path, NULL);
	replay_await_end();
	check_all();
	assert_damage("cut");
	replay_stop(pid);
	free(bytes);
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
	size_t len = replay_read(&bytes), i;
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
	snprintf(path, sizeof(path), "%s/bad.rec", replay_directory);
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

	pid = replay_start(path, NULL);
	replay_await_end();
	check_all();
	status = replay_ask("status");
	assert_string_equal(json_string_value(json_object_get(status, "kernel")), "waiting");
	assert_int_equal(json_integer_value(json_object_get(status, "lost")), DAYS);
	assert_int_equal(json_integer_value(json_object_get(status, "failed_dumps")), DAYS);
	assert_in_range(json_integer_value(json_object_get(status, "resyncs")), DAYS, DAYS + 1);
	json_decref(status);
	replay_stop(pid);
	assert_in_range(replay_logged("were lost"), 1, 3);
	assert_int_equal(replay_logged("Waiting."), 1);
}

static void test_wrong(void **state)
{
	unsigned char bytes[RECORDING_HEADER_BYTES];
	const struct recording_header header = { .boottime_ns = 1 };
	char path[256], arguments[512];
	FILE *f;

	(void)state;
	assert_int_equal(replay_run("--replay=/no/such/file"), 1);
	assert_int_equal(replay_run("--replay=/dev/null"), 1);
	assert_int_equal(replay_run("--replay=" DIRECTORY "exitgen.json"), 1);
	assert_int_equal(replay_run("--record=/no/such/replay_directory/file"), 1);
	assert_int_equal(replay_run("--replay-speed=0"), 2);
	assert_int_equal(replay_run("--replay=a --record=b"), 2);

	recording_build_header(&header, bytes);
	bytes[8]++;
	snprintf(path, sizeof(path), "%s/version.rec", replay_directory);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
	fclose(f);
	snprintf(arguments, sizeof(arguments), "--replay=%s", path);
	assert_int_equal(replay_run(arguments), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_days), cmocka_unit_test(test_as_live),
		cmocka_unit_test(test_speed),	 cmocka_unit_test(test_cut),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, replay_setup, replay_teardown);
}
