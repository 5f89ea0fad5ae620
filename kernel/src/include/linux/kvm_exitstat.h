/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LINUX_KVM_EXITSTAT_H
#define __LINUX_KVM_EXITSTAT_H

#include <linux/build_bug.h>
#include <linux/jump_label.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;
struct kvm_exitstat_vcpu;
struct kvm_exitstat_vm;

/*
 * Exit codes are counted in dense slots, see arch/x86/kvm/exitstat.c for what
 * the slots mean.  The last one sums up all codes that have no slot of their
 * own.  With this number the counters of a vCPU just fit a 2 KiB allocation.
 */
#define KVM_EXITSTAT_NR_SLOTS	120
#define KVM_EXITSTAT_SLOT_OTHER	(KVM_EXITSTAT_NR_SLOTS - 1)

/* Exits are counted apart for the guest itself (L1) and its own guests (L2). */
enum kvm_exitstat_level {
	KVM_EXITSTAT_L1,
	KVM_EXITSTAT_L2,
	KVM_EXITSTAT_NR_LEVELS,
};

/* What is done with exits on request only, see virt/kvm/exitstat_extra.c. */
enum kvm_exitstat_extra {
	KVM_EXITSTAT_TIMES,
	KVM_EXITSTAT_DETAILS,
	KVM_EXITSTAT_NR_EXTRAS,
};

/* The exits of a vCPU at one level. */
struct kvm_exitstat_counts {
	/* Written by the vCPU, read at any time. */
	u64 count[KVM_EXITSTAT_NR_SLOTS];
	/* What was last told, under kvm_exitstat.lock. */
	u64 sent[KVM_EXITSTAT_NR_SLOTS];

	/* What kvm_exitstat.exit is for an exit of this level that has slot 0. */
	unsigned int first_exit;
	/*
	 * Where an extra goes, NULL while it is off.  Only followed with
	 * preemption disabled: an RCU grace period after they were set to NULL,
	 * no vCPU uses what they pointed to.
	 */
	void *in_use[KVM_EXITSTAT_NR_EXTRAS];
	/* The same, but kept: only vCPUs that lived while an extra was on have it. */
	void *extra[KVM_EXITSTAT_NR_EXTRAS];
};

/* The part of a vCPU's counters that the exit path needs, in struct kvm_vcpu. */
struct kvm_exitstat {
	/* Of the level that runs. */
	struct kvm_exitstat_counts *counts;
	struct kvm_exitstat_counts *level[KVM_EXITSTAT_NR_LEVELS];
	struct kvm_exitstat_vcpu *vcpu;

	/* The exit that lasts, if it is timed: 1 + the number of its count, or 0. */
	unsigned int exit;
	struct kvm_exitstat_counts *exit_counts;
	u64 exit_clock;
};

/*
 * What exactly caused exits.  A kind is a sort of key, of one reason, and numbered by
 * the architecture from 1 on.  Keys lie in tables: what floods one of them leaves the
 * others alone.  Where a key has no place, its exit is the rest of its kind.  Of this
 * size it just fits a 4 KiB allocation.
 */
#define KVM_EXITSTAT_NR_KINDS	24
#define KVM_EXITSTAT_NR_KEYS	176

enum kvm_exitstat_table {
	KVM_EXITSTAT_TABLE_MSR,
	KVM_EXITSTAT_TABLE_PORT,
	KVM_EXITSTAT_TABLE_MMIO,
	KVM_EXITSTAT_TABLE_CPUID,
	KVM_EXITSTAT_TABLE_MISC,
};

/* A key is looked for at so many places of its table. */
#define KVM_EXITSTAT_PROBES	8

struct kvm_exitstat_kind {
	u8 slot;
	/* enum kvm_exitstat_detail_class */
	u8 class;
};

struct kvm_exitstat_key {
	/* The kind in bits 63:56, 0 where there is none; written before count. */
	u64 key;
	u64 count;
};

/* Of one level, written by the vCPU, read at any time. */
struct kvm_exitstat_details {
	struct kvm_exitstat_key key[KVM_EXITSTAT_NR_KEYS];
	u64 rest[KVM_EXITSTAT_NR_KINDS];
	/* The lower half of what was last sent of them, under kvm_exitstat.lock. */
	u32 sent[KVM_EXITSTAT_NR_KEYS];
	u32 rest_sent[KVM_EXITSTAT_NR_KINDS];
};

static_assert(sizeof(struct kvm_exitstat_details) <= 4096);

static __always_inline struct kvm_exitstat_key *
kvm_exitstat_key_at(struct kvm_exitstat_details *details, enum kvm_exitstat_table table,
		    unsigned long hash)
{
	/* Sizes are powers of 2, so that no key, however chosen, leads out of its table. */
	static const u8 first[] = { 0, 32, 64, 128, 144 };
	static const u8 mask[] = { 31, 31, 63, 15, 31 };

	return &details->key[first[table]] + (hash & mask[table]);
}

static __always_inline unsigned long kvm_exitstat_hash(u64 key)
{
	return (key * 0x9e3779b97f4a7c15ULL) >> 40;
}

void kvm_exitstat_place_key(struct kvm_exitstat_details *details, enum kvm_exitstat_table table,
			    u64 key);

static __always_inline void kvm_exitstat_add_key(struct kvm_exitstat_details *details,
						 enum kvm_exitstat_table table,
						 unsigned int kind, u64 value)
{
	u64 key = (u64)kind << 56 | value;
	struct kvm_exitstat_key *k;

	k = kvm_exitstat_key_at(details, table, kvm_exitstat_hash(key));
	if (likely(k->key == key))
		WRITE_ONCE(k->count, k->count + 1);
	else
		kvm_exitstat_place_key(details, table, key);
}

#ifdef CONFIG_KVM_EXITSTAT
/* On while any extra is. */
DECLARE_STATIC_KEY_FALSE(kvm_exitstat_extras);

void kvm_exitstat_init(void);
void kvm_exitstat_exit(void);
int kvm_exitstat_create_vm(struct kvm *kvm);
void kvm_exitstat_destroy_vm(struct kvm *kvm);
int kvm_exitstat_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_exitstat_add_vcpu(struct kvm_vcpu *vcpu);
void kvm_exitstat_free_vcpu(struct kvm_vcpu *vcpu);
int kvm_exitstat_alloc_nested(struct kvm_vcpu *vcpu);
#else
static inline void kvm_exitstat_init(void) {}
static inline void kvm_exitstat_exit(void) {}
static inline int kvm_exitstat_create_vm(struct kvm *kvm) { return 0; }
static inline void kvm_exitstat_destroy_vm(struct kvm *kvm) {}
static inline int kvm_exitstat_create_vcpu(struct kvm_vcpu *vcpu) { return 0; }
static inline void kvm_exitstat_add_vcpu(struct kvm_vcpu *vcpu) {}
static inline void kvm_exitstat_free_vcpu(struct kvm_vcpu *vcpu) {}
static inline int kvm_exitstat_alloc_nested(struct kvm_vcpu *vcpu) { return 0; }
#endif

#endif /* __LINUX_KVM_EXITSTAT_H */
