// SPDX-License-Identifier: GPL-2.0
/*
 * Exit codes and their dense counter slots, for VMX and SVM.
 *
 * VMX basic exit reasons are dense themselves.  SVM exit codes are not: there
 * is a gap up to 0x400, and a few are negative.  SVM codes that no processor
 * gives (the accesses to control registers that do not exist, reserved
 * exception vectors) have no slot, so that all others fit.
 */
#include <linux/build_bug.h>
#include <linux/kvm_host.h>
#include <linux/math64.h>

#include <asm/svm.h>
#include <asm/vmx.h>

#include <asm/pvclock.h>
#include <asm/tsc.h>

#include "exitstat.h"
#include "exitstat_extra.h"
#include "hyperv.h"
#include "trace.h"
#include "x86.h"
#include "xen.h"
#include "../../../virt/kvm/exitstat.h"

/*
 * Slot by slot the SVM codes that are not negative, after the APM volume 2,
 * appendix "SVM Intercept Exit Codes".
 */
static const u16 svm_codes[] = {
	/* Reads and writes of CR0, CR2 to CR4 and CR8. */
	0x000, 0x002, 0x003, 0x004, 0x008,
	0x010, 0x012, 0x013, 0x014, 0x018,
	/* Reads and writes of DR0 to DR7. */
	0x020, 0x021, 0x022, 0x023, 0x024, 0x025, 0x026, 0x027,
	0x030, 0x031, 0x032, 0x033, 0x034, 0x035, 0x036, 0x037,
	/* Exceptions. */
	0x040, 0x041, 0x042, 0x043, 0x044, 0x045, 0x046, 0x047,
	0x048, 0x049, 0x04a, 0x04b, 0x04c, 0x04d, 0x04e, 0x04f,
	0x050, 0x051, 0x052, 0x053, 0x054, 0x055, 0x05c, 0x05d,
	0x05e,
	/* INTR to EFER_WRITE_TRAP. */
	0x060, 0x061, 0x062, 0x063, 0x064, 0x065, 0x066, 0x067,
	0x068, 0x069, 0x06a, 0x06b, 0x06c, 0x06d, 0x06e, 0x06f,
	0x070, 0x071, 0x072, 0x073, 0x074, 0x075, 0x076, 0x077,
	0x078, 0x079, 0x07a, 0x07b, 0x07c, 0x07d, 0x07e, 0x07f,
	0x080, 0x081, 0x082, 0x083, 0x084, 0x085, 0x086, 0x087,
	0x088, 0x089, 0x08a, 0x08b, 0x08c, 0x08d, 0x08e, 0x08f,
	/* CR0, CR4 and CR8 after the write. */
	0x090, 0x094, 0x098,
	/* INVLPGB to IDLE_HLT. */
	0x0a0, 0x0a1, 0x0a2, 0x0a3, 0x0a4, 0x0a5, 0x0a6,
	/* NPF to VMGEXIT. */
	0x400, 0x401, 0x402, 0x403,
};

/*
 * VMEXIT_INVALID, BUSY, IDLE_REQUIRED and INVALID_PMC are -1 to -4, and the
 * complement of a code is its place among the last slots before OTHER.
 */
#define NR_SVM_NEGATIVE		4
#define SVM_SLOT_NEGATIVE	(KVM_EXITSTAT_SLOT_OTHER - NR_SVM_NEGATIVE)

static_assert(ARRAY_SIZE(svm_codes) <= SVM_SLOT_NEGATIVE);

u8 kvm_exitstat_svm_slots[KVM_EXITSTAT_SVM_CODE_MAX + 1] __ro_after_init = {
	[0 ... KVM_EXITSTAT_SVM_CODE_MAX] = KVM_EXITSTAT_SLOT_OTHER,
};
EXPORT_SYMBOL_GPL(kvm_exitstat_svm_slots);

u64 kvm_arch_exitstat_code(enum kvm_exitstat_isa isa, unsigned int slot)
{
	if (isa == KVM_EXITSTAT_ISA_VMX)
		return slot;
	if (slot < ARRAY_SIZE(svm_codes))
		return svm_codes[slot];
	return ~(u64)(slot - SVM_SLOT_NEGATIVE);
}

/* Called while a VM exists, and with it the vendor module. */
enum kvm_exitstat_isa kvm_arch_exitstat_isa(void)
{
	return !strcmp(kvm_x86_ops.name, "kvm_amd") ? KVM_EXITSTAT_ISA_SVM :
						      KVM_EXITSTAT_ISA_VMX;
}

/* The names that the kvm_exit tracepoint prints. */
struct exit_name {
	u64 code;
	const char *name;
};

static const struct exit_name vmx_names[] = { VMX_EXIT_REASONS };
static const struct exit_name svm_names[] = { SVM_EXIT_REASONS };

const char *kvm_arch_exitstat_name(enum kvm_exitstat_isa isa, u64 code)
{
	const struct exit_name *names = vmx_names;
	unsigned int i, nr = ARRAY_SIZE(vmx_names);

	if (isa == KVM_EXITSTAT_ISA_SVM) {
		names = svm_names;
		nr = ARRAY_SIZE(svm_names);
	}
	for (i = 0; i < nr; i++) {
		if (names[i].code == code)
			return names[i].name;
	}
	return NULL;
}

