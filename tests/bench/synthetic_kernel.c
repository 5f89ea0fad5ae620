// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's side: batches of all vCPUs, each interval, and dumps.
 *
 * The messages of a batch are made once; later only times, numbers and totals in
 * them change, so that what is measured is the daemon. In virtual time, every
 * hour a tenth of the VMs ends, and as many come.
 */
#include "config.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "nlmsg_build.h"
#include "synthetic.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define HOUR_S	  3600

/* As the specification has it: a vCPU is not begun past this. */
#define MESSAGE_FILL 15000

struct vcpu {
	uint64_t vm_id;
	uint32_t id;
	size_t reason; /* the first of its totals */
};

struct chunk {
	struct nl_msg *msg;
	void *seq, *time;
	size_t first_reason;
	size_t n_reasons;
	void **totals; /* where they stand in the message */
	struct synthetic_moving moving;
};

static struct {
	struct synthetic *s;
	uint64_t seq;
	uint64_t next_vm_id;
	uint64_t *vm_ids;
	uint64_t *created_ns;
	uint64_t *totals;
	struct vcpu *vcpus;
	struct chunk *chunks;
	size_t n_chunks;
} k;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)(ts.tv_sec * NS_PER_S + ts.tv_nsec + *k.s->clock_offset_ns);
}

static void *need(void *p)
{
	if (p)
		return p;
	perror("synthetic");
	exit(1);
}

static void send_message(int fd, struct nl_msg *msg, uint32_t nl_seq, int flags)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);

	header->nlmsg_seq = nl_seq;
	header->nlmsg_flags |= (uint16_t)flags;
	if (send(fd, header, header->nlmsg_len, MSG_NOSIGNAL) < 0)
		exit(0);
}

static void send_free(int fd, struct nl_msg *msg, uint32_t nl_seq, int flags)
{
	send_message(fd, msg, nl_seq, flags);
	nlmsg_free(msg);
}

static size_t vm_of(size_t vcpu)
{
	return vcpu * k.s->vms / k.s->vcpus;
}

/* Codes of SVM, which all have names: from CPUID on. */
static uint64_t code_of(size_t reason)
{
	return 0x72 + reason;
}

static uint64_t delta_of(size_t reason)
{
	return 100 + reason % 900;
}

static struct sample_vm describe_vm(size_t vm)
{
	struct sample_vm sample = {
		.id = k.vm_ids[vm],
		.pid = (uint32_t)(SYNTHETIC_PID_FIRST + k.vm_ids[vm]),
		.isa = KVM_EXITSTAT_ISA_SVM,
		.created_ns = k.created_ns[vm],
	};

	(void)snprintf(sample.comm, sizeof(sample.comm), "vm-%llu",
		       (unsigned long long)k.vm_ids[vm]);
	return sample;
}

/* Both are on since before all VMs. */
static void put_since(struct nl_msg *msg)
{
	if (k.s->times)
		nla_put_u64(msg, KVM_EXITSTAT_A_STATS_TIMES_SINCE_NS, 1);
	if (k.s->details)
		nla_put_u64(msg, KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS, 1);
}

static void put_vcpu(struct nl_msg *msg, size_t i, bool deltas)
{
	const struct vcpu *vcpu = &k.vcpus[i];
	struct nlattr *nest = build_begin_vcpu(msg, vcpu->vm_id, vcpu->id,
					       (uint32_t)(SYNTHETIC_PID_FIRST + vcpu->vm_id),
					       KVM_EXITSTAT_ISA_SVM);
	size_t j;

	for (j = 0; j < k.s->reasons; j++) {
		struct sample_reason reason = {
			.code = code_of(j),
			.delta = deltas ? delta_of(vcpu->reason + j) : 0,
			.total = k.totals[vcpu->reason + j],
		};

		build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &reason);
	}
	for (j = 0; j < k.s->reasons && k.s->times; j++)
		synthetic_put_time(msg, code_of(j), delta_of(vcpu->reason + j));
	for (j = 0; j < (size_t)k.s->reasons * k.s->details; j++)
		synthetic_put_detail(msg, code_of(j / k.s->details), j, 100 + j % 900);
	nla_nest_end(msg, nest);
}

