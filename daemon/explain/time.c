// SPDX-License-Identifier: GPL-2.0-or-later
/* Sleeping, timers and clocks. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_time[] = {
	{
		.topic = "idle",
		.title = "vCPU goes to sleep",
		.what = "The vCPU has nothing to do and gives its CPU back to the host.",
		.causes = "An idle guest. Also short sleeps: request and reply loads, locks that "
			  "are handed over, and messages between vCPUs.",
		.bad = "No. An idle vCPU makes some tens a second. Thousands a second on a busy "
		       "guest cost latency, because each wake-up takes an IPI and a pass through "
		       "the scheduler.",
		.remedy = "Only where latency matters: let the guest poll before it sleeps (QEMU "
			  "-cpu host,kvm-hint-dedicated=on, which makes Linux use cpuidle-haltpoll), "
			  "or give it CPUs of its own (QEMU -overcommit cpu-pm=on). If an idle guest "
			  "keeps a host CPU busy, the host is polling: lower kvm.halt_poll_ns "
			  "(200000 ns by default, 0 is off).",
		.sources = "Linux Documentation/virt/kvm/halt-polling.rst, "
			   "Documentation/virt/guest-halt-polling.rst; qemu-system-x86_64(1), -overcommit",
		.reasons = "HLT IDLE_HLT",
		.cost = EXPLAIN_SLEEP,
		.normal = 1000,
	},
	{
		.topic = "mwait",
		.title = "vCPU waits with MWAIT",
		.what = "The guest tries to sleep with MWAIT, which KVM intercepts.",
		.causes = "The VMM shows MONITOR in CPUID without giving the guest power management. "
			  "KVM then treats MWAIT as an instruction that does nothing, so the guest's "
			  "idle loop keeps a CPU busy.",
		.bad = "Yes, where it is frequent: the guest burns the CPU that it wants to give back.",
		.remedy = "Hide it (QEMU -cpu ...,-monitor) or allow it (QEMU -overcommit cpu-pm=on). "
			  "In a Linux guest: idle=nomwait or idle=halt.",
		.sources = "Linux arch/x86/kvm/x86.c, kvm_emulate_monitor_mwait(); "
			   "Documentation/admin-guide/kernel-parameters.txt, idle=",
		.reasons = "MWAIT_INSTRUCTION MONITOR_INSTRUCTION MWAIT MWAIT_COND MONITOR UMWAIT TPAUSE",
		.cost = EXPLAIN_SLEEP,
		.normal = 10,
	},
	{
		.topic = "timer-set",
		.title = "guest sets its timer",
		.what = "The guest programs its local APIC timer for the next event.",
		.causes = "The scheduler's tick (250 to 1000 a second on a busy vCPU), timers that "
			  "programs set (sleeps, media, TCP pacing), and the tick stopped and started "
			  "again around idle.",
		.bad = "Not at once or twice the guest's HZ per busy vCPU, so some 500 a second for "
		       "HZ=250. Far more means a program that sleeps for microseconds.",
		.remedy = "For CPU-bound work in a Linux guest: nohz_full=. Otherwise find the program "
			  "with short sleeps (perf trace -s in the guest), or use a kernel with a lower HZ.",
		.sources = "Linux Documentation/timers/no_hz.rst; arch/x86/kvm/x86.c, "
			   "handle_fastpath_set_tscdeadline(); the rate is arithmetic on HZ",
		.keys = { { EXPLAIN_MSR, 0x6e0, 0x6e0 }, APIC_REGISTER(0x380), APIC_REGISTER(0x320),
			  APIC_REGISTER(0x3e0), { EXPLAIN_MSR, 0x400000b0, 0x400000b7 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "timer-expired",
		.title = "guest's timer expires",
		.what = "The time that the guest set its timer to has come while it ran. Intel "
			"processors count it down in hardware; on AMD the same shows as INTR.",
		.causes = "One for each timer that expires. With nested guests and pending events KVM "
			  "also uses it to get an immediate exit.",
		.bad = "No. It comes as often as the guest sets its timer, and costs less than a timer "
		       "interrupt of the host.",
		.remedy = NULL,
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_fastpath_preemption_timer(); commit "
			   "ce7a058a2117",
		.reasons = "PREEMPTION_TIMER",
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "host-interrupt",
		.title = "interrupt for the host",
		.what = "The host got an interrupt while the guest ran. The guest did not cause the exit.",
		.causes = "The host's own tick and timers (on AMD, the guest's timers too), kicks that "
			  "deliver another vCPU's interrupt where posted interrupts are missing, and "
			  "devices whose interrupts go to this CPU.",
		.bad = "Not at the host's HZ per running vCPU, 250 a second for many distributions. "
		       "More points to interrupt affinity or to overcommit.",
		.remedy = "Keep device interrupts off the CPUs that run vCPUs (/proc/irq/*/smp_affinity, "
			  "irqaffinity=); for dedicated CPUs, nohz_full= on the host. APICv "
			  "(kvm_intel.enable_apicv) or AVIC (kvm_amd.avic) deliver interrupts without kicks.",
		.sources = "Linux arch/x86/include/asm/irq_vectors.h; "
			   "Documentation/admin-guide/kernel-parameters.txt, nohz_full=, irqaffinity=",
		.reasons = "EXTERNAL_INTERRUPT INTR",
		.cost = EXPLAIN_KERNEL,
		.normal = 1500,
	},
	{
		.topic = "host-nmi",
		.title = "NMI or guest exception",
		.what = "A non-maskable interrupt of the host came, or on Intel the guest raised an "
			"exception that KVM intercepts.",
		.causes = "perf sampling on the host, the host's NMI watchdog, or a guest that profiles "
			  "with a virtual PMU. On Intel also #UD, #AC and the other intercepted exceptions.",
		.bad = "Only if nobody is sampling: the rate is then that of the watchdog, one in ten "
		       "seconds of CPU time.",
		.remedy = "Stop perf on the host, or switch the watchdog off: sysctl kernel.nmi_watchdog=0.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, vmx_vcpu_enter_exit(), handle_exception_nmi(); "
			   "Documentation/admin-guide/kernel-parameters.txt, nmi_watchdog=",
		.reasons = "EXCEPTION_NMI NMI EXCP_NMI",
		.cost = EXPLAIN_KERNEL,
		.normal = 1,
	},
	{
		.topic = "clock-device",
		.title = "guest reads time from a device",
		.what = "The guest reads the time from the ACPI PM timer, the HPET or a Hyper-V counter "
			"instead of from its TSC.",
		.causes = "A Linux guest that marked its TSC unstable and fell back to the clock source "
			  "hpet or acpi_pm, or that runs with no-kvmclock; a Windows guest without "
			  "Hyper-V clock enlightenments. Calibration in boot is short and harmless.",
		.bad = "Yes, where it is steady: every reading of the clock is an exit, and QEMU handles "
		       "the PM timer and the HPET in user space, at some 6 us each.",
		.remedy = "Linux guest: clocksource=kvm-clock or tsc, and find out why the TSC was "
			  "rejected (dmesg | grep -i tsc). Windows guest: QEMU -cpu ...,hv-time,"
			  "hv-vpindex,hv-synic,hv-stimer and -machine hpet=off; in libvirt "
			  "<timer name='hypervclock' present='yes'/> with <vpindex/>, <synic/>, <stimer/>.",
		.sources = "QEMU docs/system/i386/hyperv.rst; Linux "
			   "Documentation/admin-guide/kernel-parameters.txt, clocksource=; "
			   "Documentation/virt/kvm/x86/timekeeping.rst",
		.keys = { { EXPLAIN_PORT, 0x608, 0x60b }, { EXPLAIN_PORT, 0xb008, 0xb00b },
			  { EXPLAIN_MMIO, 0xfed00000, 0xfed003ff },
			  { EXPLAIN_MSR, 0x40000020, 0x40000020 } },
		.cost = EXPLAIN_USER,
		.normal = 0,
	},
	{
		.topic = "rtc",
		.title = "guest uses the RTC",
		.what = "The guest reads or writes the real-time clock, a device of the PC that QEMU emulates.",
		.causes = "A Windows guest without Hyper-V timers ticks by the RTC. A Linux guest uses it "
			  "in boot and for hwclock only.",
		.bad = "Yes, where it is steady. An idle Windows 10 guest with an RTC tick kept 30 % of a "
		       "host CPU busy, and 1 to 3 % with Hyper-V timers.",
		.remedy = "QEMU -cpu ...,hv-vpindex,hv-synic,hv-stimer,hv-time; in libvirt <hyperv> with "
			  "<vpindex state='on'/>, <synic state='on'/>, <stimer state='on'/> and "
			  "<timer name='hypervclock' present='yes'/>. Removing the HPET without these "
			  "makes it worse: Windows then falls back to the RTC.",
		.sources = "QEMU docs/system/i386/hyperv.rst, hv-stimer; OpenNebula/addon-storpool issue 79; "
			   "virt-manager issue 205",
		.keys = { { EXPLAIN_PORT, 0x70, 0x71 } },
		.cost = EXPLAIN_USER,
		.normal = 2,
	},
	{
		.topic = "pit",
		.title = "guest uses the PIT",
		.what = "The guest programs or reads the programmable interval timer, which KVM emulates "
			"in the kernel.",
		.causes = "Calibration of clocks in boot, old guests that tick by it, and delay loops on "
			  "port 0x61.",
		.bad = "Only where it is steady.",
		.remedy = "Use a guest kernel that has kvm-clock or the TSC deadline timer.",
		.sources = "Linux arch/x86/kvm/i8254.h; Documentation/virt/kvm/x86/timekeeping.rst",
		.keys = { { EXPLAIN_PORT, 0x40, 0x43 }, { EXPLAIN_PORT, 0x61, 0x61 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{ .topic = NULL },
};