unsigned int kvm_exitstat_svm_rare_slot(u64 code)
{
	/* Not every kernel keeps the upper half of a code, all ones if negative. */
	u32 negative = code <= U32_MAX ? ~(u32)code : min_t(u64, ~code, U32_MAX);

	BUILD_BUG_ON(SVM_SLOT_NEGATIVE + NR_SVM_NEGATIVE != KVM_EXITSTAT_SLOT_OTHER);
	return SVM_SLOT_NEGATIVE + min_t(u32, negative, NR_SVM_NEGATIVE);
}
EXPORT_SYMBOL_GPL(kvm_exitstat_svm_rare_slot);

bool kvm_exitstat_local_clock __read_mostly;
EXPORT_SYMBOL_GPL(kvm_exitstat_local_clock);

/* ns = (ticks << SHIFT) * mult >> 32, for a TSC of 250 MHz or more. */
#define TSC_SHIFT	2
static u32 tsc_mult __read_mostly;

/* How long ago that was.  Where CPUs' clocks differ, it may seem to be yet to come. */
static __always_inline u64 since(u64 clock, bool tsc)
{
	if (tsc)
		return pvclock_scale_delta(max_t(s64, rdtsc() - clock, 0), tsc_mult, TSC_SHIFT);
	return max_t(s64, local_clock() - clock, 0);
}

u64 kvm_arch_exitstat_since(u64 clock)
{
	return since(clock, !READ_ONCE(kvm_exitstat_local_clock));
}

/* Called with interrupts disabled, on the way into the guest. */
static __always_inline void end_exit(struct kvm_vcpu *vcpu, bool tsc)
{
	struct kvm_exitstat *e = &vcpu->exitstat;
	struct kvm_exitstat_counts *counts;
	struct kvm_exitstat_times *times;
	unsigned int exit = e->exit;

	/* Not every entry comes from an exit: there is a first, and some fail. */
	if (!exit)
		return;
	WRITE_ONCE(e->exit, 0);
	counts = e->exit_counts;
	times = READ_ONCE(counts->in_use[KVM_EXITSTAT_TIMES]);
	if (likely(times))
		kvm_exitstat_add_time(times, exit - counts->first_exit,
				      since(e->exit_clock, tsc));
}

static void probe_entry(void *data, struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	end_exit(vcpu, true);
}

static void probe_entry_local(void *data, struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	end_exit(vcpu, false);
}

static void (*entry_probe)(void *data, struct kvm_vcpu *vcpu, bool force_immediate_exit);

int kvm_arch_exitstat_start_timing(void)
{
	bool local = check_tsc_unstable() || tsc_khz <= USEC_PER_SEC >> TSC_SHIFT;

	if (!local)
		tsc_mult = div_u64((u64)USEC_PER_SEC << (32 - TSC_SHIFT), tsc_khz);
	if (local != kvm_exitstat_local_clock) {
		WRITE_ONCE(kvm_exitstat_local_clock, local);
		/* With details on, a vCPU may have found the other clock, and stamp by it. */
		synchronize_rcu();
	}
	entry_probe = local ? probe_entry_local : probe_entry;
	return register_trace_kvm_entry(entry_probe, NULL);
}

void kvm_arch_exitstat_stop_timing(void)
{
	unregister_trace_kvm_entry(entry_probe, NULL);
	tracepoint_synchronize_unregister();
}

#define KIND(_slot, _class) { .slot = (_slot), .class = KVM_EXITSTAT_DETAIL_CLASS_##_class }

static const struct kvm_exitstat_kind vmx_kinds[VMX_NR_KINDS] = {
	[VMX_KIND_MSR_READ]	= KIND(EXIT_REASON_MSR_READ, MSR),
	[VMX_KIND_MSR_WRITE]	= KIND(EXIT_REASON_MSR_WRITE, MSR),
	[VMX_KIND_MSR_READ_IMM]	= KIND(84, MSR),
	[VMX_KIND_MSR_WRITE_IMM] = KIND(85, MSR),
	[VMX_KIND_PORT]		= KIND(EXIT_REASON_IO_INSTRUCTION, PORT),
	[VMX_KIND_MMIO]		= KIND(EXIT_REASON_EPT_MISCONFIG, MMIO),
	[VMX_KIND_FAULT]	= KIND(EXIT_REASON_EPT_VIOLATION, FAULT),
	[VMX_KIND_CPUID]	= KIND(EXIT_REASON_CPUID, CPUID),
	[VMX_KIND_HYPERCALL]	= KIND(EXIT_REASON_VMCALL, HYPERCALL),
	[VMX_KIND_INTERRUPT]	= KIND(EXIT_REASON_EXTERNAL_INTERRUPT, VECTOR),
	[VMX_KIND_EXCEPTION]	= KIND(EXIT_REASON_EXCEPTION_NMI, VECTOR),
	[VMX_KIND_CR]		= KIND(EXIT_REASON_CR_ACCESS, REGISTER),
	[VMX_KIND_DR]		= KIND(EXIT_REASON_DR_ACCESS, REGISTER),
	[VMX_KIND_APIC_ACCESS]	= KIND(EXIT_REASON_APIC_ACCESS, APIC),
	[VMX_KIND_APIC_WRITE]	= KIND(EXIT_REASON_APIC_WRITE, APIC),
	[VMX_KIND_EOI]		= KIND(EXIT_REASON_EOI_INDUCED, VECTOR),
	[VMX_KIND_TASK_SWITCH]	= KIND(EXIT_REASON_TASK_SWITCH, OTHER),
	[VMX_KIND_RDPMC]	= KIND(EXIT_REASON_RDPMC, OTHER),
	[VMX_KIND_XSETBV]	= KIND(EXIT_REASON_XSETBV, OTHER),
	[VMX_KIND_VMFUNC]	= KIND(EXIT_REASON_VMFUNC, OTHER),
};

