// SPDX-License-Identifier: GPL-2.0
/*
 * The kvm-exitstat family's messages, part by part: what the kernel counted, as
 * Documentation/netlink/specs/kvm-exitstat.yaml describes it.
 *
 * A batch about many vCPUs puts thousands of reasons: they are written straight to
 * their place, after one look whether there is room.
 */
#include <linux/kvm_host.h>
#include <linux/unaligned.h>
#include <net/genetlink.h>

#include "exitstat.h"

#define NR_COUNTS	KVM_EXITSTAT_NR_COUNTS
#define NR_SLOTS	KVM_EXITSTAT_NR_SLOTS

/* Of what a position in a vCPU says, see kvm_exitstat_put_vcpu(). */
#define POS_TIMES	NR_COUNTS
#define POS_KEYS	(POS_TIMES + NR_COUNTS)
#define POS_RESTS	(POS_KEYS + KVM_EXITSTAT_NR_LEVELS * KVM_EXITSTAT_NR_KEYS)
#define POS_END		(POS_RESTS + KVM_EXITSTAT_NR_LEVELS * KVM_EXITSTAT_NR_KINDS)

/* u64 attributes lie where they come, without padding. */
static_assert(IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS));

#define U64_SIZE	(NLA_HDRLEN + sizeof(u64))
#define U32_SIZE	(NLA_HDRLEN + sizeof(u32))
#define FLAG_SIZE	NLA_HDRLEN

/*
 * The most that a message with all reasons of a VM takes: code and total and two
 * flags a reason, and less than 512 bytes for all else.
 */
#define REASON_SIZE	(NLA_HDRLEN + 3 * U64_SIZE + 2 * FLAG_SIZE)

size_t kvm_exitstat_stats_size(void)
{
	BUILD_BUG_ON(512 + NR_COUNTS * REASON_SIZE > 16384 - NLMSG_HDRLEN - GENL_HDRLEN);
	return 512 + NR_COUNTS * REASON_SIZE;
}

/* Where a nest's attributes go, or NULL if the message is full. */
static void *put_nest(struct kvm_exitstat_msg *msg, int type, unsigned int len)
{
	if (msg->skb->len + NLA_HDRLEN + len > msg->end)
		return NULL;
	return nla_data(__nla_reserve(msg->skb, type | NLA_F_NESTED, len));
}

static void *write_attr(void *p, int type, unsigned int len)
{
	struct nlattr *attr = p;

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	return attr + 1;
}

static void *write_u64(void *p, int type, u64 value)
{
	p = write_attr(p, type, sizeof(value));
	put_unaligned(value, (u64 *)p);
	return p + sizeof(value);
}

static void *write_u32(void *p, int type, u32 value)
{
	p = write_attr(p, type, sizeof(value));
	put_unaligned(value, (u32 *)p);
	return p + sizeof(value);
}

/* How a nest says which reason it is of. */
struct reason_attrs {
	int code;
	int other;
	int nested;
};

static __always_inline unsigned int reason_size(unsigned int slot, bool nested)
{
	return (slot == KVM_EXITSTAT_SLOT_OTHER ? FLAG_SIZE : U64_SIZE) +
	       (nested ? FLAG_SIZE : 0);
}

static __always_inline void *write_reason(void *p, const struct reason_attrs *attrs,
					  enum kvm_exitstat_isa isa, unsigned int slot,
					  bool nested)
{
	if (slot == KVM_EXITSTAT_SLOT_OTHER)
		p = write_attr(p, attrs->other, 0);
	else
		p = write_u64(p, attrs->code, kvm_arch_exitstat_code(isa, slot));
	if (nested)
		p = write_attr(p, attrs->nested, 0);
	return p;
}

int kvm_exitstat_put_header(struct sk_buff *skb, u64 seq, u64 time_ns)
{
	static const u8 attrs[KVM_EXITSTAT_NR_EXTRAS] = {
		[KVM_EXITSTAT_TIMES]	= KVM_EXITSTAT_A_STATS_TIMES_SINCE_NS,
		[KVM_EXITSTAT_DETAILS]	= KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS,
	};
	unsigned int i;

	if (nla_put_u64_64bit(skb, KVM_EXITSTAT_A_STATS_EPOCH, kvm_exitstat.epoch,
			      KVM_EXITSTAT_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_STATS_SEQ, seq,
			      KVM_EXITSTAT_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_STATS_TIME_NS, time_ns,
			      KVM_EXITSTAT_A_STATS_PAD))
		return -EMSGSIZE;
	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++) {
		if (kvm_exitstat.since_ns[i] &&
		    nla_put_u64_64bit(skb, attrs[i], kvm_exitstat.since_ns[i],
				      KVM_EXITSTAT_A_STATS_PAD))
			return -EMSGSIZE;
	}
	return 0;
}

