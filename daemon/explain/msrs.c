// SPDX-License-Identifier: GPL-2.0-or-later
/* Model-specific registers that have no better place. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_msrs[] = {
	{
		.topic = "msr",
		.title = "guest uses an MSR",
		.what = "The guest read or wrote a model-specific register that KVM watches.",
		.causes = "On a busy guest most of them set its timer (0x6e0), send IPIs (0x830) or end "
			  "interrupts (0x80b). Boot reads and writes some hundred others once.",
		.bad = "Not at 500 to 1,000 a second per busy vCPU: that is the timer tick.",
		.remedy = "Find the register first: kvmexitctl show --details shows it, with config details=yes. "
			  "kvmexitctl explain MSR:0x830 says what to do for one of them.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, arch/x86/kvm/svm/svm.c; docs/EXPERIMENT.md; the rate "
			   "is arithmetic on HZ",
		.reasons = MSR_REASONS " RDMSRLIST WRMSRLIST URDMSR UWRMSR",
		.cost = EXPLAIN_KERNEL,
		.normal = 1500,
	},
	{
		.topic = "pmu",
		.title = "guest profiles itself",
		.what = "The guest programs its performance counters.",
		.causes = "perf in the guest, or its hard-lockup detector, which needs a virtual PMU.",
		.bad = "Only while nobody profiles.",
		.remedy = "Guest: nmi_watchdog=0 on its command line. VMM: QEMU -cpu ...,pmu=off, in libvirt "
			  "<pmu state='off'/>. Host: kvm.enable_pmu=0.",
		.sources = "libvirt docs/formatdomain.rst, pmu; Linux "
			   "Documentation/admin-guide/kernel-parameters.txt, nmi_watchdog=; arch/x86/kvm/x86.c, enable_pmu",
		.keys = { { EXPLAIN_MSR, 0xc1, 0xc8 }, { EXPLAIN_MSR, 0x186, 0x18d },
			  { EXPLAIN_MSR, 0x309, 0x30b }, { EXPLAIN_MSR, 0x38d, 0x390 },
			  { EXPLAIN_MSR, 0x3f1, 0x3f1 }, { EXPLAIN_MSR, 0x834, 0x834 },
			  { EXPLAIN_MSR, 0xc0010000, 0xc0010007 },
			  { EXPLAIN_MSR, 0xc0010200, 0xc001020b },
			  { EXPLAIN_MSR, 0xc0000300, 0xc0000302 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "frequency",
		.title = "guest measures its frequency",
		.what = "The guest reads the counters of its actual frequency, APERF and MPERF.",
		.causes = "The VMM shows the feature aperfmperf, so that the guest reads a pair at each tick.",
		.bad = "It doubles the exits of the tick.",
		.remedy = "Do not show the feature to the guest.",
		.sources = "Linux arch/x86/kvm/x86.c, KVM_X86_DISABLE_EXITS_APERFMPERF",
		.keys = { { EXPLAIN_MSR, 0xe7, 0xe8 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "power-sensors",
		.title = "guest reads power and temperature",
		.what = "The guest reads sensors of power, frequency or temperature.",
		.causes = "A monitoring agent in the guest (turbostat, sensors, RAPL readers).",
		.bad = "Only where it is steady. The values are not those of the host.",
		.remedy = "Switch these sensors off in the guest's agent.",
		.sources = "Linux arch/x86/include/asm/msr-index.h",
		.keys = { { EXPLAIN_MSR, 0x198, 0x19c }, { EXPLAIN_MSR, 0x606, 0x641 },
			  { EXPLAIN_MSR, 0x770, 0x774 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 5,
	},
	{
		.topic = "speculation",
		.title = "guest switches speculation controls",
		.what = "The guest writes a register that controls speculation.",
		.causes = "KVM passes them through after the first write that is not zero. Steady exits come "
			  "from a guest that writes zero again and again, or from a nested one.",
		.bad = "Where it is steady: it comes with each change of context.",
		.remedy = "Choose a mitigation in the guest that the virtual CPU supports (spec_store_bypass_disable=, "
			  "spectre_v2=).",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, vmx_possible_passthrough_msrs; "
			   "Documentation/admin-guide/kernel-parameters.txt",
		.keys = { { EXPLAIN_MSR, 0x48, 0x49 }, { EXPLAIN_MSR, 0x10b, 0x10b },
			  { EXPLAIN_MSR, 0xc001011f, 0xc001011f } },
		.cost = EXPLAIN_KERNEL,
		.normal = 50,
	},
	{
		.topic = "paging-in",
		.title = "host pages guest memory in",
		.what = "The guest acknowledges that the host has brought back a page of its memory.",
		.causes = "The host swaps the guest's memory.",
		.bad = "Yes: the guest waits for the host's swap.",
		.remedy = "More memory for the host, fewer VMs, or QEMU -overcommit mem-lock=on.",
		.sources = "Linux Documentation/virt/kvm/x86/msr.rst, MSR_KVM_ASYNC_PF_ACK",
		.keys = { { EXPLAIN_MSR, 0x4b564d07, 0x4b564d07 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 0,
	},
	{
		.topic = "paravirt-setup",
		.title = "guest sets up paravirtual features",
		.what = "The guest registers with KVM or Hyper-V interfaces: clock, steal time, events.",
		.causes = "Once for each CPU that comes online.",
		.bad = "No.",
		.remedy = NULL,
		.sources = "Linux Documentation/virt/kvm/x86/msr.rst",
		.keys = { { EXPLAIN_MSR, 0x11, 0x12 }, { EXPLAIN_MSR, 0x4b564d00, 0x4b564d06 },
			  { EXPLAIN_MSR, 0x4b564d08, 0x4b564d08 },
			  { EXPLAIN_MSR, 0x40000000, 0x40000003 },
			  { EXPLAIN_MSR, 0x40000021, 0x40000023 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "boot-msr",
		.title = "guest sets up its CPU",
		.what = "The guest reads or writes a register that only matters while a CPU starts.",
		.causes = "Boot, and CPUs that come online: memory types (MTRR), machine checks, microcode.",
		.bad = "Not in boot.",
		.remedy = NULL,
		.sources = "Linux arch/x86/include/asm/msr-index.h",
		.keys = { { EXPLAIN_MSR, 0x1b, 0x1b }, { EXPLAIN_MSR, 0x3a, 0x3b },
			  { EXPLAIN_MSR, 0x8b, 0x8b }, { EXPLAIN_MSR, 0xce, 0xce },
			  { EXPLAIN_MSR, 0x10a, 0x10a }, { EXPLAIN_MSR, 0x179, 0x17b },
			  { EXPLAIN_MSR, 0x200, 0x277 }, { EXPLAIN_MSR, 0x2ff, 0x2ff },
			  { EXPLAIN_MSR, 0x400, 0x47f }, { EXPLAIN_MSR, 0xc0000080, 0xc0000080 },
			  { EXPLAIN_MSR, 0xc0010015, 0xc0010015 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{ .topic = NULL },
};
