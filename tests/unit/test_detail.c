// SPDX-License-Identifier: GPL-2.0-or-later
/* What exactly caused exits: limits, rates, ends of VMs, and keys in words. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "explain/detail.h"
#include "explain/explain.h"
#include "model_build.h"
#include "unit_test.h"

#define S   WINDOW_NS_PER_S
#define MSR 0x7c

/* Of the VM that all these tests have. */
static int count(struct registry *r, uint32_t vcpu, const struct sample_detail *detail,
		 uint64_t on_ns, uint64_t since_ns, uint64_t now_ns)
{
	return model_count_detail(r, 1, vcpu, detail, on_ns, since_ns, now_ns);
}

static int count_msr(struct registry *r, uint32_t vcpu, uint64_t key, uint64_t total,
		     uint64_t since_ns, uint64_t now_ns)
{
	struct sample_detail d = { .code = MSR, .class = DETAIL_MSR, .key = key, .total = total };

	return count(r, vcpu, &d, S, since_ns, now_ns);
}

static struct registry *watched(void)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, S);
	registry_dump_begin(r);
	registry_dump_end(r, 2 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 10 * S, 0, 10 * S);
	return r;
}

/* Sums over vCPUs; levels and directions are other keys. */
static void test_sums(void **state)
{
	struct registry *r = watched();
	const struct vm_details *d = &registry_find(r, 1)->details;
	struct sample_detail l2 = { .code = MSR, .class = DETAIL_MSR, .nested = true, .total = 7 };

	(void)state;
	l2.key = 0x6e0;
	assert_int_equal(count_msr(r, 0, 0x6e0, 5, 10 * S, 11 * S), 0);
	assert_int_equal(count_msr(r, 1, 0x6e0, 6, 10 * S, 11 * S), 0);
	assert_int_equal(count_msr(r, 1, 0x6e0, 6, 10 * S, 11 * S), 0);
	assert_int_equal(count(r, 1, &l2, S, 10 * S, 11 * S), 0);
	assert_int_equal(d->n, 2);
	assert_int_equal(d->all[0].exits, 11);
	assert_int_equal(d->all[1].exits, 7);
	assert_true(d->all[1].nested);
	registry_free(r);
}

/* 600 in the six seconds before the end of second 16; none later. */
static void test_rates(void **state)
{
	struct registry *r = watched();
	struct vm *vm = registry_find(r, 1);
	struct rates rates;

	(void)state;
	assert_int_equal(count_msr(r, 0, 0x6e0, 600, 10 * S, 16 * S), 0);
	registry_detail_rates(r, vm, &vm->details.all[0], 16 * S, &rates);
	assert_true(fabs(rates.per_s[RATE_10S] - 60) < 1e-9);
	registry_detail_rates(r, vm, &vm->details.all[0], 40 * S, &rates);
	assert_true(rates.per_s[RATE_10S] == 0);
	assert_true(rates.per_s[RATE_1M] > 0);

	/* What was counted since it ended is still there, without rates. */
	model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 10 * S, 41 * S, 41 * S);
	vm = registry_find_dead(r, 1);
	assert_int_equal(vm->details.all[0].exits, 600);
	registry_detail_rates(r, vm, &vm->details.all[0], 42 * S, &rates);
	assert_true(rates.per_s[RATE_1M] == 0);
	registry_free(r);
}

/* Details that were on before anybody looked make no rates. */
static void test_old_news(void **state)
{
	struct sample_detail d = { .code = MSR, .class = DETAIL_MSR, .key = 1, .total = 1000 };
	struct registry *r = NULL;
	struct rates rates;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 20 * S);
	registry_dump_begin(r);
	model_dump(r, 1, 0, MSR, 1000, 5 * S, 0, 20 * S);
	assert_int_equal(count(r, 0, &d, 6 * S, 0, 20 * S), 0);
	registry_dump_end(r, 20 * S);
	vm = registry_find(r, 1);
	assert_int_equal(vm->details.all[0].exits, 1000);
	registry_detail_rates(r, vm, &vm->details.all[0], 22 * S, &rates);
	assert_true(rates.per_s[RATE_1M] == 0);

	/* The same VM, but they were switched on now: all of it is news. */
	d.total = 500;
	assert_int_equal(count(r, 0, &d, 25 * S, 25 * S, 30 * S), 0);
	assert_int_equal(vm->details.all[0].exits, 500);
	registry_detail_rates(r, vm, &vm->details.all[0], 30 * S, &rates);
	assert_true(fabs(rates.per_s[RATE_10S] - 100) < 1e-9);
	registry_free(r);
}

