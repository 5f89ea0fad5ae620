// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command that kvmexitctl stat runs.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/stat/command.h"

#define STATUS_NOT_RUN 127
#define STATUS_SIGNAL  128

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static _Noreturn void run_child(char **argv, const sigset_t *signals, int go, int error)
{
	ssize_t n;
	char byte;
	int r;

	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	/* One byte lets it go; the end of the pipe is the end of kvmexitctl. */
	if (n == 1) {
		(void)sigprocmask(SIG_SETMASK, signals, NULL);
		(void)execvp(argv[0], argv);
		r = errno;
		(void)!write(error, &r, sizeof(r));
	}
	_exit(STATUS_NOT_RUN);
}

int stat_command_fork(struct stat_command *command, char **argv, const sigset_t *signals)
{
	int go[2], error[2], r;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(error, O_CLOEXEC) < 0) {
		r = -errno;
		goto close_go;
	}
	command->pid = fork();
	if (command->pid < 0) {
		r = -errno;
		goto close_error;
	}
	if (command->pid == 0) {
		close_fd(&go[1]);
		run_child(argv, signals, go[0], error[1]);
	}
	close_fd(&go[0]);
	close_fd(&error[1]);
	command->go = go[1];
	command->error = error[0];
	command->fd = (int)syscall(SYS_pidfd_open, command->pid, 0);
	if (command->fd >= 0)
		return 0;
	r = -errno;
	stat_command_done(command);
	return r;

close_error:
	close_fd(&error[0]);
	close_fd(&error[1]);
close_go:
	close_fd(&go[0]);
	close_fd(&go[1]);
	return r;
}

int stat_command_go(struct stat_command *command)
{
	ssize_t n;
	int r = 0;

	(void)!write(command->go, "", 1);
	close_fd(&command->go);
	do
		n = read(command->error, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	close_fd(&command->error);
	return n == (ssize_t)sizeof(r) ? -r : 0;
}

int stat_command_wait(struct stat_command *command)
{
	int status = 0;

	while (waitpid(command->pid, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_NOT_RUN;
	command->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL + WTERMSIG(status);
}

void stat_command_done(struct stat_command *command)
{
	close_fd(&command->go);
	close_fd(&command->error);
	if (command->pid > 0)
		(void)stat_command_wait(command);
	close_fd(&command->fd);
}
