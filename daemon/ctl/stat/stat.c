// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl stat: the exits of a command's VMs, as perf stat has counters.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/signals.h"
#include "ctl/stat/command.h"
#include "ctl/stat/measure.h"
#include "ctl/stat/proctree.h"
#include "util/clock.h"
#include "util/util.h"

/* As a shell has them. */
#define STATUS_CANNOT_RUN 126
#define STATUS_NOT_FOUND  127

enum {
	OPTION_DETAILS,
	OPTION_FOR,
	OPTION_OUTPUT,
	OPTION_UNTIL_EXITS,
	OPTION_VM,
};

static const struct ctl_option options[] = {
	[OPTION_DETAILS] = { "details", NULL, "what exactly caused the exits, too", 0 },
	[OPTION_FOR] = { "for", "TIME", "measure no longer: 10s, 500ms, 2min", 0 },
	[OPTION_OUTPUT] = { "output", "FILE", "write there", 'o' },
	[OPTION_UNTIL_EXITS] = { "until-exits", "N", "measure until there were N exits", 0 },
	[OPTION_VM] = { "vm", "VM", "this VM, whoever made it", 0 },
	{ .name = NULL },
};

struct run {
	struct stat_measure measure;
	struct stat_result result;
	struct stat_command command;
	struct stop_signals signals;
	struct output_file file;
	uint64_t until_exits; /* 0 for no such end */
	uint64_t for_ms;
	uint64_t end_ns; /* 0 likewise */
};

