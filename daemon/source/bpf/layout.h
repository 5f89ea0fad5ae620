/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program and its readers share: the layout of its maps, which lie in
 * memory that both see. The program alone writes; a reader may stop, be killed and
 * come again, and finds totals.
 *
 * A place has the counts of one vCPU at one level (L1; and L2 where it runs nested
 * guests). Its last life is kept until the place is needed for another, oldest death
 * first.
 */
#ifndef KVMEXITD_BPF_LAYOUT_H
#define KVMEXITD_BPF_LAYOUT_H

#include <linux/types.h>

/* Changes with everything below. */
#define EXITS_LAYOUT 1

/*
 * Counts of a place. VMX: the basic reason. SVM: codes up to 0xaf as they are, then
 * 0x400 to 0x407, then -1 to -4. The last is for all others.
 */
#define EXITS_NR_COUNTS	     192
#define EXITS_OTHER	     (EXITS_NR_COUNTS - 1)
#define EXITS_VMX_CODES	     128
#define EXITS_SVM_LOW_CODES  0xb0
#define EXITS_SVM_HIGH	     0x400
#define EXITS_SVM_HIGH_CODES 8
#define EXITS_SVM_NEGATIVE   (EXITS_SVM_LOW_CODES + EXITS_SVM_HIGH_CODES)
#define EXITS_SVM_NEGATIVES  4

#define EXITS_COMM 16

struct exits_place {
	__u64 vcpu; /* the kernel's struct kvm_vcpu while it lives, else 0 */
	__u64 life; /* which vCPU's this is, unique; 0 for none, and while it changes */
	__u64 exits; /* sum of the counts */
	__u64 vm_id;
	__u32 vm; /* index of its struct exits_vm */
	__u32 vcpu_id;
	__u32 nested; /* index of its place for L2, 0 for none: that is no vCPU's */
	__u32 level; /* 0: L1, 1: L2 */
	__u64 death; /* the how many-th death of all this was; 0 while it lives */
	__u64 unused;
	__u64 count[EXITS_NR_COUNTS];
};

struct exits_vm {
	__u64 kvm; /* the kernel's struct kvm while it lives, else 0 */
	__u64 id; /* unique, and 0 while the record changes */
	__u64 created_ns; /* CLOCK_BOOTTIME; 0 if it is older than the counting */
	__u64 destroyed_ns; /* 0 while it lives */
	__u32 pid;
	__u32 isa; /* as the kernel: 1 VMX, 2 SVM */
	__u32 vcpus;
	__u32 unused;
	char comm[EXITS_COMM];
};

struct exits_header {
	__u32 layout;
	__u32 places; /* that there are; the first is nobody's */
	__u64 epoch; /* of this counting, like no other's since boot */
	__u64 since_ns; /* CLOCK_BOOTTIME: when it began */
	__u32 stopped; /* it counts no more */
	__u32 blind; /* exits that a fast path handles may be missing */
	__u64 lives; /* how many vCPUs' levels were given a place */
	__u64 vms; /* how many VMs were given a record */
	__u64 deaths; /* places that were given back */
	__u64 forgotten; /* .death of the latest that had to make room */
	__u64 missed; /* exits of vCPUs for which there was no place */
};

/* Where a place counts exits with this code, of its lower 32 bits; EXITS_OTHER at most. */
static inline __u32 exits_slot(int svm, __u32 code)
{
	if (!svm) {
		code &= 0xffff;
		return code < EXITS_VMX_CODES ? code : EXITS_OTHER;
	}
	if (code < EXITS_SVM_LOW_CODES)
		return code;
	if (code - EXITS_SVM_HIGH < EXITS_SVM_HIGH_CODES)
		return code - EXITS_SVM_HIGH + EXITS_SVM_LOW_CODES;
	/* Not every kernel keeps the upper half of a code, all ones if negative. */
	if (~code < EXITS_SVM_NEGATIVES)
		return ~code + EXITS_SVM_NEGATIVE;
	return EXITS_OTHER;
}

#endif
