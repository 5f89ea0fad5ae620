// SPDX-License-Identifier: GPL-2.0-or-later
/* The netlink parser: what is right is read, what is wrong is refused. */
#include "config.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel_config.h"
#include "nlmsg_build.h"
#include "source/netlink/genl_config.h"
#include "source/netlink/genl_parse.h"
#include "unit_test.h"

#define EPOCH BUILD_EPOCH
#define VM_ID BUILD_VM_ID

#define VCPU	    KVM_EXITSTAT_A_STATS_VCPU
#define VCPU_REASON KVM_EXITSTAT_A_VCPU_REASON

static void assert_reason(const struct sample_reason *is, const struct sample_reason *wanted)
{
	assert_true(is->code == wanted->code);
	assert_true(is->delta == wanted->delta);
	assert_true(is->total == wanted->total);
	assert_int_equal(is->nested, wanted->nested);
	assert_int_equal(is->other, wanted->other);
}

static void test_exits(void **state)
{
	struct exit_message m = { 0 };

	(void)state;
	assert_int_equal(build_parse(build_exits(), &m), 0);
	assert_int_equal(m.type, MESSAGE_EXITS);
	assert_true(m.epoch == EPOCH);
	assert_int_equal(m.seq, 17);
	assert_int_equal(m.time_ns, 5000);
	assert_false(m.has_vm);
	assert_int_equal(m.n_vcpus, 2);
	assert_int_equal(m.vcpus[0].vm_id, VM_ID);
	assert_int_equal(m.vcpus[0].pid, 812);
	assert_int_equal(m.vcpus[0].vcpu_id, 0);
	assert_int_equal(m.vcpus[0].isa, KVM_EXITSTAT_ISA_SVM);
	assert_int_equal(m.vcpus[0].first_reason, 0);
	assert_int_equal(m.vcpus[0].n_reasons, 3);
	assert_reason(&m.reasons[0], &build_a_reason);
	assert_reason(&m.reasons[1], &build_nested);
	assert_reason(&m.reasons[2], &build_other);
	assert_int_equal(m.vcpus[1].vcpu_id, 1);
	assert_int_equal(m.vcpus[1].n_reasons, 0);
	assert_int_equal(m.n_sums, 0);
	exit_message_done(&m);
}

static void test_destroyed(void **state)
{
	struct exit_message m = { 0 };

	(void)state;
	assert_int_equal(build_parse(build_destroyed(), &m), 0);
	assert_int_equal(m.type, MESSAGE_EVENT);
	assert_int_equal(m.event, KVM_EXITSTAT_EVENT_VM_DESTROYED);
	assert_true(m.has_vm);
	assert_int_equal(m.vm.id, VM_ID);
	assert_int_equal(m.vm.pid, 812);
	assert_int_equal(m.vm.vcpus, 2);
	assert_int_equal(m.vm.created_ns, 1000);
	assert_int_equal(m.vm.destroyed_ns, 5999);
	assert_string_equal(m.vm.comm, "qemu-system-x86");
	assert_false(m.has_vcpu_id);
	assert_int_equal(m.n_vcpus, 0);
	assert_int_equal(m.n_sums, 2);
	assert_reason(&m.reasons[m.first_sum], &build_a_reason);
	exit_message_done(&m);
}

static void test_vcpu_created(void **state)
{
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_VM_NTF, EPOCH, 2, 6000);
	struct exit_message m = { 0 };

	(void)state;
	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, KVM_EXITSTAT_EVENT_VCPU_CREATED);
	build_put_vm(msg, &build_a_vm);
	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_VCPU_ID, 4);
	assert_int_equal(build_parse(msg, &m), 0);
	assert_true(m.has_vcpu_id);
	assert_int_equal(m.vcpu_id, 4);
	exit_message_done(&m);
}

/* What came before leaves nothing behind but its storage. */
static void test_reuse(void **state)
{
	struct exit_message m = { 0 };
	struct sample_vcpu *vcpus;
	struct sample_reason *reasons;

	(void)state;
	assert_int_equal(build_parse(build_destroyed(), &m), 0);
	assert_int_equal(build_parse(build_exits(), &m), 0);
	assert_false(m.has_vm);
	assert_int_equal(m.event, 0);
	assert_int_equal(m.n_sums, 0);
	vcpus = m.vcpus;
	reasons = m.reasons;
	assert_int_equal(build_parse(build_exits(), &m), 0);
	assert_ptr_equal(m.vcpus, vcpus);
	assert_ptr_equal(m.reasons, reasons);
	assert_int_equal(m.n_vcpus, 2);
	assert_int_equal(m.n_reasons, 3);
	exit_message_done(&m);
}