/* A flood of keys is bounded, and none of its exits is lost. */
static void test_limits(void **state)
{
	struct registry *r = watched();
	struct vm *vm = registry_find(r, 1);
	uint64_t key, sum = 0, n = 2 * DETAIL_KEYS_PER_REASON_MAX;
	struct sample_detail d = { .class = DETAIL_CPUID, .total = 1 };
	size_t i, refused = 0;

	(void)state;
	for (key = 0; key < n; key++)
		assert_int_equal(count_msr(r, 0, key, 10, 10 * S, 11 * S), 0);
	for (key = 0; key < n; key++)
		assert_int_equal(count_msr(r, 0, key, 11, 10 * S, 12 * S), 0);
	assert_int_equal(vm->details.n, DETAIL_KEYS_PER_REASON_MAX + 1);
	for (i = 0; i < vm->details.n; i++)
		sum += vm->details.all[i].exits;
	assert_int_equal(sum, 11 * n);
	assert_false(vm->details.incomplete);

	/* Of a kernel gone mad: no more than is allowed, and that is said. */
	for (key = 0; key < DETAILS_PER_VCPU_MAX * 2; key++) {
		d.code = 0x10000 + key / 2;
		d.key = key;
		refused += count(r, 1, &d, S, 10 * S, 12 * S) == -E2BIG;
	}
	assert_true(refused > 0);
	assert_true(vm->details.incomplete);
	assert_true(vm->details.n <= DETAIL_KEYS_PER_VM_MAX + DETAIL_RESTS_PER_VM_MAX);
	registry_free(r);
}

/* A vCPU's time, by timing that was switched on at on_ns. */
static void time_msr(struct registry *r, uint64_t total_ns, uint64_t on_ns, uint64_t now_ns)
{
	struct exit_message m = { .type = MESSAGE_EXITS,
				  .epoch = model_epoch,
				  .time_ns = now_ns,
				  .times_since_ns = on_ns };

	*exit_message_add_vcpu(&m) = (struct sample_vcpu){ .vm_id = 1,
							   .pid = MODEL_PID,
							   .isa = KVM_EXITSTAT_ISA_SVM,
							   .n_times = 1 };
	*exit_message_add_time(&m) =
		(struct sample_time){ .code = MSR,
				      .time = { .total_ns = total_ns, .max_ns = 5, .exits = 3 } };
	assert_int_equal(registry_apply(r, &m), 0);
	exit_message_done(&m);
}

/* Timing that is switched on again begins with nothing, and late messages are of the past. */
static void test_times_again(void **state)
{
	const struct reason_key msr = { .code = MSR };
	struct exit_message later = { .type = MESSAGE_EXITS,
				      .epoch = model_epoch,
				      .time_ns = 12 * S };
	struct registry *r = watched();
	struct exit_time time;

	(void)state;
	time_msr(r, 9000, 5 * S, 11 * S);
	assert_true(registry_vm_time(registry_find(r, 1), &msr, &time));
	assert_int_equal(time.total_ns, 9000);
	assert_int_equal(exit_time_exits(&time), 3);
	/* Before any exit was timed again, nothing is known. */
	later.times_since_ns = 12 * S;
	assert_int_equal(registry_apply(r, &later), 0);
	assert_false(registry_vm_time(registry_find(r, 1), &msr, &time));
	time_msr(r, 700, 12 * S, 13 * S);
	assert_true(registry_vm_time(registry_find(r, 1), &msr, &time));
	assert_int_equal(time.total_ns, 700);
	time_msr(r, 9500, 5 * S, 11 * S);
	assert_true(registry_vm_time(registry_find(r, 1), &msr, &time));
	assert_int_equal(time.total_ns, 700);
	registry_free(r);
}

/* Deltas count from where the kernel says: 40 s without listeners, then one message. */
static void test_since(void **state)
{
	struct registry *r = watched();
	struct exit_message m = { .type = MESSAGE_EXITS, .epoch = model_epoch, .time_ns = 50 * S };
	struct rates sum;

	(void)state;
	*exit_message_add_vcpu(&m) = (struct sample_vcpu){ .vm_id = 1,
							   .pid = MODEL_PID,
							   .isa = KVM_EXITSTAT_ISA_SVM,
							   .since_ns = 10 * S,
							   .n_reasons = 1 };
	*exit_message_add_reason(&m) =
		(struct sample_reason){ .code = MSR, .delta = 4000, .total = 4000 };
	assert_int_equal(registry_apply(r, &m), 0);
	exit_message_done(&m);
	registry_vm_rates(r, registry_find(r, 1), 50 * S, NULL, &sum);
	assert_true(fabs(sum.per_s[RATE_10S] - 100) < 1e-9);
	registry_free(r);
}

static void assert_key(const char *reason, uint32_t class, uint64_t key, const char *text,
		       const char *name, const char *topic)
{
	const struct explain *explain = detail_explain(reason, class, key);
	char buf[DETAIL_TEXT_MAX];

	detail_text(reason, class, key, buf);
	assert_string_equal(buf, text);
	if (name)
		assert_string_equal(detail_name(reason, class, key), name);
	else
		assert_null(detail_name(reason, class, key));
	if (topic)
		assert_string_equal(explain->topic, topic);
	else
		assert_null(explain);
}

