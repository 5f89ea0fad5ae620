// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl watch: what the kernel reports, as it comes, for people and for programs.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/rows.h"
#include "ctl/terminal.h"
#include "ctl/width.h"
#include "util/util.h"

/* What names have on a terminal, and a line of the widest terminal in bytes. */
#define NAME_WIDTH 16
#define LINE_BYTES 2048

/* Smaller numbers are short as they are. */
#define SHORT_MIN 1000

#define MS_PER_S 1000

enum {
	OPTION_COUNT,
	OPTION_EVENT,
	OPTION_REASON,
};

static const struct ctl_option options[] = {
	[OPTION_COUNT] = { "count", "N", "end after N events", 'n' },
	[OPTION_EVENT] = { "event", "KIND", "those of one kind: created, exits or ended", 0 },
	[OPTION_REASON] = { "reason", "PATTERN",
			    "events with a change of such reasons, as 'msr*', and\n"
			    "these changes alone; delta and exits stay the VM's",
			    0 },
	{ .name = NULL },
};

struct filter {
	const char *event; /* NULL for all */
	const char *reason;
	uint64_t left; /* how many to print */
};

/* Nothing to do: it is enough that the wait ends. */
static void on_signal(int number)
{
	(void)number;
}

/* From here on, signals that end the watch come during a wait only. */
static int hold_signals(sigset_t *waiting)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &held, waiting) < 0 || sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0)
		return -errno;
	sigdelset(waiting, SIGINT);
	sigdelset(waiting, SIGTERM);
	return 0;
}

/* Cuts an event to what was asked for; false if nothing is left of it. */
static bool filter_event(const struct filter *filter, json_t *event)
{
	json_t *changes = json_object_get(event, "changes");
	const char *kind = json_string_value(json_object_get(event, "event"));

	if (filter->event && kind && strcmp(kind, filter->event) != 0)
		return false;
	if (!filter->reason)
		return true;
	rows_match(changes, "reason", filter->reason);
	return json_array_size(changes) > 0;
}

/* "18:40:12" for people. */
static void print_time(const struct ctl *ctl, const json_t *event, FILE *out)
{
	_cleanup_free_ char *text = get_text(event, "time");
	int64_t ms = text ? parse_time_ms(text) : -1;
	char clock[16];
	struct tm tm;

	if (ctl->people && ms >= 0 && localtime_r(&(time_t){ ms / MS_PER_S }, &tm) &&
	    strftime(clock, sizeof(clock), "%H:%M:%S", &tm) > 0)
		fprintf(out, "%s ", clock);
	else
		fprintf(out, "%s ", text ? text : "-");
}

static void print_count(const struct ctl *ctl, const json_t *object, const char *member, FILE *out)
{
	long long n = get_int(object, member);
	_cleanup_free_ char *text = ctl->people && n >= SHORT_MIN ? format_short((double)n) : NULL;

	if (text)
		fputs(text, out);
	else
		fprintf(out, "%lld", n);
}

static void print_changes(const struct ctl *ctl, json_t *changes, FILE *out)
{
	static const struct row_key by_delta = { "delta", "delta", ROW_NUMBER, false };
	const json_t *change;
	size_t i;

	rows_sort(changes, &by_delta, false);
	json_array_foreach(changes, i, change) {
		_cleanup_free_ char *reason = get_text(change, "reason");

		fprintf(out, "%s %s%s +", i > 0 ? "," : ":", reason,
			json_is_true(json_object_get(change, "nested")) ? " (L2)" : "");
		print_count(ctl, change, "delta", out);
	}
}

static void print_line(const struct ctl *ctl, const json_t *event, FILE *out)
{
	_cleanup_free_ char *kind = get_text(event, "event"), *name = get_text(event, "name");
	_cleanup_free_ char *isa = get_text(event, "isa");
	char fitted[LINE_BYTES];

	print_time(ctl, event, out);
	if (ctl->people && name) {
		text_fit(fitted, sizeof(fitted), name, NAME_WIDTH, CUT_MIDDLE, false);
		fprintf(out, "%s ", fitted);
	} else {
		fprintf(out, "%s ", name ? name : "-");
	}
	if (kind && strcmp(kind, "exits") == 0) {
		fputc('+', out);
		print_count(ctl, event, "delta", out);
		print_changes(ctl, json_object_get(event, "changes"), out);
	} else if (kind && strcmp(kind, "ended") == 0) {
		fputs("ended after ", out);
		print_count(ctl, event, "exits", out);
		fputs(" exits", out);
	} else {
		fprintf(out, "%s, id %lld, pid %lld, %s", kind, get_int(event, "id"),
			get_int(event, "pid"), isa);
	}
}

