// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of keys. MSRs: Linux arch/x86/include/asm/msr-index.h, uapi/asm/kvm_para.h
 * and asm/hyperv-tlfs.h. Registers of the local APIC: asm/apicdef.h; in x2APIC mode
 * the one at offset N is MSR 0x800 + N / 16, and has the same name. Ports and
 * addresses: the machine types of QEMU (hw/isa, hw/timer, docs/specs). Hypercalls:
 * uapi/linux/kvm_para.h.
 */
#include "config.h"

#include "explain/tables.h"
#include "util/util.h"

struct key_name {
	uint64_t first, last;
	const char *name;
};

/* clang-format off */
static const struct key_name msr_names[] = {
	{ 0x10, 0x10, "TSC" },
	{ 0x11, 0x11, "KVM_WALL_CLOCK" },
	{ 0x12, 0x12, "KVM_SYSTEM_TIME" },
	{ 0x1b, 0x1b, "APIC_BASE" },
	{ 0x3a, 0x3a, "FEAT_CTL" },
	{ 0x3b, 0x3b, "TSC_ADJUST" },
	{ 0x48, 0x48, "SPEC_CTRL" },
	{ 0x49, 0x49, "PRED_CMD" },
	{ 0x8b, 0x8b, "UCODE_REV" },
	{ 0xc1, 0xc8, "PERFCTR" },
	{ 0xce, 0xce, "PLATFORM_INFO" },
	{ 0xe1, 0xe1, "UMWAIT_CONTROL" },
	{ 0xe7, 0xe7, "MPERF" },
	{ 0xe8, 0xe8, "APERF" },
	{ 0x10a, 0x10a, "ARCH_CAPABILITIES" },
	{ 0x10b, 0x10b, "FLUSH_CMD" },
	{ 0x122, 0x122, "TSX_CTRL" },
	{ 0x174, 0x174, "SYSENTER_CS" },
	{ 0x175, 0x175, "SYSENTER_ESP" },
	{ 0x176, 0x176, "SYSENTER_EIP" },
	{ 0x179, 0x179, "MCG_CAP" },
	{ 0x17a, 0x17a, "MCG_STATUS" },
	{ 0x17b, 0x17b, "MCG_CTL" },
	{ 0x186, 0x18d, "PERFEVTSEL" },
	{ 0x198, 0x198, "PERF_STATUS" },
	{ 0x199, 0x199, "PERF_CTL" },
	{ 0x19c, 0x19c, "THERM_STATUS" },
	{ 0x1a0, 0x1a0, "MISC_ENABLE" },
	{ 0x1c4, 0x1c4, "XFD" },
	{ 0x1c5, 0x1c5, "XFD_ERR" },
	{ 0x1d9, 0x1d9, "DEBUGCTL" },
	{ 0x200, 0x20f, "MTRR_PHYS" },
	{ 0x250, 0x26f, "MTRR_FIX" },
	{ 0x277, 0x277, "PAT" },
	{ 0x2ff, 0x2ff, "MTRR_DEF_TYPE" },
	{ 0x309, 0x30b, "FIXED_CTR" },
	{ 0x345, 0x345, "PERF_CAPABILITIES" },
	{ 0x38d, 0x38d, "FIXED_CTR_CTRL" },
	{ 0x38e, 0x38e, "PERF_GLOBAL_STATUS" },
	{ 0x38f, 0x38f, "PERF_GLOBAL_CTRL" },
	{ 0x390, 0x390, "PERF_GLOBAL_OVF_CTRL" },
	{ 0x3f1, 0x3f1, "PEBS_ENABLE" },
	{ 0x400, 0x47f, "MCI" },
	{ 0x600, 0x600, "DS_AREA" },
	{ 0x606, 0x606, "RAPL_POWER_UNIT" },
	{ 0x611, 0x611, "PKG_ENERGY_STATUS" },
	{ 0x6e0, 0x6e0, "TSC_DEADLINE" },
	{ 0x770, 0x770, "PM_ENABLE" },
	{ 0x774, 0x774, "HWP_REQUEST" },
	{ 0x83f, 0x83f, "SELF_IPI" },
	{ 0xda0, 0xda0, "XSS" },
	{ 0x40000000, 0x40000000, "HV_GUEST_OS_ID" },
	{ 0x40000001, 0x40000001, "HV_HYPERCALL" },
	{ 0x40000002, 0x40000002, "HV_VP_INDEX" },
	{ 0x40000010, 0x40000010, "HV_VP_RUNTIME" },
	{ 0x40000020, 0x40000020, "HV_TIME_REF_COUNT" },
	{ 0x40000021, 0x40000021, "HV_REFERENCE_TSC" },
	{ 0x40000070, 0x40000070, "HV_EOI" },
	{ 0x40000071, 0x40000071, "HV_ICR" },
	{ 0x40000072, 0x40000072, "HV_TPR" },
	{ 0x40000080, 0x40000080, "HV_SCONTROL" },
	{ 0x40000084, 0x40000084, "HV_EOM" },
	{ 0x400000b0, 0x400000b7, "HV_STIMER" },
	{ 0x400000f0, 0x400000f0, "HV_GUEST_IDLE" },
	{ 0x4b564d00, 0x4b564d00, "KVM_WALL_CLOCK_NEW" },
	{ 0x4b564d01, 0x4b564d01, "KVM_SYSTEM_TIME_NEW" },
	{ 0x4b564d02, 0x4b564d02, "KVM_ASYNC_PF_EN" },
	{ 0x4b564d03, 0x4b564d03, "KVM_STEAL_TIME" },
	{ 0x4b564d04, 0x4b564d04, "KVM_PV_EOI_EN" },
	{ 0x4b564d05, 0x4b564d05, "KVM_POLL_CONTROL" },
	{ 0x4b564d06, 0x4b564d06, "KVM_ASYNC_PF_INT" },
	{ 0x4b564d07, 0x4b564d07, "KVM_ASYNC_PF_ACK" },
	{ 0xc0000080, 0xc0000080, "EFER" },
	{ 0xc0000081, 0xc0000081, "STAR" },
	{ 0xc0000082, 0xc0000082, "LSTAR" },
	{ 0xc0000100, 0xc0000100, "FS_BASE" },
	{ 0xc0000101, 0xc0000101, "GS_BASE" },
	{ 0xc0000102, 0xc0000102, "KERNEL_GS_BASE" },
	{ 0xc0000103, 0xc0000103, "TSC_AUX" },
	{ 0xc0000300, 0xc0000302, "AMD_PERF_GLOBAL" },
	{ 0xc0010000, 0xc0010007, "AMD_PERF" },
	{ 0xc0010015, 0xc0010015, "HWCR" },
	{ 0xc0010114, 0xc0010114, "VM_CR" },
	{ 0xc0010117, 0xc0010117, "VM_HSAVE_PA" },
	{ 0xc001011f, 0xc001011f, "VIRT_SPEC_CTRL" },
	{ 0xc0010200, 0xc001020b, "AMD_PERF" },
	{ 0xc0011029, 0xc0011029, "DE_CFG" },
};

