// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What exactly caused exits, since when deltas count and which exit lasts, in the
 * kernel's messages and in those that are recorded.
 */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "nlmsg_build.h"
#include "source/netlink/genl_encode.h"
#include "source/netlink/genl_parse.h"
#include "unit_test.h"

#define DETAIL KVM_EXITSTAT_A_VCPU_DETAIL

/* Attributes by their bit: which of them there are. */
static void put_detail(struct nl_msg *msg, uint32_t which, uint64_t code, uint32_t class,
		       uint64_t key, uint64_t total)
{
	struct nlattr *nest = nla_nest_start(msg, DETAIL | NLA_F_NESTED);

	if (which & 1U << KVM_EXITSTAT_A_DETAIL_CODE)
		nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_CODE, code);
	if (which & 1U << KVM_EXITSTAT_A_DETAIL_NESTED)
		nla_put_flag(msg, KVM_EXITSTAT_A_DETAIL_NESTED);
	if (which & 1U << KVM_EXITSTAT_A_DETAIL_CLASS)
		nla_put_u32(msg, KVM_EXITSTAT_A_DETAIL_CLASS, class);
	if (which & 1U << KVM_EXITSTAT_A_DETAIL_KEY)
		nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_KEY, key);
	if (which & 1U << KVM_EXITSTAT_A_DETAIL_REST)
		nla_put_flag(msg, KVM_EXITSTAT_A_DETAIL_REST);
	if (which & 1U << KVM_EXITSTAT_A_DETAIL_TOTAL)
		nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_TOTAL, total);
	nla_nest_end(msg, nest);
}

#define BIT(name) (1U << KVM_EXITSTAT_A_DETAIL_##name)
#define KEY_BITS  (BIT(CODE) | BIT(CLASS) | BIT(KEY) | BIT(TOTAL))
#define REST_BITS (BIT(CODE) | BIT(CLASS) | BIT(REST) | BIT(TOTAL))

static struct nl_msg *begin(struct nlattr **vcpu)
{
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, BUILD_EPOCH, 17, 5000);

	nla_put_u64(msg, KVM_EXITSTAT_A_STATS_TIMES_SINCE_NS, 3000);
	nla_put_u64(msg, KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS, 4000);
	*vcpu = build_begin_vcpu(msg, BUILD_VM_ID, 0, 812, KVM_EXITSTAT_ISA_SVM);
	return msg;
}

static void assert_detail(const struct sample_detail *is, uint64_t code, uint32_t class,
			  bool nested, bool rest, uint64_t key, uint64_t total)
{
	assert_int_equal(is->code, code);
	assert_int_equal(is->class, class);
	assert_int_equal(is->nested, nested);
	assert_int_equal(is->rest, rest);
	assert_int_equal(is->key, key);
	assert_int_equal(is->total, total);
}

static void put_under_way(struct nl_msg *msg, bool other, bool lasts)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_UNDER_WAY | NLA_F_NESTED);

	if (other)
		nla_put_flag(msg, KVM_EXITSTAT_A_UNDER_WAY_OTHER);
	else
		nla_put_u64(msg, KVM_EXITSTAT_A_UNDER_WAY_CODE, 0x78);
	nla_put_flag(msg, KVM_EXITSTAT_A_UNDER_WAY_NESTED);
	if (lasts)
		nla_put_u64(msg, KVM_EXITSTAT_A_UNDER_WAY_LASTS_NS, 12000000);
	nla_nest_end(msg, nest);
}

static void test_read(void **state)
{
	struct exit_message m = { 0 };
	struct nlattr *vcpu;
	struct nl_msg *msg = begin(&vcpu);

	(void)state;
	nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_SINCE_NS, 4500);
	put_under_way(msg, false, true);
	build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &build_a_reason);
	put_detail(msg, KEY_BITS, 0x7c, DETAIL_MSR, 1ULL << 32 | 0x6e0, 7);
	put_detail(msg, KEY_BITS | BIT(NESTED), 0x7c, DETAIL_MSR, 0x6e0, 8);
	/* A key beside rest says nothing. */
	put_detail(msg, REST_BITS | BIT(KEY), 0x7c, DETAIL_MSR, 5, 9);
	/* A class of the future. */
	put_detail(msg, KEY_BITS, 0x7c, 77, 5, 10);
	nla_nest_end(msg, vcpu);
	vcpu = build_begin_vcpu(msg, BUILD_VM_ID, 1, 812, KVM_EXITSTAT_ISA_SVM);
	put_detail(msg, KEY_BITS, 0x7b, DETAIL_PORT, 0x3f8, 1);
	put_under_way(msg, true, true);
	nla_nest_end(msg, vcpu);

	assert_int_equal(build_parse(msg, &m), 0);
	assert_int_equal(m.times_since_ns, 3000);
	assert_int_equal(m.details_since_ns, 4000);
	assert_int_equal(m.n_details, 5);
	assert_int_equal(m.vcpus[0].n_details, 4);
	assert_int_equal(m.vcpus[0].since_ns, 4500);
	assert_int_equal(m.vcpus[0].n_reasons, 1);
	assert_int_equal(m.vcpus[0].under_way.code, 0x78);
	assert_true(m.vcpus[0].under_way.nested);
	assert_int_equal(m.vcpus[0].under_way.lasts_ns, 12000000);
	assert_detail(&m.details[0], 0x7c, DETAIL_MSR, false, false, 1ULL << 32 | 0x6e0, 7);
	assert_detail(&m.details[1], 0x7c, DETAIL_MSR, true, false, 0x6e0, 8);
	assert_detail(&m.details[2], 0x7c, DETAIL_MSR, false, true, 0, 9);
	assert_detail(&m.details[3], 0x7c, 77, false, false, 5, 10);
	assert_int_equal(m.vcpus[1].first_detail, 4);
	assert_true(m.vcpus[1].under_way.other);
	assert_int_equal(m.vcpus[1].since_ns, 0);
	exit_message_done(&m);
}

