// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest code, the kinds of exit and the hardware's names for them.
 *
 * Guest code is 32-bit, position independent, and one loop a kind: %esi counts
 * down, the other registers are the loop's arguments and come from KVM_SET_REGS.
 * No loop touches memory but through %edi, so the only guest pages in play are
 * the code page and those that a kind is about. Each loop ends at guest_end,
 * whose OUT is the one exit that a run of a loop adds to what was asked for.
 */
#include <string.h>

#include "exitgen.h"

#define STR_(x) #x
#define STR(x)	STR_(x)

/* Each string is a line of assembly. */
/* clang-format off */
#define LOOP(name, body)			\
	"	.globl " name "\n"		\
	"	.hidden " name "\n"		\
	name ":\n"				\
	body					\
	"	decl	%esi\n"			\
	"	jnz	" name "\n"		\
	"	jmp	guest_end\n"

asm(
"	.pushsection .rodata.guest, \"a\", @progbits\n"
"	.balign	16\n"
"	.code32\n"
"	.globl	guest_code, guest_end, guest_code_end\n"
"	.hidden	guest_code, guest_end, guest_code_end\n"
"guest_code:\n"
"guest_end:\n"
"	outb	%al, $" STR(PORT_END) "\n"
"	jmp	guest_end\n"

/*
 * No KVM_HC_* has this number: KVM answers -KVM_ENOSYS and goes straight back
 * into the guest. The answer overwrites %eax.
 */
LOOP("guest_vmcall",	"movl $0x7ffffff0, %eax; vmcall\n")
LOOP("guest_vmmcall",	"movl $0x7ffffff0, %eax; vmmcall\n")
LOOP("guest_cpuid",	"xorl %eax, %eax; xorl %ecx, %ecx; cpuid\n")
/* What exits for another thing each time: %esi, which differs. */
LOOP("guest_vmcall_flood",  "movl %esi, %eax; orl $0x7f000000, %eax; vmcall\n")
LOOP("guest_vmmcall_flood", "movl %esi, %eax; orl $0x7f000000, %eax; vmmcall\n")
LOOP("guest_cpuid_flood",   "movl %esi, %eax; xorl %ecx, %ecx; cpuid\n")
LOOP("guest_port_flood",    "movl %esi, %edx; orl $0x8000, %edx; outb %al, %dx\n")
LOOP("guest_msr_flood",	    "movl %esi, %ecx; orl $0x4f000000, %ecx; rdmsr\n")
LOOP("guest_touch_flood",
"	movl	%esi, %eax\n"
"	andl	$0xffc, %eax\n"
"	movl	(%edi, %eax), %eax\n")
LOOP("guest_out",	"outb %al, $" STR(PORT_TEST) "\n")
LOOP("guest_in",	"inb $" STR(PORT_TEST) ", %al\n")
LOOP("guest_wrmsr",	"wrmsr\n")
LOOP("guest_rdmsr",	"rdmsr\n")
LOOP("guest_hlt",	"hlt\n")
LOOP("guest_wbinvd",	"wbinvd\n")
LOOP("guest_touch",	"movl (%edi), %eax; addl %ebp, %edi\n")

/*
 * A deadline some seconds ahead, which the next write moves before it comes;
 * the last write disarms the timer, so that it never fires, whatever the vCPU
 * does next. RDTSC does not exit.
 */
LOOP("guest_tscdeadline",
"	rdtsc\n"
"	addl	$4, %edx\n"
"	cmpl	$1, %esi\n"
"	jne	1f\n"
"	xorl	%eax, %eax\n"
"	xorl	%edx, %edx\n"
"1:	wrmsr\n")

/*
 * A deadline %ebp cycles ahead, and the preemption timer ends the wait for it.
 * The wait goes on for some thousand cycles, as the timer counts in coarser units.
 */
LOOP("guest_preempt",
"	rdtsc\n"
"	addl	%ebp, %eax\n"
"	adcl	$0, %edx\n"
"	movl	%eax, %ebx\n"
"	movl	%edx, %edi\n"
"	wrmsr\n"
"	addl	$4096, %ebx\n"
"	adcl	$0, %edi\n"
"1:	rdtsc\n"
"	subl	%ebx, %eax\n"
"	sbbl	%edi, %edx\n"
"	jc	1b\n")

/* KVM_HC_KICK_CPU is 5; %ebx its flags, %ecx the APIC id to kick: our own. */
LOOP("guest_kick_vmx",
"	movl $5, %eax; xorl %ebx, %ebx; movl %edi, %ecx; vmcall\n"
"	hlt\n")
LOOP("guest_kick_svm",
"	movl $5, %eax; xorl %ebx, %ebx; movl %edi, %ecx; vmmcall\n"
"	hlt\n")

/*
 * L1 enters L2, whose VMCB is at %edi, %esi times, or once if L2 is what counts
 * down %esi: the registers but %eax are not changed by the way there and back.
 */
"	.globl	guest_vmrun, l2_vmmcall, l2_wbinvd_svm, l2_out_svm\n"
"	.hidden	guest_vmrun, l2_vmmcall, l2_wbinvd_svm, l2_out_svm\n"
"guest_vmrun:\n"
"	movl	%edi, %eax\n"
"	vmrun\n"
"	subl	$1, %esi\n"
"	ja	guest_vmrun\n"
"	jmp	guest_end\n"

"l2_wbinvd_svm:\n"
"	wbinvd\n"
"	decl	%esi\n"
"	jnz	l2_wbinvd_svm\n"
"l2_vmmcall:\n"
"	vmmcall\n"
"l2_out_svm:\n"
"	outb	%al, $" STR(PORT_TEST) "\n"
"	decl	%esi\n"
"	jnz	l2_out_svm\n"
"	jmp	l2_vmmcall\n"

"guest_code_end:\n"
"	.code64\n"
"	.popsection\n"
);
/* clang-format on */

