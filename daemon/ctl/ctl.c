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
#include "util/near.h"
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
	&ctl_help,
	/* clang-format on */
};

static void print_help(void)
{
	size_t i;

	puts("kvmexitctl [OPTION...] [COMMAND]\n"
	     "Shows why the VMs of this host exit, how often, and what to do about it.\n"
	     "\n"
	     "Commands:");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s%-13s %s\n", commands[i]->name, commands[i]->args, commands[i]->help);
	puts("\n"
	     "VM is a name, UUID, VMID, process id or id; 'pid:7' and the like say which.\n"
	     "Options, of which each command has more: see 'kvmexitctl COMMAND --help'.");
	options_print_common();
	puts("Exit status: 0 success, 1 error, 2 bad usage, 3 no kvmexitd, 4 no exits come.");
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

/* Says so if there is none. */
static const struct ctl_command *get_command(const char *name)
{
	const char *names[ARRAY_SIZE(commands) + 1] = { NULL }, *near;
	const struct ctl_command *command = find_command(name);
	_cleanup_free_ char *clean = NULL;
	size_t i;

	if (command)
		return command;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i]->name;
	near = near_word(name, names);
	clean = clean_text(name);
	ctl_error("there is no command '%s'%s%s%s", clean, near ? "; did you mean '" : "",
		  near ? near : "", near ? "'?" : "");
	return NULL;
}

static int run_help(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *command;

	(void)ctl;
	if (argc == 0) {
		print_help();
		return CTL_OK;
	}
	command = get_command(argv[0]);
	if (!command)
		return CTL_USAGE;
	print_command_help(command);
	return CTL_OK;
}

const struct ctl_command ctl_help = {
	.name = "help",
	.args = "[COMMAND]",
	.help = "this text, or the options of a command",
	.args_max = 1,
	.run = run_help,
};

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

/* argv[0] is the command's name. */
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
	ctl->people = !ctl->json && isatty(STDOUT_FILENO);
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
	int next = 0, result;

	/* Not the rest: numbers must not depend on who reads them. */
	setlocale(LC_CTYPE, "");

	result = answer(options_read(&ctl, NULL, argc, argv, &next), NULL);
	if (result >= 0)
		return result;
	if (next == argc)
		return run_command(&ctl, commands[0], 1, argv);

	command = get_command(argv[next]);
	if (!command)
		return (int)bad_usage(NULL);
	return run_command(&ctl, command, argc - next, argv + next);
}