/* On one line, which a terminal has room for; false when that failed. */
static bool print_event(const struct ctl *ctl, const json_t *event)
{
	char *line = NULL, fitted[LINE_BYTES];
	size_t size = 0;
	FILE *out;

	if (ctl->json)
		return output_json_line(ctl, event);
	out = open_memstream(&line, &size);
	if (!out)
		return false;
	print_line(ctl, event, out);
	if (fclose(out) == 0 && ctl->people) {
		(void)text_cut(fitted, sizeof(fitted), line, terminal_columns(STDOUT_FILENO),
			       CUT_END);
		puts(fitted);
	} else if (line) {
		puts(line);
	}
	free(line);
	return fflush(stdout) == 0;
}

/* Until the VM ends, somebody stops it, or nobody reads what is printed. */
static enum ctl_exit print_events(const struct ctl *ctl, struct varlink *link,
				  const sigset_t *signals, struct filter *filter)
{
	const struct varlink_wait wait = {
		.end_ns = VARLINK_FOREVER,
		.signals = signals,
		.stop = -1,
		.fd = STDOUT_FILENO,
	};
	struct varlink_reply reply = { 0 };
	enum ctl_exit result = CTL_OK;
	bool more = true;
	int r;

	while (more) {
		r = varlink_receive(link, &wait, &reply);
		if (r == -EINTR || r == -EPIPE)
			return CTL_OK;
		if (r < 0)
			return ctl_report_lost(r);

		if (reply.error) {
			result = ctl_report_error(ctl, &reply);
		} else if (filter_event(filter, reply.parameters)) {
			filter->left--;
			if (!print_event(ctl, reply.parameters))
				result = CTL_FAILED;
		}
		more = reply.continues && result == CTL_OK && filter->left > 0;
		varlink_reply_done(&reply);
	}
	return result;
}

static bool read_filter(const struct ctl *ctl, struct filter *out)
{
	static const char *const kinds[] = { "created", "exits", "ended", NULL };
	const char *count = ctl->given[OPTION_COUNT];
	size_t kind;

	*out = (struct filter){
		.event = ctl->given[OPTION_EVENT],
		.reason = ctl->given[OPTION_REASON],
		.left = UINT64_MAX,
	};
	return (!out->event || option_choice("event", out->event, kinds, &kind)) &&
	       (!count || option_number("count", count, 1, UINT64_MAX, &out->left));
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	json_t *parameters = NULL;
	struct filter filter;
	enum ctl_exit result;
	struct varlink_wait wait = ctl_wait(ctl);
	struct varlink *link;
	sigset_t waiting;
	int r;

	if (!read_filter(ctl, &filter))
		return CTL_USAGE;
	if (argc > 0) {
		parameters = ctl_vm_parameters(argv[0]);
		if (!parameters)
			return CTL_FAILED;
	}
	result = ctl_connect(ctl, &link);
	if (result != CTL_OK) {
		json_decref(parameters);
		return (int)result;
	}
	r = varlink_send(link, &wait, CTL_METHOD("Watch"), parameters, true);
	if (r >= 0)
		r = hold_signals(&waiting);
	result = r < 0 ? ctl_report_lost(r) : print_events(ctl, link, &waiting, &filter);
	varlink_free(link);
	return (int)result;
}

const struct ctl_command ctl_watch = {
	.name = "watch",
	.args = "[VM]",
	.help = "what changes, as it comes",
	.about = "One line per VM and batch; with --json, one object. Ends with the VM, if\n"
		 "one is named.",
	.options = options,
	.args_max = 1,
	.run = run,
};
