// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl: options, and the table of its commands.
 */
#include "config.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/output.h"
#include "server/address.h"
#include "util/util.h"

/* The first is the default. */
static const struct ctl_command *const commands[] = {
	&ctl_status,
	&ctl_list,
	&ctl_show,
	&ctl_watch,
};

enum {
	ARG_SOCKET = 's',
	ARG_JSON = 'j',
	ARG_HELP = 'h',
	ARG_VERSION = 'V',
	ARG_FIRST_LONG = 0x100,
	ARG_ALL,
	ARG_VCPUS,
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, ARG_SOCKET },
	{ "json", no_argument, NULL, ARG_JSON },
	{ "help", no_argument, NULL, ARG_HELP },
	{ "version", no_argument, NULL, ARG_VERSION },
	{ "all", no_argument, NULL, ARG_ALL },
	{ "vcpus", no_argument, NULL, ARG_VCPUS },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	size_t i;

	puts("kvmexitctl [OPTION...] [COMMAND]\n"
	     "Shows why the virtual machines of this host leave guest mode.\n"
	     "\n"
	     "Commands:");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-7s%-14s %s\n", commands[i]->name, commands[i]->args, commands[i]->help);
	puts("\n"
	     "VM is a name, a process id or an id, as 'list' shows them. Rates are exits per\n"
	     "second over the last 1s, 10s, 1m and 5m.\n"
	     "\n"
	     "Options:\n"
	     "      --all          VMs that have ended, too\n"
	     "      --vcpus        every vCPU by itself, too\n"
	     "  -j, --json         for programs: one JSON object\n"
	     "  -s, --socket PATH  where kvmexitd listens, if not on\n"
	     "                     " SERVER_SOCKET_PATH "\n"
	     "  -h, --help         this text\n"
	     "  -V, --version      the version\n"
	     "\n"
	     "Exit status:\n"
	     "  0  all is well\n"
	     "  1  there is no such VM, or kvmexitd answered with another error\n"
	     "  2  bad usage\n"
	     "  3  kvmexitd cannot be reached: it is not running, went away, or refuses\n"
	     "  4  'status' only: kvmexitd gets no exits from the kernel");
}

static enum ctl_exit bad_usage(void)
{
	fputs("Try 'kvmexitctl --help'.\n", stderr);
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

/* argc and argv are those behind the options. */
static enum ctl_exit run_command(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *command = argc > 0 ? find_command(argv[0]) : commands[0];
	_cleanup_free_ char *name = NULL;
	enum ctl_exit result, written;
	int args = argc > 0 ? argc - 1 : 0;

	if (!command) {
		name = clean_text(argv[0]);
		ctl_error("there is no command '%s'", name);
		return bad_usage();
	}
	if (args < command->args_min || args > command->args_max) {
		ctl_error("%s arguments: it is '%s%s%s'",
			  args < command->args_min ? "too few" : "too many", command->name,
			  *command->args ? " " : "", command->args);
		return bad_usage();
	}
	if (ctl->options & ~command->options) {
		ctl_error("%s is not an option of %s",
			  ctl->options & ~command->options & CTL_OPTION_ALL ? "--all" : "--vcpus",
			  command->name);
		return bad_usage();
	}

	result = command->run(ctl, args, argv + 1);
	written = output_finish();
	return result == CTL_OK ? written : result;
}

int ctl_main(int argc, char **argv)
{
	struct ctl ctl = { .socket = SERVER_SOCKET_PATH };
	int option;

	/* Not the rest: numbers must not depend on who reads them. */
	setlocale(LC_CTYPE, "");

	while ((option = getopt_long(argc, argv, "s:jhV", options, NULL)) != -1) {
		switch (option) {
		case ARG_SOCKET:
			ctl.socket = optarg;
			break;
		case ARG_JSON:
			ctl.json = true;
			break;
		case ARG_ALL:
			ctl.options |= CTL_OPTION_ALL;
			break;
		case ARG_VCPUS:
			ctl.options |= CTL_OPTION_VCPUS;
			break;
		case ARG_HELP:
			print_help();
			return output_finish();
		case ARG_VERSION:
			puts("kvmexitctl (" PACKAGE_NAME ") " PACKAGE_VERSION);
			return output_finish();
		default:
			return bad_usage();
		}
	}
	ctl.colour = !ctl.json && want_colour();
	return run_command(&ctl, argc - optind, argv + optind);
}
