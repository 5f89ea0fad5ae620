// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of extras, included by exitstat_nl.c: what a vCPU notes of its exits,
 * their times and what exactly caused them, and what messages say of that.
 */
#include <kunit/test.h>

#define TEST_KIND	1

struct exitstat_extra_test {
	struct kvm_exitstat_vm vm;
	struct kvm_exitstat_vcpu vcpu;
	struct kvm_exitstat_counts l2;
	struct kvm_exitstat_times times[KVM_EXITSTAT_NR_LEVELS];
	struct kvm_exitstat_details details[KVM_EXITSTAT_NR_LEVELS];
	/* How many times a time, a key or a rest was in a message. */
	unsigned int seen_time[KVM_EXITSTAT_NR_COUNTS];
	unsigned int seen_keys;
	unsigned int seen_rests;
	u64 seen_exits;
};

static const u64 *histogram_of(const struct kvm_exitstat_times *times, unsigned int slot)
{
	return &times->bucket[times->reason[slot].histogram];
}

static u64 timed_exits(const struct kvm_exitstat_times *times, unsigned int slot)
{
	unsigned int i;
	u64 exits = 0;

	for (i = 0; i < KVM_EXITSTAT_TIME_BUCKETS; i++)
		exits += histogram_of(times, slot)[i];
	return exits;
}

/* Each reason has its time; the first ones have histograms. */
static void test_histograms(struct kunit *test)
{
	struct exitstat_extra_test *t = test->priv;
	struct kvm_exitstat_times *times = &t->times[0];
	unsigned int slot;

	for (slot = 0; slot < KVM_EXITSTAT_NR_SLOTS; slot++) {
		kvm_exitstat_add_time(times, slot, 1);
		kvm_exitstat_add_time(times, slot, 1000 + slot);
		kvm_exitstat_add_time(times, slot, 3);
	}
	KUNIT_EXPECT_EQ(test, times->nr_histograms, KVM_EXITSTAT_NR_HISTOGRAMS);
	for (slot = 0; slot < KVM_EXITSTAT_NR_SLOTS; slot++) {
		KUNIT_EXPECT_EQ(test, times->reason[slot].total_ns, 1004 + slot);
		KUNIT_EXPECT_EQ(test, times->reason[slot].max_ns, 1000 + slot);
		KUNIT_EXPECT_EQ(test, times->reason[slot].exits, 3);
		if (slot < KVM_EXITSTAT_NR_HISTOGRAMS)
			KUNIT_EXPECT_EQ(test, timed_exits(times, slot), 3);
		else
			KUNIT_EXPECT_EQ(test, times->reason[slot].histogram, 0);
	}
	/* 1000 ns are in the third bucket, of 512 to 1023. */
	KUNIT_EXPECT_EQ(test, histogram_of(times, 0)[0], 2);
	KUNIT_EXPECT_EQ(test, histogram_of(times, 0)[2], 1);
}

static u64 all_keys(const struct kvm_exitstat_details *details, unsigned int *keys)
{
	unsigned int i;
	u64 sum = 0;

	*keys = 0;
	for (i = 0; i < KVM_EXITSTAT_NR_KEYS; i++) {
		*keys += details->key[i].count != 0;
		sum += details->key[i].count;
	}
	for (i = 0; i < KVM_EXITSTAT_NR_KINDS; i++)
		sum += details->rest[i];
	return sum;
}

/* Nothing is lost of a flood, which fills its own table and no other. */
static void test_flood(struct kunit *test)
{
	struct kvm_exitstat_details *details;
	unsigned int i, keys;

	details = kunit_kzalloc(test, sizeof(*details), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, details);
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, 2, 0x10);
	for (i = 0; i < 100000; i++)
		kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, 1, i * 7919);
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MSR, 2, 0x10);
	KUNIT_EXPECT_EQ(test, all_keys(details, &keys), 100002);
	KUNIT_EXPECT_EQ(test, keys, 32);
	KUNIT_EXPECT_EQ(test, details->rest[1], 100000 - 31);
	KUNIT_EXPECT_EQ(test, details->rest[2], 0);

	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_PORT, 1, 1);
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MMIO, 1, 2);
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_CPUID, 1, 3);
	kvm_exitstat_add_key(details, KVM_EXITSTAT_TABLE_MISC, 1, 4);
	KUNIT_EXPECT_EQ(test, all_keys(details, &keys), 100006);
	KUNIT_EXPECT_EQ(test, keys, 36);
}

static unsigned int slot_of_code(const struct exitstat_extra_test *t, struct nlattr *code)
{
	unsigned int slot;

	for (slot = 0; slot < KVM_EXITSTAT_SLOT_OTHER; slot++)
		if (kvm_arch_exitstat_code(t->vm.isa, slot) == nla_get_u64(code))
			break;
	return slot;
}

