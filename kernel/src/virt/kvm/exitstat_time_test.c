// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of times, included by exitstat_nl.c: what a vCPU notes of its exits,
 * and what messages say of that.
 */
#include <kunit/test.h>

struct exitstat_time_test {
	struct kvm_exitstat_vm vm;
	struct kvm_exitstat_vcpu vcpu;
	struct kvm_exitstat_counts l2;
	struct kvm_exitstat_timing timing;
	struct kvm_vcpu kvm_vcpu;
	/* How many times a place was in a message. */
	unsigned int seen[KVM_EXITSTAT_NR_TIMES];
};

static void take_time(struct exitstat_time_test *t, enum kvm_exitstat_level level,
		      unsigned int slot)
{
	t->kvm_vcpu.exitstat.count = t->kvm_vcpu.exitstat.level[level];
	kvm_exitstat_time_exit(&t->kvm_vcpu, slot);
	kvm_exitstat_time_entry(&t->kvm_vcpu);
}

static u64 timed_exits(const struct kvm_exitstat_time *time)
{
	unsigned int i;
	u64 exits = 0;

	for (i = 0; i < KVM_EXITSTAT_TIME_BUCKETS; i++)
		exits += time->histogram[i];
	return exits;
}

/* Places are given in the order in which reasons come, and what is left has one. */
static void test_places(struct kunit *test)
{
	struct exitstat_time_test *t = test->priv;
	unsigned int slot, place;

	/* An entry that no exit came before. */
	kvm_exitstat_time_entry(&t->kvm_vcpu);
	KUNIT_EXPECT_EQ(test, t->timing.nr, 0);

	for (slot = 0; slot < KVM_EXITSTAT_NR_TIMES + 5; slot++) {
		take_time(t, KVM_EXITSTAT_L1, slot);
		take_time(t, KVM_EXITSTAT_L1, slot);
	}
	KUNIT_EXPECT_EQ(test, t->timing.nr, KVM_EXITSTAT_TIME_REST);
	for (place = 0; place < KVM_EXITSTAT_TIME_REST; place++) {
		KUNIT_EXPECT_EQ(test, t->timing.count[place], place);
		KUNIT_EXPECT_EQ(test, timed_exits(&t->timing.time[place]), 2);
		KUNIT_EXPECT_GT(test, t->timing.time[place].total_ns, 0);
		KUNIT_EXPECT_GE(test, t->timing.time[place].total_ns,
				t->timing.time[place].max_ns);
	}
	KUNIT_EXPECT_EQ(test, timed_exits(&t->timing.time[KVM_EXITSTAT_TIME_REST]), 2 * 6);
}

/* Exits of a nested guest have places of their own. */
static void test_levels_apart(struct kunit *test)
{
	struct exitstat_time_test *t = test->priv;

	take_time(t, KVM_EXITSTAT_L2, 7);
	take_time(t, KVM_EXITSTAT_L1, 7);
	take_time(t, KVM_EXITSTAT_L2, 7);
	KUNIT_ASSERT_EQ(test, t->timing.nr, 2);
	KUNIT_EXPECT_EQ(test, t->timing.count[0], KVM_EXITSTAT_NR_SLOTS + 7);
	KUNIT_EXPECT_EQ(test, t->timing.count[1], 7);
	KUNIT_EXPECT_EQ(test, timed_exits(&t->timing.time[0]), 2);
	KUNIT_EXPECT_EQ(test, timed_exits(&t->timing.time[1]), 1);
}

static unsigned int place_of(struct kunit *test, struct nlattr **tb)
{
	struct exitstat_time_test *t = test->priv;
	unsigned int slot = KVM_EXITSTAT_SLOT_OTHER;

	if (tb[KVM_EXITSTAT_A_TIME_REST])
		return KVM_EXITSTAT_TIME_REST;
	if (tb[KVM_EXITSTAT_A_TIME_CODE])
		for (slot = 0; slot < KVM_EXITSTAT_SLOT_OTHER; slot++)
			if (kvm_arch_exitstat_code(t->vm.isa, slot) ==
			    nla_get_u64(tb[KVM_EXITSTAT_A_TIME_CODE]))
				break;
	if (tb[KVM_EXITSTAT_A_TIME_NESTED])
		slot += KVM_EXITSTAT_NR_SLOTS;
	KUNIT_ASSERT_NE(test, t->timing.place[slot], 0);
	return t->timing.place[slot] - 1;
}

static void see_time(struct kunit *test, struct nlattr *nest)
{
	struct nlattr *tb[KVM_EXITSTAT_A_TIME_MAX + 1], *histogram;
	struct exitstat_time_test *t = test->priv;
	const struct kvm_exitstat_time *time;
	unsigned int place, nr;

	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_TIME_MAX, nest,
					       NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_TIME_TOTAL_NS]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_TIME_MAX_NS]);
	histogram = tb[KVM_EXITSTAT_A_TIME_HISTOGRAM];
	KUNIT_ASSERT_NOT_NULL(test, histogram);
	KUNIT_EXPECT_EQ(test, !!tb[KVM_EXITSTAT_A_TIME_CODE] +
			      !!tb[KVM_EXITSTAT_A_TIME_OTHER] +
			      !!tb[KVM_EXITSTAT_A_TIME_REST], 1);

	place = place_of(test, tb);
	t->seen[place]++;
	time = &t->timing.time[place];
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_TIME_TOTAL_NS]), time->total_ns);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_TIME_MAX_NS]), time->max_ns);
	KUNIT_EXPECT_EQ(test, memcmp(nla_data(histogram), time->histogram,
				     nla_len(histogram)), 0);
	/* The last bucket that is there is not empty, and those behind it are. */
	nr = nla_len(histogram) / sizeof(u64);
	KUNIT_ASSERT_GT(test, nr, 0);
	KUNIT_EXPECT_NE(test, time->histogram[nr - 1], 0);
	for (; nr < KVM_EXITSTAT_TIME_BUCKETS; nr++)
		KUNIT_EXPECT_EQ(test, time->histogram[nr], 0);
}