/* Only the last message about a VM says when it ended. */
int kvm_exitstat_put_vm(struct sk_buff *skb, const struct kvm_exitstat_vm *vm, bool ended)
{
	struct nlattr *nest = nla_nest_start(skb, KVM_EXITSTAT_A_STATS_VM);

	if (!nest)
		return -EMSGSIZE;

	if (nla_put_u64_64bit(skb, KVM_EXITSTAT_A_VM_VM_ID, vm->id,
			      KVM_EXITSTAT_A_VM_PAD) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_VM_PID, vm->pid) ||
	    nla_put_string(skb, KVM_EXITSTAT_A_VM_COMM, vm->comm) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_VM_ISA, vm->isa) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_VM_VCPUS, vm->nr_vcpus) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_VM_CREATED_NS, vm->created_ns,
			      KVM_EXITSTAT_A_VM_PAD) ||
	    (ended && vm->destroyed_ns &&
	     nla_put_u64_64bit(skb, KVM_EXITSTAT_A_VM_DESTROYED_NS,
			       vm->destroyed_ns, KVM_EXITSTAT_A_VM_PAD))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* Put count number i of a vCPU or VM.  sent is NULL where no delta is due. */
static int put_reason(struct kvm_exitstat_msg *msg, int attr, enum kvm_exitstat_isa isa,
		      unsigned int i, u64 total, const u64 *sent)
{
	static const struct reason_attrs attrs = {
		.code	= KVM_EXITSTAT_A_REASON_CODE,
		.other	= KVM_EXITSTAT_A_REASON_OTHER,
		.nested	= KVM_EXITSTAT_A_REASON_NESTED,
	};
	bool nested = kvm_exitstat_count_level(i) == KVM_EXITSTAT_L2;
	unsigned int slot = kvm_exitstat_count_slot(i);
	void *p;

	p = put_nest(msg, attr,
		     reason_size(slot, nested) + (sent ? U64_SIZE : 0) + U64_SIZE);
	if (!p)
		return -EMSGSIZE;

	p = write_reason(p, &attrs, isa, slot, nested);
	if (sent)
		p = write_u64(p, KVM_EXITSTAT_A_REASON_DELTA, total - *sent);
	write_u64(p, KVM_EXITSTAT_A_REASON_TOTAL, total);
	return 0;
}

/* Put the time of one reason. */
static int put_time(struct kvm_exitstat_msg *msg, enum kvm_exitstat_isa isa,
		    const struct kvm_exitstat_times *times, bool nested,
		    unsigned int slot, u64 exits)
{
	static const struct reason_attrs attrs = {
		.code	= KVM_EXITSTAT_A_TIME_CODE,
		.other	= KVM_EXITSTAT_A_TIME_OTHER,
		.nested	= KVM_EXITSTAT_A_TIME_NESTED,
	};
	const struct kvm_exitstat_time *time = &times->reason[slot];
	unsigned int first = READ_ONCE(time->histogram), i, nr = 0;
	u64 histogram[KVM_EXITSTAT_TIME_BUCKETS];
	void *p;

	for (i = 0; first && i < KVM_EXITSTAT_TIME_BUCKETS; i++) {
		histogram[i] = READ_ONCE(times->bucket[first + i]);
		if (histogram[i])
			nr = i + 1;
	}

	p = put_nest(msg, KVM_EXITSTAT_A_VCPU_TIME,
		     reason_size(slot, nested) + 3 * U64_SIZE + NLA_HDRLEN + nr * sizeof(u64));
	if (!p)
		return -EMSGSIZE;

	p = write_reason(p, &attrs, isa, slot, nested);
	p = write_u64(p, KVM_EXITSTAT_A_TIME_TOTAL_NS, READ_ONCE(time->total_ns));
	p = write_u64(p, KVM_EXITSTAT_A_TIME_MAX_NS, READ_ONCE(time->max_ns));
	p = write_u64(p, KVM_EXITSTAT_A_TIME_EXITS, exits);
	p = write_attr(p, KVM_EXITSTAT_A_TIME_HISTOGRAM, nr * sizeof(u64));
	memcpy(p, histogram, nr * sizeof(u64));
	return 0;
}

