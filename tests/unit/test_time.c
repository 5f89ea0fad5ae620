// SPDX-License-Identifier: GPL-2.0-or-later
/* How long exits took: from the kernel's bytes by the registry to JSON. */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry.h"
#include "nlmsg_build.h"
#include "server/methods/json.h"
#include "unit_test.h"

#define CODE_MSR 0x7c

#define S WINDOW_NS_PER_S

struct given {
	bool has_code;
	uint64_t code;
	int flag; /* an attribute, or 0 */
	bool nested;
	uint64_t total_ns, max_ns;
	uint64_t histogram[EXIT_TIME_BUCKETS + 1];
	size_t bytes; /* of it */
};

static void put_time(struct nl_msg *msg, const struct given *t)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_TIME | NLA_F_NESTED);

	if (t->has_code)
		nla_put_u64(msg, KVM_EXITSTAT_A_TIME_CODE, t->code);
	if (t->nested)
		nla_put_flag(msg, KVM_EXITSTAT_A_TIME_NESTED);
	if (t->flag)
		nla_put_flag(msg, t->flag);
	if (t->total_ns)
		nla_put_u64(msg, KVM_EXITSTAT_A_TIME_TOTAL_NS, t->total_ns);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_MAX_NS, t->max_ns);
	nla_put(msg, KVM_EXITSTAT_A_TIME_HISTOGRAM, (int)t->bytes, t->histogram);
	nla_nest_end(msg, nest);
}

/* A batch of vCPU 0 or 1 with one count and one time. */
static struct nl_msg *batch(uint32_t vcpu_id, const struct given *time)
{
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, BUILD_EPOCH, 17, 5000);
	struct nlattr *vcpu =
		build_begin_vcpu(msg, BUILD_VM_ID, vcpu_id, 812, KVM_EXITSTAT_ISA_SVM);

	build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &build_a_reason);
	put_time(msg, time);
	nla_nest_end(msg, vcpu);
	return msg;
}

static void test_parse(void **state)
{
	struct given given = {
		.has_code = true,
		.code = CODE_MSR,
		.nested = true,
		.total_ns = 900,
		.max_ns = 500,
		.histogram = { 1, 2 },
		.bytes = 16,
	};
	struct exit_message m = { 0 };

	(void)state;
	assert_int_equal(build_parse(batch(1, &given), &m), 0);
	assert_int_equal(m.n_vcpus, 1);
	assert_int_equal(m.vcpus[0].n_reasons, 1);
	assert_int_equal(m.vcpus[0].n_times, 1);
	assert_int_equal(m.times[0].code, CODE_MSR);
	assert_true(m.times[0].nested);
	assert_false(m.times[0].other || m.times[0].rest);
	assert_int_equal(m.times[0].time.total_ns, 900);
	assert_int_equal(m.times[0].time.max_ns, 500);
	assert_int_equal(m.times[0].time.histogram[0], 1);
	assert_int_equal(m.times[0].time.histogram[1], 2);
	assert_int_equal(m.times[0].time.histogram[2], 0);

	given.bytes = EXIT_TIME_BUCKETS * sizeof(uint64_t);
	assert_int_equal(build_parse(batch(1, &given), &m), 0);

	/* More buckets than there are, or a part of one. */
	given.bytes += sizeof(uint64_t);
	assert_int_equal(build_parse(batch(1, &given), &m), -EBADMSG);
	given.bytes = 12;
	assert_int_equal(build_parse(batch(1, &given), &m), -EBADMSG);
	given.bytes = 8;

	given.has_code = false;
	assert_int_equal(build_parse(batch(1, &given), &m), -EBADMSG);
	given.flag = KVM_EXITSTAT_A_TIME_REST;
	assert_int_equal(build_parse(batch(1, &given), &m), 0);
	assert_true(m.times[0].rest);
	given.flag = KVM_EXITSTAT_A_TIME_OTHER;
	assert_int_equal(build_parse(batch(1, &given), &m), 0);
	assert_true(m.times[0].other);
	given.total_ns = 0;
	assert_int_equal(build_parse(batch(1, &given), &m), -EBADMSG);
	exit_message_done(&m);
}

static void apply(struct registry *registry, uint32_t vcpu_id, const struct given *time)
{
	struct exit_message m = { 0 };

	assert_int_equal(build_parse(batch(vcpu_id, time), &m), 0);
	assert_int_equal(registry_apply(registry, &m), 0);
	exit_message_done(&m);
}

