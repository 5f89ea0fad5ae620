// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies bytes between a file and a pipe, in a process of its own. */
#include "config.h"

#include "util/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/util.h"

/* Of a pipe, which holds what comes until the copying process is scheduled. */
#define PIPE_BYTES (1024 * 1024)

#define COPY_BYTES (64 * 1024)

/* Behind a SIGKILL; a process that waits for a dead disk ends when that does. */
#define KILLED_MS 100

/* As ps shows it. */
#define PROCESS_NAME "kvmexitd-file"

struct pump {
	pid_t pid;
	int fd; /* a pidfd */
	int result; /* -EINPROGRESS until it has ended */
};

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy(int from, int to)
{
	char data[COPY_BYTES];
	ssize_t n;
	int r = 0;

	do {
		n = read(from, data, sizeof(data));
		if (n > 0)
			r = write_all(to, data, (size_t)n);
	} while (r == 0 && (n > 0 || (n < 0 && errno == EINTR)));
	return n < 0 && r == 0 ? errno : r;
}

/* The pipe's end is a description of this process alone; so is the file's, by now. */
static int make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? errno : 0;
}

/* Keeps nothing of the daemon's but the two: its sockets and locks must go with it. */
static int keep_only(int from, int to)
{
	int high_from, high_to;

	/* Either may be in the other's place, if the daemon was started without stdin. */
	high_from = fcntl(from, F_DUPFD, STDERR_FILENO + 1);
	high_to = fcntl(to, F_DUPFD, STDERR_FILENO + 1);
	if (high_from < 0 || high_to < 0 || dup2(high_from, STDIN_FILENO) < 0 ||
	    dup2(high_to, STDOUT_FILENO) < 0)
		return errno;
	return syscall(SYS_close_range, STDERR_FILENO, ~0U, 0) < 0 ? errno : 0;
}

static _Noreturn void run(int from, int to)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ };
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)prctl(PR_SET_NAME, PROCESS_NAME);
	r = keep_only(from, to);
	if (r == 0)
		r = make_blocking(STDIN_FILENO);
	if (r == 0)
		r = make_blocking(STDOUT_FILENO);
	if (r == 0)
		r = copy(STDIN_FILENO, STDOUT_FILENO);
	_exit(r);
}

/* More than one process could get at may wait in it; the kernel may allow less. */
static int make_pipe(int ends[2], int own)
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	(void)fcntl(ends[own], F_SETPIPE_SZ, PIPE_BYTES);
	if (fcntl(ends[own], F_SETFL, O_NONBLOCK | (own == 1 ? O_WRONLY : O_RDONLY)) < 0)
		return -errno;
	return 0;
}

int pump_new(struct pump **out, int file, enum pump_direction direction, int *pipe)
{
	const int own = direction == PUMP_TO_FILE ? 1 : 0;
	_cleanup_close_ int owned = file, reader = -1, writer = -1;
	_cleanup_free_ struct pump *pump = calloc(1, sizeof(*pump));
	int ends[2] = { -1, -1 }, r;

	if (!pump)
		return -ENOMEM;
	r = make_pipe(ends, own);
	reader = ends[0];
	writer = ends[1];
	if (r < 0)
		return r;

	pump->pid = fork();
	if (pump->pid < 0)
		return -errno;
	if (pump->pid == 0) {
		/* Nothing returns to free it. */
		free(TAKE_PTR(pump));
		run(own == 1 ? reader : owned, own == 1 ? owned : writer);
	}

	pump->result = -EINPROGRESS;
	pump->fd = (int)syscall(SYS_pidfd_open, pump->pid, 0);
	if (pump->fd < 0) {
		r = -errno;
		(void)kill(pump->pid, SIGKILL);
		(void)waitpid(pump->pid, NULL, 0);
		return r;
	}
	*pipe = own == 1 ? TAKE_FD(writer) : TAKE_FD(reader);
	*out = TAKE_PTR(pump);
	return 0;
}

int pump_fd(const struct pump *pump)
{
	return pump->fd;
}

int pump_wait(struct pump *pump, int timeout_ms)
{
	struct pollfd fd = { .fd = pump->fd, .events = POLLIN };
	siginfo_t info = { 0 };

	if (pump->result != -EINPROGRESS)
		return pump->result;
	(void)poll(&fd, 1, timeout_ms);
	/* Where nobody keeps a child's status, it can only be taken for a good one. */
	if (waitid(P_PID, (id_t)pump->pid, &info, WEXITED | WNOHANG) < 0)
		pump->result = errno == ECHILD ? 0 : -EINPROGRESS;
	else if (info.si_pid == pump->pid)
		pump->result = info.si_code == CLD_EXITED ? -info.si_status : -EIO;
	return pump->result;
}

struct pump *pump_free(struct pump *pump)
{
	if (!pump)
		return NULL;

	if (pump_wait(pump, 0) == -EINPROGRESS) {
		(void)kill(pump->pid, SIGKILL);
		(void)pump_wait(pump, KILLED_MS);
	}
	(void)close(pump->fd);
	free(pump);
	return NULL;
}