/* Put a key, or the rest of a kind if there is none. */
static int put_detail(struct kvm_exitstat_msg *msg, enum kvm_exitstat_isa isa, bool nested,
		      unsigned int kind, const u64 *key, u64 total)
{
	const struct kvm_exitstat_kind *k = kvm_arch_exitstat_kind(isa, kind);
	void *p;

	if (WARN_ON_ONCE(!k))
		return 0;
	p = put_nest(msg, KVM_EXITSTAT_A_VCPU_DETAIL,
		     U64_SIZE + (nested ? FLAG_SIZE : 0) + U32_SIZE +
		     (key ? U64_SIZE : FLAG_SIZE) + U64_SIZE);
	if (!p)
		return -EMSGSIZE;

	p = write_u64(p, KVM_EXITSTAT_A_DETAIL_CODE, kvm_arch_exitstat_code(isa, k->slot));
	if (nested)
		p = write_attr(p, KVM_EXITSTAT_A_DETAIL_NESTED, 0);
	p = write_u32(p, KVM_EXITSTAT_A_DETAIL_CLASS, k->class);
	if (key)
		p = write_u64(p, KVM_EXITSTAT_A_DETAIL_KEY, *key & GENMASK_ULL(55, 0));
	else
		p = write_attr(p, KVM_EXITSTAT_A_DETAIL_REST, 0);
	write_u64(p, KVM_EXITSTAT_A_DETAIL_TOTAL, total);
	return 0;
}

/* The next count from slot on that is not what was sent, or not zero. */
static __always_inline unsigned int next_slot(const u64 *count, const u64 *sent,
					      unsigned int slot)
{
	BUILD_BUG_ON(NR_SLOTS % 4);

	for (; slot < NR_SLOTS; slot++) {
		/* Most counts are of what never happens: four at once. */
		while (slot % 4 == 0) {
			u64 any = sent ?
				(READ_ONCE(count[slot]) ^ sent[slot]) |
				(READ_ONCE(count[slot + 1]) ^ sent[slot + 1]) |
				(READ_ONCE(count[slot + 2]) ^ sent[slot + 2]) |
				(READ_ONCE(count[slot + 3]) ^ sent[slot + 3]) :
				READ_ONCE(count[slot]) | READ_ONCE(count[slot + 1]) |
				READ_ONCE(count[slot + 2]) | READ_ONCE(count[slot + 3]);

			if (any)
				break;
			slot += 4;
			if (slot == NR_SLOTS)
				return slot;
		}
		if (READ_ONCE(count[slot]) != (sent ? sent[slot] : 0))
			return slot;
	}
	return slot;
}

/* As kvm_exitstat_put_vcpu(), of the reasons. */
static int put_reasons(struct kvm_exitstat_msg *msg, enum kvm_exitstat_isa isa,
		       struct kvm_exitstat_vcpu *vcpu, unsigned int *pos, bool changes)
{
	struct kvm_exitstat_counts *c;
	unsigned int slot, first;
	u64 total;
	int r;

	while (*pos < POS_TIMES) {
		c = kvm_exitstat_counts(vcpu, kvm_exitstat_count_level(*pos));
		slot = kvm_exitstat_count_slot(*pos);
		first = *pos - slot;

		while (c) {
			slot = changes ? next_slot(c->count, c->sent, slot) :
					 next_slot(c->count, NULL, slot);
			if (slot == NR_SLOTS)
				break;

			*pos = first + slot;
			total = READ_ONCE(c->count[slot]);
			r = put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, isa, *pos, total,
				       changes ? &c->sent[slot] : NULL);
			if (r)
				return r;
			if (changes)
				c->sent[slot] = total;
			slot++;
		}
		*pos = first + NR_SLOTS;
	}
	return 0;
}