static void test_sums(void **state)
{
	const struct reason_key msr = { .code = CODE_MSR }, cpuid = { .code = 0x72 };
	struct given given = {
		.has_code = true,
		.code = CODE_MSR,
		.total_ns = 900,
		.max_ns = 500,
		.histogram = { 1, 2 },
		.bytes = 16,
	};
	struct registry *registry = NULL;
	struct exit_time time;
	const struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&registry), 0);
	apply(registry, 0, &given);
	/* Nothing new, something older, something newer. */
	apply(registry, 0, &given);
	given.total_ns = 400;
	given.max_ns = 400;
	given.histogram[1] = 0;
	apply(registry, 0, &given);
	given.total_ns = 1000;
	given.max_ns = 500;
	given.histogram[0] = 2;
	given.histogram[1] = 2;
	apply(registry, 0, &given);
	/* An exit that took no time that the clock knows of. */
	given.histogram[0] = 3;
	apply(registry, 0, &given);

	vm = registry_find(registry, BUILD_VM_ID);
	assert_non_null(vm);
	assert_false(registry_vm_time(vm, &cpuid, &time));
	assert_false(registry_vm_time(vm, NULL, &time));
	assert_true(registry_vm_time(vm, &msr, &time));
	assert_int_equal(time.total_ns, 1000);
	assert_int_equal(time.histogram[0], 3);

	/* Of another vCPU, and of a guest's guest. */
	given.total_ns = 50;
	given.max_ns = 50;
	apply(registry, 1, &given);
	given.nested = true;
	given.total_ns = 7000;
	given.max_ns = 6000;
	apply(registry, 1, &given);
	vm = registry_find(registry, BUILD_VM_ID);
	assert_true(registry_vm_time(vm, &msr, &time));
	assert_int_equal(time.total_ns, 8050);
	assert_int_equal(time.max_ns, 6000);
	assert_int_equal(time.histogram[0], 9);
	assert_true(registry_vcpu_time(vm->vcpus[1], &msr, &time));
	assert_int_equal(time.total_ns, 7050);
	registry_free(registry);
}