static void see_time(struct kunit *test, struct nlattr *nest)
{
	struct nlattr *tb[KVM_EXITSTAT_A_TIME_MAX + 1], *histogram;
	struct exitstat_extra_test *t = test->priv;
	unsigned int slot = KVM_EXITSTAT_SLOT_OTHER, nr;
	const struct kvm_exitstat_times *times;
	bool l2;

	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_TIME_MAX, nest,
					       NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_TIME_TOTAL_NS]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_TIME_MAX_NS]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_TIME_EXITS]);
	histogram = tb[KVM_EXITSTAT_A_TIME_HISTOGRAM];
	KUNIT_ASSERT_NOT_NULL(test, histogram);
	KUNIT_EXPECT_NE(test, !tb[KVM_EXITSTAT_A_TIME_CODE], !tb[KVM_EXITSTAT_A_TIME_OTHER]);

	if (tb[KVM_EXITSTAT_A_TIME_CODE])
		slot = slot_of_code(t, tb[KVM_EXITSTAT_A_TIME_CODE]);
	l2 = tb[KVM_EXITSTAT_A_TIME_NESTED];
	t->seen_time[(l2 ? KVM_EXITSTAT_NR_SLOTS : 0) + slot]++;
	times = &t->times[l2];
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_TIME_TOTAL_NS]),
			times->reason[slot].total_ns);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_TIME_MAX_NS]),
			times->reason[slot].max_ns);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_TIME_EXITS]),
			times->reason[slot].exits);

	nr = nla_len(histogram) / sizeof(u64);
	if (!times->reason[slot].histogram) {
		KUNIT_EXPECT_EQ(test, nr, 0);
		return;
	}
	/* The last bucket that is there is not empty, and those behind it are. */
	KUNIT_ASSERT_GT(test, nr, 0);
	KUNIT_EXPECT_EQ(test, memcmp(nla_data(histogram), histogram_of(times, slot),
				     nla_len(histogram)), 0);
	KUNIT_EXPECT_NE(test, histogram_of(times, slot)[nr - 1], 0);
	for (; nr < KVM_EXITSTAT_TIME_BUCKETS; nr++)
		KUNIT_EXPECT_EQ(test, histogram_of(times, slot)[nr], 0);
}

static void see_detail(struct kunit *test, struct nlattr *nest)
{
	struct nlattr *tb[KVM_EXITSTAT_A_DETAIL_MAX + 1];
	struct exitstat_extra_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_DETAIL_MAX, nest,
					       NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_DETAIL_CODE]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_DETAIL_CLASS]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_DETAIL_TOTAL]);
	KUNIT_EXPECT_NE(test, !tb[KVM_EXITSTAT_A_DETAIL_KEY], !tb[KVM_EXITSTAT_A_DETAIL_REST]);
	KUNIT_EXPECT_EQ(test, slot_of_code(t, tb[KVM_EXITSTAT_A_DETAIL_CODE]),
			kvm_arch_exitstat_kind(t->vm.isa, TEST_KIND)->slot);
	if (tb[KVM_EXITSTAT_A_DETAIL_KEY])
		t->seen_keys++;
	else
		t->seen_rests++;
	t->seen_exits += nla_get_u64(tb[KVM_EXITSTAT_A_DETAIL_TOTAL]);
}

static void see_extras(struct kunit *test, struct sk_buff *skb)
{
	struct nlattr *vcpu, *pos;
	int rem, vcpu_rem;

	nla_for_each_attr(vcpu, (struct nlattr *)skb->data, skb->len, rem) {
		nla_for_each_nested(pos, vcpu, vcpu_rem) {
			if (nla_type(pos) == KVM_EXITSTAT_A_VCPU_TIME)
				see_time(test, pos);
			if (nla_type(pos) == KVM_EXITSTAT_A_VCPU_DETAIL)
				see_detail(test, pos);
		}
		KUNIT_EXPECT_EQ(test, vcpu_rem, 0);
	}
	KUNIT_EXPECT_EQ(test, rem, 0);
}

/* Every reason has a time, and histograms are of all lengths; one table is flooded. */
static void take_all(struct exitstat_extra_test *t)
{
	unsigned int level, i;

	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		for (i = 0; i < KVM_EXITSTAT_NR_SLOTS; i++)
			kvm_exitstat_add_time(&t->times[level], i,
					      1ULL << (i % (KVM_EXITSTAT_TIME_BUCKETS + 10)));
		for (i = 0; i < 1000; i++)
			kvm_exitstat_add_key(&t->details[level], KVM_EXITSTAT_TABLE_MMIO,
					     TEST_KIND, i);
	}
}

static void forget_seen(struct exitstat_extra_test *t)
{
	memset(t->seen_time, 0, sizeof(t->seen_time));
	t->seen_keys = 0;
	t->seen_rests = 0;
	t->seen_exits = 0;
}

