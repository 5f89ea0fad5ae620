// SPDX-License-Identifier: GPL-2.0-or-later
/* What the exit reasons of this host's VMs will be. */
#include "config.h"

#include "source/host_isa.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#include <linux/kvm_exitstat.h>
#include <stdbool.h>

/* CPUID's leaves, and where they have a bit for each: Intel SDM 2A, AMD APM 3. */
#define LEAF_FEATURES	  0x1U
#define ECX_VMX		  (1U << 5)
#define LEAF_AMD_FEATURES 0x80000001U
#define ECX_SVM		  (1U << 2)

static bool has(unsigned int leaf, unsigned int ecx_bit)
{
	unsigned int eax, ebx, ecx = 0, edx;

	return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) && (ecx & ecx_bit);
}

uint32_t host_isa(void)
{
	if (has(LEAF_AMD_FEATURES, ECX_SVM))
		return KVM_EXITSTAT_ISA_SVM;
	return has(LEAF_FEATURES, ECX_VMX) ? KVM_EXITSTAT_ISA_VMX : 0;
}
#else
uint32_t host_isa(void)
{
	return 0;
}
#endif
