/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command that kvmexitctl stat runs: held back until all is ready to see
 * what it does.
 */
#ifndef KVMEXITD_CTL_STAT_COMMAND_H
#define KVMEXITD_CTL_STAT_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct stat_command {
	pid_t pid;
	int fd; /* a pidfd: readable when it has ended; -1 for no command */
	int go; /* it waits for this to be closed */
	int error; /* what exec() said; closed where it went well */
};

/* Forks, and no more. The command gets the signal mask. */
int stat_command_fork(struct stat_command *command, char **argv, const sigset_t *signals);

/* Lets it run. 0, or exec()'s error, and then it has ended. */
int stat_command_go(struct stat_command *command);

/* Waits for its end. As a shell has it: 128 and more for a signal. */
int stat_command_wait(struct stat_command *command);

/* Without having run, if it was not let go. */
void stat_command_done(struct stat_command *command);

#endif
