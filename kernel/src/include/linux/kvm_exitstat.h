/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LINUX_KVM_EXITSTAT_H
#define __LINUX_KVM_EXITSTAT_H

#include <linux/jump_label.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;
struct kvm_exitstat_time;
struct kvm_exitstat_timing;
struct kvm_exitstat_vcpu;
struct kvm_exitstat_vm;

/*
 * Exit codes are counted in dense slots, see arch/x86/kvm/exitstat.c for what
 * the slots mean.  The last one sums up all codes that have no slot of their
 * own.  With this number the counters of a vCPU just fit a 2 KiB allocation.
 */
#define KVM_EXITSTAT_NR_SLOTS	124
#define KVM_EXITSTAT_SLOT_OTHER	(KVM_EXITSTAT_NR_SLOTS - 1)

/* Exits are counted apart for the guest itself (L1) and its own guests (L2). */
enum kvm_exitstat_level {
	KVM_EXITSTAT_L1,
	KVM_EXITSTAT_L2,
	KVM_EXITSTAT_NR_LEVELS,
};

/* The part of a vCPU's counters that the exit path needs, in struct kvm_vcpu. */
struct kvm_exitstat {
	/* Counts by slot for the level that runs, written by the vCPU only. */
	u64 *count;
	u64 *level[KVM_EXITSTAT_NR_LEVELS];
	struct kvm_exitstat_vcpu *vcpu;

	/* NULL until timing is on, then there as long as the vCPU. */
	struct kvm_exitstat_timing *timing;
	/* The exit that lasts: what its time goes to, or NULL, and its start. */
	struct kvm_exitstat_time *exit;
	u64 exit_ns;
};

#ifdef CONFIG_KVM_EXITSTAT
DECLARE_STATIC_KEY_FALSE(kvm_exitstat_timing);

void kvm_exitstat_time_exit(struct kvm_vcpu *vcpu, unsigned long slot);
void kvm_exitstat_time_entry(struct kvm_vcpu *vcpu);

/* To be called beside the kvm_entry tracepoint. */
static __always_inline void kvm_exitstat_entry(struct kvm_vcpu *vcpu)
{
	if (static_branch_unlikely(&kvm_exitstat_timing))
		kvm_exitstat_time_entry(vcpu);
}

int kvm_exitstat_init(void);
void kvm_exitstat_exit(void);
int kvm_exitstat_create_vm(struct kvm *kvm);
void kvm_exitstat_destroy_vm(struct kvm *kvm);
int kvm_exitstat_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_exitstat_add_vcpu(struct kvm_vcpu *vcpu);
void kvm_exitstat_free_vcpu(struct kvm_vcpu *vcpu);
int kvm_exitstat_alloc_nested(struct kvm_vcpu *vcpu);
#else
static inline void kvm_exitstat_entry(struct kvm_vcpu *vcpu) {}
static inline int kvm_exitstat_init(void) { return 0; }
static inline void kvm_exitstat_exit(void) {}
static inline int kvm_exitstat_create_vm(struct kvm *kvm) { return 0; }
static inline void kvm_exitstat_destroy_vm(struct kvm *kvm) {}
static inline int kvm_exitstat_create_vcpu(struct kvm_vcpu *vcpu) { return 0; }
static inline void kvm_exitstat_add_vcpu(struct kvm_vcpu *vcpu) {}
static inline void kvm_exitstat_free_vcpu(struct kvm_vcpu *vcpu) {}
static inline int kvm_exitstat_alloc_nested(struct kvm_vcpu *vcpu) { return 0; }
#endif

#endif /* __LINUX_KVM_EXITSTAT_H */
