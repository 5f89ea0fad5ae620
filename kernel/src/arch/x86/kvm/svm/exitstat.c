// SPDX-License-Identifier: GPL-2.0
/*
 * What exactly caused a VM-Exit on SVM, taken from the VMCB and the registers that
 * are at hand: no memory of the guest is read, and nothing can sleep.
 *
 * The registers of a guest with encrypted state (SEV-ES) are not at hand.  What it
 * does comes as VMGEXIT, whose key is the protocol's request.
 */
#include "exitstat_extra.h"
#include "mmu.h"
#include "svm/svm.h"
#include "x86.h"

static __always_inline u64 port_key(u64 info)
{
	u64 key = info >> 16 & 0xffff;

	/* The size is one of three bits that stand for 1, 2 and 4. */
	key |= (info >> SVM_IOIO_SIZE_SHIFT & 7) << KEY_PORT_SIZE_SHIFT;
	if (info & SVM_IOIO_TYPE_MASK)
		key |= KEY_PORT_READ;
	if (info & SVM_IOIO_STR_MASK)
		key |= KEY_PORT_STRING;
	return key;
}

/* Bits are shifted to their place, not tested one by one. */
static_assert(PFERR_WRITE_MASK == KEY_FAULT_WRITE);
static_assert((PFERR_FETCH_MASK >> 2) == KEY_FAULT_FETCH);
static_assert((PFERR_PRESENT_MASK << 3) == KEY_FAULT_PRESENT);
static_assert((PFERR_GUEST_PAGE_MASK >> 29) == KEY_FAULT_WALK);

static __always_inline u64 fault_key(u64 error)
{
	u64 key = (error & PFERR_WRITE_MASK) | (error & PFERR_FETCH_MASK) >> 2;

	if (!key)
		key = KEY_FAULT_READ;
	key |= (error & PFERR_PRESENT_MASK) << 3 | (error & PFERR_GUEST_PAGE_MASK) >> 29;

	/* The reverse map refused it; the page is encrypted. */
	if (unlikely(error & (BIT_ULL(31) | BIT_ULL(34)))) {
		if (error & BIT_ULL(31))
			key |= KEY_FAULT_RMP;
		if (error & BIT_ULL(34))
			key |= KEY_FAULT_ENCRYPTED;
	}
	return key;
}

static __always_inline void add_npf(struct kvm_exitstat_details *details,
				    const struct vmcb_control_area *control)
{
	u64 error = control->exit_info_1, key;

	/* The mark of a page that is known to be no memory, see mmu/spte.c. */
	if (error & PFERR_RSVD_MASK) {
		key = kvm_exitstat_mmio_key(control->exit_info_2);
		if (error & PFERR_WRITE_MASK && !(key & KEY_MMIO_WINDOW))
			key |= KEY_MMIO_WRITE;
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MMIO, SVM_KIND_MMIO, key);
	} else {
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MISC, SVM_KIND_FAULT,
				     fault_key(error));
	}
}

/* Apart, so that only hypercalls pay for what a call makes gcc save. */
static noinline void add_hypercall(struct kvm_exitstat_details *details, struct kvm_vcpu *vcpu)
{
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MISC, SVM_KIND_HYPERCALL,
			     kvm_exitstat_hypercall_key(vcpu));
}

/* What is rare. */
static noinline void add_misc(struct kvm_exitstat_details *details, struct kvm_vcpu *vcpu,
			      const struct vmcb_control_area *control)
{
	unsigned int kind;
	u64 key;

	switch ((u32)control->exit_code) {
	case SVM_EXIT_AVIC_INCOMPLETE_IPI:
		kind = SVM_KIND_INCOMPLETE_IPI;
		key = control->exit_info_2 >> 32 & 0xff;
		break;
	case SVM_EXIT_AVIC_UNACCELERATED_ACCESS:
		kind = SVM_KIND_UNACCELERATED;
		key = control->exit_info_1 & 0xff0;
		if (control->exit_info_1 & BIT_ULL(32))
			key |= KEY_APIC_WRITE;
		break;
	case SVM_EXIT_TASK_SWITCH:
		kind = SVM_KIND_TASK_SWITCH;
		key = control->exit_info_2 & BIT_ULL(36) ? 1 :
		      control->exit_info_2 & BIT_ULL(38) ? 2 : 0;
		break;
	case SVM_EXIT_RDPMC:
		kind = SVM_KIND_RDPMC;
		key = (u32)kvm_rcx_read(vcpu);
		break;
	case SVM_EXIT_XSETBV:
		kind = SVM_KIND_XSETBV;
		key = (u32)kvm_rcx_read(vcpu);
		break;
	case SVM_EXIT_INVPCID:
		kind = SVM_KIND_INVPCID;
		key = control->exit_info_2 & 7;
		break;
	case SVM_EXIT_VMGEXIT:
		kind = SVM_KIND_VMGEXIT;
		key = control->ghcb_gpa & 0xfff;
		break;
	default:
		return;
	}
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MISC, kind, key);
}

static noinline void add_detail(struct kvm_exitstat_details *details, struct kvm_vcpu *vcpu,
				unsigned long slot)
{
	const struct vmcb_control_area *control = &to_svm(vcpu)->vmcb->control;
	u64 key;

	/* First, as its key takes the longest to find. */
	if ((u32)control->exit_code == SVM_EXIT_NPF) {
		add_npf(details, control);
		return;
	}
	switch ((u32)control->exit_code) {
	case SVM_EXIT_MSR:
		key = (u32)kvm_rcx_read(vcpu);
		if (control->exit_info_1 & 1)
			key |= KEY_MSR_WRITE;
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, SVM_KIND_MSR, key);
		break;
	case SVM_EXIT_IOIO:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_PORT, SVM_KIND_PORT,
				     port_key(control->exit_info_1));
		break;
	case SVM_EXIT_CPUID:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_CPUID, SVM_KIND_CPUID,
				     kvm_exitstat_cpuid_key(kvm_rax_read(vcpu),
							    kvm_rcx_read(vcpu)));
		break;
	case SVM_EXIT_VMMCALL:
		add_hypercall(details, vcpu);
		break;
	default:
		add_misc(details, vcpu, control);
	}
}

DEFINE_KVM_EXITSTAT_EXTRA(svm)