static void find_totals(struct chunk *chunk)
{
	struct nlattr *vcpu, *reason;
	size_t n = 0;
	int rest, rest2;

	chunk->totals = need(calloc(chunk->n_reasons, sizeof(*chunk->totals)));
	for (vcpu = genlmsg_attrdata(nlmsg_data(nlmsg_hdr(chunk->msg)), 0),
	    rest = genlmsg_attrlen(nlmsg_data(nlmsg_hdr(chunk->msg)), 0);
	     nla_ok(vcpu, rest); vcpu = nla_next(vcpu, &rest)) {
		if (nla_type(vcpu) == KVM_EXITSTAT_A_STATS_SEQ)
			chunk->seq = nla_data(vcpu);
		if (nla_type(vcpu) == KVM_EXITSTAT_A_STATS_TIME_NS)
			chunk->time = nla_data(vcpu);
		if (nla_type(vcpu) != KVM_EXITSTAT_A_STATS_VCPU)
			continue;
		if (synthetic_find_moving(&chunk->moving, vcpu) < 0)
			need(NULL);
		nla_for_each_nested(reason, vcpu, rest2) {
			if (nla_type(reason) != KVM_EXITSTAT_A_VCPU_REASON)
				continue;
			chunk->totals[n++] = nla_data(nla_find(nla_data(reason), nla_len(reason),
							       KVM_EXITSTAT_A_REASON_TOTAL));
		}
	}
}

static void make_chunks(void)
{
	size_t i = 0;

	while (k.n_chunks > 0) {
		struct chunk *chunk = &k.chunks[--k.n_chunks];

		nlmsg_free(chunk->msg);
		free(chunk->totals);
		free(chunk->moving.at);
	}
	while (i < k.s->vcpus) {
		struct chunk *chunk;

		k.chunks = need(reallocarray(k.chunks, k.n_chunks + 1, sizeof(*k.chunks)));
		chunk = &k.chunks[k.n_chunks++];
		*chunk = (struct chunk){ .first_reason = k.vcpus[i].reason };
		chunk->msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, SYNTHETIC_EPOCH, 0, 0);
		put_since(chunk->msg);
		for (; i < k.s->vcpus && nlmsg_hdr(chunk->msg)->nlmsg_len < MESSAGE_FILL; i++) {
			put_vcpu(chunk->msg, i, true);
			chunk->n_reasons += k.s->reasons;
		}
		find_totals(chunk);
	}
}

static void send_batch(void)
{
	const uint64_t *clock = &k.totals[(size_t)(k.s->vcpus - 1) * k.s->reasons];
	uint64_t time_ns = now_ns();
	size_t i, j;

	for (i = 0; i < k.n_chunks; i++) {
		struct chunk *chunk = &k.chunks[i];

		memcpy(chunk->time, &time_ns, sizeof(time_ns));
		k.seq++;
		memcpy(chunk->seq, &k.seq, sizeof(k.seq));
		synthetic_move(&chunk->moving);
		for (j = 0; j < chunk->n_reasons; j++) {
			uint64_t *total = &k.totals[chunk->first_reason + j];

			*total += delta_of(chunk->first_reason + j);
			if (k.s->clock && total == clock)
				*total = time_ns / 1000;
			memcpy(chunk->totals[j], total, sizeof(*total));
		}
		send_message(k.s->events, chunk->msg, 0, 0);
	}
}

static void send_event(size_t vm, uint32_t event, uint64_t destroyed_ns)
{
	struct nl_msg *msg =
		build_stats(KVM_EXITSTAT_CMD_VM_NTF, SYNTHETIC_EPOCH, ++k.seq, now_ns());
	struct sample_vm sample = describe_vm(vm);

	sample.destroyed_ns = destroyed_ns;
	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, event);
	build_put_vm(msg, &sample);
	send_free(k.s->events, msg, 0, 0);
}

/* VMs end, and others take their vCPUs. */
static void churn(void)
{
	size_t i, j, vm;

	for (i = 0; i < k.s->vms / 10 + 1; i++) {
		vm = (k.next_vm_id * 7) % k.s->vms;
		send_event(vm, KVM_EXITSTAT_EVENT_VM_DESTROYED, now_ns());
		k.vm_ids[vm] = ++k.next_vm_id;
		k.created_ns[vm] = now_ns();
		send_event(vm, KVM_EXITSTAT_EVENT_VM_CREATED, 0);
		for (j = 0; j < k.s->vcpus; j++) {
			if (vm_of(j) != vm)
				continue;
			k.vcpus[j].vm_id = k.vm_ids[vm];
			memset(&k.totals[k.vcpus[j].reason], 0, k.s->reasons * sizeof(*k.totals));
		}
	}
	make_chunks();
}

static void dump(uint32_t nl_seq)
{
	struct nl_msg *msg;
	size_t i = 0;

	while (i < k.s->vcpus) {
		size_t vm = vm_of(i);
		struct sample_vm sample = describe_vm(vm);

		msg = build_stats(KVM_EXITSTAT_CMD_STATS_GET, SYNTHETIC_EPOCH, k.seq, now_ns());
		build_put_vm(msg, &sample);
		put_since(msg);
		for (; i < k.s->vcpus && vm_of(i) == vm && nlmsg_hdr(msg)->nlmsg_len < MESSAGE_FILL;
		     i++)
			put_vcpu(msg, i, false);
		send_free(k.s->requests, msg, nl_seq, NLM_F_MULTI);
	}
	send_free(k.s->requests, build_end(NLMSG_DONE, nl_seq, 0, 0), nl_seq, NLM_F_MULTI);
}

