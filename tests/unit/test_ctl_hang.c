// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl and a daemon that does not answer: there is one deadline, signals end
 * everything at once, and what was to be written somewhere is not lost.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/connect.h"
#include "ctl/top/source.h"
#include "ctl_fixture.h"
#include "server_fixture.h"
#include "util/clock.h"

/* At once, that is, and well before CTL_DEADLINE_S. */
#define AT_ONCE_NS (8 * NS_PER_S)

#define AGAIN_NS (2 * NS_PER_S)

#define POLL_NS (20 * NS_PER_MS)

static void pause_shortly(void)
{
	const struct timespec pause = { .tv_nsec = (long)POLL_NS };

	(void)nanosleep(&pause, NULL);
}

/* From here on the server does nothing, though whoever connects is queued. */
static void hang(const struct process *p)
{
	siginfo_t info;

	assert_int_equal(kill(p->pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)p->pid, &info, WSTOPPED), 0);
}

/*
 * Sends it, or again now and then as the first may come too early, until the process ends:
 * it must do so at once. Gives its status.
 */
static int end_by(pid_t pid, int number, bool again)
{
	uint64_t end_ns = clock_monotonic_ns() + AT_ONCE_NS, next_ns = 0;
	int status;
	pid_t r;

	while ((r = waitpid(pid, &status, WNOHANG)) == 0) {
		if (clock_monotonic_ns() > end_ns) {
			(void)kill(pid, SIGKILL);
			fail_msg("it goes on");
		}
		if (clock_monotonic_ns() >= next_ns) {
			(void)kill(pid, number);
			next_ns = again ? clock_monotonic_ns() + AGAIN_NS : UINT64_MAX;
		}
		pause_shortly();
	}
	assert_int_equal(r, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void await_text(int fd, const char *text)
{
	char seen[65536];
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, seen + len, sizeof(seen) - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		seen[len] = '\0';
	} while (!strstr(seen, text));
}

/* Calls of one command share its deadline. */
static void test_deadline(void **state)
{
	struct process *p = *state;
	struct ctl options = { .socket = p->fixture->path, .stop = -1 };
	uint64_t begin_ns = clock_monotonic_ns();
	json_t *reply = NULL;
	int i;

	hang(p);
	options.end_ns = begin_ns + 100 * NS_PER_MS;
	for (i = 0; i < 50; i++)
		assert_int_equal(ctl_call(&options, CTL_METHOD("Status"), NULL, &reply),
				 CTL_UNREACHABLE);
	assert_true(clock_monotonic_ns() >= options.end_ns);
	/* One each would be 5 s. */
	assert_true(clock_monotonic_ns() < begin_ns + 4 * NS_PER_S);
	ctl_begin(&options);
	assert_true(options.end_ns > clock_monotonic_ns() + (CTL_DEADLINE_S - 1) * NS_PER_S);
}

/* One that cannot even be connected to. */
static void test_backlog(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct process *p = *state;
	struct varlink_wait wait = { .stop = -1, .fd = -1 };
	struct varlink *links[3] = { NULL };
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), stop[2], r = 0;
	size_t i;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/full", p->fixture->dir);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 0), 0);
	for (i = 0; i < 3 && r == 0; i++) {
		wait.end_ns = clock_monotonic_ns() + 100 * NS_PER_MS;
		r = varlink_new(&links[i], address.sun_path, &wait);
	}
	assert_int_equal(r, -ETIMEDOUT);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "", 1), 1);
	wait.end_ns = VARLINK_FOREVER;
	wait.stop = stop[0];
	assert_int_equal(varlink_new(&links[2], address.sun_path, &wait), -EINTR);
	for (i = 0; i < 3; i++)
		varlink_free(links[i]);
	close(stop[0]);
	close(stop[1]);
	close(listening);
	unlink(address.sun_path);
}