static_assert(VMX_NR_KINDS <= KVM_EXITSTAT_NR_KINDS);

/* Their slots are those of SVM codes, which only the table above knows. */
static struct kvm_exitstat_kind svm_kinds[SVM_NR_KINDS] __ro_after_init = {
	[SVM_KIND_MSR]		= KIND(0, MSR),
	[SVM_KIND_PORT]		= KIND(0, PORT),
	[SVM_KIND_MMIO]		= KIND(0, MMIO),
	[SVM_KIND_FAULT]	= KIND(0, FAULT),
	[SVM_KIND_CPUID]	= KIND(0, CPUID),
	[SVM_KIND_HYPERCALL]	= KIND(0, HYPERCALL),
	[SVM_KIND_INCOMPLETE_IPI] = KIND(0, OTHER),
	[SVM_KIND_UNACCELERATED] = KIND(0, APIC),
	[SVM_KIND_TASK_SWITCH]	= KIND(0, OTHER),
	[SVM_KIND_RDPMC]	= KIND(0, OTHER),
	[SVM_KIND_XSETBV]	= KIND(0, OTHER),
	[SVM_KIND_INVPCID]	= KIND(0, OTHER),
	[SVM_KIND_VMGEXIT]	= KIND(0, OTHER),
};

static_assert(SVM_NR_KINDS <= KVM_EXITSTAT_NR_KINDS);

static const u16 svm_kind_codes[SVM_NR_KINDS] __initconst = {
	[SVM_KIND_MSR]		= SVM_EXIT_MSR,
	[SVM_KIND_PORT]		= SVM_EXIT_IOIO,
	[SVM_KIND_MMIO]		= SVM_EXIT_NPF,
	[SVM_KIND_FAULT]	= SVM_EXIT_NPF,
	[SVM_KIND_CPUID]	= SVM_EXIT_CPUID,
	[SVM_KIND_HYPERCALL]	= SVM_EXIT_VMMCALL,
	[SVM_KIND_INCOMPLETE_IPI] = SVM_EXIT_AVIC_INCOMPLETE_IPI,
	[SVM_KIND_UNACCELERATED] = SVM_EXIT_AVIC_UNACCELERATED_ACCESS,
	[SVM_KIND_TASK_SWITCH]	= SVM_EXIT_TASK_SWITCH,
	[SVM_KIND_RDPMC]	= SVM_EXIT_RDPMC,
	[SVM_KIND_XSETBV]	= SVM_EXIT_XSETBV,
	[SVM_KIND_INVPCID]	= SVM_EXIT_INVPCID,
	[SVM_KIND_VMGEXIT]	= SVM_EXIT_VMGEXIT,
};

/* Whose hypercall it is depends on what the guest has set up. */
u64 kvm_exitstat_hypercall_key(struct kvm_vcpu *vcpu)
{
	if (!kvm_xen_hypercall_enabled(vcpu->kvm) && kvm_hv_hypercall_enabled(vcpu))
		return (u16)(is_long_mode(vcpu) ? kvm_rcx_read(vcpu) : kvm_rax_read(vcpu)) |
		       KEY_HYPERV;
	return (u32)kvm_rax_read(vcpu);
}
EXPORT_SYMBOL_GPL(kvm_exitstat_hypercall_key);

/* What a kind of key is of; NULL if there is no such. */
const struct kvm_exitstat_kind *
kvm_arch_exitstat_kind(enum kvm_exitstat_isa isa, unsigned int kind)
{
	if (isa == KVM_EXITSTAT_ISA_VMX)
		return kind && kind < VMX_NR_KINDS ? &vmx_kinds[kind] : NULL;
	return kind && kind < SVM_NR_KINDS ? &svm_kinds[kind] : NULL;
}

void __init kvm_arch_exitstat_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(svm_codes); i++)
		kvm_exitstat_svm_slots[svm_codes[i]] = i;
	for (i = 1; i < SVM_NR_KINDS; i++)
		svm_kinds[i].slot = kvm_exitstat_svm_slots[svm_kind_codes[i]];
}

#ifdef CONFIG_KVM_EXITSTAT_KUNIT_TEST
#include "exitstat_test.c"
#endif