/* What a vCPU has of an extra, or NULL if there is nothing to say of it. */
static void *extra_of(struct kvm_exitstat_vcpu *vcpu, enum kvm_exitstat_level level,
		      enum kvm_exitstat_extra extra)
{
	struct kvm_exitstat_counts *c = kvm_exitstat_counts(vcpu, level);

	return c && !kvm_exitstat.emptying[extra] ? c->extra[extra] : NULL;
}

/* As kvm_exitstat_put_vcpu(), of the times. */
static int put_times(struct kvm_exitstat_msg *msg, enum kvm_exitstat_isa isa,
		     struct kvm_exitstat_vcpu *vcpu, unsigned int *pos, bool changes)
{
	struct kvm_exitstat_times *times;
	unsigned int slot, level;
	u64 exits;
	int r;

	for (; *pos < POS_KEYS; ++*pos) {
		level = kvm_exitstat_count_level(*pos - POS_TIMES);
		slot = kvm_exitstat_count_slot(*pos - POS_TIMES);
		times = extra_of(vcpu, level, KVM_EXITSTAT_TIMES);
		if (!times) {
			*pos += NR_SLOTS - 1 - slot;
			continue;
		}
		/* Pairs with kvm_exitstat_add_time(): their times are there. */
		exits = smp_load_acquire(&times->reason[slot].exits);
		if (changes ? (u32)exits == times->reason[slot].sent : !exits)
			continue;

		r = put_time(msg, isa, times, level == KVM_EXITSTAT_L2, slot, exits);
		if (r)
			return r;
		if (changes)
			times->reason[slot].sent = exits;
	}
	return 0;
}

/* As kvm_exitstat_put_vcpu(), of the keys. */
static int put_keys(struct kvm_exitstat_msg *msg, enum kvm_exitstat_isa isa,
		    struct kvm_exitstat_vcpu *vcpu, unsigned int *pos, bool changes)
{
	struct kvm_exitstat_details *details;
	unsigned int i, level;
	u64 total, key;
	int r;

	for (; *pos < POS_RESTS; ++*pos) {
		level = (*pos - POS_KEYS) / KVM_EXITSTAT_NR_KEYS;
		i = (*pos - POS_KEYS) % KVM_EXITSTAT_NR_KEYS;
		details = extra_of(vcpu, level, KVM_EXITSTAT_DETAILS);
		if (!details) {
			*pos += KVM_EXITSTAT_NR_KEYS - 1 - i;
			continue;
		}
		/* Pairs with kvm_exitstat_place_key(). */
		total = smp_load_acquire(&details->key[i].count);
		if (changes ? (u32)total == details->sent[i] : !total)
			continue;

		key = READ_ONCE(details->key[i].key);
		r = put_detail(msg, isa, level == KVM_EXITSTAT_L2, key >> 56, &key, total);
		if (r)
			return r;
		if (changes)
			details->sent[i] = total;
	}
	return 0;
}

/* As kvm_exitstat_put_vcpu(), of what has no key. */
static int put_rests(struct kvm_exitstat_msg *msg, enum kvm_exitstat_isa isa,
		     struct kvm_exitstat_vcpu *vcpu, unsigned int *pos, bool changes)
{
	struct kvm_exitstat_details *details;
	unsigned int kind, level;
	u64 total;
	int r;

	for (; *pos < POS_END; ++*pos) {
		level = (*pos - POS_RESTS) / KVM_EXITSTAT_NR_KINDS;
		kind = (*pos - POS_RESTS) % KVM_EXITSTAT_NR_KINDS;
		details = extra_of(vcpu, level, KVM_EXITSTAT_DETAILS);
		if (!details)
			continue;
		total = READ_ONCE(details->rest[kind]);
		if (changes ? (u32)total == details->rest_sent[kind] : !total)
			continue;

		r = put_detail(msg, isa, level == KVM_EXITSTAT_L2, kind, NULL, total);
		if (r)
			return r;
		if (changes)
			details->rest_sent[kind] = total;
	}
	return 0;
}

