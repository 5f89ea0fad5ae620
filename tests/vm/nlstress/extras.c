// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel does with exits on request only: what must hold of times and of
 * what exactly caused exits.
 */
#include <string.h>

#include "nlstress.h"

/* How long the exits for a reason took. */
static void enter_time(const struct vm_book *vm, struct vcpu_book *vcpu, const struct nlattr *time)
{
	const struct nlattr *attrs[NR_ATTRS], *histogram;
	uint64_t total, bucket, sum = 0;
	struct count *c;
	size_t size;
	bool other;

	index_nested(time, attrs);
	other = attrs[KVM_EXITSTAT_A_TIME_OTHER];
	check(other != !!attrs[KVM_EXITSTAT_A_TIME_CODE], "the time of no one reason");
	c = count_entry(&vcpu->times, other ? 0 : attr_u64(attrs[KVM_EXITSTAT_A_TIME_CODE]),
			attrs[KVM_EXITSTAT_A_TIME_NESTED], other);

	total = attr_u64(attrs[KVM_EXITSTAT_A_TIME_TOTAL_NS]);
	check(total && total >= c->total, "VM %lu vCPU %u code %#lx: %lu ns after %lu", vm->id,
	      vcpu->id, c->code, total, c->total);
	c->total = total;
	check(attr_u64(attrs[KVM_EXITSTAT_A_TIME_MAX_NS]), "a longest exit of no time");

	histogram = attrs[KVM_EXITSTAT_A_TIME_HISTOGRAM];
	check(histogram, "a time without a histogram");
	size = histogram->nla_len - NLA_HDRLEN;
	check(size % sizeof(bucket) == 0 && size <= KVM_EXITSTAT_TIME_BUCKETS * sizeof(bucket),
	      "a histogram of %zu bytes", size);
	for (size_t i = 0; i < size; i += sizeof(bucket)) {
		memcpy(&bucket, (const char *)histogram + NLA_HDRLEN + i, sizeof(bucket));
		sum += bucket;
	}
	check(!size || bucket, "a histogram that ends with nothing");
	/* An exit may end while the message is made. */
	total = attr_u64(attrs[KVM_EXITSTAT_A_TIME_EXITS]);
	check(!size || (sum <= total + 1 && total <= sum + 1), "%lu exits in a histogram of %lu",
	      total, sum);
}

/* What exactly caused exits: counts that only grow. */
static void enter_detail(const struct vm_book *vm, struct vcpu_book *vcpu,
			 const struct nlattr *detail)
{
	const struct nlattr *attrs[NR_ATTRS];
	uint64_t total, code, key;
	struct count *c;
	bool rest;

	index_nested(detail, attrs);
	rest = attrs[KVM_EXITSTAT_A_DETAIL_REST];
	check(rest != !!attrs[KVM_EXITSTAT_A_DETAIL_KEY], "a detail with no key, or with two");
	code = attr_u64(attrs[KVM_EXITSTAT_A_DETAIL_CODE]);
	key = rest ? 0 : attr_u64(attrs[KVM_EXITSTAT_A_DETAIL_KEY]);
	/* Keys have 55 bits at most, and differ by code and class. */
	key ^= code << 45 ^ (uint64_t)attr_u32(attrs[KVM_EXITSTAT_A_DETAIL_CLASS]) << 56;
	c = count_entry(&vcpu->details, key, attrs[KVM_EXITSTAT_A_DETAIL_NESTED], rest);
	total = attr_u64(attrs[KVM_EXITSTAT_A_DETAIL_TOTAL]);
	check(total && total >= c->total, "VM %lu vCPU %u code %#lx key %#lx: %lu after %lu",
	      vm->id, vcpu->id, code, key, total, c->total);
	c->total = total;
}

void book_extra(const struct vm_book *vm, struct vcpu_book *vcpu, const struct nlattr *a)
{
	switch (a->nla_type & NLA_TYPE_MASK) {
	case KVM_EXITSTAT_A_VCPU_TIME:
		enter_time(vm, vcpu, a);
		break;
	case KVM_EXITSTAT_A_VCPU_DETAIL:
		enter_detail(vm, vcpu, a);
		break;
	}
}

/* They were switched on again since: what is told now is of another time. */
static void forget_extras(struct book *book, bool times)
{
	for (size_t i = 0; i < book->nr; i++) {
		for (unsigned int j = 0; j < book->vms[i].nr; j++) {
			struct vcpu_book *vcpu = &book->vms[i].vcpus[j];

			counts_free(times ? &vcpu->times : &vcpu->details);
		}
	}
}

void book_since(struct book *book, const struct nlattr *a, uint64_t *since, bool times)
{
	uint64_t now = a ? attr_u64(a) : 0;

	check(now >= *since, "extras are on since %lu after %lu", now, *since);
	if (now != *since)
		forget_extras(book, times);
	*since = now;
}