extern const unsigned char guest_vmcall[], guest_vmmcall[], guest_cpuid[], guest_out[], guest_in[],
	guest_wrmsr[], guest_rdmsr[], guest_hlt[], guest_wbinvd[], guest_touch[],
	guest_tscdeadline[], guest_preempt[], guest_kick_vmx[], guest_kick_svm[], guest_vmrun[],
	l2_vmmcall[], l2_wbinvd_svm[], l2_out_svm[], guest_vmcall_flood[], guest_vmmcall_flood[],
	guest_cpuid_flood[], guest_port_flood[], guest_msr_flood[], guest_touch_flood[];

const struct kind kinds[NR_KINDS] = {
	[K_VMCALL] = {
		.name = "vmcall", .reason = R_VMCALL,
		.code = { guest_vmcall, guest_vmmcall },
		.help = "hypercall that KVM does not know: VMCALL or VMMCALL",
	},
	[K_VMCALL_FLOOD] = {
		.name = "vmcall-flood", .reason = R_VMCALL,
		.code = { guest_vmcall_flood, guest_vmmcall_flood },
		.help = "hypercalls with another number each",
	},
	[K_CPUID_FLOOD] = {
		.name = "cpuid-flood", .reason = R_CPUID,
		.code = { guest_cpuid_flood, guest_cpuid_flood },
		.help = "CPUID of another leaf each",
	},
	[K_CPUID] = {
		.name = "cpuid", .reason = R_CPUID,
		.code = { guest_cpuid, guest_cpuid },
		.help = "CPUID, answered in the kernel",
	},
	[K_OUT] = {
		.name = "out", .reason = R_IO,
		.code = { guest_out, guest_out }, .user_exit = KVM_EXIT_IO,
		.help = "port write, to user space",
	},
	[K_IN] = {
		.name = "in", .reason = R_IO,
		.code = { guest_in, guest_in }, .user_exit = KVM_EXIT_IO,
		.help = "port read, to user space",
	},
	/*
	 * IA32_APIC_BASE is never passed through, by no vendor and no version:
	 * KVM has to see each change of the APIC's mode. Writing its present
	 * value back changes nothing and stays in the kernel.
	 */
	[K_MSR_WRITE] = {
		.name = "msr-write", .reason = R_MSR_WRITE,
		.code = { guest_wrmsr, guest_wrmsr },
		.help = "WRMSR of IA32_APIC_BASE's own value: always intercepted, no effect,\n"
			"never a fastpath",
	},
	[K_MSR_READ] = {
		.name = "msr-read", .reason = R_MSR_READ,
		.code = { guest_rdmsr, guest_rdmsr },
		.help = "RDMSR of IA32_APIC_BASE: always intercepted",
	},
	/* KVM takes a guest's write and leaves the number as it was. */
	[K_MSR_OTHER] = {
		.name = "msr-other", .reason = R_MSR_WRITE,
		.code = { guest_wrmsr, guest_wrmsr },
		.help = "WRMSR of another MSR: IA32_BIOS_SIGN_ID, no effect",
	},
	[K_MSR_FLOOD] = {
		.name = "msr-flood", .reason = R_MSR_READ,
		.code = { guest_msr_flood, guest_msr_flood }, .user_exit = KVM_EXIT_X86_RDMSR,
		.help = "RDMSR of another MSR each, that KVM does not know, to user space",
	},
	[K_X2APIC_ICR] = {
		.name = "x2apic-icr", .reason = R_MSR_WRITE, .apic = APIC_KERNEL,
		.code = { guest_wrmsr, guest_wrmsr },
		.help = "WRMSR of the x2APIC ICR, a fixed IPI to the vCPU itself, whose APIC\n"
			"is software-disabled and drops it. Fastpath on VMX, and on SVM where\n"
			"the processor saves the next RIP (nrips; TCG does not)",
	},
	[K_TSCDEADLINE] = {
		.name = "tscdeadline", .reason = R_MSR_WRITE, .apic = APIC_KERNEL,
		.code = { guest_tscdeadline, guest_tscdeadline },
		.help = "WRMSR of IA32_TSC_DEADLINE. Fastpath on VMX with the preemption timer;\n"
			"on SVM the ordinary path, as SVM has no such timer",
	},
	[K_PREEMPT_TIMER] = {
		.name = "preempt-timer", .reason = R_PREEMPT_TIMER, .apic = APIC_KERNEL,
		.code = { guest_preempt, NULL },
		.help = "VMX only: the preemption timer, as which a TSC deadline comes while the\n"
			"guest runs. Fastpath. One WRMSR each beside. Exact if the vCPU stays on\n"
			"its CPU: where it is moved in between, KVM sees the deadline itself",
	},
	[K_HLT] = {
		.name = "hlt", .reason = R_HLT, .apic = APIC_NONE,
		.code = { guest_hlt, guest_hlt }, .user_exit = KVM_EXIT_HLT,
		.help = "HLT, to user space (no APIC in the kernel, where it would block)",
	},
	[K_HLT_KICK] = {
		.name = "hlt-kick", .reason = R_HLT, .apic = APIC_KERNEL,
		.code = { guest_kick_vmx, guest_kick_svm },
		.help = "HLT after a hypercall that kicks the vCPU itself, so that it does not\n"
			"sleep: one HLT and one hypercall each. Since 6.12 HLT is a fastpath\n"
			"on VMX, and on SVM with nrips",
	},
	[K_NPF] = {
		.name = "npf", .reason = R_FAULT,
		.code = { guest_touch, guest_touch },
		.help = "first read of as many pages: NPF or EPT_VIOLATION, with shadow\n"
			"paging the page fault. Pages take no memory but page tables",
	},
	[K_MMIO] = {
		.name = "mmio", .reason = R_MMIO,
		.code = { guest_touch, guest_touch }, .user_exit = KVM_EXIT_MMIO,
		.help = "read where there is no memory, to user space: NPF; on VMX the first\n"
			"one is an EPT_VIOLATION, all others are EPT_MISCONFIG",
	},
	[K_MMIO_FLOOD] = {
		.name = "mmio-flood", .reason = R_MMIO,
		.code = { guest_touch_flood, guest_touch_flood }, .user_exit = KVM_EXIT_MMIO,
		.help = "reads of another of 1024 addresses each where there is no memory",
	},
	[K_PORT_FLOOD] = {
		.name = "port-flood", .reason = R_IO,
		.code = { guest_port_flood, guest_port_flood }, .user_exit = KVM_EXIT_IO,
		.help = "writes of another of 32768 ports each, to user space",
	},
	[K_WBINVD] = {
		.name = "wbinvd", .reason = R_WBINVD,
		.code = { guest_wbinvd, guest_wbinvd },
		.help = "WBINVD",
	},
	[K_NESTED_CALL] = {
		.name = "nested-call", .reason = R_VMCALL,
		.code = { NULL, guest_vmrun }, .nested = { NULL, l2_vmmcall },
		.help = "SVM only: hypercall by a guest of the guest, L2, to its hypervisor, which\n"
			"is the guest, L1: one VMRUN by L1 and one VMMCALL by L2 each",
	},
	[K_NESTED_WBINVD] = {
		.name = "nested-wbinvd", .reason = R_WBINVD,
		.code = { NULL, guest_vmrun }, .nested = { NULL, l2_wbinvd_svm },
		.help = "WBINVD by L2, of which L1 hears nothing",
	},
	[K_NESTED_OUT] = {
		.name = "nested-out", .reason = R_IO,
		.code = { NULL, guest_vmrun }, .nested = { NULL, l2_out_svm },
		.user_exit = KVM_EXIT_IO,
		.help = "port write by L2, to user space",
	},
	[K_FAIL_ENTRY] = {
		.name = "fail-entry", .reason = R_FAIL_ENTRY, .user_exit = KVM_EXIT_FAIL_ENTRY,
		.help = "VM entry that the processor refuses (CS both 64-bit and 32-bit):\n"
			"INVALID_STATE or ERR. Always done last",
	},
};

