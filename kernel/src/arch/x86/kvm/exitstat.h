/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_EXITSTAT_H
#define __KVM_X86_EXITSTAT_H

#include <linux/kvm_host.h>

/* The highest SVM exit code that has a slot by table, SVM_EXIT_VMGEXIT. */
#define KVM_EXITSTAT_SVM_CODE_MAX	0x403

#ifdef CONFIG_KVM_EXITSTAT
extern u8 kvm_exitstat_svm_slots[KVM_EXITSTAT_SVM_CODE_MAX + 1];

unsigned int kvm_exitstat_svm_rare_slot(u64 code);

/* What is done on request only, by the vendor modules: see exitstat_extra.h. */
void kvm_exitstat_vmx_extra(struct kvm_vcpu *vcpu, unsigned long slot);
void kvm_exitstat_tdx_extra(struct kvm_vcpu *vcpu, unsigned long slot);
void kvm_exitstat_svm_extra(struct kvm_vcpu *vcpu, unsigned long slot);

/* Basic exit reasons are dense: each is its own slot. */
static __always_inline void kvm_exitstat_count_vmx(struct kvm_vcpu *vcpu, u16 basic)
{
	unsigned long slot = min_t(u16, basic, KVM_EXITSTAT_SLOT_OTHER);

	vcpu->exitstat.counts->count[slot]++;
	if (static_branch_unlikely(&kvm_exitstat_extras))
		kvm_exitstat_vmx_extra(vcpu, slot);
}

/* The same codes, from a vCPU that has neither a VMCS nor registers to read. */
static __always_inline void kvm_exitstat_count_tdx(struct kvm_vcpu *vcpu, u16 basic)
{
	unsigned long slot = min_t(u16, basic, KVM_EXITSTAT_SLOT_OTHER);

	vcpu->exitstat.counts->count[slot]++;
	if (static_branch_unlikely(&kvm_exitstat_extras))
		kvm_exitstat_tdx_extra(vcpu, slot);
}

static __always_inline void kvm_exitstat_count_svm(struct kvm_vcpu *vcpu, u64 code)
{
	unsigned long slot;

	if (likely(code <= KVM_EXITSTAT_SVM_CODE_MAX))
		slot = kvm_exitstat_svm_slots[code];
	else
		slot = kvm_exitstat_svm_rare_slot(code);
	vcpu->exitstat.counts->count[slot]++;
	if (static_branch_unlikely(&kvm_exitstat_extras))
		kvm_exitstat_svm_extra(vcpu, slot);
}

/* Choosing the counters here spares every exit the question. */
static inline void kvm_exitstat_set_level(struct kvm_vcpu *vcpu,
					  enum kvm_exitstat_level level)
{
	vcpu->exitstat.counts = vcpu->exitstat.level[level];
}
#else
static inline void kvm_exitstat_count_vmx(struct kvm_vcpu *vcpu, u16 basic) {}
static inline void kvm_exitstat_count_tdx(struct kvm_vcpu *vcpu, u16 basic) {}
static inline void kvm_exitstat_count_svm(struct kvm_vcpu *vcpu, u64 code) {}
static inline void kvm_exitstat_set_level(struct kvm_vcpu *vcpu,
					  enum kvm_exitstat_level level) {}
#endif

#endif /* __KVM_X86_EXITSTAT_H */
