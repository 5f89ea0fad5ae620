// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl, in a process of its own.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_control.h"
#include "ctl_fixture.h"
#include "ctl_maker.h"
#include "server_fixture.h"
#include "util/clock.h"

#define ARGS_MAX 16
#define NOBODY	 65534

static void collect(char **argv, const char *socket, const char *first, va_list args)
{
	size_t n = 0;
	const char *arg;

	argv[n++] = (char *)"kvmexitctl";
	if (socket) {
		argv[n++] = (char *)"-s";
		argv[n++] = (char *)socket;
	}
	for (arg = first ? first : va_arg(args, const char *); arg;
	     arg = va_arg(args, const char *)) {
		assert_true(n < ARGS_MAX - 1);
		argv[n++] = (char *)arg;
	}
	argv[n] = NULL;
}

static pid_t spawn(char **argv, int in, int out, int err, bool nobody)
{
	/* By descriptor: nobody may not be let in where it was built. */
	int binary = open(KVMEXITCTL, O_PATH | O_CLOEXEC);
	pid_t pid;

	assert_true(binary >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (nobody && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
			_exit(126);
		if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		    dup2(err, STDERR_FILENO) < 0)
			_exit(126);
		fexecve(binary, argv, environ);
		_exit(127);
	}
	close(binary);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* All that is in fd, which is closed. */
static char *read_all(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text;

	assert_true(size >= 0);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

static int temporary(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static struct result run(char **argv, bool nobody)
{
	int out = temporary(), err = temporary();
	struct result result = { .status = wait_for(spawn(argv, STDIN_FILENO, out, err, nobody)) };

	result.out = read_all(out);
	result.err = read_all(err);
	return result;
}

#define COLLECT(argv, last, socket, first)           \
	do {                                         \
		va_list args_;                       \
                                                     \
		va_start(args_, last);               \
		collect(argv, socket, first, args_); \
		va_end(args_);                       \
	} while (0)

struct result ctl_run(const char *arg, ...)
{
	char *argv[ARGS_MAX];

	COLLECT(argv, arg, NULL, arg);
	return run(argv, false);
}

struct result ctl(struct process *p, ...)
{
	char *argv[ARGS_MAX];

	COLLECT(argv, p, p->fixture->path, NULL);
	return run(argv, false);
}

/* As another user, valgrind does not get at a program that it has by descriptor. */
bool ctl_can_be_nobody(void)
{
	return geteuid() == 0 && !getenv("KVMEXITD_TEST_VALGRIND");
}

struct result ctl_as_nobody(struct process *p, ...)
{
	char *argv[ARGS_MAX];

	COLLECT(argv, p, p->fixture->path, NULL);
	return run(argv, true);
}

struct result ctl_to_file(struct process *p, const char *path, ...)
{
	char *argv[ARGS_MAX];
	int out = open(path, O_WRONLY | O_CLOEXEC), err = temporary();
	struct result result = { 0 };

	assert_true(out >= 0);
	COLLECT(argv, path, p->fixture->path, NULL);
	result.status = wait_for(spawn(argv, STDIN_FILENO, out, err, false));
	close(out);
	result.err = read_all(err);
	return result;
}

/* All that comes from a terminal until nobody has its other side; lines end as in a file. */
static char *read_terminal(int terminal)
{
	char *text = NULL, buffer[4096];
	size_t size = 0, length;
	FILE *out = open_memstream(&text, &size);
	ssize_t n, i;

	assert_non_null(out);
	while ((n = read(terminal, buffer, sizeof(buffer))) > 0)
		for (i = 0; i < n; i++)
			if (buffer[i] != '\r')
				fputc(buffer[i], out);
	length = (size_t)fclose(out);
	assert_int_equal(length, 0);
	return text;
}

int open_terminal(unsigned short columns, int *other)
{
	const struct winsize size = { .ws_row = 24, .ws_col = columns };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
	*other = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(*other >= 0);
	assert_int_equal(ioctl(*other, TIOCSWINSZ, &size), 0);
	return terminal;
}

struct result ctl_on_terminal(struct process *p, unsigned short columns, ...)
{
	char *argv[ARGS_MAX];
	struct result result;
	int terminal, other;
	va_list args;
	pid_t pid;

	va_start(args, columns);
	collect(argv, p->fixture->path, NULL, args);
	va_end(args);
	terminal = open_terminal(columns, &other);
	pid = spawn(argv, other, other, other, false);
	close(other);
	result.out = read_terminal(terminal);
	result.err = strdup("");
	result.status = wait_for(pid);
	close(terminal);
	return result;
}

void result_done(struct result *result)
{
	free(result->out);
	free(result->err);
}

void result_expect(struct result result, int status, const char *out, const char *err)
{
	assert_int_equal(result.status, status);
	if (!strstr(result.out, out))
		fail_msg("no '%s' in: %s", out, result.out);
	if (*err ? !strstr(result.err, err) : *result.err != '\0')
		fail_msg("no '%s' in: %s", err, result.err);
	result_done(&result);
}

json_t *result_json(struct result *result)
{
	json_t *json = json_loads(result->out, 0, NULL);

	assert_non_null(json);
	assert_string_equal(result->err, "");
	result_done(result);
	return json;
}

pid_t ctl_spawn(struct process *p, int in, int out, int err, ...)
{
	char *argv[ARGS_MAX];

	COLLECT(argv, err, p->fixture->path, NULL);
	return spawn(argv, in, out, err, false);
}

static struct watcher start(char **argv)
{
	struct watcher watcher = { .err = temporary() };
	int out[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	watcher.pid = spawn(argv, STDIN_FILENO, out[1], watcher.err, false);
	close(out[1]);
	watcher.out = fdopen(out[0], "r");
	assert_non_null(watcher.out);
	return watcher;
}

struct watcher ctl_start(struct process *p, ...)
{
	char *argv[ARGS_MAX];

	COLLECT(argv, p, p->fixture->path, NULL);
	return start(argv);
}

struct watcher watch_start(struct process *p, const char *vm)
{
	return ctl_start(p, "watch", "--json", vm, NULL);
}

json_t *watch_event(struct watcher *watcher)
{
	char *line = NULL;
	size_t size = 0;
	json_t *event;

	if (getline(&line, &size, watcher->out) < 0) {
		free(line);
		return NULL;
	}
	event = json_loads(line, 0, NULL);
	assert_non_null(event);
	free(line);
	return event;
}

int watch_end(struct watcher *watcher, char **err)
{
	int status = watcher->pid > 0 ? wait_for(watcher->pid) : 0;

	if (watcher->out)
		fclose(watcher->out);
	*err = read_all(watcher->err);
	return status;
}
