// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the synthetic kernel: what happens besides batches of vCPUs that go on for ever. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <signal.h>

#include "nlmsg_build.h"
#include "synthetic.h"

/* Codes of SVM. */
#define HLT   0x78
#define CPUID 0x72

static volatile sig_atomic_t lives_may_begin;

static void on_signal(int number)
{
	(void)number;
	lives_may_begin = 1;
}

void synthetic_await_lives(void)
{
	(void)signal(SIGUSR1, on_signal);
}

static struct nl_msg *event(const struct sample_vm *vm, uint32_t what, uint64_t seq,
			    uint64_t now_ns)
{
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_VM_NTF, SYNTHETIC_EPOCH, seq, now_ns);

	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, what);
	build_put_vm(msg, vm);
	return msg;
}

struct nl_msg *synthetic_life(unsigned int interval, unsigned int lives, uint64_t seq,
			      uint64_t now_ns, uint64_t *next_vm_id)
{
	static unsigned int first;
	static struct sample_vm vm;
	struct sample_reason reason = { .code = HLT };
	struct nl_msg *msg;
	struct nlattr *vcpu;

	if (!lives_may_begin)
		first = interval + 1;
	if (!lives_may_begin || (interval - first) / 3 >= lives)
		return NULL;
	switch ((interval - first) % 3) {
	case 0:
		vm = (struct sample_vm){ .id = ++*next_vm_id,
					 .isa = KVM_EXITSTAT_ISA_SVM,
					 .created_ns = now_ns,
					 .comm = "life" };
		vm.pid = (uint32_t)(SYNTHETIC_PID_FIRST + vm.id);
		return event(&vm, KVM_EXITSTAT_EVENT_VM_CREATED, seq, now_ns);
	case 1:
		msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, SYNTHETIC_EPOCH, seq, now_ns);
		vcpu = build_begin_vcpu(msg, vm.id, 0, vm.pid, vm.isa);
		reason.delta = SYNTHETIC_LIFE_EXITS / 2;
		reason.total = SYNTHETIC_LIFE_EXITS / 2;
		build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &reason);
		nla_nest_end(msg, vcpu);
		return msg;
	default:
		vm.destroyed_ns = now_ns;
		msg = event(&vm, KVM_EXITSTAT_EVENT_VM_DESTROYED, seq, now_ns);
		reason.total = SYNTHETIC_LIFE_EXITS;
		build_put_reason(msg, KVM_EXITSTAT_A_STATS_REASON, &reason);
		return msg;
	}
}

struct nl_msg *synthetic_extras(uint64_t vm_id, uint64_t seq, uint64_t now_ns)
{
	static struct sample_reason reason = { .code = CPUID, .nested = true, .delta = 50 };
	static uint64_t histogram[EXIT_TIME_BUCKETS];
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, SYNTHETIC_EPOCH, seq, now_ns);
	struct nlattr *vcpu = build_begin_vcpu(
		msg, vm_id, 0, (uint32_t)(SYNTHETIC_PID_FIRST + vm_id), KVM_EXITSTAT_ISA_SVM);
	struct nlattr *time;

	reason.total += reason.delta;
	histogram[EXIT_TIME_BUCKETS / 2] = reason.total;
	build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &reason);
	time = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_TIME | NLA_F_NESTED);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_CODE, reason.code);
	nla_put_flag(msg, KVM_EXITSTAT_A_TIME_NESTED);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_TOTAL_NS, reason.total * 2000);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_MAX_NS, 3000);
	nla_put(msg, KVM_EXITSTAT_A_TIME_HISTOGRAM, sizeof(histogram), histogram);
	nla_nest_end(msg, time);
	nla_nest_end(msg, vcpu);
	return msg;
}