/* How many exits were timed is said where there is no histogram. */
static void test_time_exits(void **state)
{
	struct exit_message m = { 0 };
	struct nlattr *vcpu, *nest;
	struct nl_msg *msg = begin(&vcpu);

	(void)state;
	nest = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_TIME | NLA_F_NESTED);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_CODE, 0x7c);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_TOTAL_NS, 5000);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_MAX_NS, 4000);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_EXITS, 3);
	nla_put(msg, KVM_EXITSTAT_A_TIME_HISTOGRAM, 0, NULL);
	nla_nest_end(msg, nest);
	nla_nest_end(msg, vcpu);
	assert_int_equal(build_parse(msg, &m), 0);
	assert_int_equal(m.n_times, 1);
	assert_int_equal(m.times[0].time.exits, 3);
	exit_message_done(&m);
}

/* What lacks something, or has it twice, is refused as a whole. */
static void test_malformed(void **state)
{
	static const uint32_t lacking[] = { KEY_BITS & ~BIT(CODE), KEY_BITS & ~BIT(CLASS),
					    KEY_BITS & ~BIT(KEY), KEY_BITS & ~BIT(TOTAL) };
	struct exit_message m = { 0 };
	struct nlattr *vcpu, *nest;
	struct nl_msg *msg;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		msg = begin(&vcpu);
		put_detail(msg, lacking[i], 0x7c, DETAIL_MSR, 1, 1);
		nla_nest_end(msg, vcpu);
		assert_int_equal(build_parse(msg, &m), -EBADMSG);
	}
	msg = begin(&vcpu);
	nest = nla_nest_start(msg, DETAIL | NLA_F_NESTED);
	nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_CODE, 1);
	nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_CODE, 1);
	nla_nest_end(msg, nest);
	nla_nest_end(msg, vcpu);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	msg = begin(&vcpu);
	put_under_way(msg, false, false);
	nla_nest_end(msg, vcpu);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);

	msg = begin(&vcpu);
	nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_SINCE_NS, 1);
	nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_SINCE_NS, 1);
	nla_nest_end(msg, vcpu);
	assert_int_equal(build_parse(msg, &m), -EBADMSG);
	exit_message_done(&m);
}

static struct exit_message random_message(uint64_t *rng)
{
	struct exit_message m = { .type = MESSAGE_EXITS,
				  .epoch = test_random(rng),
				  .seq = test_random(rng),
				  .time_ns = test_random(rng),
				  .details_since_ns = test_random_below(rng, 3) };
	size_t vcpus = 1 + (size_t)test_random_below(rng, 3), i, j;

	for (i = 0; i < vcpus; i++) {
		size_t first = m.n_details, n = (size_t)test_random_below(rng, 20);

		for (j = 0; j < n; j++) {
			bool rest = test_random_below(rng, 4) == 0;

			*exit_message_add_detail(&m) = (struct sample_detail){
				.code = test_random(rng),
				.class = (uint32_t)test_random_below(rng, 12),
				.nested = test_random_below(rng, 2),
				.rest = rest,
				.key = rest ? 0 : test_random(rng),
				.total = test_random(rng),
			};
		}
		*exit_message_add_vcpu(&m) = (struct sample_vcpu){
			.vm_id = test_random(rng),
			.vcpu_id = (uint32_t)i,
			.since_ns = test_random_below(rng, 2) * 1000,
			.first_detail = first,
			.n_details = n,
		};
	}
	return m;
}

/* A recording of another source has what the source said. */
static void test_round_trip(void **state)
{
	struct exit_message read = { 0 };
	uint64_t rng = test_seed();
	size_t len, i;
	void *bytes;
	int turn;

	(void)state;
	for (turn = 0; turn < 300; turn++) {
		struct exit_message m = random_message(&rng);

		assert_int_equal(genl_encode_stats(&m, &bytes, &len), 0);
		assert_int_equal(genl_parse_stats(bytes, len, &read), 0);
		free(bytes);
		assert_int_equal(read.details_since_ns, m.details_since_ns);
		assert_int_equal(read.n_vcpus, m.n_vcpus);
		assert_int_equal(read.n_details, m.n_details);
		for (i = 0; i < m.n_vcpus; i++) {
			assert_int_equal(read.vcpus[i].since_ns, m.vcpus[i].since_ns);
			assert_int_equal(read.vcpus[i].n_details, m.vcpus[i].n_details);
		}
		for (i = 0; i < m.n_details; i++)
			assert_detail(&read.details[i], m.details[i].code, m.details[i].class,
				      m.details[i].nested, m.details[i].rest, m.details[i].key,
				      m.details[i].total);
		exit_message_done(&m);
	}
	exit_message_done(&read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_time_exits),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
