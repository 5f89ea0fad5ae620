// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exitgen.h"

#define DEFAULT_COUNT	1000
#define DEFAULT_ROUNDS	40
#define MIN_BENCH_COUNT 8 /* exits a round, so that there is a difference */
#define MAX_VCPUS	4096
#define MAX_VMS		100000
#define MAX_SECONDS	1e6

static void help(void)
{
	printf("Usage: exitgen [OPTION]... KIND[=N] [KIND[=N]]...\n"
	       "Run tiny virtual machines that make exact numbers of VM exits, and say which.\n"
	       "\n"
	       "Each vCPU makes N exits of each KIND, one kind after the other:\n");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		printf("  %-14s", kinds[i].name);
		for (const char *p = kinds[i].help; *p; p++) {
			putchar(*p);
			if (*p == '\n')
				printf("%16s", "");
		}
		putchar('\n');
	}
	printf("\n"
	       "  --count N       N for kinds without one of their own (default %u)\n"
	       "  --vcpus N       vCPUs of each VM, a thread each (default 1)\n"
	       "  --vms N         so many VMs, a process each, one after the other (default 1)\n"
	       "  --parallel      ... all VMs at the same time\n"
	       "  --name X        the processes' name; with --vms, X-0, X-1, ...\n"
	       "  --delay S       VMs wait S seconds between being set up and their first exit\n"
	       "  --rate N        each vCPU makes N exits a second, in ten bursts\n"
	       "  --read-stats    read KVM's statistics of all vCPUs each second meanwhile\n"
	       "  --hold S        VMs stay S seconds after their report\n"
	       "  --hold-until-stdin-closes\n"
	       "  --bench[=N]     N rounds (default %u) of a short and a long run; ns_per_exit is\n"
	       "                  the median of their differences, free of constant costs, and\n"
	       "                  of timer ticks if runs are short: have many rounds\n"
	       "  --json          one JSON object in one line, when all VMs are done\n"
	       "  --help\n"
	       "\n"
	       "The report has, by hardware exit reason, the exact number of exits that the guest\n"
	       "made, and KVM's own statistic 'exits', which has the host's interrupts too. Beyond\n"
	       "N, each vCPU makes one port write (IOIO, IO_INSTRUCTION) when it starts, one at the\n"
	       "end of each run of a kind (--bench: each of its runs; --rate: each burst), and one\n"
	       "for the preparation of npf and of mmio; each VM one page fault for its code.\n"
	       "Nested kinds: each vCPU enters L2 once at its start, for one hypercall, and those of\n"
	       "which L1 hears nothing once for each run; each VM has one page fault in L2.\n"
	       "All of these are in the report.\n"
	       "\n"
	       "Exit status: 0 done, 1 KVM or the system failed, 2 bad usage.\n",
	       DEFAULT_COUNT, DEFAULT_ROUNDS);
}

static uint64_t parse_number(const char *what, const char *s, uint64_t max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (!isdigit((unsigned char)*s) || *end || errno || n < 1 || n > max)
		die(EXIT_USAGE, "%s: '%s' is not a number from 1 to %llu", what, s,
		    (unsigned long long)max);
	return n;
}

static double parse_seconds(const char *what, const char *s)
{
	char *end;
	double d = strtod(s, &end);

	if (!(isdigit((unsigned char)*s) || *s == '.') || *end || !isfinite(d) || d > MAX_SECONDS)
		die(EXIT_USAGE, "%s: '%s' is not a number of seconds", what, s);
	return d;
}

static const char *parse_name(const char *s)
{
	size_t len = strlen(s);

	if (len < 1 || len > MAX_NAME)
		die(EXIT_USAGE, "--name: '%s' has not 1 to %d characters", s, MAX_NAME);
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && !strchr("._-", s[i]))
			die(EXIT_USAGE, "--name: '%s' has other characters than A-Za-z0-9._-", s);
	}
	return s;
}

static void parse_kind(struct options *opt, const char *s)
{
	size_t len = strcspn(s, "=");
	const struct kind *kind = kind_by_name(s, len);
	struct request *req;

	if (!kind)
		die(EXIT_USAGE, "unknown kind of exit '%.*s' (see --help)", (int)len, s);
	for (unsigned int i = 0; i < opt->nr_req; i++) {
		if (&kinds[opt->req[i].kind] == kind)
			die(EXIT_USAGE, "'%s' is there twice", kind->name);
	}
	req = &opt->req[opt->nr_req++];
	req->kind = (enum kind_id)(kind - kinds);
	if (s[len])
		req->count = parse_number(kind->name, s + len + 1, UINT32_MAX);
}

static void check_counts(struct options *opt, uint64_t count)
{
	uint64_t window = (GUEST_FAULT_END - GUEST_FAULT) / GUEST_PAGE;
	uint64_t pages;

	for (unsigned int i = 0; i < opt->nr_req; i++) {
		struct request *req = &opt->req[i];

		if (!req->count)
			req->count = count;
		if (opt->bench && req->count < (uint64_t)opt->bench * MIN_BENCH_COUNT)
			die(EXIT_USAGE, "%s: --bench=%u needs a count of at least %llu",
			    kinds[req->kind].name, opt->bench,
			    (unsigned long long)opt->bench * MIN_BENCH_COUNT);
	}
	pages = fault_pages(opt);
	if (pages * opt->vcpus > window)
		die(EXIT_USAGE,
		    "npf: %llu pages for each of %u vCPUs are more than the %llu "
		    "that a VM has",
		    (unsigned long long)pages, opt->vcpus, (unsigned long long)window);
}

