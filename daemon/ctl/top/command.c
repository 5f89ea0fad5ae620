// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: the VMs and their exit reasons, live.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/terminal.h"
#include "ctl/top/screen.h"
#include "ctl/top/source.h"
#include "util/util.h"

/* Where no terminal says how wide it is. */
#define PLAIN_COLUMNS 100

#define INTERVAL_MAX_MS 3600000

enum {
	OPTION_ALL,
	OPTION_ASCII,
	OPTION_COUNT,
	OPTION_INTERVAL,
	OPTION_PLAIN,
	OPTION_SORT,
	OPTION_TIMES,
};

static const struct ctl_option options[] = {
	[OPTION_ALL] = { "all", NULL, "VMs that have ended, too", 'a' },
	[OPTION_ASCII] = { "ascii", NULL, "sparklines of letters", 0 },
	[OPTION_COUNT] = { "count", "N", "end after N refreshes", 'n' },
	[OPTION_INTERVAL] = { "interval", "TIME", "from refresh to refresh, as 500ms; else 2s",
			      'd' },
	[OPTION_PLAIN] = { "plain", NULL, "one table after the other, as without a terminal", 'b' },
	[OPTION_SORT] = { "sort", "KEY",
			  "by id, name, pid, exits, nested, 1s, 10s, 1m, 5m,\noverhead or time",
			  0 },
	[OPTION_TIMES] = { "times", NULL, "how long exits took instead of how many they are", 't' },
	{ .name = NULL },
};

static void put(void *userdata, size_t line, enum top_style style, const char *text)
{
	const struct ctl *ctl = userdata;
	size_t length = strlen(text);
	const char *mark = style == TOP_STORM || style == TOP_ALERT ?
				   output_mark(ctl->colour, MARK_BAD) :
			   style == TOP_HEAD ? output_mark(ctl->colour, MARK_HEAD) :
					       "";

	(void)line;
	while (length > 0 && text[length - 1] == ' ')
		length--;
	printf("%s%.*s%s\n", mark, (int)length, text,
	       *mark ? output_mark(ctl->colour, MARK_NONE) : "");
}

static void print_once(const struct ctl *ctl, const struct top *top, json_t *json, bool first)
{
	if (ctl->json) {
		(void)output_json_line(ctl, json);
		return;
	}
	if (!first)
		putchar('\n');
	top_print(top, put, (void *)ctl);
	(void)fflush(stdout);
}

/* Until the reader, the daemon or the VM is gone, or it is enough. */
static int run_plain(const struct ctl *ctl, struct top_source *source, struct top *top,
		     uint64_t count)
{
	struct pollfd reader = { .fd = STDOUT_FILENO };
	uint64_t i;
	json_t *json;
	int r;

	for (i = 0; count == 0 || i < count; i++) {
		if (i > 0 && poll(&reader, 1, (int)top->interval_ms) != 0)
			return CTL_OK;
		json = NULL;
		r = top_source_fetch(source, top, &json);
		if (r < 0) {
			ctl_error("%s", top->message);
			return r == -ENOENT ? CTL_FAILED : CTL_UNREACHABLE;
		}
		print_once(ctl, top, json, i == 0);
		json_decref(json);
		if (ferror(stdout))
			return CTL_FAILED;
	}
	return CTL_OK;
}

/* Which VM, with all that is said about errors, before the screen is taken. */
static enum ctl_exit find_vm(const struct ctl *ctl, const char *name, struct top *top)
{
	json_t *parameters = ctl_vm_parameters(name), *reply = NULL;
	enum ctl_exit result;

	if (!parameters)
		return CTL_FAILED;
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, &reply);
	top->view = TOP_REASONS;
	top->one_vm = true;
	top->vm_id = get_int(json_object_get(reply, "vm"), "id");
	json_decref(reply);
	return result;
}

static enum ctl_exit check_daemon(const struct ctl *ctl)
{
	json_t *status = NULL;
	enum ctl_exit result = ctl_call(ctl, CTL_METHOD("Status"), NULL, &status);

	json_decref(status);
	return result;
}

static bool read_options(const struct ctl *ctl, struct top *top, uint64_t *count)
{
	const char *const *given = ctl->given;
	size_t sort;

	top->show_ended = top->show_ended || option_given(ctl, OPTION_ALL);
	top->ascii = option_given(ctl, OPTION_ASCII) || !terminal_has_blocks();
	if (given[OPTION_COUNT] &&
	    !option_number("count", given[OPTION_COUNT], 1, INT64_MAX, count))
		return false;
	if (given[OPTION_INTERVAL]) {
		if (!option_duration("interval", given[OPTION_INTERVAL], &top->interval_ms))
			return false;
		if (top->interval_ms > INTERVAL_MAX_MS) {
			ctl_error("--interval takes an hour at most");
			return false;
		}
	}
	if (option_given(ctl, OPTION_TIMES) && !top->times)
		(void)top_key(top, 't');
	if (given[OPTION_SORT]) {
		if (!option_choice("sort", given[OPTION_SORT], top_sort_names, &sort))
			return false;
		top->looks[TOP_VMS].sort = top->looks[TOP_REASONS].sort = (enum top_sort)sort;
		top->times = top->times || sort >= TOP_BY_SHARE;
		if (sort >= TOP_BY_1S && sort <= TOP_BY_5M)
			top->window = (enum top_window)(sort - TOP_BY_1S);
	}
	return true;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct top_source *source = NULL;
	uint64_t count = 0;
	struct top top;
	bool on_screen;
	int result, r;

	top_init(&top);
	on_screen = !ctl->json && !option_given(ctl, OPTION_PLAIN) && terminal_can_move();
	/* What a program reads does not depend on what a person likes. */
	if (on_screen)
		top_load(&top);
	if (!read_options(ctl, &top, &count))
		return CTL_USAGE;
	result = (int)(argc > 0 ? find_vm(ctl, argv[0], &top) : check_daemon(ctl));
	if (result != CTL_OK)
		return result;
	r = top_source_new(&source, ctl);
	if (r < 0) {
		ctl_error("%s", strerror(-r));
		return CTL_FAILED;
	}

	if (!on_screen) {
		top.columns = PLAIN_COLUMNS;
		top.lines = SIZE_MAX;
		result = run_plain(ctl, source, &top, count);
	} else {
		r = top_screen_run(ctl, source, &top, count);
		if (r < 0)
			ctl_error("the terminal is gone: %s", strerror(-r));
		result = r < 0 ? CTL_FAILED : CTL_OK;
	}
	top_source_free(source);
	top_done(&top);
	return result;
}

const struct ctl_command ctl_top = {
	.name = "top",
	.args = "[VM]",
	.help = "the VMs, or one VM's reasons, live",
	.about = "Keys: '?' shows them, 'q' quits. Not on a terminal it prints a table now and\n"
		 "then, with --json an object a line, as 'list' and 'show' have it.",
	.options = options,
	.args_max = 1,
	.run = run,
};
