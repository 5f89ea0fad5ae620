// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of a recording, and of who makes it, whatever its file does. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "model/status.h"
#include "recording_read.h"
#include "source/recording/recorder.h"
#include "source/recording/recording.h"
#include "source/source.h"
#include "unit_test.h"

/* Of one message, and so many that they are several times what may wait. */
#define MESSAGE_BYTES 1000
#define FLOOD	      (4 * RECORDER_WAITING_BYTES_MAX / MESSAGE_BYTES)
#define TURN	      100

/* A machine that is busy is slow; what blocks never ends. */
#define DEADLINE_S 60

struct fixture {
	sd_event *event;
	char directory[64];
	char path[80];
	struct recorder *recorder;
	struct recording_status status;
	uint64_t reported; /* records */
	uint64_t messages;
};

static int on_message(void *userdata, const struct exit_message *message)
{
	(void)userdata;
	(void)message;
	return 0;
}

static void on_nothing(void *userdata)
{
	(void)userdata;
}

static void on_dump_end(void *userdata, bool complete)
{
	(void)userdata;
	(void)complete;
}

static const struct source_handlers handlers = {
	.message = on_message,
	.dump_begin = on_nothing,
	.dump_end = on_dump_end,
	.drained = on_nothing,
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->directory, "/tmp/kvmexitd-recorder-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof(f->path), "%s/recording", f->directory);
	assert_int_equal(sd_event_new(&f->event), 0);
	alarm(DEADLINE_S);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	alarm(0);
	recorder_free(f->recorder);
	sd_event_unref(f->event);
	(void)unlink(f->path);
	assert_int_equal(rmdir(f->directory), 0);
	free(f);
	return 0;
}

static int record(struct fixture *f)
{
	return recorder_new(&f->recorder, f->event, f->path, &f->status, &handlers, f);
}

static void drained(struct fixture *f)
{
	recorder_handlers.drained(f->recorder);
	f->reported++;
	assert_true(sd_event_run(f->event, 0) >= 0);
}

static void report(struct fixture *f, size_t n)
{
	unsigned char bytes[MESSAGE_BYTES] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		f->messages++;
		memcpy(bytes, &f->messages, sizeof(f->messages));
		recorder_handlers.raw(f->recorder, bytes, sizeof(bytes));
		f->reported++;
		if (i % TURN == TURN - 1)
			drained(f);
	}
	drained(f);
}

static void run_until_ended(struct fixture *f)
{
	while (f->status.state != RECORDING_ENDED) {
		report(f, TURN);
		assert_true(sd_event_run(f->event, 1000) >= 0);
	}
}

static void test_file(void **state)
{
	struct fixture *f = *state;
	struct recording_content content;
	struct stat st;
	int fd;

	/* What was there before is gone, and so are others' rights to it. */
	fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 10 * 1000 * 1000), 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);

	assert_int_equal(record(f), 0);
	assert_int_equal(f->status.state, RECORDING_RUNNING);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	report(f, 2 * TURN);
	f->recorder = recorder_free(f->recorder);
	read_recording(f->path, &content);
	assert_true(content.whole);
	assert_int_equal(content.last_type, RECORD_END);
	assert_int_equal(content.messages, 2 * TURN);
	assert_int_equal(content.records, f->reported);
	assert_int_equal(content.left_out, 0);
	assert_int_equal(f->status.error, 0);
}

/* A process that opens the FIFO, and reads it into a file once it is told to. */
static pid_t start_reader(const char *fifo, const char *file, int *go)
{
	int pipes[2], ready[2], in, out;
	char data[65536];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		close(pipes[0]);
		close(ready[1]);
		assert_int_equal(read(ready[0], data, 1), 1);
		close(ready[0]);
		*go = pipes[1];
		return pid;
	}
	close(pipes[1]);
	in = open(fifo, O_RDONLY | O_NONBLOCK);
	out = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (in < 0 || out < 0 || fcntl(in, F_SETFL, 0) < 0 || write(ready[1], "", 1) != 1 ||
	    read(pipes[0], data, 1) != 1)
		_exit(1);
	while ((n = read(in, data, sizeof(data))) > 0)
		if (write(out, data, (size_t)n) != n)
			_exit(1);
	_exit(n < 0);
}

