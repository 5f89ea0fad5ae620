// SPDX-License-Identifier: GPL-2.0-or-later
/* Instructions and events of the processor. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_cpu[] = {
	{
		.topic = "cpuid",
		.title = "guest asks for CPU features",
		.what = "The guest executed CPUID, which always exits.",
		.causes = "Boot, and every start of a program (the C library and language runtimes look for "
			  "features). Also programs that use CPUID to serialise, and copy protection.",
		.bad = "Not at some tens for each program that starts. Thousands a second are a loop in a "
		       "program or a load that starts processes all the time.",
		.remedy = "In the guest: find the program (perf trace, execsnoop), start fewer "
			  "processes, and use RDTSCP or LFENCE instead of CPUID for measuring. There is "
			  "nothing to set on the host.",
		.sources = "Intel SDM volume 3C, \"Instructions That Cause VM Exits Unconditionally\"; "
			   "klauspost/cpuid issue 103",
		.reasons = "CPUID",
		.cost = EXPLAIN_KERNEL,
		.normal = 200,
	},
	{
		.topic = "hypercall",
		.title = "guest makes a hypercall",
		.what = "The guest called the host through its paravirtual interface.",
		.causes = "IPIs and TLB flushes (which save other exits), kicks of sleeping lock holders, "
			  "and a clock that chrony reads (ptp_kvm).",
		.bad = "Not by itself. KVM's calls 5 and 11, and Hyper-V's call 8, mean that vCPUs wait for "
		       "others that the host does not run: overcommit.",
		.remedy = "With many of 5, 8 or 11: reduce overcommit, or pin vCPUs.",
		.sources = "Linux Documentation/virt/kvm/x86/hypercalls.rst; QEMU docs/system/i386/hyperv.rst, "
			   "hv-spinlocks",
		.reasons = CALL_REASONS,
		.cost = EXPLAIN_KERNEL,
		.normal = 1000,
	},
	{
		.topic = "lock-kick",
		.title = "guest wakes or yields to a lock holder",
		.what = "A vCPU wakes another one that waits for a lock, or gives its time to one that holds it.",
		.causes = "Contended locks in a guest whose vCPUs do not all run: the host is overcommitted.",
		.bad = "As a sign, yes: vCPUs wait for each other.",
		.remedy = "Fewer vCPUs or fewer VMs per host, or CPUs of their own for this VM.",
		.sources = "Linux Documentation/virt/kvm/x86/hypercalls.rst, KVM_HC_KICK_CPU, KVM_HC_SCHED_YIELD",
		.keys = { { EXPLAIN_HYPERCALL, 5, 5 }, { EXPLAIN_HYPERCALL, 8, 8 },
			  { EXPLAIN_HYPERCALL, 11, 11 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 50,
	},
	{
		.topic = "spin",
		.title = "vCPU spins for a lock",
		.what = "A vCPU spins in a lock for so long that the processor asks the host for help.",
		.causes = "The holder of the lock does not run, because the host is overcommitted; very large "
			  "VMs with hot locks; programs that poll with PAUSE.",
		.bad = "Yes: without overcommit there are almost none.",
		.remedy = "Reduce overcommit, or pin vCPUs. In the guest, paravirtual spinlocks (QEMU -cpu "
			  "...,kvm-pv-unhalt=on; no nopvspin). For dedicated CPUs: kvm_intel.ple_gap=0, "
			  "kvm_amd.pause_filter_count=0, or QEMU -overcommit cpu-pm=on.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, ple_gap; "
			   "Documentation/admin-guide/kernel-parameters.txt, nopvspin",
		.reasons = "PAUSE PAUSE_INSTRUCTION",
		.cost = EXPLAIN_SPIN,
		.normal = 50,
	},
	{
		.topic = "rdpmc",
		.title = "guest reads a performance counter",
		.what = "The guest executed RDPMC.",
		.causes = "perf stat or another profiler in the guest.",
		.bad = "Only while nobody profiles.",
		.remedy = "Stop the profiler, or hide the PMU: QEMU -cpu ...,pmu=off.",
		.sources = "Linux arch/x86/kvm/x86.c, kvm_emulate_rdpmc(); libvirt docs/formatdomain.rst, pmu",
		.reasons = "RDPMC RDPRU",
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "control-register",
		.title = "guest writes a control register",
		.what = "The guest read or wrote a control register that KVM watches.",
		.causes = "Boot, CPUs that come online, changes of mode. On AMD every write of CR4 exits, so a "
			  "guest that flushes its TLB by toggling CR4.PGE shows WRITE_CR4.",
		.bad = "A few hundred in a boot are usual. Steady ones are worth a look.",
		.remedy = "Show invpcid to the guest (QEMU -cpu host, or ...,invpcid=on).",
		.sources = "Linux arch/x86/kvm/kvm_cache_regs.h, KVM_POSSIBLE_CR4_GUEST_BITS; docs/EXPERIMENT.md",
		.reasons = "CR_ACCESS CR0_SEL_WRITE READ_CR0 READ_CR2 READ_CR4 WRITE_CR0 WRITE_CR2 WRITE_CR4 "
			   "CR0_WRITE_TRAP CR4_WRITE_TRAP EFER_WRITE_TRAP XSETBV",
		.cost = EXPLAIN_KERNEL,
		.normal = 50,
	},
	{
		.topic = "debug-register",
		.title = "guest uses debug registers",
		.what = "The guest read or wrote a debug register.",
		.causes = "A debugger, hardware watchpoints, perf mem: events, or copy protection on Windows.",
		.bad = "Only while nobody debugs.",
		.remedy = NULL,
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_dr(); arch/x86/kvm/svm/svm.c, dr_interception()",
		.reasons = "DR_ACCESS READ_DR* WRITE_DR* EXCP_DB EXCP_BP ICEBP MONITOR_TRAP_FLAG",
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "exception",
		.title = "guest raises an exception",
		.what = "The guest raised an exception that KVM intercepts.",
		.causes = "#UD: an instruction that this CPU model lacks. #AC on Intel: a locked access across "
			  "two cache lines, which the host detects. #GP: a VMware port or an erratum. #MC: a "
			  "hardware error of the host.",
		.bad = "Where it is steady. Each #AC of a split lock can be delayed by the host on purpose.",
		.remedy = "#UD: a CPU model that has what the program wants (QEMU -cpu host). #AC: fix the "
			  "program, or on the host split_lock_detect=off or kernel.split_lock_mitigate=0. "
			  "#MC: look at the host's log.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_exception_nmi(); Documentation/arch/x86/buslock.rst",
		.reasons = "EXCP_* MCE_DURING_VMENTRY",
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "bus-lock",
		.title = "guest locks the memory bus",
		.what = "A locked access of the guest took the whole memory bus.",
		.causes = "A program with misaligned atomic operations, where QEMU limits their rate "
			  "(-machine bus-lock-ratelimit=).",
		.bad = "Yes: every CPU of the host waits meanwhile.",
		.remedy = "Fix the program in the guest.",
		.sources = "Linux Documentation/virt/kvm/api.rst, KVM_CAP_X86_BUS_LOCK_EXIT",
		.reasons = "BUS_LOCK",
		.cost = EXPLAIN_USER,
		.normal = 0,
	},
	{
		.topic = "notify",
		.title = "guest blocks interrupts",
		.what = "The guest ran for long without a moment at which an interrupt could be delivered.",
		.causes = "A fault of the guest, or an attack on the host.",
		.bad = "Yes.",
		.remedy = "Look at the guest. QEMU -accel kvm,notify-vmexit=internal-error ends it.",
		.sources = "qemu-system-x86_64(1), notify-vmexit; Linux Documentation/virt/kvm/api.rst",
		.reasons = "NOTIFY",
		.cost = EXPLAIN_KERNEL,
		.normal = 0,
	},
	{
		.topic = "descriptor-table",
		.title = "guest uses descriptor tables",
		.what = "The guest read or wrote a descriptor table register, or switched tasks in hardware.",
		.causes = "KVM emulates UMIP for programs that read them (Wine, old copy protection); 32-bit "
			  "guests.",
		.bad = "No.",
		.remedy = NULL,
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_desc(), handle_task_switch()",
		.reasons = "GDTR_IDTR LDTR_TR IDTR_READ GDTR_READ LDTR_READ TR_READ IDTR_WRITE GDTR_WRITE "
			   "LDTR_WRITE TR_WRITE TASK_SWITCH",
		.cost = EXPLAIN_KERNEL,
		.normal = 100,
	},
	{
		.topic = "tsc",
		.title = "guest reads the TSC with an exit",
		.what = "The guest executed RDTSC or RDTSCP, and it exits.",
		.causes = "KVM does not ask for these exits. A nested hypervisor does.",
		.bad = "Yes: reading the clock should not exit.",
		.remedy = "Look at the hypervisor in the guest, and give the host and it an invariant TSC.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, vmx_exec_control()",
		.reasons = "RDTSC RDTSCP",
		.cost = EXPLAIN_KERNEL,
		.normal = 0,
	},
	{
		.topic = "reset",
		.title = "guest resets or starts a CPU",
		.what = "The guest resets, starts a CPU, or crashed so badly that its CPU shut down.",
		.causes = "A reboot, CPUs that come online, or a triple fault.",
		.bad = "Not once at the end. Again and again is a loop of reboots.",
		.remedy = "Look at the guest's console.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_triple_fault(); arch/x86/kvm/svm/svm.c, "
			   "shutdown_interception()",
		.reasons = "TRIPLE_FAULT SHUTDOWN INIT_SIGNAL SIPI_SIGNAL INIT",
		.cost = EXPLAIN_USER,
		.normal = 0,
	},
	{
		.topic = "failed-entry",
		.title = "processor refused to enter the guest",
		.what = "The processor could not enter the guest.",
		.causes = "A fault of KVM, of the VMM or of the processor.",
		.bad = "Yes.",
		.remedy = "Look at the host's log (dmesg), and report it.",
		.sources = "Intel SDM volume 3C, \"VM-Entry Failures During or After Loading Guest State\"; AMD "
			   "APM volume 2, \"VMRUN\"",
		.reasons = "INVALID_STATE MSR_LOAD_FAIL ERR",
		.cost = EXPLAIN_USER,
		.normal = 0,
	},
	{ .topic = NULL },
};
