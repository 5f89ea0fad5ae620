// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the slot map, included by exitstat.c: every exit code that KVM
 * knows has a counter of its own, and the counter tells the code.
 */
#include <kunit/test.h>
#include <asm/svm.h>
#include <asm/vmx.h>

struct exitstat_test_reason {
	u64 code;
	const char *name;
};

/* What the kvm_exit tracepoint prints: what is added there must be known here. */
static const struct exitstat_test_reason vmx_reasons[] = { VMX_EXIT_REASONS };
static const struct exitstat_test_reason svm_reasons[] = { SVM_EXIT_REASONS };

/* Count one exit, and return the counter that has it. */
static unsigned int slot_of(struct kunit *test, enum kvm_exitstat_isa isa, u64 code)
{
	struct kvm_vcpu *vcpu = test->priv;
	unsigned int slot, found = KVM_EXITSTAT_NR_SLOTS;
	u64 *count = vcpu->exitstat.counts->count, sum = 0;

	memset(count, 0, KVM_EXITSTAT_NR_SLOTS * sizeof(*count));
	if (isa == KVM_EXITSTAT_ISA_VMX)
		kvm_exitstat_count_vmx(vcpu, code);
	else
		kvm_exitstat_count_svm(vcpu, code);

	for (slot = 0; slot < KVM_EXITSTAT_NR_SLOTS; slot++) {
		sum += count[slot];
		if (count[slot])
			found = slot;
	}
	KUNIT_EXPECT_EQ_MSG(test, sum, 1, "exit code %#llx", code);
	return found;
}

static void expect_own_slot(struct kunit *test, enum kvm_exitstat_isa isa,
			    const struct exitstat_test_reason *reason)
{
	unsigned int slot = slot_of(test, isa, reason->code);

	KUNIT_EXPECT_LT_MSG(test, slot, KVM_EXITSTAT_SLOT_OTHER, "%s", reason->name);
	KUNIT_EXPECT_EQ_MSG(test, kvm_arch_exitstat_code(isa, slot), reason->code,
			    "%s", reason->name);
}

static void test_vmx_known(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(vmx_reasons); i++)
		expect_own_slot(test, KVM_EXITSTAT_ISA_VMX, &vmx_reasons[i]);
}

static void test_vmx_any(struct kunit *test)
{
	unsigned int code, wanted;

	for (code = 0; code <= U16_MAX; code += code < 1024 ? 1 : 251) {
		wanted = min(code, KVM_EXITSTAT_SLOT_OTHER);
		KUNIT_EXPECT_EQ_MSG(test, slot_of(test, KVM_EXITSTAT_ISA_VMX, code),
				    wanted, "exit code %#x", code);
	}
	KUNIT_EXPECT_EQ(test, slot_of(test, KVM_EXITSTAT_ISA_VMX, U16_MAX),
			KVM_EXITSTAT_SLOT_OTHER);
}

static void test_svm_known(struct kunit *test)
{
	u64 code;
	int i;

	for (i = 0; i < ARRAY_SIZE(svm_reasons); i++) {
		code = svm_reasons[i].code;
		/* A GHCB, and not the processor, has the VMGEXIT codes. */
		if (code >= SVM_VMGEXIT_MMIO_READ && code <= U32_MAX)
			KUNIT_EXPECT_EQ_MSG(test,
					    slot_of(test, KVM_EXITSTAT_ISA_SVM, code),
					    KVM_EXITSTAT_SLOT_OTHER,
					    "%s", svm_reasons[i].name);
		else
			expect_own_slot(test, KVM_EXITSTAT_ISA_SVM, &svm_reasons[i]);
	}
}

/* No two codes share a counter, but for those that have none. */
static void test_svm_any(struct kunit *test)
{
	unsigned int slot;
	u64 code;

	for (code = 0; code < 0x1000; code++) {
		slot = slot_of(test, KVM_EXITSTAT_ISA_SVM, code);
		if (slot != KVM_EXITSTAT_SLOT_OTHER)
			KUNIT_EXPECT_EQ(test,
					kvm_arch_exitstat_code(KVM_EXITSTAT_ISA_SVM, slot),
					code);
	}
}

