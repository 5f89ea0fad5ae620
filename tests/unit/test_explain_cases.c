// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Public reports of VMs that made too many exits, with what was wrong and what helped:
 * kvmexitctl explain has to say that first or second. Counts are the reports' where
 * they have any; what they lack is what such a guest makes otherwise, and is marked.
 */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/explain/explain.h"
#include "explain/explain.h"
#include "model/registry.h"
#include "server/methods/json.h"
#include "util/clock.h"
#include "util/util.h"

#define VMX KVM_EXITSTAT_ISA_VMX
#define SVM KVM_EXITSTAT_ISA_SVM

#define CREATED_NS (1000 * NS_PER_S)
#define LOADS_MAX  9

/* What nobody would notice that it is gone, in CPUs: kvmexitctl gives no advice below it. */
#define WORTH_CPUS 0.001

/* Exits of one key of a reason, or of a reason without keys, in all the time of a case. */
struct load {
	uint64_t code;
	uint64_t exits;
	uint32_t class; /* 0: no keys are known */
	uint64_t key; /* REST: all that have none */
};

#define REST		   UINT64_MAX
#define NO_KEY		   0, 0
#define WRITE_MSR(number)  DETAIL_MSR, 1ULL << 32 | (number)
#define OUT_PORT(number)   DETAIL_PORT, 1 << 16 | (number)
#define IN_PORT(number)	   DETAIL_PORT, 1 << 19 | 1 << 16 | (number)
#define ADDRESS(address)   DETAIL_MMIO, 1ULL << 53 | (address)
#define WINDOW(address)	   DETAIL_MMIO, 1ULL << 54 | 1ULL << 53 | (address)
#define NOT_PRESENT_WRITE  DETAIL_FAULT, 2
#define SUBLEAF(leaf, sub) DETAIL_CPUID, 1ULL << 38 | (uint64_t)(sub) << 32 | (leaf)

struct case_ {
	const char *title;
	uint32_t isa;
	unsigned int vcpus;
	unsigned int ms; /* how long it is looked at, from the VM's creation on */
	const char *topic;
	const char *remedy; /* the fix that helped, in the words of the advice */
	struct load loads[LOADS_MAX];
};

