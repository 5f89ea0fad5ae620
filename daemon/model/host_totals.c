// SPDX-License-Identifier: GPL-2.0-or-later
/* How often the VMs of this host exited for each reason. */
#include "config.h"

#include "model/host_totals.h"

#include <linux/kvm_exitstat.h>

#include "util/util.h"

/* Kept for the OTHER of each ISA, and one for those of all ISAs that are too many. */
#define PLACES_FOR_OTHER 8

static const uint16_t usual_vmx[] = {
	0, /* EXCEPTION_NMI */
	1, /* EXTERNAL_INTERRUPT */
	7, /* INTERRUPT_WINDOW */
	10, /* CPUID */
	12, /* HLT */
	18, /* VMCALL */
	28, /* CR_ACCESS */
	30, /* IO_INSTRUCTION */
	31, /* MSR_READ */
	32, /* MSR_WRITE */
	40, /* PAUSE_INSTRUCTION */
	44, /* APIC_ACCESS */
	45, /* EOI_INDUCED */
	48, /* EPT_VIOLATION */
	49, /* EPT_MISCONFIG */
	52, /* PREEMPTION_TIMER */
	56, /* APIC_WRITE */
};

static const uint16_t usual_svm[] = {
	0x010, /* WRITE_CR0 */
	0x060, /* INTR */
	0x061, /* NMI */
	0x064, /* VINTR */
	0x072, /* CPUID */
	0x077, /* PAUSE */
	0x078, /* HLT */
	0x07b, /* IOIO */
	0x07c, /* MSR */
	0x081, /* VMMCALL */
	0x400, /* NPF */
	0x401, /* AVIC_INCOMPLETE_IPI */
	0x402, /* AVIC_UNACCELERATED_ACCESS */
};

size_t host_totals_find(struct host_totals *totals, uint32_t isa, uint64_t code, bool other)
{
	struct host_total *total;
	size_t i;

	if (other)
		code = 0;
	for (i = 0; i < totals->n; i++) {
		total = &totals->all[i];
		if (total->isa == isa && total->other == other && total->code == code)
			return i;
	}
	if (!other && totals->n >= HOST_TOTALS_MAX - PLACES_FOR_OTHER)
		return host_totals_find(totals, isa, 0, true);
	if (totals->n >= HOST_TOTALS_MAX)
		return HOST_TOTALS_MAX - 1;
	if (totals->n == HOST_TOTALS_MAX - 1) {
		isa = 0;
		code = 0;
		other = true;
	}
	totals->all[totals->n] = (struct host_total){ .code = code, .isa = isa, .other = other };
	return totals->n++;
}

void host_totals_expect(struct host_totals *totals, uint32_t isa)
{
	const uint16_t *usual = NULL;
	size_t n = 0, i;

	if (isa == KVM_EXITSTAT_ISA_VMX) {
		usual = usual_vmx;
		n = ARRAY_SIZE(usual_vmx);
	} else if (isa == KVM_EXITSTAT_ISA_SVM) {
		usual = usual_svm;
		n = ARRAY_SIZE(usual_svm);
	}
	for (i = 0; i < n; i++)
		(void)host_totals_find(totals, isa, usual[i], false);
}
