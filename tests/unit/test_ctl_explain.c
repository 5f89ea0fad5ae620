// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitctl explain, as a person and a program use it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

/* Nobody has to run for these. */
static void test_topics(void **state)
{
	struct result result;
	json_t *json;

	(void)state;
	result_expect(ctl_run("explain", NULL), 0, "timer-set", "");
	result_expect(ctl_run("explain", "MSR_WRITE:0x6e0", NULL), 0,
		      "MSR_WRITE:0x6e0 TSC_DEADLINE: guest sets its timer", "");
	result_expect(ctl_run("explain", "IOIO:0x3f8:POUT", NULL), 0, "IOIO:0x3f8 COM1", "");
	result_expect(ctl_run("explain", "hlt", NULL), 0, "Is it bad?\n  No.", "");
	result_expect(ctl_run("explain", "HLT:1", NULL), 1, "", "exits of HLT have no key");
	result_expect(ctl_run("explain", "MSR:0x6e0x", NULL), 2, "", "'0x6e0x' is not a key");
	result_expect(ctl_run("explain", "MSR:-1", NULL), 2, "", "'-1' is not a key");
	result_expect(ctl_run("explain", "MSR:0x1ffffffffffffffff", NULL), 2, "", "is not a key");

	result = ctl_run("explain", "--json", "CPUID", NULL);
	json = result_json(&result);
	assert_text(json, "topic", "cpuid");
	assert_text(json, "reasons.0", "CPUID");
	json_decref(json);
}

/* web01's exits took long enough to be worth a look; db's are few. */
static void test_vm(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_TIMED);
	result_expect(ctl(p, "explain", "web01", NULL), 0, "web01: ", "");
	result = ctl(p, "explain", "--json", "web01", NULL);
	json = result_json(&result);
	assert_true(json_array_size(at(json, "reasons")) > 1);
	json_decref(json);
	result_expect(ctl(p, "explain", "nothere", NULL), 1, "", "nothere");
}

/* With keys, a reason's exits are as many rows as there are explanations. */
static void test_details(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_DETAILS);
	result_expect(ctl(p, "explain", "web01", NULL), 0, "0x6e0:W TSC_DEADLINE", "");
	result = ctl(p, "explain", "--json", "web01", NULL);
	json = result_json(&result);
	assert_text(json, "reasons.0.reason", "MSR");
	assert_text(json, "reasons.0.key", "0x6e0:W");
	assert_text(json, "reasons.0.explanation.topic", "timer-set");
	/* 0x10:R and the rest have no explanation but the reason's. */
	assert_text(json, "reasons.1.explanation.topic", "msr");
	json_decref(json);

	/* Keys as show prints them. */
	result_expect(ctl_run("explain", "IOIO:0xcfc:PIN/4", NULL), 0, "guest scans PCI", "");
	result_expect(ctl_run("explain", "CPUID:0xd.1", NULL), 0, "0xd XSAVE", "");
	result_expect(ctl_run("explain", "NPF:0xb0000000+:R", NULL), 0, "guest scans PCI", "");
	result_expect(ctl_run("explain", "IOIO:0xcfc:PIN/9", NULL), 2, "", "is not a key");
}

/* A VM that is named like a reason is found with --vm. */
static void test_named_like_reason(void **state)
{
	struct process *p = *state;

	result_expect(ctl(p, "explain", "--vm", "HLT", NULL), 1, "", "HLT");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_topics),
		TEST(test_vm),
		TEST(test_details),
		TEST(test_named_like_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