static void test_unknown_attributes(void **state)
{
	struct nl_msg *msg = build_exits();
	struct exit_message m = { 0 };

	(void)state;
	nla_put_u32(msg, 200, 1);
	nla_put_string(msg, KVM_EXITSTAT_A_STATS_MAX + 1, "of a later kernel");
	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_PAD, 0);
	assert_int_equal(build_parse(msg, &m), 0);
	assert_int_equal(m.n_vcpus, 2);

	msg = build_message(200, 0, 0);
	assert_int_equal(build_parse(msg, &m), -EOPNOTSUPP);
	exit_message_done(&m);
}

static void test_required(void **state)
{
	struct exit_message m = { 0 };
	struct nlattr *nest, *inner;
	struct nl_msg *msg;

	(void)state;
	assert_int_equal(build_parse(build_message(KVM_EXITSTAT_CMD_EXITS_NTF, 0, 0), &m),
			 -EBADMSG);

	/* an event without its kind, or without its VM */
	msg = build_stats(KVM_EXITSTAT_CMD_VM_NTF, EPOCH, 1, 1);
	build_put_vm(msg, &build_a_vm);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);
	msg = build_stats(KVM_EXITSTAT_CMD_VM_NTF, EPOCH, 1, 1);
	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, 1);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	/* a VM without id */
	msg = build_stats(KVM_EXITSTAT_CMD_STATS_GET, EPOCH, 1, 1);
	nest = nla_nest_start(msg, KVM_EXITSTAT_A_STATS_VM);
	nla_put_u32(msg, KVM_EXITSTAT_A_VM_PID, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	/* a vCPU without ids */
	msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, EPOCH, 1, 1);
	nest = nla_nest_start(msg, VCPU);
	nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_VM_ID, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	/* a reason without total */
	msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, EPOCH, 1, 1);
	nest = build_begin_vcpu(msg, 1, 0, 1, 1);
	inner = nla_nest_start(msg, VCPU_REASON);
	nla_put_u64(msg, KVM_EXITSTAT_A_REASON_CODE, 1);
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	/* a reason without code; that of OTHER, if it had one, says nothing */
	msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, EPOCH, 1, 1);
	nest = build_begin_vcpu(msg, 1, 0, 1, 1);
	inner = nla_nest_start(msg, VCPU_REASON);
	nla_put_u64(msg, KVM_EXITSTAT_A_REASON_TOTAL, 1);
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);
	msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, EPOCH, 1, 1);
	nest = build_begin_vcpu(msg, 1, 0, 1, 1);
	inner = nla_nest_start(msg, VCPU_REASON);
	nla_put_flag(msg, KVM_EXITSTAT_A_REASON_OTHER);
	nla_put_u64(msg, KVM_EXITSTAT_A_REASON_CODE, 1);
	nla_put_u64(msg, KVM_EXITSTAT_A_REASON_TOTAL, 1);
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	assert_int_equal(build_parse(msg, &m), 0);
	assert_int_equal(m.reasons[0].code, 0);

	/* sums of no VM */
	msg = build_stats(KVM_EXITSTAT_CMD_STATS_GET, EPOCH, 1, 1);
	build_put_reason(msg, KVM_EXITSTAT_A_STATS_REASON, &build_a_reason);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);
	exit_message_done(&m);
}

static void test_doubled(void **state)
{
	struct exit_message m = { 0 };
	struct nl_msg *msg;

	(void)state;
	msg = build_exits();
	nla_put_u64(msg, KVM_EXITSTAT_A_STATS_SEQ, 18);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	msg = build_destroyed();
	build_put_vm(msg, &build_a_vm);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);
	exit_message_done(&m);
}

/* A number of another size is not that number. */
static void test_sizes(void **state)
{
	struct exit_message m = { 0 };
	struct nl_msg *msg;
	char bytes[16] = { 0 };
	size_t size;

	(void)state;
	for (size = 0; size <= sizeof(bytes); size++) {
		msg = build_message(KVM_EXITSTAT_CMD_EXITS_NTF, 0, 0);
		nla_put(msg, KVM_EXITSTAT_A_STATS_EPOCH, (int)size, bytes);
		nla_put_u64(msg, KVM_EXITSTAT_A_STATS_SEQ, 1);
		nla_put_u64(msg, KVM_EXITSTAT_A_STATS_TIME_NS, 1);
		assert_int_equal(build_parse(msg, &m), size == sizeof(uint64_t) ? 0 : -EBADMSG);
	}
	exit_message_done(&m);
}