/* Wherever messages end, together they have everything once. */
static void test_extras_cut(struct kunit *test)
{
	struct exitstat_extra_test *t = test->priv;
	unsigned int room, pos, messages, slot, i;
	struct sk_buff *skb;
	int r;

	take_all(t);
	for (room = 384; room <= 16384; room += room < 640 ? 4 : 1028) {
		forget_seen(t);
		for (i = 0; i < KVM_EXITSTAT_NR_LEVELS; i++) {
			for (slot = 0; slot < KVM_EXITSTAT_NR_SLOTS; slot++)
				t->times[i].reason[slot].sent = 0;
			memset(t->details[i].sent, 0, sizeof(t->details[i].sent));
			memset(t->details[i].rest_sent, 0, sizeof(t->details[i].rest_sent));
		}
		pos = 0;
		messages = 0;
		do {
			KUNIT_ASSERT_LE_MSG(test, ++messages, 1000, "no end with %u bytes", room);
			skb = test_skb(test, room);
			r = put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_CHANGES);
			see_extras(test, skb);
			kunit_release_action(test, free_test_skb, skb);
		} while (r == -EMSGSIZE);
		KUNIT_ASSERT_EQ(test, r, 0);
		for (i = 0; i < KVM_EXITSTAT_NR_COUNTS; i++)
			KUNIT_EXPECT_EQ_MSG(test, t->seen_time[i], 1, "count %u", i);
		KUNIT_EXPECT_EQ(test, t->seen_keys, 2 * 64);
		KUNIT_EXPECT_EQ(test, t->seen_rests, 2);
		KUNIT_EXPECT_EQ(test, t->seen_exits, 2000);
	}
}

/* Batches have what changed, dumps all, and the reply to a do nothing of it. */
static void test_parts(struct kunit *test)
{
	struct exitstat_extra_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, 4096);
	unsigned int pos = 0, len;

	kvm_exitstat_add_time(&t->times[0], 3, 1);
	kvm_exitstat_add_time(&t->times[0], 4, 1);
	kvm_exitstat_add_key(&t->details[0], KVM_EXITSTAT_TABLE_MSR, TEST_KIND, 5);
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_COUNTS), 0);
	see_extras(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen_time[3] + t->seen_time[4] + t->seen_keys, 0);

	skb = test_skb(test, 4096);
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_CHANGES), 0);
	len = skb->len;
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_CHANGES), 0);
	KUNIT_EXPECT_EQ_MSG(test, skb->len, len, "extras without changes take room");
	see_extras(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen_time[3], 1);
	KUNIT_EXPECT_EQ(test, t->seen_time[4], 1);
	KUNIT_EXPECT_EQ(test, t->seen_keys, 1);

	kvm_exitstat_add_time(&t->times[0], 4, 1);
	kvm_exitstat_add_key(&t->details[0], KVM_EXITSTAT_TABLE_MSR, TEST_KIND, 5);
	kvm_exitstat_add_key(&t->details[0], KVM_EXITSTAT_TABLE_MSR, TEST_KIND, 6);
	skb = test_skb(test, 4096);
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_CHANGES), 0);
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_ALL), 0);
	see_extras(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen_time[3], 2);
	KUNIT_EXPECT_EQ(test, t->seen_time[4], 3);
	KUNIT_EXPECT_EQ(test, t->seen_keys, 5);
}

/* While an extra is being emptied, nothing of it is sent. */
static void test_emptying(struct kunit *test)
{
	struct exitstat_extra_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, 16384);
	unsigned int pos = 0;

	take_all(t);
	kvm_exitstat.emptying[KVM_EXITSTAT_TIMES] = true;
	KUNIT_EXPECT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, KVM_EXITSTAT_ALL), 0);
	kvm_exitstat.emptying[KVM_EXITSTAT_TIMES] = false;
	see_extras(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen_time[0], 0);
	KUNIT_EXPECT_EQ(test, t->seen_exits, 2000);
}

static int exitstat_extra_test_init(struct kunit *test)
{
	struct exitstat_extra_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int level;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->vm.id = 1;
	t->vm.isa = KVM_EXITSTAT_ISA_SVM;
	t->vcpu.l2 = &t->l2;
	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		struct kvm_exitstat_counts *c = kvm_exitstat_counts(&t->vcpu, level);

		c->extra[KVM_EXITSTAT_TIMES] = &t->times[level];
		c->extra[KVM_EXITSTAT_DETAILS] = &t->details[level];
	}
	return 0;
}

static struct kunit_case exitstat_extra_test_cases[] = {
	KUNIT_CASE(test_histograms),
	KUNIT_CASE(test_flood),
	KUNIT_CASE(test_extras_cut),
	KUNIT_CASE(test_parts),
	KUNIT_CASE(test_emptying),
	{}
};

static struct kunit_suite exitstat_extra_test_suite = {
	.name = "kvm-exitstat-extras",
	.init = exitstat_extra_test_init,
	.test_cases = exitstat_extra_test_cases,
};

kunit_test_suite(exitstat_extra_test_suite);
