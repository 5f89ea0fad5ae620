// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitd's command line. */
#include "config.h"

#include "app/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "server/address.h"
#include "settings/settings.h"
#include "util/log.h"

/* A year in half a minute; above it is as fast as can be. */
#define REPLAY_SPEED_MAX 1000000

enum {
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V',
	OPTION_DEBUG = 'd',
	OPTION_SOCKET = 's',
	OPTION_CONFIG = 'c',
	OPTION_CHECK_CONFIG = 'C',
	OPTION_RECORD = 'r',
	OPTION_REPLAY = 'R',
	OPTION_REPLAY_SPEED = 'S',
	OPTION_METRICS_LISTEN = 'm',
	OPTION_SUMMARY_INTERVAL = 'i',
	OPTION_RECEIVE_BUFFER = 'b',
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "check-config", no_argument, NULL, OPTION_CHECK_CONFIG },
	{ "metrics-listen", required_argument, NULL, OPTION_METRICS_LISTEN },
	{ "record", required_argument, NULL, OPTION_RECORD },
	{ "replay", required_argument, NULL, OPTION_REPLAY },
	{ "replay-speed", required_argument, NULL, OPTION_REPLAY_SPEED },
	{ "receive-buffer", required_argument, NULL, OPTION_RECEIVE_BUFFER },
	{ "summary-interval", required_argument, NULL, OPTION_SUMMARY_INTERVAL },
	{ 0 },
};

static void help(const char *program)
{
	printf("Usage: %s [OPTION...]\n"
	       "       %s --check-config [FILE]\n"
	       "Counts why the virtual machines of this host leave guest mode.\n"
	       "\n"
	       "      --socket=PATH            listen here unless systemd passes a socket\n"
	       "                               (%s)\n"
	       "      --metrics-listen=ADDRESS serve metrics over HTTP to all who reach this ADDRESS,\n"
	       "                               as in 9100, 192.0.2.1:9100 or [2001:db8::1]:9100;\n"
	       "                               a port alone is one of 127.0.0.1\n"
	       "      --config=FILE            read this configuration and no other, instead of\n"
	       "                               " SYSCONFDIR "/kvmexitd.conf and its drop-ins\n"
	       "      --check-config [FILE]    check the configuration, tell which files it is\n"
	       "                               in, and exit\n"
	       "      --summary-interval=TIME  SummaryIntervalSec=, whatever the files say\n"
	       "      --receive-buffer=BYTES   ReceiveBufferBytes=, whatever the files say\n"
	       "      --record=FILE            also put all that the kernel says into FILE, up to\n"
	       "                               1 GiB; VMs' names are in it\n"
	       "      --replay=FILE            take what the kernel says from such a FILE, then go\n"
	       "                               on to answer clients; needs no privilege\n"
	       "      --replay-speed=TIMES     so many times faster than it was (as fast as can be)\n"
	       "      --debug                  log more\n"
	       "  -h, --help                   show this and exit\n"
	       "      --version                show the version and exit\n"
	       "\n"
	       "SIGHUP has it read the configuration anew, and keep the old one if the new one\n"
	       "is wrong. Exit status: 2 for a wrong command line, 78 for a wrong configuration.\n",
	       program, program, SERVER_SOCKET_PATH);
}

static enum options_verdict wrong(const char *program)
{
	(void)fprintf(stderr, "Try '%s --help'.\n", program);
	return OPTIONS_WRONG;
}

/* The option that stands over a setting. */
static int override(struct options *options, const char *program, const char *option,
		    const char *section, const char *name)
{
	const struct setting *setting = setting_find(section, name);
	struct setting_error error;
	int r;

	r = -EINVAL;
	if (*optarg)
		r = setting_parse(setting, optarg, setting_value(&options->overrides, setting),
				  &error);
	else
		(void)snprintf(error.text, sizeof(error.text), "needs a value");
	if (r < 0)
		(void)fprintf(stderr, "%s: %s %s\n", program, option, error.text);
	return r;
}

/* The option that names a file. */
static int take_path(const char **path, const char *program, const char *option)
{
	if (!*optarg) {
		(void)fprintf(stderr, "%s: %s needs a path\n", program, option);
		return -EINVAL;
	}
	*path = optarg;
	return 0;
}

static int take_address(struct listen_address *address, const char *program)
{
	const char *why = NULL;

	if (listen_address_parse(optarg, address, &why))
		return 0;
	(void)fprintf(stderr, "%s: --metrics-listen '%s' %s\n", program, optarg, why);
	return -EINVAL;
}

enum options_verdict options_parse(struct options *options, int argc, char *argv[])
{
	static const struct setting replay_speed = {
		.type = SETTING_COUNT,
		.min = 1,
		.max = REPLAY_SPEED_MAX,
	};
	struct setting_error error;
	int option;

	*options = (struct options){ .socket = SERVER_SOCKET_PATH };
	settings_init_unset(&options->overrides);

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
			if (take_path(&options->socket, argv[0], "--socket") < 0)
				return wrong(argv[0]);
			break;
		case OPTION_CONFIG:
			if (take_path(&options->config, argv[0], "--config") < 0)
				return wrong(argv[0]);
			break;
		case OPTION_CHECK_CONFIG:
			options->check_config = true;
			break;
		case OPTION_METRICS_LISTEN:
			if (take_address(&options->metrics, argv[0]) < 0)
				return wrong(argv[0]);
			break;
		case OPTION_SUMMARY_INTERVAL:
			if (override(options, argv[0], "--summary-interval", "Journal",
				     "SummaryIntervalSec") < 0)
				return wrong(argv[0]);
			break;
		case OPTION_RECEIVE_BUFFER:
			if (override(options, argv[0], "--receive-buffer", "Limits",
				     "ReceiveBufferBytes") < 0)
				return wrong(argv[0]);
			break;
		case OPTION_RECORD:
			if (take_path(&options->record, argv[0], "--record") < 0)
				return wrong(argv[0]);
			break;
		case OPTION_REPLAY:
			if (take_path(&options->replay, argv[0], "--replay") < 0)
				return wrong(argv[0]);
			break;
		case OPTION_REPLAY_SPEED:
			if (setting_parse(&replay_speed, *optarg ? optarg : "none",
					  &options->replay_speed, &error) == 0)
				break;
			(void)fprintf(stderr, "%s: --replay-speed %s\n", argv[0], error.text);
			return wrong(argv[0]);
		default:
			return wrong(argv[0]);
		}
	}
	if (options->record && options->replay) {
		(void)fprintf(stderr, "%s: --record and --replay exclude each other\n", argv[0]);
		return wrong(argv[0]);
	}
	if (options->check_config && optind < argc && !options->config)
		options->config = argv[optind++];
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
		return wrong(argv[0]);
	}
	return OPTIONS_RUN;
}
