// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the message encoders, included by exitstat_nl.c: what is put
 * into messages is taken out again, wherever they are cut.
 */
#include <kunit/test.h>

#define NR_COUNTS	KVM_EXITSTAT_NR_COUNTS

#define TEST_VM_ID	0x123456789aULL
#define TEST_VCPUS	3

/* What the vCPUs in one or more messages say, by the place of the vCPU. */
struct exitstat_test_seen {
	u64 total[NR_COUNTS];
	u64 delta[NR_COUNTS];
	/* How many times a reason was there. */
	u32 times[NR_COUNTS];
};

struct exitstat_test {
	struct kvm_exitstat_vm vm;
	struct kvm_exitstat_vcpu vcpu[TEST_VCPUS];
	struct kvm_exitstat_counts l2[TEST_VCPUS];
	struct exitstat_test_seen seen[TEST_VCPUS];
};

/* A count that tells its place, and takes all of a u64. */
static u64 test_count(unsigned int vcpu, unsigned int pos)
{
	return ((u64)(vcpu + 1) << 56) + pos + 1;
}

static void set_all_counts(struct exitstat_test *t)
{
	unsigned int i, slot;

	for (i = 0; i < TEST_VCPUS; i++) {
		t->vcpu[i].l2 = &t->l2[i];
		for (slot = 0; slot < KVM_EXITSTAT_NR_SLOTS; slot++) {
			t->vcpu[i].l1.count[slot] = test_count(i, slot);
			t->l2[i].count[slot] = test_count(i, KVM_EXITSTAT_NR_SLOTS + slot);
		}
	}
}

static void free_test_skb(void *skb)
{
	nlmsg_free(skb);
}

/* A message with room for this many bytes, to the byte. */
static struct sk_buff *test_skb(struct kunit *test, unsigned int room)
{
	struct sk_buff *skb = nlmsg_new(room, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_test_skb, skb), 0);
	skb_reserve(skb, skb_tailroom(skb) - room);
	return skb;
}

/* Put a vCPU into a message that may grow as long as there is room. */
static int put_vcpu(struct sk_buff *skb, const struct kvm_exitstat_vm *vm,
		    struct kvm_exitstat_vcpu *vcpu, unsigned int *pos,
		    enum kvm_exitstat_part part)
{
	struct kvm_exitstat_msg msg = {
		.skb = skb,
		.end = skb->len + skb_tailroom(skb),
	};

	return kvm_exitstat_put_vcpu(&msg, vm, vcpu, pos, part);
}

static void see_reason(struct kunit *test, struct nlattr *nest, enum kvm_exitstat_isa isa,
		       struct exitstat_test_seen *seen)
{
	struct nlattr *tb[KVM_EXITSTAT_A_REASON_MAX + 1];
	unsigned int slot, pos;

	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_REASON_MAX, nest,
					       NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_REASON_TOTAL]);
	/* Either a code, or no code and the flag that says why. */
	KUNIT_ASSERT_NE(test, !tb[KVM_EXITSTAT_A_REASON_CODE],
			!tb[KVM_EXITSTAT_A_REASON_OTHER]);

	slot = KVM_EXITSTAT_SLOT_OTHER;
	if (tb[KVM_EXITSTAT_A_REASON_CODE])
		for (slot = 0; slot < KVM_EXITSTAT_SLOT_OTHER; slot++)
			if (kvm_arch_exitstat_code(isa, slot) ==
			    nla_get_u64(tb[KVM_EXITSTAT_A_REASON_CODE]))
				break;
	pos = slot + (tb[KVM_EXITSTAT_A_REASON_NESTED] ? KVM_EXITSTAT_NR_SLOTS : 0);
	seen->times[pos]++;
	seen->total[pos] = nla_get_u64(tb[KVM_EXITSTAT_A_REASON_TOTAL]);
	if (tb[KVM_EXITSTAT_A_REASON_DELTA])
		seen->delta[pos] += nla_get_u64(tb[KVM_EXITSTAT_A_REASON_DELTA]);
}