static const struct key_name apic_names[] = {
	{ 0x20, 0x20, "APIC_ID" },
	{ 0x30, 0x30, "APIC_VERSION" },
	{ 0x80, 0x80, "APIC_TPR" },
	{ 0xa0, 0xa0, "APIC_PPR" },
	{ 0xb0, 0xb0, "APIC_EOI" },
	{ 0xd0, 0xd0, "APIC_LDR" },
	{ 0xe0, 0xe0, "APIC_DFR" },
	{ 0xf0, 0xf0, "APIC_SVR" },
	{ 0x100, 0x17f, "APIC_ISR" },
	{ 0x180, 0x1ff, "APIC_TMR" },
	{ 0x200, 0x27f, "APIC_IRR" },
	{ 0x280, 0x280, "APIC_ESR" },
	{ 0x300, 0x300, "APIC_ICR" },
	{ 0x310, 0x310, "APIC_ICR2" },
	{ 0x320, 0x320, "APIC_LVTT" },
	{ 0x340, 0x340, "APIC_LVTPC" },
	{ 0x350, 0x350, "APIC_LVT0" },
	{ 0x360, 0x360, "APIC_LVT1" },
	{ 0x370, 0x370, "APIC_LVTERR" },
	{ 0x380, 0x380, "APIC_TMICT" },
	{ 0x390, 0x390, "APIC_TMCCT" },
	{ 0x3e0, 0x3e0, "APIC_TDCR" },
};