const struct kind *kind_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len))
			return &kinds[i];
	}
	return NULL;
}

/*
 * Codes as kvmexitd has them: the basic reason on VMX. The kvm_exit tracepoint
 * has the whole VM_EXIT_REASON field there, with bit 31 for a failed entry.
 */
struct reason_desc {
	const char *name;
	long code;
};

static const struct reason_desc vmx_reasons[NR_REASONS] = {
	[R_VMCALL] = { "VMCALL", 18 },
	[R_CPUID] = { "CPUID", 10 },
	[R_IO] = { "IO_INSTRUCTION", 30 },
	[R_MSR_READ] = { "MSR_READ", 31 },
	[R_MSR_WRITE] = { "MSR_WRITE", 32 },
	[R_HLT] = { "HLT", 12 },
	[R_WBINVD] = { "WBINVD", 54 },
	[R_FAULT] = { "EPT_VIOLATION", 48 },
	[R_MMIO] = { "EPT_MISCONFIG", 49 },
	[R_PREEMPT_TIMER] = { "PREEMPTION_TIMER", 52 },
	[R_FAIL_ENTRY] = { "INVALID_STATE", 33 },
	[R_ENTER_L2] = { "VMRESUME", 24 },
};

static const struct reason_desc svm_reasons[NR_REASONS] = {
	[R_VMCALL] = { "VMMCALL", 0x81 },
	[R_CPUID] = { "CPUID", 0x72 },
	[R_IO] = { "IOIO", 0x7b },
	[R_MSR_READ] = { "MSR", 0x7c },
	[R_MSR_WRITE] = { "MSR", 0x7c },
	[R_HLT] = { "HLT", 0x78 },
	[R_WBINVD] = { "WBINVD", 0x89 },
	[R_FAULT] = { "NPF", 0x400 },
	[R_MMIO] = { "NPF", 0x400 },
	[R_FAIL_ENTRY] = { "ERR", -1 },
	[R_ENTER_L2] = { "VMRUN", 0x80 },
	/* Never made: a name for what counts reasons by theirs. */
	[R_PREEMPT_TIMER] = { "", 0 },
};

/* With shadow paging, what the nested page tables would report is a #PF. */
static const struct reason_desc shadow_fault[2] = {
	{ "EXCEPTION_NMI", 0 },
	{ "EXCP_PF", 0x4e },
};

static const struct reason_desc *reason_desc(const struct host *host, enum reason reason)
{
	if (!host->tdp && (reason == R_FAULT || reason == R_MMIO))
		return &shadow_fault[host->svm];
	if (!host->mmio_caching && reason == R_MMIO)
		reason = R_FAULT;
	return host->svm ? &svm_reasons[reason] : &vmx_reasons[reason];
}

const char *reason_name(const struct host *host, enum reason reason)
{
	return reason_desc(host, reason)->name;
}

long reason_code(const struct host *host, enum reason reason)
{
	return reason_desc(host, reason)->code;
}