static int poll_ms(const struct run *run)
{
	uint64_t now_ns = clock_boottime_ns(), left_ms;

	if (run->end_ns == 0)
		return -1;
	left_ms = now_ns < run->end_ns ? (run->end_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

static bool is_enough(const struct run *run)
{
	return (run->end_ns != 0 && clock_boottime_ns() >= run->end_ns) ||
	       (run->until_exits != 0 && stat_measure_exits(&run->measure) >= run->until_exits);
}

/* What a terminal sends, it sends to the command, too. True if it ends the measurement. */
static bool on_signal(struct run *run)
{
	int number = stop_signals_take(&run->signals);

	if (run->command.fd < 0)
		return number != 0;
	if (number == SIGTERM || number == SIGHUP)
		(void)kill(run->command.pid, number);
	return false;
}

/* Until the command ends, or without one, until it is enough. */
static void measure(struct run *run)
{
	for (;;) {
		struct pollfd fds[] = {
			{ run->measure.watch ? varlink_fd(run->measure.watch) : -1, POLLIN, 0 },
			{ run->measure.forks, POLLIN, 0 },
			{ run->command.fd, POLLIN, 0 },
			{ run->signals.fd, POLLIN, 0 },
		};

		if (poll(fds, ARRAY_SIZE(fds), poll_ms(run)) < 0 && errno != EINTR)
			return;
		stat_measure_read(&run->measure);
		if (fds[2].revents || (fds[3].revents && on_signal(run)))
			return;
		if (run->command.fd < 0 && (is_enough(run) || stat_measure_over(&run->measure)))
			return;
		/* Once: it is its end that is waited for, whatever it makes of the signal. */
		if (is_enough(run)) {
			(void)kill(run->command.pid, SIGTERM);
			run->end_ns = 0;
			run->until_exits = 0;
		}
	}
}

/* 0, or the status to end with. */
static int start_command(struct run *run, char **argv)
{
	int r = stat_command_fork(&run->command, argv, &run->signals.before);

	if (r < 0) {
		ctl_error("cannot start a command: %s", strerror(-r));
		return CTL_FAILED;
	}
	if (run->measure.scope == STAT_TREE) {
		stat_measure_read(&run->measure);
		if (!proctree_has(run->measure.tree, (uint32_t)run->command.pid)) {
			ctl_error(
				"cannot follow the processes of a command: the kernel does not tell "
				"of them (it has no CONFIG_PROC_EVENTS, or this is a container): "
				"say which VM with --vm");
			return CTL_FAILED;
		}
	}

	stat_measure_go(&run->measure);
	r = stat_command_go(&run->command);
	if (r < 0) {
		ctl_error("cannot run %s: %s", argv[0], strerror(-r));
		return r == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
	}
	return 0;
}

/* False when it could not be written. */
static bool print_to(const struct run *run, FILE *out)
{
	const struct ctl *ctl = run->measure.ctl;
	json_t *json;
	bool good;

	if (!ctl->json) {
		stat_print(ctl, &run->result, out);
		return fflush(out) == 0 && !ferror(out);
	}
	json = stat_json(&run->result);
	good = output_json_to(ctl, json, out);
	json_decref(json);
	return good;
}

static int print_result(struct run *run)
{
	FILE *out = run->result.command ? stderr : stdout;
	int status = CTL_OK;

	if (!run->file.stream) {
		/* output_finish() tells of stdout. */
		(void)print_to(run, out);
	} else {
		(void)print_to(run, output_begin(&run->file));
		if (!output_close(&run->file)) {
			/* What was measured is not to be had again. */
			(void)print_to(run, out);
			status = CTL_FAILED;
		}
	}
	if (!run->result.complete)
		ctl_error("something was missed: there may be more VMs, and more exits");
	return status;
}

/* The last state of the VMs. A signal ends that, too. */
static void finish(struct run *run)
{
	struct ctl *ctl = run->measure.ctl;

	/* One that ended the command is ours, too, and has had its effect. */
	while (stop_signals_take(&run->signals))
		;
	ctl_begin(ctl);
	stat_measure_finish(&run->measure);
	ctl->stop = -1;
	stop_signals_release(&run->signals);
}

static int measure_all(struct run *run, const char *vm, char **argv)
{
	int status, r;

	status = (int)stat_measure_start(&run->measure, vm);
	if (status != CTL_OK)
		return status;
	r = stop_signals_hold(&run->signals);
	if (r < 0) {
		ctl_error("cannot catch signals: %s", strerror(-r));
		return CTL_FAILED;
	}
	run->measure.ctl->stop = run->signals.fd;
	if (run->result.command) {
		status = start_command(run, argv);
		if (status != 0)
			return status;
	}
	if (run->for_ms)
		run->end_ns = clock_boottime_ns() + run->for_ms * NS_PER_MS;

	measure(run);
	if (run->result.command)
		run->result.status = stat_command_wait(&run->command);
	finish(run);

	status = print_result(run);
	if (status == CTL_OK && !run->measure.watch)
		status = CTL_UNREACHABLE;
	return run->result.status ? run->result.status : status;
}

static int run_stat(struct ctl *ctl, int argc, char **argv)
{
	const char *const *given = ctl->given;
	struct run run = {
		.measure = { .ctl = ctl, .forks = -1, .now_us = -1 },
		.result = { .complete = true, .started_us = -1, .ended_us = -1 },
		.command = { .fd = -1, .go = -1, .error = -1 },
		.signals = { .fd = -1 },
	};
	int status;

	if ((given[OPTION_FOR] && !option_duration("for", given[OPTION_FOR], &run.for_ms)) ||
	    (given[OPTION_UNTIL_EXITS] && !option_number("until-exits", given[OPTION_UNTIL_EXITS],
							 1, INT64_MAX, &run.until_exits))) {
		fputs("Try 'kvmexitctl stat --help'.\n", stderr);
		return CTL_USAGE;
	}
	run.measure.result = &run.result;
	run.measure.scope = given[OPTION_VM] ? STAT_ONE : argc > 0 ? STAT_TREE : STAT_ALL;
	run.result.command = argc > 0 ? argv : NULL;
	run.result.details = option_given(ctl, OPTION_DETAILS);

	if (given[OPTION_OUTPUT] && !output_open(&run.file, given[OPTION_OUTPUT]))
		return CTL_FAILED;

	status = measure_all(&run, given[OPTION_VM], argv);
	output_abandon(&run.file);
	stat_command_done(&run.command);
	stat_measure_done(&run.measure);
	ctl->stop = -1;
	stop_signals_release(&run.signals);
	return status;
}

const struct ctl_command ctl_stat = {
	.name = "stat",
	.args = "[COMMAND...]",
	.help = "the exits that a command's VMs make",
	.about = "Runs COMMAND and then prints, on stderr, why the VMs that it and its\n"
		 "descendants made left guest mode; with --vm, why that VM did meanwhile. Without\n"
		 "COMMAND, of the VM or of all, until --for, --until-exits or Ctrl-C; with it,\n"
		 "these send it SIGTERM. Its exit status is passed on: 127 not found, 128+N ended\n"
		 "by signal N.",
	.options = options,
	.args_max = INT_MAX,
	.runs = true,
	.run = run_stat,
};
