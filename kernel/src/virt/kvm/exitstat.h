/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_EXITSTAT_PRIV_H
#define __KVM_EXITSTAT_PRIV_H

#include <linux/kvm_exitstat.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/xarray.h>
#include <uapi/linux/kvm_exitstat.h>

/* Without listeners, whether there are any now is looked up this often. */
#define KVM_EXITSTAT_LISTEN_MS	1000

struct kvm_exitstat_counts {
	/* Written by the vCPU, read at any time. */
	u64 count[KVM_EXITSTAT_NR_SLOTS];
	/* What the last batch said, under kvm_exitstat.lock. */
	u64 sent[KVM_EXITSTAT_NR_SLOTS];
};

/*
 * A vCPU's counters.  They outlive the vCPU, as dumps report destroyed VMs.
 * All but the counts is protected by kvm_exitstat.lock.
 */
struct kvm_exitstat_vcpu {
	struct list_head node;
	/* NULL once the VM is destroyed. */
	struct kvm_vcpu *vcpu;
	u32 id;
	/* The place in the order of creation, by which dumps resume. */
	u32 index;
	/* The vCPU's exits statistic at the last batch. */
	u64 exits;
	/* Only vCPUs that run nested guests have the L2 counts. */
	struct kvm_exitstat_counts *l2;
	struct kvm_exitstat_counts l1;
};

static_assert(sizeof(struct kvm_exitstat_vcpu) <= 2048);

struct kvm_exitstat_vm {
	/* In kvm_exitstat.live or .dead. */
	struct list_head node;
	struct list_head vcpus;
	u64 id;
	u64 created_ns;
	/* 0 while the VM lives. */
	u64 destroyed_ns;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	enum kvm_exitstat_isa isa;
	u32 nr_vcpus;
};

struct kvm_exitstat_config {
	u32 interval_ms;
	u32 batch_exits;
	u32 min_spacing_ms;
};

struct kvm_exitstat_state {
	/*
	 * Taken inside kvm->lock and vcpu->mutex, and never held across code
	 * that could take them.
	 */
	struct mutex lock;
	/* All VMs, by id. */
	struct xarray vms;
	struct list_head live;
	/* The longest dead first. */
	struct list_head dead;
	unsigned int nr_dead;
	unsigned int nr_dead_vcpus;
	/* Changes with every VM and vCPU that comes or goes. */
	unsigned int generation;
	u64 last_id;
	u64 epoch;
	/* The number of the last notification. */
	u64 seq;
	struct kvm_exitstat_config config;
};

extern struct kvm_exitstat_state kvm_exitstat;

static inline struct kvm_exitstat_counts *
kvm_exitstat_counts(struct kvm_exitstat_vcpu *vcpu, enum kvm_exitstat_level level)
{
	return level == KVM_EXITSTAT_L1 ? &vcpu->l1 : vcpu->l2;
}

void kvm_exitstat_configure(const struct kvm_exitstat_config *config);

void kvm_arch_exitstat_init(void);
enum kvm_exitstat_isa kvm_arch_exitstat_isa(void);
u64 kvm_arch_exitstat_code(enum kvm_exitstat_isa isa, unsigned int slot);

/* A series of exits-ntf messages with the same time. */
struct kvm_exitstat_batch {
	u64 time_ns;
	struct sk_buff *skb;
	void *hdr;
	bool empty;
};

int kvm_exitstat_nl_init(void);
void kvm_exitstat_nl_exit(void);
bool kvm_exitstat_nl_listening(void);
void kvm_exitstat_nl_batch_start(struct kvm_exitstat_batch *batch);
int kvm_exitstat_nl_batch_add(struct kvm_exitstat_batch *batch,
			      struct kvm_exitstat_vm *vm,
			      struct kvm_exitstat_vcpu *vcpu);
void kvm_exitstat_nl_batch_end(struct kvm_exitstat_batch *batch);
void kvm_exitstat_nl_notify(struct kvm_exitstat_vm *vm,
			    struct kvm_exitstat_vcpu *vcpu,
			    enum kvm_exitstat_event event);

#endif /* __KVM_EXITSTAT_PRIV_H */
