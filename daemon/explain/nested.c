// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests that are hypervisors, and guests that are protected from the host. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_nested[] = {
	{
		.topic = "nested",
		.title = "guest runs guests of its own",
		.what = "The guest is a hypervisor, and executed an instruction that manages its own guests.",
		.causes = "KVM or Hyper-V in the guest; on Windows also WSL2, Credential Guard and other "
			  "security that is based on virtualisation.",
		.bad = "VMRESUME and VMRUN come once for each exit of the nested guests. VMREAD and VMWRITE "
		       "in numbers mean that the processor does not shadow the VMCS.",
		.remedy = "Windows guest on Intel: QEMU -cpu ...,hv-evmcs. Do not show vmx or svm to guests "
			  "that need no nested guests. Check kvm_intel.enable_shadow_vmcs, kvm_amd.vls and "
			  "kvm_amd.vgif, which are on by default.",
		.sources = "Linux Documentation/virt/kvm/x86/nested-vmx.rst; QEMU docs/system/i386/hyperv.rst, hv-evmcs",
		.reasons = "VMCLEAR VMLAUNCH VMPTRLD VMPTRST VMREAD VMRESUME VMWRITE VMOFF VMON INVEPT INVVPID "
			   "VMFUNC VMRUN VMLOAD VMSAVE STGI CLGI SKINIT",
		.cost = EXPLAIN_KERNEL,
		.normal = 100,
	},
	{
		.topic = "sev-es",
		.title = "protected guest asks for a service",
		.what = "A SEV-ES or SEV-SNP guest asks the host for an MSR, a port, a CPUID leaf, a device "
			"register or a page state change. The host cannot see more of the reason.",
		.causes = "All that other guests make exits for. Many page state changes in boot are memory "
			  "being accepted.",
		.bad = "See the reasons that it stands for: timers and device requests are the usual ones.",
		.remedy = NULL,
		.sources = "Linux arch/x86/kvm/svm/sev.c, sev_handle_vmgexit()",
		.reasons = "VMGEXIT VMGEXIT_*",
		.cost = EXPLAIN_USER,
		.normal = 1000,
	},
	{
		.topic = "tdx",
		.title = "TDX guest asks for a service",
		.what = "A TDX guest called the host.",
		.causes = "Memory that is shared or accepted, quotes, and error reports.",
		.bad = "Not in boot.",
		.remedy = NULL,
		.sources = "Linux arch/x86/kvm/vmx/tdx.c, tdcall_to_vmx_exit_reason()",
		.reasons = "TDCALL SEAMCALL",
		.cost = EXPLAIN_USER,
		.normal = 1000,
	},
	{ .topic = NULL },
};
