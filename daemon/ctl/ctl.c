// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl: options, and the table of its commands.
 */
#include "config.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "server/address.h"
#include "util/util.h"

/* The first is the default. */
static const struct ctl_command *const commands[] = {
	/* clang-format off */
	&ctl_status,
	&ctl_list,
	&ctl_show,
	&ctl_explain,
	&ctl_top,
	&ctl_watch,
	&ctl_stat,
	&ctl_report,
	&ctl_diff,
	&ctl_metrics,
	&ctl_config,
	/* clang-format on */
};

static void print_help(void)
{
	size_t i;

	puts("kvmexitctl [OPTION...] [COMMAND]\n"
	     "Shows why the virtual machines of this host leave guest mode.\n"
	     "\n"
	     "Commands:");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s%-13s %s\n", commands[i]->name, commands[i]->args, commands[i]->help);
	puts("\n"
	     "VM is a name, UUID, VMID, process id or id; 'pid:7' and the like say which.\n"
	     "Options, of which each command has more: see 'kvmexitctl COMMAND --help'.");
	options_print_common();
	puts("\n"
	     "Exit status: 0 success, 1 error, 2 bad usage, 3 no kvmexitd, 4 no exits come.");
}

static void print_command_help(const struct ctl_command *command)
{
	printf("kvmexitctl %s [OPTION...]%s%s\n"
	       "%c%s%s%s\n"
	       "\n"
	       "Options:\n",
	       command->name, *command->args ? " " : "", command->args, toupper(command->help[0]),
	       command->help + 1, command->about ? ".\n\n" : ".",
	       command->about ? command->about : "");
	options_print(command);
}

static enum ctl_exit bad_usage(const struct ctl_command *command)
{
	fprintf(stderr, "Try 'kvmexitctl %s%s--help'.\n", command ? command->name : "",
		command ? " " : "");
	return CTL_USAGE;
}

static const struct ctl_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static bool want_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

/* One that ended the reading of options; else -1. */
static int answer(enum option_verdict verdict, const struct ctl_command *command)
{
	switch (verdict) {
	case OPTION_HELP:
		if (command)
			print_command_help(command);
		else
			print_help();
		return (int)output_finish();
	case OPTION_VERSION:
		puts("kvmexitctl (" PACKAGE_NAME ") " PACKAGE_VERSION);
		return (int)output_finish();
	case OPTION_WRONG:
		return (int)bad_usage(command);
	case OPTION_RUN:
		break;
	}
	return -1;
}

/* argv[0] is in the place of the program's name. */
static int run_command(struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
	enum ctl_exit written;
	int next = 0, result, args;

	result = answer(options_read(ctl, command, argc, argv, &next), command);
	if (result >= 0)
		return result;
	args = argc - next;
	if (args < command->args_min || args > command->args_max) {
		ctl_error("too %s arguments: it is '%s%s%s'",
			  args < command->args_min ? "few" : "many", command->name,
			  *command->args ? " " : "", command->args);
		return (int)bad_usage(command);
	}

	ctl->colour = !ctl->json && want_colour();
	ctl_begin(ctl);
	result = command->run(ctl, args, argv + next);
	if (result == CTL_USAGE && !command->runs)
		return (int)bad_usage(command);
	written = output_finish();
	return result == CTL_OK ? (int)written : result;
}

int ctl_main(int argc, char **argv)
{
	struct ctl ctl = { .socket = SERVER_SOCKET_PATH, .stop = -1 };
	const struct ctl_command *command;
	_cleanup_free_ char *name = NULL;
	int next = 0, result;

	/* Not the rest: numbers must not depend on who reads them. */
	setlocale(LC_CTYPE, "");

	result = answer(options_read(&ctl, NULL, argc, argv, &next), NULL);
	if (result >= 0)
		return result;
	if (next == argc)
		return run_command(&ctl, commands[0], 1, argv);

	command = find_command(argv[next]);
	if (!command) {
		name = clean_text(argv[next]);
		ctl_error("there is no command '%s'", name);
		return (int)bad_usage(NULL);
	}
	/* For getopt, which reports in the program's name. */
	argv[next] = argv[0];
	return run_command(&ctl, command, argc - next, argv + next);
}
