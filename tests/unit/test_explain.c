// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of explanations: complete, consistent with the names of reasons, and
 * found by reason and key.
 */
#include "config.h"

#include <inttypes.h>
#include <linux/kvm_exitstat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "explain/explain.h"
#include "model/reason.h"
#include "unit_test.h"
#include "util/util.h"

/* Reasons that no topic explains: rare ones, or those that no kernel asks for. */
static const char *const unexplained[] = {
	"GETSEC",  "ENCLS",	"ENCLV",       "RDRAND",	"RDSEED",	   "XSAVES",
	"XRSTORS", "SPP_EVENT", "LOADIWKEY",   "ENQCMD_PASID",	"ENQCMDS_PASID",   "PUSHF",
	"POPF",	   "SWINT",	"FERR_FREEZE", "INVLPGB",	"INVLPGB_ILLEGAL", "MCOMMIT",
	"TLBSYNC", "SW",	"BUSY",	       "IDLE_REQUIRED", "INVALID_PMC",
};

static bool is_unexplained(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unexplained); i++)
		if (strcmp(name, unexplained[i]) == 0)
			return true;
	/* Writes of registers that no processor has. */
	return strncmp(name, "CR", 2) == 0 && strstr(name, "_WRITE_TRAP");
}

/* 0xfff covers every code of both vendors below the SVM codes of software. */
static void test_reasons(void **state)
{
	static const uint32_t isas[] = { KVM_EXITSTAT_ISA_VMX, KVM_EXITSTAT_ISA_SVM };
	char buf[REASON_NAME_MAX];
	const char *name;
	uint64_t code;
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(isas); i++) {
		for (code = 0; code <= 0xfff; code++) {
			name = reason_name(isas[i], code, false, buf);
			if (name == buf)
				continue;
			n++;
			if (!explain_reason(name) && !is_unexplained(name))
				fail_msg("no topic explains %s", name);
		}
	}
	assert_true(n > 200);
}

/* Every name in the table is one of a reason. */
static void test_names(void **state)
{
	static const uint32_t isas[] = { KVM_EXITSTAT_ISA_VMX, KVM_EXITSTAT_ISA_SVM };
	const struct explain *topic;
	char buf[REASON_NAME_MAX];
	const char *name, *at;
	size_t i, j, length;
	uint64_t code;
	bool found;

	(void)state;
	for (i = 0; (topic = explain_nth(i)); i++) {
		for (at = topic->reasons ? topic->reasons : ""; *at;
		     at += length + (at[length] == ' ')) {
			length = strcspn(at, " ");
			if (at[length - 1] == '*')
				continue;
			found = length == 3 && strncmp(at, "ERR", length) == 0;
			for (j = 0; j < ARRAY_SIZE(isas); j++) {
				for (code = 0; code <= 0xfff && !found; code++) {
					name = reason_name(isas[j], code, false, buf);
					found = strlen(name) == length &&
						strncmp(name, at, length) == 0;
				}
			}
			if (!found)
				fail_msg("%s has the reason %.*s, which there is not", topic->topic,
					 (int)length, at);
		}
	}
}

static void assert_sentences(const struct explain *topic, const char *text)
{
	if (!text || !*text || text[strlen(text) - 1] != '.')
		fail_msg("%s: not whole sentences: %s", topic->topic, text ? text : "nothing");
}

static void test_texts(void **state)
{
	const struct explain *topic, *other;
	size_t i, j;

	(void)state;
	for (i = 0; (topic = explain_nth(i)); i++) {
		for (j = 0; j < i; j++) {
			other = explain_nth(j);
			assert_string_not_equal(topic->topic, other->topic);
		}
		assert_non_null(topic->title);
		assert_sentences(topic, topic->what);
		assert_sentences(topic, topic->causes);
		assert_sentences(topic, topic->bad);
		if (topic->remedy)
			assert_sentences(topic, topic->remedy);
		assert_true(strlen(topic->sources) > 0);
		assert_true(topic->reasons || topic->keys[0].class != EXPLAIN_NO_KEY);
	}
	assert_true(i >= 40);
}

static void assert_topic(const char *reason, uint64_t key, const char *topic)
{
	assert_string_equal(explain_reason_key(reason, key)->topic, topic);
}

static void test_lookup(void **state)
{
	(void)state;
	assert_string_equal(explain_reason("HLT")->topic, "idle");
	assert_string_equal(explain_reason("msr_write")->topic, "msr");
	assert_string_equal(explain_reason("NPF")->topic, "memory");
	/* A name comes before the pattern that it fits. */
	assert_string_equal(explain_reason("EXCP_PF")->topic, "page-tables");
	assert_string_equal(explain_reason("EXCP_UD")->topic, "exception");
	assert_null(explain_reason("UNKNOWN_0x5d"));
	assert_null(explain_reason(""));

	assert_topic("MSR_WRITE", 0x6e0, "timer-set");
	assert_topic("MSR", 0x830, "ipi");
	assert_topic("MSR", 0x12345678, "msr");
	assert_topic("IOIO", 0x3fd, "serial");
	assert_topic("IO_INSTRUCTION", 0x608, "clock-device");
	assert_topic("EPT_MISCONFIG", 0xfed000f0, "clock-device");
	/* The end of an interrupt in three modes of the local APIC. */
	assert_topic("MSR_WRITE", 0x80b, "eoi");
	assert_topic("NPF", 0xfee000b0, "eoi");
	assert_topic("APIC_WRITE", 0xb0, "eoi");
	/* With an address, NPF is a device's. */
	assert_topic("NPF", 0x123456789000, "mmio");
	assert_topic("VMCALL", 5, "lock-kick");
	/* A port is no MSR of the same number. */
	assert_topic("IOIO", 0x830, "port");
	/* Exits of HLT have no key. */
	assert_topic("HLT", 0x6e0, "idle");

	assert_string_equal(explain_alias("MSR"), "MSR_READ MSR_WRITE");
	assert_string_equal(explain_alias("EPT_VIOLATION"), "NPF");
	assert_null(explain_alias("HLT"));
}

static void test_key_names(void **state)
{
	(void)state;
	assert_string_equal(explain_key_name(EXPLAIN_MSR, 0x6e0), "TSC_DEADLINE");
	assert_string_equal(explain_key_name(EXPLAIN_MSR, 0x830), "APIC_ICR");
	assert_string_equal(explain_key_name(EXPLAIN_MMIO, 0xfee00300), "APIC_ICR");
	assert_string_equal(explain_key_name(EXPLAIN_MMIO, 0xfed000f0), "HPET counter");
	assert_string_equal(explain_key_name(EXPLAIN_MMIO, 0xfed00100), "HPET");
	assert_string_equal(explain_key_name(EXPLAIN_PORT, 0x3f8), "COM1");
	assert_string_equal(explain_key_name(EXPLAIN_HYPERCALL, 10), "SEND_IPI");
	assert_null(explain_key_name(EXPLAIN_MSR, 0x801));
	assert_null(explain_key_name(EXPLAIN_NO_KEY, 0x6e0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),	  cmocka_unit_test(test_names),
		cmocka_unit_test(test_texts),	  cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_key_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