static const struct case_ cases[] = {
	{
		/* OpenNebula/addon-storpool issue 79. It kept 30 to 40 % of a CPU busy, at 6 us
		 * an exit; the rest is what an idle guest makes. */
		"idle Windows ticks by its RTC",
		SVM,
		4,
		600000,
		"rtc",
		"hv-stimer",
		{ { 0x7b, 600 * 30000, OUT_PORT(0x70) },
		  { 0x7b, 600 * 30000, IN_PORT(0x71) },
		  { 0x78, 600 * 1500, NO_KEY },
		  { 0x7c, 600 * 400, WRITE_MSR(0x830) },
		  { 0x60, 600 * 300, NO_KEY } },
	},
	{
		/* tinylabscom/mvm pull request 2619: 19,095 bytes in 504 ms. Faults: 64 MiB. */
		"microVM writes its kernel's messages",
		VMX,
		1,
		504,
		"serial",
		"quiet",
		{ { 30, 19095, OUT_PORT(0x3f8) },
		  { 30, 19095, IN_PORT(0x3fd) },
		  { 48, 16384, NOT_PRESENT_WRITE },
		  { 32, 900, WRITE_MSR(0x6e0) },
		  { 10, 300, DETAIL_CPUID, 1 },
		  { 12, 200, NO_KEY } },
	},
	{
		/* lore.kernel.org, 873650p1vo.fsf@vitty.brq.redhat.com: 8,193 accesses to absent
		 * devices. The rest is a boot of docs/EXPERIMENT.md. */
		"q35 guest scans 256 buses",
		VMX,
		2,
		20000,
		"pci-config",
		"buses",
		{ { 49, 8193, WINDOW(0xb0000000) },
		  { 30, 3000, IN_PORT(0xcfc) },
		  { 30, 3000, OUT_PORT(0xcf8) },
		  { 48, 40000, NOT_PRESENT_WRITE },
		  { 32, 9000, WRITE_MSR(0x6e0) },
		  { 1, 8000, NO_KEY },
		  { 12, 6000, NO_KEY } },
	},
	{
		/* TencentOS-kernel pull request 57: 68,077 exits a second of one vCPU of 32. */
		"network VM wakes vCPUs by IPIs",
		VMX,
		32,
		600000,
		"ipi",
		"kvm-pv-ipi",
		{ { 32, 600ULL * 68077, WRITE_MSR(0x830) },
		  { 32, 600 * 9000, WRITE_MSR(0x6e0) },
		  { 1, 600 * 8000, NO_KEY },
		  { 52, 600 * 6000, NO_KEY },
		  { 12, 600 * 20000, NO_KEY },
		  { 49, 600 * 5000, ADDRESS(0xfe003000) } },
	},
	{
		/* Linux commit 4180bf1b655a: 64 vCPUs, 70 % of MSR exits went. No rate is given:
		 * 4,000 IPIs a second and vCPU. */
		"64 vCPUs shoot down TLBs",
		VMX,
		64,
		600000,
		"ipi",
		"kvm-pv-tlb-flush",
		{ { 32, 600ULL * 64 * 4000, WRITE_MSR(0x830) },
		  { 32, 600ULL * 64 * 300, WRITE_MSR(0x6e0) },
		  { 1, 600ULL * 64 * 300, NO_KEY },
		  { 48, 600ULL * 2000, NOT_PRESENT_WRITE },
		  { 12, 600ULL * 64 * 200, NO_KEY } },
	},
	{
		/* nucleus pull request 2898, nanvix pull request 1986: 32,768 faults for each
		 * 128 MiB; here one such piece in 10 s of a build. */
		"build in a microVM touches 4 KiB pages",
		SVM,
		2,
		600000,
		"memory",
		"hugepages",
		{ { 0x400, 60 * 32768, NOT_PRESENT_WRITE },
		  { 0x7c, 600 * 800, WRITE_MSR(0x6e0) },
		  { 0x60, 600 * 700, NO_KEY },
		  { 0x72, 600 * 300, DETAIL_CPUID, 7 },
		  { 0x78, 600 * 50, NO_KEY } },
	},
	{
		/* klauspost/cpuid issue 103: some 4e9 CPUIDs in an hour, with ever new subleaves. */
		"program enumerates caches without end",
		SVM,
		1,
		3600000,
		"cpuid",
		"find the program",
		{ { 0x72, 1000, SUBLEAF(0x8000001d, 0) },
		  { 0x72, 1000, SUBLEAF(0x8000001d, 1) },
		  { 0x72, 3999990000ULL, SUBLEAF(0x8000001d, 63) },
		  { 0x72, 8000, DETAIL_CPUID, REST },
		  { 0x7c, 3600 * 250, WRITE_MSR(0x6e0) },
		  { 0x60, 3600 * 500, NO_KEY } },
	},
	{
		/* Xen commit 300b3c46074c: 10 million exits in a boot. */
		"Windows 2003 writes CR8",
		SVM,
		1,
		50000,
		"task-priority",
		"hv-vapic",
		{ { 0x18, 10000000, NO_KEY },
		  { 0x7b, 60000, IN_PORT(0x1f0) },
		  { 0x400, 100000, NOT_PRESENT_WRITE },
		  { 0x60, 20000, NO_KEY } },
	},
	{
		/* virtio devices and the tick of a busy web server: nothing is wrong. */
		"guest that is all right",
		VMX,
		4,
		600000,
		NULL,
		NULL,
		{ { 32, 600 * 1800, WRITE_MSR(0x6e0) },
		  { 32, 600 * 900, WRITE_MSR(0x830) },
		  { 1, 600 * 1000, NO_KEY },
		  { 52, 600 * 900, NO_KEY },
		  { 12, 600 * 2000, NO_KEY },
		  { 48, 600 * 20, NOT_PRESENT_WRITE },
		  { 30, 60, OUT_PORT(0x3f8) } },
	},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* What the kernel sends: totals until now, of the first vCPU. */
static void count(struct registry *r, const struct case_ *c, uint64_t now_ns)
{
	double part = (double)(now_ns - CREATED_NS) / ((double)c->ms * NS_PER_MS);
	struct exit_message m = { .type = MESSAGE_EXITS,
				  .epoch = 1,
				  .time_ns = now_ns,
				  .details_since_ns = CREATED_NS };
	struct sample_vcpu *vcpu = exit_message_add_vcpu(&m);
	size_t i, j;

	for (i = 0; i < LOADS_MAX && c->loads[i].exits; i++) {
		const struct load *l = &c->loads[i];
		uint64_t total = (uint64_t)((double)l->exits * part), all = 0;

		if (l->class)
			*exit_message_add_detail(&m) = (struct sample_detail){
				.code = l->code,
				.class = l->class,
				.key = l->key == REST ? 0 : l->key,
				.rest = l->key == REST,
				.total = total,
			};
		for (j = 0; j < LOADS_MAX; j++)
			if (c->loads[j].code == l->code)
				all += (uint64_t)((double)c->loads[j].exits * part);
		*exit_message_add_reason(&m) =
			(struct sample_reason){ .code = l->code, .delta = all, .total = all };
	}
	*vcpu = (struct sample_vcpu){ .vm_id = 1,
				      .isa = c->isa,
				      .n_reasons = m.n_reasons,
				      .n_details = m.n_details };
	assert_int_equal(registry_apply(r, &m), 0);
	exit_message_done(&m);
}

static json_t *vm_of(const struct case_ *c, uint64_t *now_ns)
{
	uint64_t end_ns = CREATED_NS + c->ms * NS_PER_MS;
	struct exit_message m = {
		.type = MESSAGE_EVENT,
		.epoch = 1,
		.time_ns = CREATED_NS,
		.event = KVM_EXITSTAT_EVENT_VM_CREATED,
		.has_vm = true,
		.vm = { .id = 1, .isa = c->isa, .vcpus = c->vcpus, .created_ns = CREATED_NS }
	};
	struct registry *r = NULL;
	json_t *json;

	assert_int_equal(registry_new(&r), 0);
	assert_int_equal(registry_apply(r, &m), 0);
	exit_message_done(&m);
	for (*now_ns = CREATED_NS + NS_PER_S; *now_ns < end_ns; *now_ns += NS_PER_S)
		count(r, c, *now_ns);
	*now_ns = end_ns;
	count(r, c, end_ns);
	json = json_vm_reasons(r, registry_find(r, 1), end_ns);
	json = json_with_details(json, r, registry_find(r, 1), end_ns);
	assert_non_null(json);
	registry_free(r);
	return json;
}

/* The place of the topic among the different pieces of advice; -1 if it is not there. */
static int place_of(const struct ranked *ranked, size_t n, const char *topic)
{
	const struct explain *said[8] = { NULL };
	size_t i, j, pieces = 0;

	for (i = 0; i < n && ranked[i].avoidable >= WORTH_CPUS && pieces < 8; i++) {
		for (j = 0; j < pieces && said[j] != ranked[i].topic; j++)
			;
		if (j < pieces)
			continue;
		if (topic && strcmp(ranked[i].topic->topic, topic) == 0)
			return (int)pieces;
		said[pieces++] = ranked[i].topic;
	}
	return topic ? -1 : (int)pieces;
}

static void test_case(void **state)
{
	const struct case_ *c = *state;
	const struct explain *topic = NULL;
	uint64_t now_ns = 0;
	json_t *json = vm_of(c, &now_ns);
	struct ranked *ranked;
	size_t n = 0, i;
	int place;

	ranked = explain_rank(json, (int64_t)(now_ns / NS_PER_US), &n);
	assert_non_null(ranked);
	place = place_of(ranked, n, c->topic);
	for (i = 0; i < n; i++) {
		if (c->topic && strcmp(ranked[i].topic->topic, c->topic) == 0)
			topic = ranked[i].topic;
	}
	if (c->topic) {
		if (place != 0 && place != 1)
			fail_msg("%s is number %d of the advice", c->topic, place + 1);
		if (!strstr(topic->remedy, c->remedy))
			fail_msg("'%s' is not in: %s", c->remedy, topic->remedy);
	} else {
		assert_int_equal(place, 0);
	}
	free(ranked);
	json_decref(json);
}

int main(void)
{
	struct CMUnitTest tests[CASES];
	size_t i;

	for (i = 0; i < CASES; i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].title,
						.test_func = test_case,
						.initial_state = (void *)(uintptr_t)&cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