/* The exit that lasts, if it has for long. */
static void put_under_way(struct kvm_exitstat_msg *msg, const struct kvm_exitstat_vm *vm,
			  const struct kvm_exitstat_vcpu *vcpu)
{
	static const struct reason_attrs attrs = {
		.code	= KVM_EXITSTAT_A_UNDER_WAY_CODE,
		.other	= KVM_EXITSTAT_A_UNDER_WAY_OTHER,
		.nested	= KVM_EXITSTAT_A_UNDER_WAY_NESTED,
	};
	const struct kvm_exitstat *e = &vcpu->vcpu->exitstat;
	/* Pairs with the vCPU's smp_store_release(). */
	unsigned int exit = smp_load_acquire(&e->exit), slot;
	bool nested;
	u64 ns;
	void *p;

	if (!exit || !kvm_exitstat.config.extra[KVM_EXITSTAT_TIMES])
		return;
	ns = kvm_arch_exitstat_since(READ_ONCE(e->exit_clock));
	/* Another one may have come meanwhile, which does not last yet. */
	if (ns < KVM_EXITSTAT_UNDER_WAY_NS || READ_ONCE(e->exit) != exit)
		return;

	slot = kvm_exitstat_count_slot(exit - 1);
	nested = kvm_exitstat_count_level(exit - 1) == KVM_EXITSTAT_L2;
	p = put_nest(msg, KVM_EXITSTAT_A_VCPU_UNDER_WAY, reason_size(slot, nested) + U64_SIZE);
	if (!p)
		return;
	p = write_reason(p, &attrs, vm->isa, slot, nested);
	write_u64(p, KVM_EXITSTAT_A_UNDER_WAY_LASTS_NS, ns);
}

/*
 * Put a vCPU, from *pos on: its reasons by the number of their counts, then its
 * times, then its keys, then what has no key.  Returns -EMSGSIZE when the message is
 * full, with *pos where the next one goes on; what did fit stays in.
 */
int kvm_exitstat_put_vcpu(struct kvm_exitstat_msg *msg, const struct kvm_exitstat_vm *vm,
			  struct kvm_exitstat_vcpu *vcpu, unsigned int *pos,
			  enum kvm_exitstat_part part)
{
	bool changes = part == KVM_EXITSTAT_CHANGES;
	struct sk_buff *skb = msg->skb;
	unsigned int len = skb->len, head;
	struct nlattr *nest;
	void *p;
	int r;

	p = put_nest(msg, KVM_EXITSTAT_A_STATS_VCPU,
		     U64_SIZE + 3 * U32_SIZE + (changes ? U64_SIZE : 0));
	if (!p)
		return -EMSGSIZE;
	nest = p - NLA_HDRLEN;

	p = write_u64(p, KVM_EXITSTAT_A_VCPU_VM_ID, vm->id);
	p = write_u32(p, KVM_EXITSTAT_A_VCPU_PID, vm->pid);
	p = write_u32(p, KVM_EXITSTAT_A_VCPU_VCPU_ID, vcpu->id);
	p = write_u32(p, KVM_EXITSTAT_A_VCPU_ISA, vm->isa);
	if (changes)
		write_u64(p, KVM_EXITSTAT_A_VCPU_SINCE_NS, vm->told_ns);

	head = skb->len;
	r = put_reasons(msg, vm->isa, vcpu, pos, changes);
	if (!r && part != KVM_EXITSTAT_COUNTS) {
		r = put_times(msg, vm->isa, vcpu, pos, changes);
		if (!r)
			r = put_keys(msg, vm->isa, vcpu, pos, changes);
		if (!r)
			r = put_rests(msg, vm->isa, vcpu, pos, changes);
	}
	if (skb->len == head && (changes || r)) {
		skb_trim(skb, len);
		return r;
	}
	if (!r && vm->alive && part != KVM_EXITSTAT_COUNTS)
		put_under_way(msg, vm, vcpu);
	nla_nest_end(skb, nest);
	return r;
}

int kvm_exitstat_put_sums(struct sk_buff *skb, enum kvm_exitstat_isa isa, const u64 *sums)
{
	struct kvm_exitstat_msg msg = {
		.skb = skb,
		.end = skb->len + skb_tailroom(skb),
	};
	unsigned int i;
	int r = 0;

	for (i = 0; i < NR_COUNTS && !r; i++) {
		if (sums[i])
			r = put_reason(&msg, KVM_EXITSTAT_A_STATS_REASON, isa, i, sums[i], NULL);
	}
	return r;
}