static const struct key_name port_names[] = {
	{ 0x20, 0x21, "PIC" },
	{ 0x40, 0x43, "PIT" },
	{ 0x60, 0x60, "i8042" },
	{ 0x61, 0x61, "PIT gate" },
	{ 0x64, 0x64, "i8042" },
	{ 0x70, 0x71, "RTC" },
	{ 0x80, 0x80, "delay" },
	{ 0x92, 0x92, "port 92" },
	{ 0xa0, 0xa1, "PIC" },
	{ 0xb2, 0xb3, "SMI" },
	{ 0xe9, 0xe9, "debug console" },
	{ 0x170, 0x177, "IDE" },
	{ 0x1ce, 0x1d0, "VBE" },
	{ 0x1f0, 0x1f7, "IDE" },
	{ 0x2e8, 0x2ef, "COM4" },
	{ 0x2f8, 0x2ff, "COM2" },
	{ 0x376, 0x376, "IDE" },
	{ 0x3b0, 0x3df, "VGA" },
	{ 0x3e8, 0x3ef, "COM3" },
	{ 0x3f6, 0x3f6, "IDE" },
	{ 0x3f8, 0x3ff, "COM1" },
	{ 0x402, 0x402, "firmware debug" },
	{ 0x4d0, 0x4d1, "ELCR" },
	{ 0x505, 0x505, "pvpanic" },
	{ 0x510, 0x51b, "fw_cfg" },
	{ 0x600, 0x607, "ACPI PM1" },
	{ 0x608, 0x60b, "ACPI PM timer" },
	{ 0xcf8, 0xcf8, "PCI address" },
	{ 0xcf9, 0xcf9, "reset" },
	{ 0xcfc, 0xcff, "PCI data" },
	{ 0x5658, 0x5659, "VMware" },
	{ 0xb008, 0xb00b, "ACPI PM timer" },
};

static const struct key_name mmio_names[] = {
	{ 0xa0000, 0xbffff, "VGA" },
	{ 0xb0000000, 0xbfffffff, "PCIe ECAM" },
	{ 0xe0000000, 0xefffffff, "PCIe ECAM (OVMF)" },
	{ 0xfec00000, 0xfec000ff, "I/O APIC" },
	{ 0xfed000f0, 0xfed000f7, "HPET counter" },
	{ 0xfed00000, 0xfed003ff, "HPET" },
	{ 0xfed40000, 0xfed44fff, "TPM" },
};

static const struct key_name cpuid_names[] = {
	{ 0x0, 0x0, "vendor" },
	{ 0x1, 0x1, "features" },
	{ 0x2, 0x2, "cache descriptors" },
	{ 0x4, 0x4, "caches" },
	{ 0x5, 0x5, "MWAIT" },
	{ 0x6, 0x6, "thermal and power" },
	{ 0x7, 0x7, "extended features" },
	{ 0xa, 0xa, "PMU" },
	{ 0xb, 0xb, "topology" },
	{ 0xd, 0xd, "XSAVE" },
	{ 0x12, 0x12, "SGX" },
	{ 0x14, 0x14, "Processor Trace" },
	{ 0x15, 0x15, "TSC frequency" },
	{ 0x16, 0x16, "CPU frequency" },
	{ 0x1f, 0x1f, "topology" },
	{ 0x40000000, 0x400000ff, "hypervisor" },
	{ 0x40000100, 0x400001ff, "KVM" },
	{ 0x80000000, 0x80000008, "extended" },
	{ 0x8000000a, 0x8000000a, "SVM" },
	{ 0x8000001d, 0x8000001d, "caches" },
	{ 0x8000001e, 0x8000001e, "topology" },
	{ 0x8000001f, 0x8000001f, "SEV" },
};

/* Of KVM's interface; Hyper-V's numbers mean other things. */
static const struct key_name call_names[] = {
	{ 1, 1, "VAPIC_POLL_IRQ" },
	{ 5, 5, "KICK_CPU" },
	{ 9, 9, "CLOCK_PAIRING" },
	{ 10, 10, "SEND_IPI" },
	{ 11, 11, "SCHED_YIELD" },
	{ 12, 12, "MAP_GPA_RANGE" },
};
/* clang-format on */

static const char *find(const struct key_name *names, size_t n, uint64_t key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (key >= names[i].first && key <= names[i].last)
			return names[i].name;
	return NULL;
}

#define FIND(names, key) find(names, ARRAY_SIZE(names), key)

const char *explain_key_name(enum explain_class class, uint64_t key)
{
	const char *name = NULL;

	switch (class) {
	case EXPLAIN_MSR:
		name = FIND(msr_names, key);
		if (!name && key >= 0x800 && key <= 0x83f)
			name = FIND(apic_names, (key - 0x800) * 16);
		break;
	case EXPLAIN_PORT:
		name = FIND(port_names, key);
		break;
	case EXPLAIN_MMIO:
		name = FIND(mmio_names, key);
		if (!name && key >= 0xfee00000 && key <= 0xfee00fff)
			name = FIND(apic_names, key - 0xfee00000);
		break;
	case EXPLAIN_CPUID:
		name = FIND(cpuid_names, key);
		break;
	case EXPLAIN_HYPERCALL:
		name = FIND(call_names, key);
		break;
	case EXPLAIN_NO_KEY:
		break;
	}
	return name;
}
