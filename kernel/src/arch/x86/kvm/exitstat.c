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

#include <asm/svm.h>
#include <asm/vmx.h>

#include "exitstat.h"
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

void __init kvm_arch_exitstat_init(void)
{
	unsigned int slot;

	for (slot = 0; slot < ARRAY_SIZE(svm_codes); slot++)
		kvm_exitstat_svm_slots[svm_codes[slot]] = slot;
}

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

#ifdef CONFIG_KVM_EXITSTAT_KUNIT_TEST
#include "exitstat_test.c"
#endif
