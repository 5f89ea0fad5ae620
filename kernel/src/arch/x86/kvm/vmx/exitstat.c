// SPDX-License-Identifier: GPL-2.0
/*
 * What exactly caused a VM-Exit on VMX, taken from the registers and from the fields
 * of the VMCS that KVM caches, as who handles the exit reads them anyway; the address
 * of MMIO costs a VMREAD of its own.
 */
#include "exitstat_extra.h"
#include "vmx/vmx.h"
#include "x86.h"

static __always_inline u64 port_key(u64 qual)
{
	u64 key = qual >> 16 & 0xffff;

	key |= ((qual & 7) + 1) << KEY_PORT_SIZE_SHIFT;
	if (qual & 8)
		key |= KEY_PORT_READ;
	if (qual & 16)
		key |= KEY_PORT_STRING;
	return key;
}

static __always_inline u64 fault_key(u64 qual)
{
	u64 key = qual & EPT_VIOLATION_ACC_WRITE ? KEY_FAULT_WRITE :
		  qual & EPT_VIOLATION_ACC_INSTR ? KEY_FAULT_FETCH : KEY_FAULT_READ;

	/* What the entry allowed, if anything. */
	if (qual & (7 << 3))
		key |= KEY_FAULT_PRESENT;
	/* A linear address is known, and it is not its translation that faulted. */
	if (qual & BIT_ULL(7) && !(qual & BIT_ULL(8)))
		key |= KEY_FAULT_WALK;
	return key;
}

/* What is rare, or has few keys. */
static noinline void add_misc(struct kvm_exitstat_details *details, struct kvm_vcpu *vcpu,
			      unsigned long reason)
{
	unsigned int kind;
	u64 key;

	switch (reason) {
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		kind = VMX_KIND_INTERRUPT;
		key = vmx_get_intr_info(vcpu) & 0xff;
		break;
	case EXIT_REASON_EXCEPTION_NMI:
		kind = VMX_KIND_EXCEPTION;
		key = vmx_get_intr_info(vcpu) & 0x7ff;
		break;
	case EXIT_REASON_EPT_VIOLATION:
		kind = VMX_KIND_FAULT;
		key = fault_key(vmx_get_exit_qual(vcpu));
		break;
	case EXIT_REASON_VMCALL:
		kind = VMX_KIND_HYPERCALL;
		key = kvm_exitstat_hypercall_key(vcpu);
		break;
	case EXIT_REASON_CR_ACCESS:
		kind = VMX_KIND_CR;
		key = vmx_get_exit_qual(vcpu);
		key = (key & 15) | (key >> 4 & 3) << KEY_REGISTER_HOW_SHIFT;
		break;
	case EXIT_REASON_DR_ACCESS:
		kind = VMX_KIND_DR;
		key = vmx_get_exit_qual(vcpu);
		key = (key & 7) | (key >> 4 & 1) << KEY_REGISTER_HOW_SHIFT;
		break;
	case EXIT_REASON_APIC_ACCESS:
		kind = VMX_KIND_APIC_ACCESS;
		key = vmx_get_exit_qual(vcpu) & 0xfff0;
		break;
	case EXIT_REASON_APIC_WRITE:
		kind = VMX_KIND_APIC_WRITE;
		key = (vmx_get_exit_qual(vcpu) & 0xff0) | KEY_APIC_WRITE;
		break;
	case EXIT_REASON_EOI_INDUCED:
		kind = VMX_KIND_EOI;
		key = vmx_get_exit_qual(vcpu) & 0xff;
		break;
	case EXIT_REASON_TASK_SWITCH:
		kind = VMX_KIND_TASK_SWITCH;
		key = vmx_get_exit_qual(vcpu) >> 30 & 3;
		break;
	case EXIT_REASON_RDPMC:
		kind = VMX_KIND_RDPMC;
		key = (u32)kvm_rcx_read(vcpu);
		break;
	case EXIT_REASON_XSETBV:
		kind = VMX_KIND_XSETBV;
		key = (u32)kvm_rcx_read(vcpu);
		break;
	case EXIT_REASON_VMFUNC:
		kind = VMX_KIND_VMFUNC;
		key = (u32)kvm_rax_read(vcpu);
		break;
	/* RDMSR and WRMSRNS with an immediate, which not every kernel has names for. */
	case 84:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, VMX_KIND_MSR_READ_IMM,
				     (u32)vmx_get_exit_qual(vcpu));
		return;
	case 85:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, VMX_KIND_MSR_WRITE_IMM,
				     (u32)vmx_get_exit_qual(vcpu) | KEY_MSR_WRITE);
		return;
	default:
		return;
	}
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MISC, kind, key);
}

static noinline void add_detail(struct kvm_exitstat_details *details, struct kvm_vcpu *vcpu,
				unsigned long slot)
{
	/* The exit fields of a failed entry mean something else. */
	if (unlikely(to_vmx(vcpu)->exit_reason.failed_vmentry))
		return;

	/* Slots are basic exit reasons. */
	switch (slot) {
	case EXIT_REASON_MSR_WRITE:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, VMX_KIND_MSR_WRITE,
				     (u32)kvm_rcx_read(vcpu) | KEY_MSR_WRITE);
		break;
	case EXIT_REASON_MSR_READ:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, VMX_KIND_MSR_READ,
				     (u32)kvm_rcx_read(vcpu));
		break;
	case EXIT_REASON_IO_INSTRUCTION:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_PORT, VMX_KIND_PORT,
				     port_key(vmx_get_exit_qual(vcpu)));
		break;
	case EXIT_REASON_EPT_MISCONFIG:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MMIO, VMX_KIND_MMIO,
				     kvm_exitstat_mmio_key(vmcs_read64(GUEST_PHYSICAL_ADDRESS)) |
				     KEY_MMIO_EITHER);
		break;
	case EXIT_REASON_CPUID:
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_CPUID, VMX_KIND_CPUID,
				     kvm_exitstat_cpuid_key(kvm_rax_read(vcpu),
							    kvm_rcx_read(vcpu)));
		break;
	default:
		add_misc(details, vcpu, slot);
	}
}

DEFINE_KVM_EXITSTAT_EXTRA(vmx)

/* The registers of a TDX guest are not there to be read: its exits are timed only. */
void kvm_exitstat_tdx_extra(struct kvm_vcpu *vcpu, unsigned long slot)
{
	kvm_exitstat_stamp(vcpu, slot, !READ_ONCE(kvm_exitstat_local_clock));
}