/* Whole, with an end; a longer one than the kernel has by now is cut. */
static void test_comm(void **state)
{
	static const struct {
		const char *bytes;
		int len;
		int result;
		const char *comm;
	} cases[] = {
		{ "a", 2, 0, "a" },
		{ "", 1, 0, "" },
		{ "", 0, -EBADMSG, NULL },
		{ "abc", 3, -EBADMSG, NULL },
		{ "123456789012345", 16, 0, "123456789012345" },
		{ "1234567890123456", 17, 0, "123456789012345" },
	};
	struct exit_message m = { 0 };
	struct nlattr *nest;
	struct nl_msg *msg;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		msg = build_stats(KVM_EXITSTAT_CMD_STATS_GET, EPOCH, 1, 1);
		nest = nla_nest_start(msg, KVM_EXITSTAT_A_STATS_VM);
		nla_put_u64(msg, KVM_EXITSTAT_A_VM_VM_ID, 1);
		nla_put(msg, KVM_EXITSTAT_A_VM_COMM, cases[i].len, cases[i].bytes);
		nla_nest_end(msg, nest);
		assert_int_equal(build_parse(msg, &m), cases[i].result);
		if (cases[i].result == 0)
			assert_string_equal(m.vm.comm, cases[i].comm);
	}
	exit_message_done(&m);
}

static void test_config(void **state)
{
	struct nl_msg *msg = build_message(KVM_EXITSTAT_CMD_CONFIG_GET, 1, 0);
	struct kernel_config config = { 0 };
	size_t len;
	void *bytes;

	(void)state;
	nla_put_u32(msg, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, 1000);
	nla_put_u32(msg, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, 10000);
	nla_put_u32(msg, KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, 100);
	bytes = build_bytes(msg, &len);
	assert_int_equal(genl_parse_config(bytes, len, &config), 0);
	assert_int_equal(config.value[KERNEL_INTERVAL_MS], 1000);
	assert_int_equal(config.value[KERNEL_BATCH_EXITS], 10000);
	assert_int_equal(config.value[KERNEL_MIN_SPACING_MS], 100);
	assert_int_equal(genl_parse_config(bytes, len - 1, &config), -EBADMSG);
	free(bytes);
	nlmsg_free(msg);

	msg = build_exits();
	bytes = build_bytes(msg, &len);
	assert_int_equal(genl_parse_config(bytes, len, &config), -EOPNOTSUPP);
	free(bytes);
	nlmsg_free(msg);
}

static int parse_family(struct nl_msg *msg, struct genl_family_news *news)
{
	size_t len;
	void *bytes = build_bytes(msg, &len);
	int r = genl_parse_family(bytes, len, KVM_EXITSTAT_FAMILY_NAME, KVM_EXITSTAT_MCGRP_EXITS,
				  news);

	free(bytes);
	nlmsg_free(msg);
	return r;
}

static void test_family(void **state)
{
	struct genl_family_news news = { 0 };

	(void)state;
	assert_int_equal(
		parse_family(build_family(CTRL_CMD_NEWFAMILY, 1, "kvm-exitstat", 0x25, "exits", 9),
			     &news),
		0);
	assert_int_equal(news.id, 0x25);
	assert_int_equal(news.exits_group, 9);

	assert_int_equal(
		parse_family(build_family(CTRL_CMD_NEWFAMILY, 1, "kvm-exitstat", 0x25, "others", 9),
			     &news),
		0);
	assert_int_equal(news.exits_group, 0);

	assert_int_equal(
		parse_family(build_family(CTRL_CMD_NEWFAMILY, 1, "kvm-exitstats", 0x25, "exits", 9),
			     &news),
		-ENOENT);
	assert_int_equal(
		parse_family(build_family(CTRL_CMD_NEWFAMILY, 1, "kvm-exit", 0x25, "exits", 9),
			     &news),
		-ENOENT);
	assert_int_equal(parse_family(build_message(1, 1, 0), &news), -EBADMSG);
}

/* What follows the last attribute, and is none. */
static void test_trailing(void **state)
{
	static const unsigned char junk[][8] = {
		{ 4, 0, 200 }, /* cut in its header */
		{ 12, 0, 200, 0, 1, 2, 3, 4 }, /* longer than what there is */
		{ 3, 0, 200, 0, 1, 2, 3, 4 }, /* shorter than its header */
		{ 0 },
	};
	struct exit_message m = { 0 };
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		struct nl_msg *msg = build_exits();
		char *bytes = build_bytes(msg, &len);
		size_t extra = i == 0 ? 3 : sizeof(junk[0]);
		struct nlmsghdr *header;

		bytes = realloc(bytes, len + extra);
		memcpy(bytes + len, junk[i], extra);
		header = (void *)bytes;
		header->nlmsg_len = (uint32_t)(len + extra);
		assert_int_equal(genl_parse_stats(bytes, len + extra, &m), -EBADMSG);
		free(bytes);
		nlmsg_free(msg);
	}
	exit_message_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_destroyed),
		cmocka_unit_test(test_vcpu_created),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_unknown_attributes),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_doubled),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_comm),
		cmocka_unit_test(test_trailing),

		cmocka_unit_test(test_config),
		cmocka_unit_test(test_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
