// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of exit reasons. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <string.h>

#include "model/reason.h"
#include "unit_test.h"

#define VMX KVM_EXITSTAT_ISA_VMX
#define SVM KVM_EXITSTAT_ISA_SVM

static void assert_name(uint32_t isa, uint64_t code, const char *name)
{
	char buf[REASON_NAME_MAX];

	assert_string_equal(reason_name(isa, code, false, buf), name);
}

static void test_vmx(void **state)
{
	(void)state;
	assert_name(VMX, 0, "EXCEPTION_NMI");
	assert_name(VMX, 1, "EXTERNAL_INTERRUPT");
	assert_name(VMX, 10, "CPUID");
	assert_name(VMX, 12, "HLT");
	assert_name(VMX, 18, "VMCALL");
	assert_name(VMX, 30, "IO_INSTRUCTION");
	assert_name(VMX, 32, "MSR_WRITE");
	assert_name(VMX, 48, "EPT_VIOLATION");
	assert_name(VMX, 52, "PREEMPTION_TIMER");
	assert_name(VMX, 75, "NOTIFY");
	assert_name(VMX, 76, "SEAMCALL");
	assert_name(VMX, 77, "TDCALL");
	assert_name(VMX, 84, "MSR_READ_IMM");
	assert_name(VMX, 85, "MSR_WRITE_IMM");
	assert_name(VMX, 35, "UNKNOWN_0x23");
	assert_name(VMX, 86, "UNKNOWN_0x56");
	assert_name(VMX, 0x8000000000000000, "UNKNOWN_0x8000000000000000");
}

static void test_svm(void **state)
{
	(void)state;
	assert_name(SVM, 0x000, "READ_CR0");
	assert_name(SVM, 0x018, "WRITE_CR8");
	assert_name(SVM, 0x037, "WRITE_DR7");
	assert_name(SVM, 0x04e, "EXCP_PF");
	assert_name(SVM, 0x05d, "EXCP_VC");
	assert_name(SVM, 0x060, "INTR");
	assert_name(SVM, 0x072, "CPUID");
	assert_name(SVM, 0x078, "HLT");
	assert_name(SVM, 0x07b, "IOIO");
	assert_name(SVM, 0x07c, "MSR");
	assert_name(SVM, 0x081, "VMMCALL");
	assert_name(SVM, 0x0a5, "BUS_LOCK");
	assert_name(SVM, 0x0a6, "IDLE_HLT");
	assert_name(SVM, 0x400, "NPF");
	assert_name(SVM, 0x403, "VMGEXIT");
	assert_name(SVM, (uint64_t)-1, "ERR");
	assert_name(SVM, (uint64_t)-2, "BUSY");
	assert_name(SVM, 0x001, "UNKNOWN_0x1");
	assert_name(SVM, 0x0a7, "UNKNOWN_0xa7");
	assert_name(SVM, (uint64_t)-9, "UNKNOWN_0xfffffffffffffff7");
}

static void test_other(void **state)
{
	char buf[REASON_NAME_MAX];

	(void)state;
	assert_string_equal(reason_name(SVM, 0x78, true, buf), "OTHER");
	assert_name(0, 12, "UNKNOWN_0xc");
	assert_string_equal(isa_name(VMX), "vmx");
	assert_string_equal(isa_name(SVM), "svm");
	assert_string_equal(isa_name(99), "unknown");
}

/* Every name is one that the journal takes in a field, and is another's only once. */
static void test_form(void **state)
{
	static const uint32_t isas[] = { VMX, SVM };
	char a[REASON_NAME_MAX], b[REASON_NAME_MAX];
	uint64_t code, twin;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (code = 0; code < 0x410; code++) {
			const char *name = reason_name(isas[i], code, false, a);

			assert_true(strlen(name) < REASON_NAME_MAX);
			if (name == a)
				continue;
			assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
					 strlen(name));
			for (twin = 0; twin < code; twin++)
				assert_string_not_equal(reason_name(isas[i], twin, false, b), name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmx),
		cmocka_unit_test(test_svm),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
