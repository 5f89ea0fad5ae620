// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest memory. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_memory[] = {
	{
		.topic = "memory",
		.title = "guest touches memory KVM must map",
		.what = "The guest touched memory that KVM had not mapped, or not for this kind of access.",
		.causes = "First touch: boot, growth, a snapshot or a migration that was restored. "
			  "Afterwards: the host swaps, merges (KSM) or moves the guest's memory, a balloon, "
			  "or dirty logging for a migration or backup. On AMD, NPF also has the exits for "
			  "device registers, which Intel calls EPT_MISCONFIG.",
		.bad = "Not until the guest has touched all its memory: 1 GiB is 262,144 exits with 4 KiB "
		       "pages, and 512 with 2 MiB pages. Hundreds a second on a settled guest are too many.",
		.remedy = "Huge pages: /sys/kernel/mm/transparent_hugepage/enabled = madvise or always, or "
			  "QEMU -object memory-backend-file,mem-path=/dev/hugepages,prealloc=on; in libvirt "
			  "<memoryBacking><hugepages/></memoryBacking>. Against swapping: QEMU "
			  "-overcommit mem-lock=on. Against merging: -machine mem-merge=off.",
		.sources = "Linux Documentation/virt/kvm/x86/mmu.rst, Documentation/admin-guide/mm/transhuge.rst; "
			   "nanvix pull request 1986; qemu-system-x86_64(1)",
		.reasons = "EPT_VIOLATION NPF",
		.cost = EXPLAIN_FAULT,
		.normal = 100,
	},
	{
		.topic = "dirty-log",
		.title = "hardware logged 512 dirty pages",
		.what = "The processor filled its log of dirty pages, 512 entries, and KVM empties it.",
		.causes = "A live migration or a backup is under way. 512 times 4 KiB times the rate is how "
			  "fast the guest writes to new pages.",
		.bad = "No, while it lasts as long as the migration.",
		.remedy = "Only where a migration does not end: auto-converge, or a pause of the guest.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_pml_full()",
		.reasons = "PML_FULL",
		.cost = EXPLAIN_KERNEL,
		.normal = 100,
	},
	{
		.topic = "page-tables",
		.title = "guest changes its page tables",
		.what = "The guest loaded or flushed page tables, and KVM had to follow.",
		.causes = "The host runs without nested paging (kvm_intel.ept=0, kvm_amd.npt=0).",
		.bad = "Yes: with nested paging there are none.",
		.remedy = "Load kvm_intel with ept=1 or kvm_amd with npt=1, the defaults, on a processor that "
			  "has it.",
		.sources = "Linux arch/x86/kvm/svm/svm.c, init_vmcb(); "
			   "Documentation/admin-guide/kernel-parameters.txt, kvm-intel.ept=, kvm-amd.npt=",
		.reasons = "INVLPG INVLPGA INVPCID READ_CR3 WRITE_CR3 CR3_WRITE_TRAP EXCP_PF",
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "cache-flush",
		.title = "guest flushes caches",
		.what = "The guest executed WBINVD or INVD.",
		.causes = "Boot, changes of MTRRs, and GPU drivers.",
		.bad = "With an assigned device that is not cache-coherent, KVM flushes the caches of real "
		       "CPUs, which slows down the neighbours. Otherwise it does nothing.",
		.remedy = "A newer driver in the guest.",
		.sources = "Linux arch/x86/kvm/x86.c, kvm_emulate_wbinvd_noskip()",
		.reasons = "WBINVD INVD",
		.cost = EXPLAIN_KERNEL,
		.normal = 1,
	},
	{ .topic = NULL },
};