/* The reader stops, and goes on: whole records are missing, and the recording says how many. */
static void test_stuck_reader(void **state)
{
	struct fixture *f = *state;
	struct recording_content content;
	uint64_t left_out;
	char copy[80];
	int go, status;
	pid_t reader;

	snprintf(copy, sizeof(copy), "%s/copy", f->directory);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	reader = start_reader(f->path, copy, &go);
	assert_int_equal(record(f), 0);

	recorder_handlers.dump_begin(f->recorder);
	report(f, FLOOD);
	left_out = f->status.left_out;
	assert_true(left_out > FLOOD / 2);
	assert_int_equal(f->status.state, RECORDING_RUNNING);
	assert_false(recorder_take_wants_all(f->recorder));

	assert_int_equal(write(go, "", 1), 1);
	while (!recorder_take_wants_all(f->recorder)) {
		report(f, 1);
		assert_true(sd_event_run(f->event, 1000) >= 0);
	}
	assert_false(recorder_take_wants_all(f->recorder));

	/* A dump of which a part is missing would end VMs; one that is whole does well. */
	recorder_handlers.dump_end(f->recorder, true);
	recorder_handlers.dump_begin(f->recorder);
	recorder_handlers.dump_end(f->recorder, true);
	f->reported += 4;
	report(f, TURN);
	f->recorder = recorder_free(f->recorder);
	close(go);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);

	read_recording(copy, &content);
	assert_int_equal(unlink(copy), 0);
	assert_true(content.whole);
	assert_int_equal(content.last_type, RECORD_END);
	assert_int_equal(content.marks, 1);
	assert_int_equal(content.left_out, f->status.left_out);
	assert_int_equal(content.records + content.left_out, f->reported);
	assert_int_equal(content.n_dump_ends, 2);
	assert_int_equal(content.dump_ends[0], 0);
	assert_int_equal(content.dump_ends[1], 1);
}

static void test_no_reader(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(record(f), -ENXIO);
	assert_int_equal(f->status.state, RECORDING_NONE);
}

/* Also with SIGPIPE as it is normally: it would end this test. */
static void test_reader_leaves(void **state)
{
	struct fixture *f = *state;
	int fd;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(record(f), 0);
	close(fd);
	(void)signal(SIGPIPE, SIG_IGN);
	run_until_ended(f);
	assert_int_equal(f->status.error, -EPIPE);
	report(f, TURN);
}

static void test_file_limit(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit, low;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	low = limit;
	low.rlim_cur = 5000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	assert_int_equal(record(f), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	run_until_ended(f);
	assert_int_equal(f->status.error, -EFBIG);
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(symlink("/dev/full", f->path), 0);
	assert_int_equal(record(f), 0);
	run_until_ended(f);
	assert_int_equal(f->status.error, -ENOSPC);
}

/* The process that writes for us. */
static pid_t find_writer(void)
{
	char path[64], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	return (pid_t)atoi(text);
}

/* As on a disk that hangs: neither the reports nor the end wait for it. */
static void test_hanging_disk(void **state)
{
	struct fixture *f = *state;
	struct timespec begin, end;
	pid_t writer;
	int status;

	assert_int_equal(record(f), 0);
	writer = find_writer();
	assert_true(writer > 0);
	assert_int_equal(kill(writer, SIGSTOP), 0);
	assert_int_equal(waitpid(writer, &status, WUNTRACED), writer);
	report(f, FLOOD);
	assert_true(f->status.left_out > FLOOD / 2);

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &begin), 0);
	f->recorder = recorder_free(f->recorder);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
	assert_true(end.tv_sec - begin.tv_sec < 5);
	/* It is gone, or about to be. */
	if (waitpid(writer, &status, 0) == writer)
		assert_true(WIFSIGNALED(status));
}

/* Who owns a file may read it, whatever its mode. */
static void test_other_owner(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int fd;

	if (geteuid() != 0)
		skip();
	fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(fchown(fd, 65534, 65534), 0);
	close(fd);
	assert_int_equal(record(f), -EPERM);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, 4);
}

static void test_no_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(recorder_new(&f->recorder, f->event, f->directory, &f->status, &handlers,
				      f),
			 -EISDIR);
	strcat(f->path, "/nowhere");
	assert_int_equal(record(f), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),	  TEST(test_stuck_reader), TEST(test_no_reader),
		TEST(test_reader_leaves), TEST(test_file_limit),   TEST(test_full_disk),
		TEST(test_hanging_disk),  TEST(test_other_owner),  TEST(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