static void test_svm_negative(struct kunit *test)
{
	unsigned int slot, seen = KVM_EXITSTAT_NR_SLOTS;
	s64 code;

	for (code = -1; code >= -4; code--) {
		slot = slot_of(test, KVM_EXITSTAT_ISA_SVM, code);
		KUNIT_EXPECT_LT(test, slot, KVM_EXITSTAT_SLOT_OTHER);
		KUNIT_EXPECT_NE(test, slot, seen);
		KUNIT_EXPECT_EQ(test, kvm_arch_exitstat_code(KVM_EXITSTAT_ISA_SVM, slot),
				(u64)code);
		/* The same, from a kernel that keeps 32 bits of a code. */
		KUNIT_EXPECT_EQ(test, slot_of(test, KVM_EXITSTAT_ISA_SVM, (u32)code), slot);
		seen = slot;
	}
}

static void test_svm_unknown(struct kunit *test)
{
	static const u64 codes[] = {
		KVM_EXITSTAT_SVM_CODE_MAX + 1, S32_MAX, (u32)S32_MIN, (u32)-5,
		BIT_ULL(32), BIT_ULL(32) | SVM_EXIT_CPUID, S64_MAX, S64_MIN, -5ULL,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    slot_of(test, KVM_EXITSTAT_ISA_SVM, codes[i]),
				    KVM_EXITSTAT_SLOT_OTHER, "exit code %#llx", codes[i]);
}

static void test_levels(struct kunit *test)
{
	struct kvm_vcpu *vcpu = test->priv;
	struct kvm_exitstat_vcpu *counters = vcpu->exitstat.vcpu;

	kvm_exitstat_count_vmx(vcpu, 1);
	kvm_exitstat_set_level(vcpu, KVM_EXITSTAT_L2);
	/* Whatever enters guest mode without L2 counters loses no exit. */
	kvm_exitstat_count_vmx(vcpu, 1);
	kvm_exitstat_set_level(vcpu, KVM_EXITSTAT_L1);
	KUNIT_EXPECT_EQ(test, counters->l1.count[1], 2);

	KUNIT_ASSERT_EQ(test, kvm_exitstat_alloc_nested(vcpu), 0);
	KUNIT_ASSERT_EQ(test, kvm_exitstat_alloc_nested(vcpu), 0);
	kvm_exitstat_set_level(vcpu, KVM_EXITSTAT_L2);
	kvm_exitstat_count_vmx(vcpu, 1);
	kvm_exitstat_count_svm(vcpu, SVM_EXIT_ERR);
	KUNIT_EXPECT_EQ(test, counters->l1.count[1], 2);
	KUNIT_EXPECT_EQ(test, counters->l2->count[1], 1);
	KUNIT_EXPECT_EQ(test, counters->l2->count[SVM_SLOT_NEGATIVE], 1);

	kvm_exitstat_set_level(vcpu, KVM_EXITSTAT_L1);
	kvm_exitstat_count_vmx(vcpu, 1);
	KUNIT_EXPECT_EQ(test, counters->l1.count[1], 3);
	KUNIT_EXPECT_EQ(test, counters->l2->count[1], 1);
}

static int exitstat_test_init(struct kunit *test)
{
	struct kvm_vcpu *vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);
	struct kvm_exitstat_vm *vm = kunit_kzalloc(test, sizeof(*vm), GFP_KERNEL);
	struct kvm *kvm = kunit_kzalloc(test, sizeof(*kvm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	KUNIT_ASSERT_NOT_NULL(test, vm);
	KUNIT_ASSERT_NOT_NULL(test, kvm);
	test->priv = vcpu;
	vcpu->kvm = kvm;
	kvm->exitstat = vm;
	xa_init_flags(&vm->vcpus, XA_FLAGS_ALLOC);
	return kvm_exitstat_create_vcpu(vcpu);
}

static void exitstat_test_exit(struct kunit *test)
{
	struct kvm_vcpu *vcpu = test->priv;

	if (vcpu)
		kvm_exitstat_free_vcpu(vcpu);
}

static struct kunit_case exitstat_test_cases[] = {
	KUNIT_CASE(test_vmx_known),
	KUNIT_CASE(test_vmx_any),
	KUNIT_CASE(test_svm_known),
	KUNIT_CASE(test_svm_any),
	KUNIT_CASE(test_svm_negative),
	KUNIT_CASE(test_svm_unknown),
	KUNIT_CASE(test_levels),
	{}
};

static struct kunit_suite exitstat_test_suite = {
	.name = "kvm-exitstat-slots",
	.init = exitstat_test_init,
	.exit = exitstat_test_exit,
	.test_cases = exitstat_test_cases,
};

kunit_test_suite(exitstat_test_suite);
