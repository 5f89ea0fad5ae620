/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the vendor modules do with an exit on request only: stamp it, and find what
 * exactly caused it.
 */
#ifndef __KVM_X86_EXITSTAT_EXTRA_H
#define __KVM_X86_EXITSTAT_EXTRA_H

#include <linux/kvm_host.h>
#include <linux/sched/clock.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include <uapi/linux/kvm_exitstat.h>

#include "exitstat.h"

/* The kinds of keys of each vendor: of which reason they are, exitstat.c has. */
enum kvm_exitstat_svm_kind {
	SVM_KIND_MSR = 1,
	SVM_KIND_PORT,
	SVM_KIND_MMIO,
	SVM_KIND_FAULT,
	SVM_KIND_CPUID,
	SVM_KIND_HYPERCALL,
	SVM_KIND_INCOMPLETE_IPI,
	SVM_KIND_UNACCELERATED,
	SVM_KIND_TASK_SWITCH,
	SVM_KIND_RDPMC,
	SVM_KIND_XSETBV,
	SVM_KIND_INVPCID,
	SVM_KIND_VMGEXIT,
	SVM_NR_KINDS,
};

enum kvm_exitstat_vmx_kind {
	VMX_KIND_MSR_READ = 1,
	VMX_KIND_MSR_WRITE,
	VMX_KIND_MSR_READ_IMM,
	VMX_KIND_MSR_WRITE_IMM,
	VMX_KIND_PORT,
	VMX_KIND_MMIO,
	VMX_KIND_FAULT,
	VMX_KIND_CPUID,
	VMX_KIND_HYPERCALL,
	VMX_KIND_INTERRUPT,
	VMX_KIND_EXCEPTION,
	VMX_KIND_CR,
	VMX_KIND_DR,
	VMX_KIND_APIC_ACCESS,
	VMX_KIND_APIC_WRITE,
	VMX_KIND_EOI,
	VMX_KIND_TASK_SWITCH,
	VMX_KIND_RDPMC,
	VMX_KIND_XSETBV,
	VMX_KIND_VMFUNC,
	VMX_NR_KINDS,
};

/* Bits of the keys, as the specification has them. */
#define KEY_MSR_WRITE		BIT_ULL(32)
#define KEY_PORT_SIZE_SHIFT	16
#define KEY_PORT_READ		BIT_ULL(19)
#define KEY_PORT_STRING		BIT_ULL(20)
#define KEY_MMIO_WRITE		BIT_ULL(52)
#define KEY_MMIO_EITHER		BIT_ULL(53)
#define KEY_MMIO_WINDOW		BIT_ULL(54)
#define KEY_FAULT_READ		BIT_ULL(0)
#define KEY_FAULT_WRITE		BIT_ULL(1)
#define KEY_FAULT_FETCH		BIT_ULL(2)
#define KEY_FAULT_PRESENT	BIT_ULL(3)
#define KEY_FAULT_WALK		BIT_ULL(4)
#define KEY_FAULT_ENCRYPTED	BIT_ULL(5)
#define KEY_FAULT_RMP		BIT_ULL(6)
#define KEY_CPUID_SUBLEAF_SHIFT	32
#define KEY_CPUID_SUBLEAF	BIT_ULL(38)
#define KEY_HYPERV		BIT_ULL(32)
#define KEY_REGISTER_HOW_SHIFT	4
#define KEY_APIC_WRITE		BIT_ULL(16)

/* The kernel does not trust the TSC: exits are stamped by local_clock(). */
extern bool kvm_exitstat_local_clock;

u64 kvm_exitstat_hypercall_key(struct kvm_vcpu *vcpu);

/*
 * Stamp the exit, if it is to be timed, and return where its details go, or NULL.
 * Interrupts are disabled, as who takes these places away relies on.
 */
static __always_inline struct kvm_exitstat_details *
kvm_exitstat_stamp(struct kvm_vcpu *vcpu, unsigned long slot, bool tsc)
{
	struct kvm_exitstat *e = &vcpu->exitstat;
	struct kvm_exitstat_counts *counts = e->counts;

	if (READ_ONCE(counts->in_use[KVM_EXITSTAT_TIMES])) {
		e->exit_counts = counts;
		WRITE_ONCE(e->exit_clock, tsc ? rdtsc() : local_clock());
		/* Pairs with put_under_way(): who sees the exit sees when it was. */
		smp_store_release(&e->exit, counts->first_exit + slot);
	}
	return READ_ONCE(counts->in_use[KVM_EXITSTAT_DETAILS]);
}

static __always_inline u64 kvm_exitstat_cpuid_key(u32 leaf, u32 subleaf)
{
	/* 4, 7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1d, 0x1f */
	const u32 with_subleaves = 0xa195a890;

	if (leaf == 0x8000001d || (leaf < 32 && (with_subleaves >> leaf) & 1))
		return leaf | KEY_CPUID_SUBLEAF |
		       (u64)min_t(u32, subleaf, 63) << KEY_CPUID_SUBLEAF_SHIFT;
	return leaf;
}

/*
 * A guest that looks for its devices goes through the whole PCI configuration space,
 * 4 KiB a function, which lies here with QEMU, and here with QEMU and UEFI; and what
 * draws on a VGA goes through all of its window: each is one key.
 */
static __always_inline u64 kvm_exitstat_mmio_key(u64 gpa)
{
	if (unlikely(gpa >> 28 == 0xb || gpa >> 28 == 0xe))
		return (gpa & ~(BIT_ULL(28) - 1)) | KEY_MMIO_WINDOW;
	if (unlikely(gpa >> 17 == 0xa0000 >> 17))
		return 0xa0000 | KEY_MMIO_WINDOW;
	return gpa & GENMASK_ULL(51, 0);
}

/*
 * Define what a vendor module does with an exit.  What it calls comes last, so that
 * gcc, where it may make jumps of that, has nothing to save and restore.
 */
#define DEFINE_KVM_EXITSTAT_EXTRA(vendor)						\
static noinline void extra_by_local_clock(struct kvm_vcpu *vcpu, unsigned long slot)	\
{											\
	struct kvm_exitstat_details *details = kvm_exitstat_stamp(vcpu, slot, false);	\
											\
	if (details)									\
		add_detail(details, vcpu, slot);					\
}											\
											\
void kvm_exitstat_##vendor##_extra(struct kvm_vcpu *vcpu, unsigned long slot)		\
{											\
	struct kvm_exitstat_details *details;						\
											\
	if (unlikely(READ_ONCE(kvm_exitstat_local_clock))) {				\
		extra_by_local_clock(vcpu, slot);					\
		return;									\
	}										\
	details = kvm_exitstat_stamp(vcpu, slot, true);					\
	if (details)									\
		add_detail(details, vcpu, slot);					\
}

#endif /* __KVM_X86_EXITSTAT_EXTRA_H */
