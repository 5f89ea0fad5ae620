// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitd's command line. */
#include "config.h"

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/address.h"
#include "source/genl_socket.h"
#include "util/log.h"

enum {
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V',
	OPTION_DEBUG = 'd',
	OPTION_SOCKET = 's',
	OPTION_SUMMARY_INTERVAL = 'i',
	OPTION_RECEIVE_BUFFER = 'b',
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "receive-buffer", required_argument, NULL, OPTION_RECEIVE_BUFFER },
	{ "summary-interval", required_argument, NULL, OPTION_SUMMARY_INTERVAL },
	{ 0 },
};

static void help(const char *program)
{
	printf("Usage: %s [OPTION...]\n"
	       "Counts why the virtual machines of this host leave guest mode.\n"
	       "\n"
	       "      --socket=PATH               listen here unless systemd passes a socket\n"
	       "                                  (%s)\n"
	       "      --summary-interval=SECONDS  how often the journal gets a summary of each\n"
	       "                                  busy VM, 0 for never (%d)\n"
	       "      --receive-buffer=BYTES      what may wait to be read from the kernel (%d)\n"
	       "      --debug                     log more\n"
	       "  -h, --help                      show this and exit\n"
	       "      --version                   show the version and exit\n",
	       program, SERVER_SOCKET_PATH, SUMMARY_INTERVAL_DEFAULT_S, GENL_RCVBUF_BYTES);
}

static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
	unsigned long long value;
	char *end = NULL;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || value > max)
		return false;
	*out = value;
	return true;
}

static enum options_verdict wrong(const char *program)
{
	(void)fprintf(stderr, "Try '%s --help'.\n", program);
	return OPTIONS_WRONG;
}

enum options_verdict options_parse(struct options *options, int argc, char *argv[])
{
	uint64_t number;
	int option;

	*options = (struct options){
		.socket = SERVER_SOCKET_PATH,
		.summary_interval_s = SUMMARY_INTERVAL_DEFAULT_S,
		.receive_buffer = GENL_RCVBUF_BYTES,
	};

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		switch (option) {
		case OPTION_HELP:
			help(argv[0]);
			return OPTIONS_EXIT;
		case OPTION_VERSION:
			puts(PACKAGE_STRING);
			return OPTIONS_EXIT;
		case OPTION_DEBUG:
			log_set_debug(true);
			break;
		case OPTION_SOCKET:
			options->socket = optarg;
			break;
		case OPTION_SUMMARY_INTERVAL:
			if (parse_number(optarg, SUMMARY_INTERVAL_MAX_S,
					 &options->summary_interval_s))
				break;
			(void)fprintf(
				stderr,
				"%s: --summary-interval takes seconds from 0 to %d, not '%s'\n",
				argv[0], SUMMARY_INTERVAL_MAX_S, optarg);
			return wrong(argv[0]);
		case OPTION_RECEIVE_BUFFER:
			if (parse_number(optarg, RECEIVE_BUFFER_MAX, &number) &&
			    number >= RECEIVE_BUFFER_MIN) {
				options->receive_buffer = (int)number;
				break;
			}
			(void)fprintf(stderr,
				      "%s: --receive-buffer takes bytes from %d to %d, not '%s'\n",
				      argv[0], RECEIVE_BUFFER_MIN, RECEIVE_BUFFER_MAX, optarg);
			return wrong(argv[0]);
		default:
			return wrong(argv[0]);
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
		return wrong(argv[0]);
	}
	return OPTIONS_RUN;
}