/* As perf kvm stat prints them, where it does. */
static void test_keys(void **state)
{
	(void)state;
	assert_key("MSR", DETAIL_MSR, 1ULL << 32 | 0x6e0, "0x6e0:W", "TSC_DEADLINE", "timer-set");
	assert_key("MSR_READ", DETAIL_MSR, 0xc0000080, "0xc0000080:R", "EFER", "boot-msr");
	assert_key("IOIO", DETAIL_PORT, 1 << 16 | 0x3f8, "0x3f8:POUT", "COM1", "serial");
	assert_key("IOIO", DETAIL_PORT, 1 << 19 | 4 << 16 | 0xcfc, "0xcfc:PIN/4", "PCI data",
		   "pci-config");
	assert_key("IOIO", DETAIL_PORT, 1 << 20 | 1 << 19 | 2 << 16 | 0x1f0, "0x1f0:PIN/2s", "IDE",
		   "ide");
	assert_key("NPF", DETAIL_MMIO, 1ULL << 52 | 0xfee000b0, "0xfee000b0:W", "APIC_EOI", "eoi");
	assert_key("EPT_MISCONFIG", DETAIL_MMIO, 1ULL << 53 | 0xfed000f0, "0xfed000f0",
		   "HPET counter", "clock-device");
	assert_key("NPF", DETAIL_MMIO, 1ULL << 54 | 0xb0000000, "0xb0000000+:R", "PCIe ECAM",
		   "pci-config");
	assert_key("NPF", DETAIL_FAULT, 2, "not-present:W", "not mapped yet", "memory");
	assert_key("EPT_VIOLATION", DETAIL_FAULT, 0xc, "present:X",
		   "not executable (nx_huge_pages)", "memory");
	assert_key("CPUID", DETAIL_CPUID, 1ULL << 38 | 1ULL << 32 | 0xd, "0xd.1", "XSAVE", "cpuid");
	assert_key("CPUID", DETAIL_CPUID, 0x40000000, "0x40000000", "hypervisor", "cpuid");
	assert_key("VMMCALL", DETAIL_HYPERCALL, 5, "5", "KICK_CPU", "lock-kick");
	assert_key("VMCALL", DETAIL_HYPERCALL, 1ULL << 32 | 8, "hv:8", "NOTIFY_LONG_SPIN_WAIT",
		   "lock-kick");
	/* Of Hyper-V's interface, 5 is another call. */
	assert_key("VMCALL", DETAIL_HYPERCALL, 1ULL << 32 | 5, "hv:5", NULL, "hypercall");
	assert_key("EXTERNAL_INTERRUPT", DETAIL_VECTOR, 0xec, "0xec", "LOCAL_TIMER",
		   "host-interrupt");
	assert_key("EXCEPTION_NMI", DETAIL_VECTOR, 3 << 8 | 6, "0x6", "#UD", "host-nmi");
	assert_key("CR_ACCESS", DETAIL_REGISTER, 1 << 4 | 3, "CR3:R", NULL, "control-register");
	assert_key("DR_ACCESS", DETAIL_REGISTER, 7, "DR7:W", NULL, "debug-register");
	assert_key("APIC_WRITE", DETAIL_APIC, 1 << 16 | 0xb0, "0xb0:W", "APIC_EOI", "eoi");
	assert_key("AVIC_INCOMPLETE_IPI", DETAIL_OTHER, 1, "0x1", "target not running", "avic-ipi");
	assert_key("NOWHERE", 11, 0xabc, "class11:0xabc", NULL, NULL);
}

/* Whatever a kernel sends gets a text, which fits. */
static void test_any_key(void **state)
{
	static const char *const reasons[] = { "MSR", "DR_ACCESS", "NPF", "", "UNKNOWN_0x5d" };
	uint64_t rng = test_seed(), key;
	char buf[DETAIL_TEXT_MAX + 1];
	uint32_t class;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		const char *reason = reasons[test_random_below(&rng, 5)];

		key = test_random(&rng) >> test_random_below(&rng, 64);
		class = (uint32_t)(test_random(&rng) >> test_random_below(&rng, 64)) % 16;
		if (i % 100 == 0)
			class = UINT32_MAX;
		memset(buf, 'x', sizeof(buf));
		detail_text(reason, class, key, buf);
		assert_true(strlen(buf) > 0 && strlen(buf) < DETAIL_TEXT_MAX);
		(void)detail_name(reason, class, key);
		(void)detail_explain(reason, class, key);
		if (detail_class_name(class))
			assert_int_equal(detail_class_of(detail_class_name(class)), class);
	}
	assert_int_equal(detail_class_of("nothing"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),	    cmocka_unit_test(test_rates),
		cmocka_unit_test(test_old_news),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_keys),	    cmocka_unit_test(test_any_key),
		cmocka_unit_test(test_times_again), cmocka_unit_test(test_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
