// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often notifications about each VM come, by the kernel's own clock.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nlstress.h"

struct pace {
	uint64_t vm;
	uint64_t batches;
	uint64_t last_ns;
	uint64_t least_ns; /* between two of them */
	uint64_t gap_ns; /* the longest time that the deltas of one spanned */
	uint32_t pid;
};

#define MAX_PACES 256

static struct pace paces[MAX_PACES];
static unsigned int nr_paces;

static struct pace *pace_of(uint64_t vm, uint32_t pid)
{
	for (unsigned int i = 0; i < nr_paces; i++) {
		if (paces[i].vm == vm)
			return &paces[i];
	}
	check(nr_paces < MAX_PACES, "too many VMs");
	paces[nr_paces] = (struct pace){ .vm = vm, .pid = pid, .least_ns = UINT64_MAX };
	return &paces[nr_paces++];
}

/* One batch may be in several messages, which have the same time. */
static void enter_vcpu(const struct nlattr *nest, uint64_t time_ns)
{
	const struct nlattr *attrs[NR_ATTRS];
	struct pace *pace;
	uint64_t since;

	index_nested(nest, attrs);
	pace = pace_of(attr_u64(attrs[KVM_EXITSTAT_A_VCPU_VM_ID]),
		       attr_u32(attrs[KVM_EXITSTAT_A_VCPU_PID]));
	since = attr_u64(attrs[KVM_EXITSTAT_A_VCPU_SINCE_NS]);
	check(since <= time_ns, "deltas since %lu at %lu", since, time_ns);
	if (time_ns - since > pace->gap_ns)
		pace->gap_ns = time_ns - since;
	if (time_ns == pace->last_ns)
		return;
	if (pace->batches && time_ns - pace->last_ns < pace->least_ns)
		pace->least_ns = time_ns - pace->last_ns;
	pace->last_ns = time_ns;
	pace->batches++;
}

static void message(const struct nlmsghdr *n, struct family family)
{
	const struct genlmsghdr *genl = NLMSG_DATA(n);
	const struct nlattr *attrs[NR_ATTRS];
	size_t left;

	if (n->nlmsg_type != family.id || genl->cmd != KVM_EXITSTAT_CMD_EXITS_NTF)
		return;
	index_msg(n, attrs);
	for (const struct nlattr *a = msg_attrs(n, &left); a; a = attr_next(a, &left)) {
		if ((a->nla_type & NLA_TYPE_MASK) == KVM_EXITSTAT_A_STATS_VCPU)
			enter_vcpu(a, attr_u64(attrs[KVM_EXITSTAT_A_STATS_TIME_NS]));
	}
}

static int64_t left_ms(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
}

void mode_pace(void)
{
	static char buf[RECV_SIZE];
	struct family family = nl_await_family();
	struct pollfd pfd = { .fd = nl_open(), .events = POLLIN };
	struct timespec end;

	nl_group(pfd.fd, family.group, true);
	puts("listening");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)opt.times;
	while (go_on(0) && left_ms(&end) > 0) {
		ssize_t len;

		if (poll(&pfd, 1, (int)left_ms(&end)) <= 0)
			continue;
		len = nl_recv(pfd.fd, buf);
		check(len > 0, "recv: %s", strerror((int)-len));
		message((void *)buf, family);
	}
	for (unsigned int i = 0; i < nr_paces; i++) {
		const struct pace *pace = &paces[i];

		printf("vm %lu pid %u batches %lu least-ms %lu span-ms %lu\n", pace->vm, pace->pid,
		       pace->batches, pace->batches > 1 ? pace->least_ns / 1000000 : 0,
		       pace->gap_ns / 1000000);
	}
}