static void see_vcpu(struct kunit *test, struct nlattr *nest)
{
	struct nlattr *tb[KVM_EXITSTAT_A_VCPU_MAX + 1], *pos;
	struct exitstat_test *t = test->priv;
	unsigned int i;
	int rem;

	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_VCPU_MAX, nest,
					       NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_VCPU_VM_ID]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_VCPU_PID]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_VCPU_VCPU_ID]);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_VCPU_ISA]);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_VCPU_VM_ID]), TEST_VM_ID);
	KUNIT_EXPECT_EQ(test, nla_get_u32(tb[KVM_EXITSTAT_A_VCPU_PID]), t->vm.pid);
	KUNIT_EXPECT_EQ(test, nla_get_u32(tb[KVM_EXITSTAT_A_VCPU_ISA]), t->vm.isa);

	for (i = 0; i < TEST_VCPUS; i++)
		if (t->vcpu[i].id == nla_get_u32(tb[KVM_EXITSTAT_A_VCPU_VCPU_ID]))
			break;
	KUNIT_ASSERT_LT(test, i, TEST_VCPUS);

	nla_for_each_nested(pos, nest, rem)
		if (nla_type(pos) == KVM_EXITSTAT_A_VCPU_REASON)
			see_reason(test, pos, t->vm.isa, &t->seen[i]);
	KUNIT_EXPECT_EQ(test, rem, 0);
}

static void see_vcpus(struct kunit *test, struct nlattr *head, int len)
{
	struct nlattr *pos;
	int rem;

	nla_for_each_attr(pos, head, len, rem)
		if (nla_type(pos) == KVM_EXITSTAT_A_STATS_VCPU)
			see_vcpu(test, pos);
	KUNIT_EXPECT_EQ(test, rem, 0);
}

/* Messages without a header, as put_vcpu() has no need of one. */
static void see_attrs(struct kunit *test, struct sk_buff *skb)
{
	see_vcpus(test, (struct nlattr *)skb->data, skb->len);
}

static void expect_all_once(struct kunit *test, unsigned int vcpu, bool deltas)
{
	struct exitstat_test *t = test->priv;
	struct exitstat_test_seen *seen = &t->seen[vcpu];
	unsigned int pos;

	for (pos = 0; pos < NR_COUNTS; pos++) {
		KUNIT_EXPECT_EQ_MSG(test, seen->times[pos], 1, "count %u", pos);
		KUNIT_EXPECT_EQ(test, seen->total[pos], test_count(vcpu, pos));
		KUNIT_EXPECT_EQ(test, seen->delta[pos],
				deltas ? test_count(vcpu, pos) : 0);
	}
}

static void test_vm(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, 256);
	struct nlattr *tb[KVM_EXITSTAT_A_VM_MAX + 1];

	KUNIT_ASSERT_EQ(test, kvm_exitstat_put_vm(skb, &t->vm, true), 0);
	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_VM_MAX,
					       (struct nlattr *)skb->data, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_VM_VM_ID]), TEST_VM_ID);
	KUNIT_EXPECT_EQ(test, nla_get_u32(tb[KVM_EXITSTAT_A_VM_PID]), 4711);
	KUNIT_EXPECT_EQ(test, nla_get_u32(tb[KVM_EXITSTAT_A_VM_VCPUS]), TEST_VCPUS);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_VM_CREATED_NS]), 1);
	KUNIT_EXPECT_STREQ(test, nla_data(tb[KVM_EXITSTAT_A_VM_COMM]), "a long command");
	KUNIT_EXPECT_NULL(test, tb[KVM_EXITSTAT_A_VM_DESTROYED_NS]);

	skb = test_skb(test, 256);
	t->vm.destroyed_ns = U64_MAX;
	KUNIT_ASSERT_EQ(test, kvm_exitstat_put_vm(skb, &t->vm, true), 0);
	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_VM_MAX,
					       (struct nlattr *)skb->data, NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KVM_EXITSTAT_A_VM_DESTROYED_NS]);
	KUNIT_EXPECT_EQ(test, nla_get_u64(tb[KVM_EXITSTAT_A_VM_DESTROYED_NS]), U64_MAX);

	/* Earlier messages about the VM do not have that. */
	skb = test_skb(test, 256);
	KUNIT_ASSERT_EQ(test, kvm_exitstat_put_vm(skb, &t->vm, false), 0);
	KUNIT_ASSERT_EQ(test, nla_parse_nested(tb, KVM_EXITSTAT_A_VM_MAX,
					       (struct nlattr *)skb->data, NULL, NULL), 0);
	KUNIT_EXPECT_NULL(test, tb[KVM_EXITSTAT_A_VM_DESTROYED_NS]);
}