/* The last look at each VM would take a deadline each, with signals held back. */
static void test_stat(void **state)
{
	struct process *p = *state;
	char fifo[128], script[256];
	struct watcher run;
	char *err;
	int go;

	(void)snprintf(fifo, sizeof(fifo), "%s/go", p->fixture->dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	(void)snprintf(script, sizeof(script), "echo ready; read x <%s", fifo);
	run = ctl_start(p, "stat", "--vm", "db", "--", "sh", "-c", script, NULL);
	await_text(fileno(run.out), "ready\n");
	hang(p);
	go = open(fifo, O_WRONLY | O_CLOEXEC);
	assert_true(go >= 0);
	close(go);
	(void)end_by(run.pid, SIGINT, true);
	run.pid = -1;
	assert_int_equal(watch_end(&run, &err), 0);
	assert_non_null(strstr(err, "something was missed"));
	free(err);
	unlink(fifo);
}

static pid_t start_top(struct process *p, int *terminal)
{
	int slave;
	pid_t pid;

	*terminal = open_terminal(80, &slave);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	pid = ctl_spawn(p, slave, slave, slave, "top", "-d", "10ms", NULL);
	close(slave);
	return pid;
}

/* What it draws must go somewhere. */
static int end_top(pid_t pid, int terminal)
{
	char text[4096];
	pid_t reader = fork();
	int status;

	if (reader == 0) {
		while (read(terminal, text, sizeof(text)) > 0)
			;
		_exit(0);
	}
	status = end_by(pid, SIGINT, false);
	(void)kill(reader, SIGKILL);
	(void)waitpid(reader, NULL, 0);
	close(terminal);
	return status;
}

static void test_top(void **state)
{
	struct process *p = *state;
	pid_t pid;
	int terminal;

	pid = start_top(p, &terminal);
	await_text(terminal, "web01");
	assert_int_equal(end_top(pid, terminal), 0);

	pid = start_top(p, &terminal);
	await_text(terminal, "web01");
	hang(p);
	assert_int_equal(end_top(pid, terminal), 0);
}

/* Without a screen it does not try again, and does not say so. */
static void test_top_plain(void **state)
{
	struct process *p = *state;
	struct watcher run = ctl_start(p, "top", "--plain", "-d", "10ms", NULL);
	char *err;

	await_text(fileno(run.out), "web01");
	process_command(p, COMMAND_QUIT);
	assert_int_equal(watch_end(&run, &err), 3);
	assert_non_null(strstr(err, "kvmexitd cannot be reached: "));
	assert_null(strstr(err, "again"));
	free(err);
}

static void check(struct result result, int status, const char *text)
{
	assert_int_equal(result.status, status);
	if (!strstr(result.err, text))
		fail_msg("not '%s' in: %s", text, result.err);
	result_done(&result);
}

static void assert_content(const char *path, const char *text)
{
	char content[1024] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	(void)fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	assert_non_null(strstr(content, text));
}

/* A wrong path is known before the work, and a file is as before where there was none. */
static void test_output(void **state)
{
	struct process *p = *state;
	struct result result;
	char path[128];
	FILE *file;

	result = ctl(p, "stat", "-o", "/no/such/file", "--vm=db", "--", "echo", "ran", NULL);
	assert_string_equal(result.out, "");
	check(result, 1, "cannot write to /no/such/file: No such file");
	check(ctl(p, "report", "bd", "--html", "/no/such/file", NULL), 1,
	      "cannot write to /no/such/file");

	(void)snprintf(path, sizeof(path), "%s/file", p->fixture->dir);
	check(ctl(p, "report", "bd", "--html", path, NULL), 1, "no VM matches 'bd'");
	check(ctl(p, "stat", "--vm=bd", "-o", path, NULL), 1, "no VM matches 'bd'");
	assert_int_equal(access(path, F_OK), -1);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("what was there, which is longer than nothing", file);
	fclose(file);
	check(ctl(p, "report", "bd", "--html", path, NULL), 1, "no VM matches 'bd'");
	check(ctl(p, "stat", "--vm=bd", "-o", path, NULL), 1, "no VM matches 'bd'");
	assert_content(path, "what was there");
	check(ctl(p, "stat", "--vm=db", "-o", path, "--for=1ms", NULL), 0, "");
	assert_content(path, "\n1 VM, 0 exits in ");
	check(ctl(p, "report", "db", "--html", path, NULL), 0, "");
	assert_content(path, "<!DOCTYPE html>");
	unlink(path);

	/* What was measured is not to be had again. */
	result = ctl(p, "stat", "--vm=db", "-o", "/dev/full", "--for=1ms", NULL);
	assert_non_null(strstr(result.out, "\n1 VM, 0 exits in "));
	check(result, 1, "cannot write to /dev/full");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_deadline), TEST(test_backlog),   TEST(test_stat),
		TEST(test_top),	     TEST(test_top_plain), TEST(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
