// SPDX-License-Identifier: GPL-2.0-or-later
/* Interrupts of the guest, and its local APIC. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_interrupts[] = {
	{
		.topic = "eoi",
		.title = "guest ends an interrupt",
		.what = "The guest acknowledges an interrupt by writing the EOI register of its local APIC.",
		.causes = "One for each interrupt, where neither the processor nor a paravirtual "
			  "interface takes it.",
		.bad = "It doubles the exits of every interrupt. On a guest with much I/O it is worth "
		       "getting rid of.",
		.remedy = "Let the hardware do it: kvm_intel.enable_apicv=1 (default where supported) or "
			  "kvm_amd.avic=1 (off by default before Linux 6.18). Otherwise QEMU "
			  "-cpu ...,kvm-pv-eoi=on (default), and hv-vapic for Windows.",
		.sources = "QEMU docs/system/i386/kvm-pv.rst, docs/system/i386/hyperv.rst; Linux commit "
			   "ad56aa1177d6",
		.keys = { APIC_REGISTER(0xb0), { EXPLAIN_MSR, 0x40000070, 0x40000070 },
			  { EXPLAIN_MSR, 0x40000084, 0x40000084 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 500,
	},
	{
		.topic = "ipi",
		.title = "vCPU interrupts another vCPU",
		.what = "A vCPU sends an interprocessor interrupt through the ICR register or a hypercall.",
		.causes = "Wake-ups across vCPUs, TLB shootdowns (munmap, mprotect), smp_call_function(), "
			  "and receive packet steering (RPS).",
		.bad = "It grows with the number of vCPUs and with how much they talk. Above some 10,000 a "
		       "second it is a large part of the load.",
		.remedy = "Linux guest: QEMU -cpu ...,kvm-pv-ipi=on,kvm-pv-tlb-flush=on,kvm-pv-sched-yield=on "
			  "(all in -cpu host). Windows guest: hv-ipi, hv-tlbflush. Newer Intel "
			  "processors send IPIs without an exit (kvm_intel.enable_ipiv). Fewer vCPUs, or "
			  "pinning threads that talk, helps everywhere.",
		.sources = "Linux commit 4180bf1b655a (64 vCPUs: 70 % fewer MSR exits, ebizzy +14 %); "
			   "QEMU docs/system/i386/kvm-pv.rst; TencentOS-kernel pull request 57",
		.keys = { APIC_REGISTER(0x300), APIC_REGISTER(0x310),
			  { EXPLAIN_MSR, 0x83f, 0x83f }, { EXPLAIN_MSR, 0x40000071, 0x40000071 },
			  { EXPLAIN_HYPERCALL, 10, 10 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "apic-access",
		.title = "guest uses its local APIC",
		.what = "The guest reads or writes a register of its local APIC in the memory-mapped "
			"(xAPIC) mode.",
		.causes = "Ends of interrupts, IPIs, task priority (32-bit Windows) and timers, by the "
			  "register's offset.",
		.bad = "It costs more than the same in x2APIC mode, because KVM has to decode the instruction.",
		.remedy = "Give the guest x2APIC (QEMU -cpu ...,x2apic=on, and no nox2apic in the guest), "
			  "APICv or AVIC on the host, and hv-vapic for Windows.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_apic_access(); "
			   "Documentation/admin-guide/kernel-parameters.txt, nox2apic",
		.reasons = "APIC_ACCESS",
		.cost = EXPLAIN_KERNEL,
		.normal = 100,
	},
	{
		.topic = "apic-write",
		.title = "APIC write that KVM completes",
		.what = "APICv or AVIC did a write to the local APIC, and KVM has to act on it.",
		.causes = "IPIs where the processor cannot send them by itself, and writes to the timer.",
		.bad = "Not at about the rate of timers and IPIs.",
		.remedy = "Use the TSC deadline timer, MSI instead of INTx, and kvm-pv-ipi.",
		.sources = "Linux arch/x86/kvm/svm/avic.c, is_avic_unaccelerated_access_trap(); "
			   "arch/x86/kvm/vmx/vmx.c, handle_apic_write()",
		.reasons = "APIC_WRITE AVIC_UNACCELERATED_ACCESS",
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "avic-ipi",
		.title = "IPI that AVIC cannot deliver",
		.what = "AVIC could not deliver an IPI by itself, usually because the target vCPU does not run.",
		.causes = "vCPUs that sleep, or that wait for a CPU of an overcommitted host.",
		.bad = "Not for targets that sleep.",
		.remedy = "Pin vCPUs, reduce overcommit, or let the guest poll before it sleeps "
			  "(kvm-hint-dedicated).",
		.sources = "Linux arch/x86/kvm/svm/avic.c, avic_incomplete_ipi_interception()",
		.reasons = "AVIC_INCOMPLETE_IPI",
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "eoi-induced",
		.title = "end of a level-triggered interrupt",
		.what = "APICv reports the end of an interrupt that KVM has to know of.",
		.causes = "Level-triggered interrupts, the RTC, the PIT, and assigned devices with INTx.",
		.bad = "Only where the device is busy.",
		.remedy = "Use MSI or MSI-X in the guest's driver, or virtio devices.",
		.sources = "Linux arch/x86/kvm/ioapic.c, kvm_ioapic_scan_entry()",
		.reasons = "EOI_INDUCED",
		.cost = EXPLAIN_KERNEL,
		.normal = 100,
	},
	{
		.topic = "interrupt-window",
		.title = "guest enables interrupts again",
		.what = "KVM had an interrupt for the guest, which had interrupts disabled; they are "
			"enabled again now.",
		.causes = "Interrupts that come at the wrong moment, where APICv or AVIC is not in use.",
		.bad = "No: it is at most the rate of interrupts.",
		.remedy = "APICv (kvm_intel.enable_apicv) or AVIC (kvm_amd.avic) avoid it; so do fewer "
			  "interrupts (virtio event_idx, interrupt coalescing).",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_interrupt_window(); "
			   "arch/x86/kvm/svm/svm.c, interrupt_window_interception()",
		.reasons = "INTERRUPT_WINDOW VINTR",
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "nmi-window",
		.title = "guest can take an NMI again",
		.what = "KVM had an NMI for the guest, which was still handling one; it can take it now.",
		.causes = "perf or a watchdog in the guest, where the processor has no virtual NMIs.",
		.bad = "No.",
		.remedy = NULL,
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_nmi_window(); arch/x86/kvm/svm/svm.c, "
			   "iret_interception()",
		.reasons = "NMI_WINDOW IRET",
		.cost = EXPLAIN_KERNEL,
		.normal = 100,
	},
	{
		.topic = "task-priority",
		.title = "guest changes its task priority",
		.what = "The guest lowered its task priority while an interrupt waited for that.",
		.causes = "Windows guests, which raise and lower it through CR8. Linux never does.",
		.bad = "Only in the thousands a second.",
		.remedy = "APICv or AVIC on the host; QEMU -cpu ...,hv-vapic.",
		.sources = "Linux arch/x86/kvm/svm/svm.c, svm_update_cr8_intercept(); Xen commit 300b3c46074c",
		.reasons = "TPR_BELOW_THRESHOLD READ_CR8 WRITE_CR8 CR8_WRITE_TRAP",
		.cost = EXPLAIN_KERNEL,
		.normal = 500,
	},
	{ .topic = NULL },
};