/* Only what is not zero is put, at its level, and codes that are not known as such. */
static void test_totals(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, 1024);
	unsigned int pos = 0, other = KVM_EXITSTAT_SLOT_OTHER;

	t->vcpu[1].l1.count[12] = 5;
	t->vcpu[1].l1.count[other] = 6;
	t->vcpu[1].l2 = &t->l2[1];
	t->l2[1].count[12] = U64_MAX;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu[1], &pos, KVM_EXITSTAT_COUNTS), 0);
	KUNIT_EXPECT_EQ(test, pos, NR_COUNTS);
	see_attrs(test, skb);
	for (pos = 0; pos < NR_COUNTS; pos++) {
		bool put = pos == 12 || pos == other || pos == KVM_EXITSTAT_NR_SLOTS + 12;

		KUNIT_EXPECT_EQ_MSG(test, t->seen[1].times[pos], put, "count %u", pos);
		KUNIT_EXPECT_EQ(test, t->seen[1].delta[pos], 0);
	}
	KUNIT_EXPECT_EQ(test, t->seen[1].total[12], 5);
	KUNIT_EXPECT_EQ(test, t->seen[1].total[other], 6);
	KUNIT_EXPECT_EQ(test, t->seen[1].total[KVM_EXITSTAT_NR_SLOTS + 12], U64_MAX);
}

static void test_deltas(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	struct kvm_exitstat_vcpu *vcpu = &t->vcpu[0];
	struct sk_buff *skb = test_skb(test, 2048);
	unsigned int pos = 0, len;

	vcpu->l1.count[3] = 10;
	vcpu->l1.count[4] = 20;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, vcpu, &pos, KVM_EXITSTAT_CHANGES), 0);

	len = skb->len;
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, vcpu, &pos, KVM_EXITSTAT_CHANGES), 0);
	KUNIT_EXPECT_EQ_MSG(test, skb->len, len, "a vCPU without changes takes room");

	vcpu->l1.count[3] = 17;
	pos = 0;
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, vcpu, &pos, KVM_EXITSTAT_CHANGES), 0);

	see_attrs(test, skb);
	KUNIT_EXPECT_EQ(test, t->seen[0].times[3], 2);
	KUNIT_EXPECT_EQ(test, t->seen[0].delta[3], 17);
	KUNIT_EXPECT_EQ(test, t->seen[0].total[3], 17);
	KUNIT_EXPECT_EQ(test, t->seen[0].times[4], 1);
	KUNIT_EXPECT_EQ(test, t->seen[0].delta[4], 20);
}

/* A reply that cannot be cut has room for all there can be. */
static void test_fits(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, kvm_exitstat_stats_size());
	unsigned int pos = 0;

	set_all_counts(t);
	KUNIT_ASSERT_EQ(test, kvm_exitstat_put_header(skb, U64_MAX, U64_MAX), 0);
	KUNIT_ASSERT_EQ(test, kvm_exitstat_put_vm(skb, &t->vm, true), 0);
	KUNIT_ASSERT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu[2], &pos, KVM_EXITSTAT_CHANGES), 0);
	see_attrs(test, skb);
	expect_all_once(test, 2, true);
}

/* Wherever messages end, together they have every count once. */
static void test_cut(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	unsigned int room, pos, messages;
	struct sk_buff *skb;
	int r;

	set_all_counts(t);
	for (room = 100; room <= 4096; room += room < 512 ? 4 : 508) {
		memset(&t->seen[0], 0, sizeof(t->seen[0]));
		memset(t->vcpu[0].l1.sent, 0, sizeof(t->vcpu[0].l1.sent));
		memset(t->l2[0].sent, 0, sizeof(t->l2[0].sent));
		pos = 0;
		messages = 0;
		do {
			KUNIT_ASSERT_LE_MSG(test, ++messages, NR_COUNTS,
					    "no end with %u bytes", room);
			skb = test_skb(test, room);
			r = put_vcpu(skb, &t->vm, &t->vcpu[0], &pos, KVM_EXITSTAT_CHANGES);
			see_attrs(test, skb);
			kunit_release_action(test, free_test_skb, skb);
		} while (r == -EMSGSIZE);
		KUNIT_ASSERT_EQ(test, r, 0);
		expect_all_once(test, 0, true);
	}
}

/* Without room for a single reason, a message stays as it was. */
static void test_no_room(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	unsigned int room, pos = 0;
	struct sk_buff *skb;

	set_all_counts(t);
	for (room = 0; room < 92; room += 4) {
		skb = test_skb(test, room);
		KUNIT_EXPECT_EQ(test, put_vcpu(skb, &t->vm, &t->vcpu[0], &pos,
					       KVM_EXITSTAT_CHANGES), -EMSGSIZE);
		KUNIT_EXPECT_EQ(test, skb->len, 0);
		if (room < 72)
			KUNIT_EXPECT_EQ(test, kvm_exitstat_put_vm(skb, &t->vm, true),
					-EMSGSIZE);
		KUNIT_EXPECT_EQ(test, pos, 0);
		KUNIT_EXPECT_EQ(test, t->vcpu[0].l1.sent[0], 0);
	}
}