static bool is_nested(enum kind_id id)
{
	return kinds[id].nested[0] || kinds[id].nested[1];
}

static bool has_kind(const struct options *opt, enum kind_id id)
{
	for (unsigned int i = 0; i < opt->nr_req; i++) {
		if (opt->req[i].kind == id)
			return true;
	}
	return false;
}

static void check_kinds(struct options *opt)
{
	const char *with = NULL, *without = NULL;

	for (unsigned int i = 0; i < opt->nr_req; i++) {
		const struct kind *kind = &kinds[opt->req[i].kind];

		if (kind->apic == APIC_KERNEL)
			with = kind->name;
		else if (kind->apic == APIC_NONE)
			without = kind->name;
	}
	if (with && without)
		die(EXIT_USAGE,
		    "'%s' needs an APIC in the kernel, '%s' must have none: "
		    "use two VMs",
		    with, without);
	opt->kernel_apic = with;
	for (unsigned int i = 0; i < opt->nr_req; i++) {
		opt->nested |= is_nested(opt->req[i].kind);
		opt->user_msr |= opt->req[i].kind == K_MSR_FLOOD;
	}
	/* Whichever comes first would make the page known to the other. */
	if (has_kind(opt, K_MMIO) && has_kind(opt, K_MMIO_FLOOD))
		die(EXIT_USAGE, "'mmio' and 'mmio-flood' share a page: use two VMs");
}

/* Nothing else runs on a vCPU that cannot enter its guest. */
static void move_fail_entry_last(struct options *opt)
{
	for (unsigned int i = 0; i + 1 < opt->nr_req; i++) {
		struct request req = opt->req[i];

		if (req.kind != K_FAIL_ENTRY)
			continue;
		opt->req[i] = opt->req[i + 1];
		opt->req[i + 1] = req;
	}
}

static void check_options(struct options *opt)
{
	if (!opt->nr_req)
		die(EXIT_USAGE, "no kind of exit given (see --help)");
	if (opt->bench && opt->rate)
		die(EXIT_USAGE, "--bench and --rate exclude each other");
	if (opt->hold_stdin && opt->vms > 1 && !opt->parallel)
		die(EXIT_USAGE, "--hold-until-stdin-closes of several VMs needs --parallel");
	if (opt->vms > 1) {
		int len = snprintf(NULL, 0, "%s-%u", opt->name, opt->vms - 1);

		if (len > MAX_NAME)
			die(EXIT_USAGE, "--name: '%s-%u' has more than %d characters", opt->name,
			    opt->vms - 1, MAX_NAME);
	}
}

void parse_options(struct options *opt, int argc, char *argv[])
{
	enum {
		COUNT = 256,
		VCPUS,
		VMS,
		PARALLEL,
		NAME,
		DELAY,
		RATE,
		HOLD,
		HOLD_STDIN,
		READ_STATS,
		BENCH,
		JSON,
		HELP
	};
	static const struct option longopts[] = {
		{ "count", required_argument, NULL, COUNT },
		{ "vcpus", required_argument, NULL, VCPUS },
		{ "vms", required_argument, NULL, VMS },
		{ "parallel", no_argument, NULL, PARALLEL },
		{ "name", required_argument, NULL, NAME },
		{ "delay", required_argument, NULL, DELAY },
		{ "rate", required_argument, NULL, RATE },
		{ "hold", required_argument, NULL, HOLD },
		{ "hold-until-stdin-closes", no_argument, NULL, HOLD_STDIN },
		{ "read-stats", no_argument, NULL, READ_STATS },
		{ "bench", optional_argument, NULL, BENCH },
		{ "json", no_argument, NULL, JSON },
		{ "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t count = DEFAULT_COUNT;
	int c;

	*opt = (struct options){ .vcpus = 1, .vms = 1, .name = "exitgen" };
	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case COUNT:
			count = parse_number("--count", optarg, UINT32_MAX);
			break;
		case VCPUS:
			opt->vcpus = (uint32_t)parse_number("--vcpus", optarg, MAX_VCPUS);
			break;
		case VMS:
			opt->vms = (uint32_t)parse_number("--vms", optarg, MAX_VMS);
			break;
		case PARALLEL:
			opt->parallel = true;
			break;
		case NAME:
			opt->name = parse_name(optarg);
			break;
		case DELAY:
			opt->delay = parse_seconds("--delay", optarg);
			break;
		case RATE:
			opt->rate = parse_number("--rate", optarg, UINT32_MAX);
			break;
		case HOLD:
			opt->hold = parse_seconds("--hold", optarg);
			break;
		case HOLD_STDIN:
			opt->hold_stdin = true;
			break;
		case READ_STATS:
			opt->read_stats = true;
			break;
		case BENCH:
			opt->bench = DEFAULT_ROUNDS;
			if (optarg)
				opt->bench = (uint32_t)parse_number("--bench", optarg, 10000);
			break;
		case JSON:
			opt->json = true;
			break;
		case HELP:
			help();
			exit(0);
		default:
			exit(EXIT_USAGE); /* getopt_long() has said why */
		}
	}
	for (int i = optind; i < argc; i++)
		parse_kind(opt, argv[i]);
	check_options(opt);
	check_kinds(opt);
	move_fail_entry_last(opt);
	check_counts(opt, count);
}