static void see_times(struct kunit *test, struct sk_buff *skb)
{
	struct nlattr *vcpu, *pos;
	int rem, vcpu_rem;

	nla_for_each_attr(vcpu, (struct nlattr *)skb->data, skb->len, rem)
		nla_for_each_nested(pos, vcpu, vcpu_rem)
			if (nla_type(pos) == KVM_EXITSTAT_A_VCPU_TIME)
				see_time(test, pos);
}

/* Every place is taken, by reasons of all kinds, and histograms are of all lengths. */
static void take_all(struct exitstat_time_test *t)
{
	unsigned int i;

	take_time(t, KVM_EXITSTAT_L1, KVM_EXITSTAT_SLOT_OTHER);
	take_time(t, KVM_EXITSTAT_L2, KVM_EXITSTAT_SLOT_OTHER);
	for (i = 0; i < KVM_EXITSTAT_NR_TIMES; i++)
		take_time(t, i % 2 ? KVM_EXITSTAT_L1 : KVM_EXITSTAT_L2, i / 2);
	for (i = 0; i < KVM_EXITSTAT_NR_TIMES; i++)
		t->timing.time[i].histogram[i % KVM_EXITSTAT_TIME_BUCKETS] += U32_MAX;
}

/* Wherever messages end, together they have every time once. */
static void test_times_cut(struct kunit *test)
{
	struct exitstat_time_test *t = test->priv;
	unsigned int room, pos, messages, i;
	struct sk_buff *skb;
	int r;

	take_all(t);
	for (room = 384; room <= 16384; room += room < 1024 ? 4 : 1028) {
		memset(t->seen, 0, sizeof(t->seen));
		memset(t->timing.sent, 0, sizeof(t->timing.sent));
		pos = 0;
		messages = 0;
		do {
			KUNIT_ASSERT_LE_MSG(test, ++messages, KVM_EXITSTAT_NR_TIMES,
					    "no end with %u bytes", room);
			skb = test_skb(test, room);
			r = put_vcpu(skb, &t->vm, &t->vcpu, &pos, VCPU_CHANGES);
			see_times(test, skb);
			kunit_release_action(test, free_test_skb, skb);
		} while (r == -EMSGSIZE);
		KUNIT_ASSERT_EQ(test, r, 0);
		for (i = 0; i < KVM_EXITSTAT_NR_TIMES; i++)
			KUNIT_EXPECT_EQ_MSG(test, t->seen[i], 1, "place %u", i);
	}
}

/* Batches have what changed, dumps all, and the reply to a do nothing of it. */
static void test_parts(struct kunit *test)
{
	struct exitstat_time_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, 4096);
	unsigned int pos = 0, len;

	take_time(t, KVM_EXITSTAT_L1, 3);
	take_time(t, KVM_EXITSTAT_L1, 4);
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, VCPU_COUNTS), 0);
	see_times(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen[0] + t->seen[1], 0);

	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, VCPU_CHANGES), 0);
	len = skb->len;
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, VCPU_CHANGES), 0);
	KUNIT_EXPECT_EQ_MSG(test, skb->len, len, "times without changes take room");
	see_times(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen[0], 1);
	KUNIT_EXPECT_EQ(test, t->seen[1], 1);

	take_time(t, KVM_EXITSTAT_L1, 4);
	skb = test_skb(test, 4096);
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, VCPU_CHANGES), 0);
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu, &pos, VCPU_ALL), 0);
	see_times(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen[0], 2);
	KUNIT_EXPECT_EQ(test, t->seen[1], 3);
}

static int exitstat_time_test_init(struct kunit *test)
{
	struct exitstat_time_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->vm.id = 1;
	t->vm.isa = KVM_EXITSTAT_ISA_SVM;
	t->vcpu.l2 = &t->l2;
	t->vcpu.timing = &t->timing;
	t->kvm_vcpu.exitstat.timing = &t->timing;
	t->kvm_vcpu.exitstat.level[KVM_EXITSTAT_L1] = t->vcpu.l1.count;
	t->kvm_vcpu.exitstat.level[KVM_EXITSTAT_L2] = t->l2.count;
	return 0;
}

static struct kunit_case exitstat_time_test_cases[] = {
	KUNIT_CASE(test_places),
	KUNIT_CASE(test_levels_apart),
	KUNIT_CASE(test_times_cut),
	KUNIT_CASE(test_parts),
	{}
};

static struct kunit_suite exitstat_time_test_suite = {
	.name = "kvm-exitstat-times",
	.init = exitstat_time_test_init,
	.test_cases = exitstat_time_test_cases,
};

kunit_test_suite(exitstat_time_test_suite);