static void test_sums(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	struct sk_buff *skb = test_skb(test, 1024);
	unsigned int other = KVM_EXITSTAT_SLOT_OTHER;
	struct nlattr *pos;
	int rem;
	u64 *sums = kunit_kcalloc(test, NR_COUNTS, sizeof(*sums), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sums);
	sums[7] = 7;
	sums[other] = 8;
	sums[KVM_EXITSTAT_NR_SLOTS + 7] = 16;
	KUNIT_ASSERT_EQ(test, kvm_exitstat_put_sums(skb, t->vm.isa, sums), 0);

	nla_for_each_attr(pos, (struct nlattr *)skb->data, skb->len, rem) {
		KUNIT_ASSERT_EQ(test, nla_type(pos), KVM_EXITSTAT_A_STATS_REASON);
		see_reason(test, pos, t->vm.isa, &t->seen[0]);
	}
	KUNIT_EXPECT_EQ(test, t->seen[0].total[7], 7);
	KUNIT_EXPECT_EQ(test, t->seen[0].total[other], 8);
	KUNIT_EXPECT_EQ(test, t->seen[0].total[KVM_EXITSTAT_NR_SLOTS + 7], 16);
}

/* A dump that goes on in message after message has every count of every vCPU once. */
static void test_dump(struct kunit *test)
{
	struct exitstat_test *t = test->priv;
	struct nlmsghdr request = { .nlmsg_seq = 99 };
	unsigned int room, i, messages;
	struct netlink_callback *cb;
	struct sk_buff *skb;
	int r;

	cb = kunit_kzalloc(test, sizeof(*cb), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cb);
	cb->skb = test_skb(test, 0);
	cb->nlh = &request;

	set_all_counts(t);
	for (room = 512; room <= 16384; room *= 2) {
		memset(cb->ctx, 0, sizeof(cb->ctx));
		memset(t->seen, 0, sizeof(t->seen));
		messages = 0;
		do {
			KUNIT_ASSERT_LE_MSG(test, ++messages, TEST_VCPUS * NR_COUNTS,
					    "no end with %u bytes", room);
			skb = test_skb(test, room);
			r = dump_vm(skb, cb, &t->vm);
			KUNIT_ASSERT_GT(test, skb->len, 0);
			KUNIT_EXPECT_EQ(test, nlmsg_hdr(skb)->nlmsg_len, skb->len);
			KUNIT_EXPECT_EQ(test, nlmsg_hdr(skb)->nlmsg_seq, 99);
			see_vcpus(test, nlmsg_attrdata(nlmsg_hdr(skb), GENL_HDRLEN),
				  nlmsg_attrlen(nlmsg_hdr(skb), GENL_HDRLEN));
			kunit_release_action(test, free_test_skb, skb);
		} while (r == -EMSGSIZE);
		KUNIT_ASSERT_EQ(test, r, 0);
		for (i = 0; i < TEST_VCPUS; i++)
			expect_all_once(test, i, false);
	}
}

static int exitstat_nl_test_init(struct kunit *test)
{
	struct exitstat_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	xa_init(&t->vm.vcpus);
	t->vm.id = TEST_VM_ID;
	t->vm.pid = 4711;
	t->vm.isa = KVM_EXITSTAT_ISA_SVM;
	t->vm.created_ns = 1;
	t->vm.nr_vcpus = TEST_VCPUS;
	strscpy(t->vm.comm, "a long command", sizeof(t->vm.comm));
	for (i = 0; i < TEST_VCPUS; i++) {
		t->vcpu[i].id = i * 10;
		t->vcpu[i].index = i;
		KUNIT_ASSERT_EQ(test, xa_err(xa_store(&t->vm.vcpus, i, &t->vcpu[i],
						      GFP_KERNEL)), 0);
	}
	return 0;
}

static void exitstat_nl_test_exit(struct kunit *test)
{
	struct exitstat_test *t = test->priv;

	if (t)
		xa_destroy(&t->vm.vcpus);
}

static struct kunit_case exitstat_nl_test_cases[] = {
	KUNIT_CASE(test_vm),
	KUNIT_CASE(test_totals),
	KUNIT_CASE(test_deltas),
	KUNIT_CASE(test_fits),
	KUNIT_CASE(test_cut),
	KUNIT_CASE(test_no_room),
	KUNIT_CASE(test_sums),
	KUNIT_CASE(test_dump),
	{}
};

static struct kunit_suite exitstat_nl_test_suite = {
	.name = "kvm-exitstat-messages",
	.init = exitstat_nl_test_init,
	.exit = exitstat_nl_test_exit,
	.test_cases = exitstat_nl_test_cases,
};

kunit_test_suite(exitstat_nl_test_suite);
