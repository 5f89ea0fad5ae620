/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl: what its commands have in common.
 */
#ifndef KVMEXITD_CTL_H
#define KVMEXITD_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* An interface, as --help says. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1, /* no such VM, or another error that was answered */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3, /* the daemon */
	CTL_NO_KERNEL = 4, /* the daemon is there and gets no exits */
};

/* More would not fit on the screen that a command's --help may take. */
#define CTL_OPTIONS_MAX 12

/* What is printed. JSON is on one line or indented as suits the command, or as was asked for. */
enum ctl_form {
	CTL_TEXT,
	CTL_JSON,
	CTL_JSON_SHORT,
	CTL_JSON_PRETTY,
};

struct ctl {
	const char *socket;
	enum ctl_form json; /* CTL_TEXT, which is 0, for none */
	bool people; /* stdout is a terminal: short numbers, local times */
	bool colour;
	uint64_t end_ns; /* of waiting for the daemon, CLOCK_MONOTONIC */
	int stop; /* which also ends when this can be read; -1 for none */
	/* By the place in the command's options: the value, "" of a flag, NULL if not given. */
	const char *given[CTL_OPTIONS_MAX];
};

/* An option that one command takes; a list of them ends with a nameless one. */
struct ctl_option {
	const char *name;
	const char *arg; /* as in --help, NULL for a flag */
	const char *help; /* one line; what follows a newline is indented as it is */
	char letter; /* 0 for none */
};

struct ctl_command {
	const char *name;
	const char *args; /* as in --help, "" for none */
	const char *help; /* one line */
	const char *about; /* for the command's own --help; NULL if help says all */
	const struct ctl_option *options; /* NULL for none */
	int args_min, args_max; /* args_max may be INT_MAX */
	bool runs; /* options behind the first argument are that command's */
	int (*run)(struct ctl *ctl, int argc, char **argv); /* enum ctl_exit, or as about says */
};

extern const struct ctl_command ctl_status;
extern const struct ctl_command ctl_list;
extern const struct ctl_command ctl_show;
extern const struct ctl_command ctl_explain;
extern const struct ctl_command ctl_watch;
extern const struct ctl_command ctl_top;
extern const struct ctl_command ctl_stat;
extern const struct ctl_command ctl_report;
extern const struct ctl_command ctl_diff;
extern const struct ctl_command ctl_metrics;
extern const struct ctl_command ctl_config;
extern const struct ctl_command ctl_help;

/* All of main(). */
int ctl_main(int argc, char **argv);

/* A line on stderr, with the program's name in front. */
void ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
