// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many VMs at a time, to measure what a dump of them and a batch about them take.
 * The dump is measured here; the batches are marked in the trace, by their
 * requests, for who looks at the worker there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "nlstress.h"

#define FLEET_VCPUS   4
#define FLEET_BATCHES 5
#define HLTS	      10

/* So long that only the requests below lead to batches. */
#define NEVER_MS 3600000u

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void raise_file_limit(uint64_t vms)
{
	struct rlimit lim = { .rlim_cur = vms * (FLEET_VCPUS + 1) + 64 };

	lim.rlim_max = lim.rlim_cur;
	check(!setrlimit(RLIMIT_NOFILE, &lim), "limits: %m");
}

static void run_all(struct guest *fleet, uint64_t vms)
{
	for (uint64_t i = 0; i < vms; i++) {
		for (unsigned int j = 0; j < FLEET_VCPUS; j++)
			guest_run(&fleet[i], j, HLTS);
	}
}

/* As a program would that only wants the bytes. */
static void measure_dump(struct family family)
{
	static char buf[RECV_SIZE];
	uint64_t bytes = 0, messages = 0, start = now_ns();
	struct request req;
	bool done = false;
	int fd = nl_open();

	nl_request(&req, family.id, KVM_EXITSTAT_CMD_STATS_GET, NLM_F_DUMP);
	check(!nl_send(fd, &req), "dump: %m");
	while (!done) {
		ssize_t len = nl_recv(fd, buf);

		check(len > 0, "dump: %s", strerror((int)-len));
		bytes += (uint64_t)len;
		for (struct nlmsghdr *n = (void *)buf; NLMSG_OK(n, (size_t)len);
		     n = NLMSG_NEXT(n, len)) {
			check(!nl_error(n), "dump: %s", strerror(-nl_error(n)));
			done |= n->nlmsg_type == NLMSG_DONE;
			messages++;
		}
	}
	printf("dump %lu bytes %lu messages %lu ns\n", bytes, messages, now_ns() - start);
	close(fd);
}

static void configure(int fd, struct family family, uint32_t interval, uint32_t spacing)
{
	static char buf[RECV_SIZE];
	struct request req;
	int r;

	nl_request(&req, family.id, KVM_EXITSTAT_CMD_CONFIG_SET, NLM_F_ACK);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, interval);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, spacing);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, UINT32_MAX);
	r = nl_ask(fd, &req, buf, NULL);
	check(!r, "config: %s", strerror(-r));
}

/* Read until a batch had @vcpus vCPUs. */
static void await_batch(int fd, struct family family, uint64_t vcpus)
{
	static char buf[RECV_SIZE];
	uint64_t told = 0, bytes = 0, messages = 0;

	while (told < vcpus) {
		ssize_t len = nl_recv(fd, buf);
		const struct nlmsghdr *n = (void *)buf;
		const struct genlmsghdr *genl = NLMSG_DATA(n);
		size_t left;

		check(len > 0, "batch: %s", strerror((int)-len));
		if (n->nlmsg_type != family.id || genl->cmd != KVM_EXITSTAT_CMD_EXITS_NTF)
			continue;
		bytes += (uint64_t)len;
		messages++;
		for (const struct nlattr *a = msg_attrs(n, &left); a; a = attr_next(a, &left))
			told += (a->nla_type & NLA_TYPE_MASK) == KVM_EXITSTAT_A_STATS_VCPU;
	}
	printf("batch %lu vcpus %lu bytes %lu messages\n", told, bytes, messages);
}

static struct guest *make_fleet(uint64_t vms)
{
	struct guest *fleet = calloc(vms, sizeof(*fleet));

	check(fleet, "no memory");
	raise_file_limit(vms);
	for (uint64_t i = 0; i < vms; i++) {
		int r = guest_create(&fleet[i]);

		check(!r, "creating VM %lu: %s", i, strerror(-r));
		for (unsigned int j = 0; j < FLEET_VCPUS; j++)
			check(!guest_add_vcpu(&fleet[i]), "adding vCPU %u: %m", j);
	}
	run_all(fleet, vms);
	return fleet;
}

void mode_herd(void)
{
	uint64_t vms = opt.times ? opt.times : 500;
	struct guest *fleet = make_fleet(vms);

	puts("running");
	fflush(stdout);
	opt.times = 0;
	while (go_on(0))
		run_all(fleet, vms);
	for (uint64_t i = 0; i < vms; i++)
		guest_destroy(&fleet[i], 0);
}

void mode_fleet(void)
{
	uint64_t vms = opt.times ? opt.times : 1000;
	struct guest *fleet = make_fleet(vms);
	struct family family = nl_await_family();
	int asking, hearing;

	/* The first one has a cold cache, the second is what counts. */
	measure_dump(family);
	measure_dump(family);

	asking = nl_open();
	hearing = nl_open();
	nl_group(hearing, family.group, true);
	/* The first has all that happened before. */
	for (unsigned int i = 0; i <= FLEET_BATCHES; i++) {
		configure(asking, family, 10, 10);
		await_batch(hearing, family, vms * FLEET_VCPUS);
		configure(asking, family, NEVER_MS, 10);
		/* Meanwhile the worker looks at all vCPUs of which nothing is due. */
		for (unsigned int j = 0; j < 5; j++)
			breathe();
		run_all(fleet, vms);
	}
	configure(asking, family, 1000, 100);
	for (uint64_t i = 0; i < vms; i++)
		guest_destroy(&fleet[i], 0);
}
