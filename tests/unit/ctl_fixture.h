/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs kvmexitctl, and a server for it in a process of its own, which does what
 * it is told byte by byte.
 */
#ifndef KVMEXITD_TESTS_CTL_FIXTURE_H
#define KVMEXITD_TESTS_CTL_FIXTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct fixture;

#define CTL_BLIND "Some are not seen."

struct process {
	struct fixture *fixture; /* for its path; the server is in the child */
	pid_t pid;
	int control;
};

enum command {
	COMMAND_NONE = '.',
	COMMAND_WAITING = 'w', /* the kernel is not patched */
	COMMAND_STALE = 's', /* totals could not be read for long */
	COMMAND_TWINS = 't', /* two VMs with a name in common */
	COMMAND_LONG = 'a', /* three VMs of long names; one has made 12345678 exits */
	COMMAND_MASKED = 'm', /* a VM is called as the id of db, 2, and another has it for a pid */
	COMMAND_HOSTILE = 'h', /* a VM of pid 666 whose name has control characters */
	COMMAND_TIMED = 'i', /* web01's exits took so long: 2 us for 1000 MSRs, 1 ms for 30 HLTs */
	COMMAND_DETAILS = 'd', /* it is known what exactly caused web01's MSR exits */
	COMMAND_BLIND = 'b', /* as CTL_BLIND says */
	COMMAND_STORM = 'o', /* web01 has a storm */
	COMMAND_LATER = 'l', /* for the server it is two hours later, and some day of 2023 */
	COMMAND_REPLAY = 'r', /* the kernel's config is a recording's, of before there was timing */
	COMMAND_RELOADS = 'c', /* there is no kernel; the configuration is right */
	COMMAND_FULL = 'f', /* no client more is let in */
	COMMAND_EMPTY = 'n', /* no VM lives, and nobody saw when they ended */
	/* These wait till there is a watcher. */
	COMMAND_EXITS = 'x', /* one exit more of db */
	COMMAND_END = 'e', /* db ends */
	COMMAND_QUIT = 'q',
};

int process_setup(void **state);
int process_teardown(void **state);

/* In two halves, for what is to be done while something else waits for it. */
void process_begin(struct process *p, enum command command);
void process_end(struct process *p, enum command command);

/* Returns when it is done. */
void process_command(struct process *p, enum command command);

struct result {
	int status; /* as a shell has it */
	char *out, *err;
};

/* Arguments end with NULL; ctl() puts the server's socket in front. */
struct result ctl_run(const char *arg, ...) __attribute__((sentinel));
struct result ctl(struct process *p, ...) __attribute__((sentinel));

/* A terminal of 24 lines, whose program gets the other side. */
int open_terminal(unsigned short columns, int *other);

/* On a terminal of so many columns, to which its err goes as well. */
struct result ctl_on_terminal(struct process *p, unsigned short columns, ...)
	__attribute__((sentinel));
bool ctl_can_be_nobody(void);
struct result ctl_as_nobody(struct process *p, ...) __attribute__((sentinel));
struct result ctl_to_file(struct process *p, const char *path, ...) __attribute__((sentinel));
void result_done(struct result *result);

/* out and err are parts of its output; with an empty err it has none. Frees the result. */
void result_expect(struct result result, int status, const char *out, const char *err);

/* Its output, to be one JSON value; frees the result. */
json_t *result_json(struct result *result);

struct watcher {
	pid_t pid;
	FILE *out;
	int err;
};

/* In the background, with its output in a pipe; arguments as those of ctl(). */
struct watcher ctl_start(struct process *p, ...) __attribute__((sentinel));

/* The same with descriptors of one's own. */
pid_t ctl_spawn(struct process *p, int in, int out, int err, ...) __attribute__((sentinel));

/* vm may be NULL. */
struct watcher watch_start(struct process *p, const char *vm);

/* The next line as JSON, NULL at the end. */
json_t *watch_event(struct watcher *watcher);

/* Waits for its end, unless somebody did; gives the status, and *err to be freed. */
int watch_end(struct watcher *watcher, char **err);

#endif
