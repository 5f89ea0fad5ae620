/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl: what its commands have in common.
 */
#ifndef KVMEXITD_CTL_H
#define KVMEXITD_CTL_H

#include <jansson.h>
#include <stdbool.h>

/* An interface, as --help says. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1, /* no such VM, or another error that was answered */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3, /* the daemon */
	CTL_NO_KERNEL = 4, /* the daemon is there and gets no exits */
};

/* Options that only some commands take. */
enum {
	CTL_OPTION_ALL = 1 << 0,
	CTL_OPTION_VCPUS = 1 << 1,
};

struct ctl {
	const char *socket;
	bool json;
	bool colour;
	unsigned int options; /* CTL_OPTION_... that were given */
};

struct ctl_command {
	const char *name;
	const char *args; /* as in --help, "" for none */
	const char *help; /* one line */
	int args_min, args_max;
	unsigned int options; /* CTL_OPTION_... that it takes */
	enum ctl_exit (*run)(struct ctl *ctl, int argc, char **argv);
};

extern const struct ctl_command ctl_status;
extern const struct ctl_command ctl_list;
extern const struct ctl_command ctl_show;
extern const struct ctl_command ctl_watch;

/* All of main(). */
int ctl_main(int argc, char **argv);

/* A line on stderr, with the program's name in front. */
void ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
