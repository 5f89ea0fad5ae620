// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nlstress: the command line, and what all modes share.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "nlstress.h"

static const char help[] =
	"Usage: nlstress MODE [OPTION]...\n"
	"Use the netlink family kvm-exitstat hard, and check what it says.\n"
	"\n"
	"Modes:\n"
	"  watch  listen, and check that no notification is missing, that totals go on\n"
	"         from the previous ones by their deltas, and that what a VM ended with\n"
	"         is what was told and what a dump still has; outlives a reload of KVM\n"
	"  pace   listen for N seconds, and say for each VM in how many batches it was, and\n"
	"         how many milliseconds were between two of them at least\n"
	"  join   join the group and leave it, and close the socket now and then\n"
	"  dump   dump all the time, some dumps not to their end; check that they are\n"
	"         complete unless interrupted, and that totals do not go back\n"
	"  hold   start a dump, say so, and leave it open until SIGTERM\n"
	"  get    ask for VMs and vCPUs, set the configuration, both wrongly, too\n"
	"  vms    VMs with late vCPUs, nested state and too few files; check their totals\n"
	"  fail   let each allocation fail, one after the other (CONFIG_FAULT_INJECTION)\n"
	"  herd   make N VMs of 4 vCPUs each, say so, and let all of them run a little, again and\n"
	"         again\n"
	"  create N times make a VM with a vCPU and end it, with real-time priority, and say how\n"
	"         long that took\n"
	"  fleet  make N VMs of 4 vCPUs each and measure a dump, make batches about them all\n"
	"\n"
	"  --times N    rounds (until SIGTERM); nothing to \"watch\"\n"
	"  --rcvbuf N   the socket's receive buffer in bytes\n"
	"  --lossy      watch: allow gaps that the socket does not tell of\n"
	"  --book FILE  watch: write a line \"pid exits complete\" for each VM that ended\n"
	"  --help\n"
	"\n"
	"Exit status: 0 done, 1 something does not hold, 2 bad usage.\n";

struct options opt;
static const char *mode;
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

bool go_on(uint64_t round)
{
	return !stopped && (!opt.times || round < opt.times);
}

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "nlstress %s: ", mode ? mode : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void check(bool holds, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (holds)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	die("%s", text);
}

/* Between two looks for something that will come. */
void breathe(void)
{
	struct timespec ts = { .tv_nsec = 20000000 };

	nanosleep(&ts, NULL);
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (*end || !n) {
		fprintf(stderr, "nlstress: '%s' is no positive number\n", text);
		exit(2);
	}
	return n;
}

static void parse_options(int argc, char *argv[])
{
	enum {
		TIMES = 1,
		RCVBUF,
		LOSSY,
		BOOK,
		HELP
	};
	static const struct option options[] = {
		{ "times", required_argument, NULL, TIMES },
		{ "rcvbuf", required_argument, NULL, RCVBUF },
		{ "lossy", no_argument, NULL, LOSSY },
		{ "book", required_argument, NULL, BOOK },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case TIMES:
			opt.times = number(optarg);
			break;
		case RCVBUF:
			opt.rcvbuf = (int)number(optarg);
			break;
		case LOSSY:
			opt.lossy = true;
			break;
		case BOOK:
			opt.book = optarg;
			break;
		case HELP:
			fputs(help, stdout);
			exit(0);
		default:
			exit(2);
		}
	}
	mode = argv[optind];
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "watch", mode_watch }, { "join", mode_join },	    { "dump", mode_dump },
		{ "hold", mode_hold },	 { "get", mode_get },	    { "vms", mode_vms },
		{ "fail", mode_fail },	 { "fleet", mode_fleet },   { "pace", mode_pace },
		{ "herd", mode_herd },	 { "create", mode_create },
	};
	struct sigaction action = { .sa_handler = on_signal };

	parse_options(argc, argv);
	/* Without SA_RESTART, so that it ends what blocks. */
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	srandom((unsigned int)getpid());

	for (size_t i = 0; mode && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(mode, modes[i].name)) {
			modes[i].run();
			return 0;
		}
	}
	fputs("nlstress: no such mode; try --help\n", stderr);
	return 2;
}
