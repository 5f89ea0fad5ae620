// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exitgen: a process for each VM, so that each has a pid and a name of its own
 * as VMs have in real life, and a parent that collects what they made.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exitgen.h"

struct fleet {
	struct host host;
	struct options opt;
	struct vm_result **res;
	int *done; /* pipes that tell when a VM has made its exits */
};

static void message(const char *fmt, va_list args, const char *reason)
{
	fflush(stdout);
	fputs("exitgen: ", stderr);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "%s%s\n", reason ? ": " : "", reason ? reason : "");
}

void die(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(fmt, args, NULL);
	va_end(args);
	exit(status);
}

void die_errno(const char *fmt, ...)
{
	const char *reason = strerror(errno);
	va_list args;

	va_start(args, fmt);
	message(fmt, args, reason);
	va_end(args);
	exit(EXIT_KVM);
}

static void sleep_seconds(double seconds)
{
	struct timespec ts = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static void read_until_closed(int fd)
{
	char buf[256];
	ssize_t n;

	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* A descriptor a vCPU and VM: the usual soft limit of 1024 is soon reached. */
static void raise_file_limit(const struct options *opt)
{
	rlim_t want = (rlim_t)opt->vcpus + opt->vms + 64;
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur >= want)
		return;
	lim.rlim_cur = want;
	if (lim.rlim_max < want)
		lim.rlim_max = want; /* root may */
	if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
		die_errno("%u vCPUs and %u VMs need %llu open files", opt->vcpus, opt->vms,
			  (unsigned long long)want);
}

/* The process of one VM: @done says that it is ready, @release when to end. */
static void vm_process(const struct fleet *fleet, struct vm_result *res, int done, int release)
{
	struct vm vm;

	prctl(PR_SET_NAME, res->name);
	vm_create(&vm, &fleet->host, &fleet->opt, res);
	sleep_seconds(fleet->opt.delay);
	vm_run(&vm);
	if (write(done, "", 1) != 1)
		die_errno("telling the parent");
	read_until_closed(release);
	exit(0);
}

static void start_vm(struct fleet *fleet, uint32_t nr, const int release[2])
{
	const struct options *opt = &fleet->opt;
	size_t size = sizeof(struct vm_result) + opt->vcpus * sizeof(struct vcpu_result);
	pid_t parent = getpid(), pid;
	struct vm_result *res;
	int done[2];

	res = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (res == MAP_FAILED)
		die_errno("mmap");
	if (opt->vms > 1)
		snprintf(res->name, sizeof(res->name), "%.*s-%u", MAX_NAME, opt->name, nr);
	else
		snprintf(res->name, sizeof(res->name), "%s", opt->name);
	fleet->res[nr] = res;

	if (pipe(done) < 0)
		die_errno("pipe");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0) {
		/* No VM outlives a killed parent. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_KVM);
		close(release[1]);
		close(done[0]);
		vm_process(fleet, res, done[1], release[0]);
	}
	close(done[1]);
	fleet->done[nr] = done[0];
	res->pid = pid;
}

/* See a VM's process to its end. One that failed has said why: others are killed. */
static void reap_vm(const struct fleet *fleet, uint32_t nr)
{
	pid_t pid = fleet->res[nr]->pid;
	int status;

	if (waitpid(pid, &status, 0) < 0)
		die_errno("waiting for process %d", (int)pid);
	if (WIFSIGNALED(status))
		die(EXIT_KVM, "VM %u, process %d, was killed: %s", nr, (int)pid,
		    strsignal(WTERMSIG(status)));
	if (status)
		exit(EXIT_KVM);
}

static void wait_vm(struct fleet *fleet, uint32_t nr)
{
	char c;
	ssize_t n;

	do
		n = read(fleet->done[nr], &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1) {
		reap_vm(fleet, nr);
		die(EXIT_KVM, "VM %u ended before its exits were made", nr);
	}
	close(fleet->done[nr]);
}

/* Start VMs first…first+n-1 together, and see them to their end. */
static void run_vms(struct fleet *fleet, uint32_t first, uint32_t n)
{
	const struct options *opt = &fleet->opt;
	int release[2];

	if (pipe(release) < 0)
		die_errno("pipe");
	for (uint32_t i = first; i < first + n; i++)
		start_vm(fleet, i, release);
	for (uint32_t i = first; i < first + n; i++) {
		wait_vm(fleet, i);
		if (!opt->json)
			report_text(&fleet->host, opt, i, fleet->res[i]);
	}
	if (opt->json && first + n == opt->vms)
		report_json(&fleet->host, opt, (const struct vm_result *const *)fleet->res);

	sleep_seconds(opt->hold);
	if (opt->hold_stdin)
		read_until_closed(STDIN_FILENO);
	close(release[0]);
	close(release[1]);
	for (uint32_t i = first; i < first + n; i++)
		reap_vm(fleet, i);
}

int main(int argc, char *argv[])
{
	struct fleet fleet = { 0 };
	struct options *opt = &fleet.opt;

	parse_options(opt, argc, argv);
	host_probe(&fleet.host);
	host_check(&fleet.host, opt);
	raise_file_limit(opt);
	fleet.res = calloc(opt->vms, sizeof(*fleet.res));
	fleet.done = calloc(opt->vms, sizeof(*fleet.done));
	if (!fleet.res || !fleet.done)
		die_errno("no memory for %u VMs", opt->vms);

	if (opt->parallel) {
		run_vms(&fleet, 0, opt->vms);
	} else {
		for (uint32_t i = 0; i < opt->vms; i++)
			run_vms(&fleet, i, 1);
	}
	return 0;
}