static json_t *json_of(struct registry *registry)
{
	const struct vm *vm = registry_find(registry, BUILD_VM_ID);
	json_t *json = json_vm_reasons(registry, vm, 6000), *vcpus = json_array(), *vcpu;
	size_t i;

	assert_non_null(json);
	for (i = 0; i < vm->n_vcpus; i++) {
		vcpu = json_vcpu(registry, vm, vm->vcpus[i], 6000);
		assert_int_equal(json_array_append_new(vcpus, vcpu), 0);
	}
	assert_int_equal(json_object_set_new(json, "vcpus", vcpus), 0);
	return json;
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void test_json(void **state)
{
	struct given given = {
		.has_code = true,
		.code = CODE_MSR,
		.total_ns = 900,
		.max_ns = 500,
		.histogram = { 1, 2, 0 },
		.bytes = 24,
	};
	const json_t *reason, *time;
	struct registry *registry = NULL;
	json_t *json;

	(void)state;
	assert_int_equal(registry_new(&registry), 0);
	apply(registry, 0, &given);
	json = json_of(registry);
	reason = json_array_get(json_object_get(json, "reasons"), 0);
	time = json_object_get(reason, "time");
	assert_int_equal(number(time, "exits"), 3);
	assert_int_equal(number(time, "total_ns"), 900);
	assert_int_equal(number(time, "max_ns"), 500);
	assert_int_equal(json_array_size(json_object_get(time, "histogram")), 2);
	assert_null(json_object_get(json, "rest_time"));
	assert_int_equal(number(json_object_get(json, "time"), "exits"), 3);
	json_decref(json);

	/* The time of a reason that is not known by its code is no reason's. */
	given.has_code = false;
	given.flag = KVM_EXITSTAT_A_TIME_REST;
	apply(registry, 1, &given);
	json = json_of(registry);
	assert_int_equal(number(json_object_get(json, "rest_time"), "total_ns"), 900);
	assert_int_equal(number(json_object_get(json, "time"), "total_ns"), 1800);
	reason = json_array_get(json_object_get(json, "vcpus"), 1);
	assert_int_equal(number(json_object_get(reason, "rest_time"), "exits"), 3);
	reason = json_array_get(json_object_get(reason, "reasons"), 0);
	assert_null(json_object_get(reason, "time"));
	json_decref(json);
	registry_free(registry);
}

/* The message of batch() at another time, all of whose predecessors are known. */
static void apply_at(struct registry *registry, const struct given *time, uint64_t now_ns)
{
	struct exit_message m = { 0 };

	assert_int_equal(build_parse(batch(0, time), &m), 0);
	m.time_ns = now_ns;
	m.times_since_ns = S;
	m.vcpus[0].since_ns = now_ns - S;
	assert_int_equal(registry_apply(registry, &m), 0);
	exit_message_done(&m);
}

static double share(const json_t *owner, const char *window)
{
	return json_real_value(json_object_get(json_object_get(owner, "overhead"), window));
}

/* Of HLT and MSR, 40 and 20 ms in a second; what is recent is of the last minute. */
static void test_json_recent(void **state)
{
	struct given msr = { .has_code = true,
			     .code = CODE_MSR,
			     .total_ns = 20000000,
			     .max_ns = 11000000,
			     .histogram = { 98, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
			     .bytes = 17 * 8 };
	struct given hlt = { .has_code = true,
			     .code = 0x78,
			     .total_ns = 40000000,
			     .max_ns = 40000000,
			     .bytes = 8 };
	struct given none = { .has_code = true, .code = 1, .total_ns = 1 };
	const json_t *reason, *recent;
	struct registry *registry = NULL;
	const struct vm *vm;
	json_t *json;

	(void)state;
	assert_int_equal(registry_new(&registry), 0);
	registry_dump_begin(registry);
	registry_dump_end(registry, 10 * S);
	/* Known for ten seconds. */
	apply(registry, 0, &none);
	apply_at(registry, &msr, 20 * S);
	apply_at(registry, &hlt, 20 * S);
	vm = registry_find(registry, BUILD_VM_ID);

	json = json_vm_reasons(registry, vm, 20 * S);
	recent = json_object_get(json, "recent");
	assert_int_equal(number(recent, "exits"), 100);
	assert_int_equal(number(recent, "total_ns"), 20000000);
	assert_int_equal(number(recent, "max_ns"), 11000000);
	assert_int_equal(number(recent, "p50_ns"), 256);
	assert_int_equal(number(recent, "p99_ns"), 512);
	assert_float_equal(share(json, "1s"), 0.02, 1e-9);
	assert_non_null(json_object_get(json, "times_since"));
	reason = json_array_get(json_object_get(json, "reasons"), 0);
	assert_float_equal(share(reason, "1s"), 0.02, 1e-9);
	json_decref(json);

	/* A minute later nothing is recent, and what is known of all its life still is. */
	json = json_vm(registry, vm, 100 * S);
	assert_null(json_object_get(json, "recent"));
	assert_int_equal(number(json_object_get(json, "time"), "p50_ns"), 256);
	assert_float_equal(share(json, "1m"), 0, 1e-9);
	json_decref(json);

	/* HLT had no exit counted by then: it is timed all the same, but no reason. */
	json = json_of(registry);
	reason = json_array_get(json_object_get(json, "vcpus"), 0);
	reason = json_array_get(json_object_get(reason, "reasons"), 0);
	assert_null(json_object_get(reason, "overhead"));
	json_decref(json);
	registry_free(registry);
}

/* A kernel that makes up ever more reasons does not get ever more memory. */
static void test_bound(void **state)
{
	struct given given = { .has_code = true,
			       .total_ns = 900,
			       .max_ns = 500,
			       .histogram = { 1 },
			       .bytes = 8 };
	struct exit_message m = { 0 };
	struct registry *registry = NULL;
	int r = 0;

	(void)state;
	assert_int_equal(registry_new(&registry), 0);
	for (given.code = 0; r == 0 && given.code < 1000; given.code++) {
		assert_int_equal(build_parse(batch(0, &given), &m), 0);
		r = registry_apply(registry, &m);
	}
	assert_int_equal(r, -E2BIG);
	assert_int_equal(registry_find(registry, BUILD_VM_ID)->vcpus[0]->n_times,
			 REGISTRY_TIMES_PER_VCPU_MAX);
	exit_message_done(&m);
	registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_sums),
		cmocka_unit_test(test_json),  cmocka_unit_test(test_json_recent),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