static void answer(void)
{
	char buf[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header = (const void *)buf;
	const struct genlmsghdr *genl = (const void *)(buf + NLMSG_HDRLEN);
	struct nl_msg *msg;

	if (recv(k.s->requests, buf, sizeof(buf), 0) < (ssize_t)(NLMSG_HDRLEN + GENL_HDRLEN))
		exit(0);
	if (header->nlmsg_type == GENL_ID_CTRL) {
		msg = build_family(CTRL_CMD_NEWFAMILY, header->nlmsg_seq, KVM_EXITSTAT_FAMILY_NAME,
				   BUILD_FAMILY, KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP);
		send_free(k.s->requests, msg, header->nlmsg_seq, 0);
	} else if (genl->cmd == KVM_EXITSTAT_CMD_CONFIG_GET) {
		msg = build_message(KVM_EXITSTAT_CMD_CONFIG_GET, header->nlmsg_seq, 0);
		nla_put_u32(msg, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, k.s->interval_ms);
		send_free(k.s->requests, msg, header->nlmsg_seq, 0);
	} else if (genl->cmd == KVM_EXITSTAT_CMD_STATS_GET) {
		dump(header->nlmsg_seq);
	}
}

/* Answers until it is time for a batch. */
static void serve(uint64_t until_ns)
{
	struct pollfd pollfd = { .fd = k.s->requests, .events = POLLIN };
	int64_t rest_ms;

	for (;;) {
		rest_ms = ((int64_t)until_ns - (int64_t)now_ns() + NS_PER_MS - 1) / NS_PER_MS;
		if (poll(&pollfd, 1, rest_ms > 0 ? (int)rest_ms : 0) > 0)
			answer();
		else if (rest_ms <= 0)
			return;
	}
}

static void make_vms(void)
{
	size_t i, first = 0;

	nlmsg_set_default_size(20000);
	k.vm_ids = need(calloc(k.s->vms, sizeof(*k.vm_ids)));
	k.created_ns = need(calloc(k.s->vms, sizeof(*k.created_ns)));
	k.vcpus = need(calloc(k.s->vcpus, sizeof(*k.vcpus)));
	k.totals = need(calloc((size_t)k.s->vcpus * k.s->reasons, sizeof(*k.totals)));
	for (i = 0; i < k.s->vms; i++) {
		k.vm_ids[i] = ++k.next_vm_id;
		k.created_ns[i] = now_ns();
	}
	for (i = 0; i < k.s->vcpus; i++) {
		if (i > 0 && vm_of(i) != vm_of(i - 1))
			first = i;
		k.vcpus[i] = (struct vcpu){ k.vm_ids[vm_of(i)], (uint32_t)(i - first),
					    i * k.s->reasons };
	}
	make_chunks();
}

/* What vCPUs in a batch do not have. */
static void send_more(unsigned int interval)
{
	struct nl_msg *msg;

	if (k.s->extras)
		send_free(k.s->events, synthetic_extras(k.vm_ids[0], ++k.seq, now_ns()), 0, 0);
	msg = synthetic_life(interval, k.s->lives, k.seq + 1, now_ns(), &k.next_vm_id);
	if (msg) {
		k.seq++;
		send_free(k.s->events, msg, 0, 0);
	}
}

void synthetic_kernel(struct synthetic *synthetic)
{
	const uint64_t interval_ns = (uint64_t)(synthetic->interval_ms * NS_PER_MS);
	uint64_t next_ns, second;
	unsigned int interval = 0;

	k.s = synthetic;
	synthetic_await_lives();
	make_vms();
	answer();
	serve(now_ns() + 200 * NS_PER_MS);
	if (synthetic->hours > 0) {
		for (second = 1; second <= (uint64_t)synthetic->hours * HOUR_S; second++) {
			__atomic_add_fetch(synthetic->clock_offset_ns, NS_PER_S, __ATOMIC_RELAXED);
			send_batch();
			if (second % HOUR_S == 0)
				churn();
			serve(0);
		}
		return;
	}
	for (next_ns = now_ns();; next_ns += interval_ns) {
		send_batch();
		send_more(interval++);
		/* Stopped for a while, it goes on as before: lives keep their length. */
		if (k.s->lives)
			next_ns = now_ns();
		serve(next_ns + interval_ns);
	}
}
