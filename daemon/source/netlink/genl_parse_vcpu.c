// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of a kvm-exitstat message that tell counts and times. */
#include "config.h"

#include "source/netlink/genl_parse_vcpu.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <netlink/attr.h>
#include <string.h>

#include "model/sample.h"
#include "source/netlink/genl_attr.h"

static_assert(EXIT_TIME_BUCKETS == KVM_EXITSTAT_TIME_BUCKETS, "the kernel's histogram");
#define SAME_CLASS(name) ((int)DETAIL_##name == (int)KVM_EXITSTAT_DETAIL_CLASS_##name)
static_assert(SAME_CLASS(MSR) && SAME_CLASS(PORT) && SAME_CLASS(MMIO) && SAME_CLASS(FAULT) &&
		      SAME_CLASS(CPUID) && SAME_CLASS(HYPERCALL) && SAME_CLASS(VECTOR) &&
		      SAME_CLASS(REGISTER) && SAME_CLASS(APIC) && SAME_CLASS(OTHER),
	      "the kernel's classes of details");
static_assert(EXIT_TIME_FIRST_NS == 1 << KVM_EXITSTAT_TIME_BUCKET_BITS, "the kernel's histogram");

/* clang-format off */
static const struct nla_policy reason_policy[KVM_EXITSTAT_A_REASON_MAX + 1] = {
	[KVM_EXITSTAT_A_REASON_CODE] = U64,
	[KVM_EXITSTAT_A_REASON_NESTED] = FLAG,
	[KVM_EXITSTAT_A_REASON_OTHER] = FLAG,
	[KVM_EXITSTAT_A_REASON_DELTA] = U64,
	[KVM_EXITSTAT_A_REASON_TOTAL] = U64,
};

static const struct nla_policy time_policy[KVM_EXITSTAT_A_TIME_MAX + 1] = {
	[KVM_EXITSTAT_A_TIME_CODE] = U64,
	[KVM_EXITSTAT_A_TIME_NESTED] = FLAG,
	[KVM_EXITSTAT_A_TIME_OTHER] = FLAG,
	[KVM_EXITSTAT_A_TIME_REST] = FLAG,
	[KVM_EXITSTAT_A_TIME_TOTAL_NS] = U64,
	[KVM_EXITSTAT_A_TIME_MAX_NS] = U64,
	[KVM_EXITSTAT_A_TIME_HISTOGRAM] = ANY,
	[KVM_EXITSTAT_A_TIME_EXITS] = U64,
};

static const struct nla_policy under_way_policy[KVM_EXITSTAT_A_UNDER_WAY_MAX + 1] = {
	[KVM_EXITSTAT_A_UNDER_WAY_CODE] = U64,
	[KVM_EXITSTAT_A_UNDER_WAY_NESTED] = FLAG,
	[KVM_EXITSTAT_A_UNDER_WAY_OTHER] = FLAG,
	[KVM_EXITSTAT_A_UNDER_WAY_LASTS_NS] = U64,
};

static const struct nla_policy detail_policy[KVM_EXITSTAT_A_DETAIL_MAX + 1] = {
	[KVM_EXITSTAT_A_DETAIL_CODE] = U64,
	[KVM_EXITSTAT_A_DETAIL_NESTED] = FLAG,
	[KVM_EXITSTAT_A_DETAIL_CLASS] = U32,
	[KVM_EXITSTAT_A_DETAIL_KEY] = U64,
	[KVM_EXITSTAT_A_DETAIL_REST] = FLAG,
	[KVM_EXITSTAT_A_DETAIL_TOTAL] = U64,
};

static const struct nla_policy vcpu_policy[KVM_EXITSTAT_A_VCPU_MAX + 1] = {
	[KVM_EXITSTAT_A_VCPU_VM_ID] = U64,
	[KVM_EXITSTAT_A_VCPU_PID] = U32,
	[KVM_EXITSTAT_A_VCPU_VCPU_ID] = U32,
	[KVM_EXITSTAT_A_VCPU_ISA] = U32,
	[KVM_EXITSTAT_A_VCPU_REASON] = NEST,
	[KVM_EXITSTAT_A_VCPU_TIME] = NEST,
	[KVM_EXITSTAT_A_VCPU_SINCE_NS] = U64,
	[KVM_EXITSTAT_A_VCPU_UNDER_WAY] = NEST,
	[KVM_EXITSTAT_A_VCPU_DETAIL] = NEST,
};

/* clang-format on */

int genl_parse_reason(const struct nlattr *nest, struct exit_message *message)
{
	struct nlattr *tb[KVM_EXITSTAT_A_REASON_MAX + 1];
	struct sample_reason *reason;
	int r;

	r = genl_parse_nest(tb, KVM_EXITSTAT_A_REASON_MAX, nest, reason_policy, 0);
	if (r < 0)
		return r;
	/* What stands for all codes that are not known has none. */
	if ((!tb[KVM_EXITSTAT_A_REASON_CODE] && !tb[KVM_EXITSTAT_A_REASON_OTHER]) ||
	    !tb[KVM_EXITSTAT_A_REASON_TOTAL])
		return -EBADMSG;

	reason = exit_message_add_reason(message);
	if (!reason)
		return -ENOMEM;

	reason->nested = tb[KVM_EXITSTAT_A_REASON_NESTED];
	reason->other = tb[KVM_EXITSTAT_A_REASON_OTHER];
	reason->code = reason->other ? 0 : genl_get_u64(tb, KVM_EXITSTAT_A_REASON_CODE);
	reason->delta = genl_get_u64(tb, KVM_EXITSTAT_A_REASON_DELTA);
	reason->total = genl_get_u64(tb, KVM_EXITSTAT_A_REASON_TOTAL);
	return 0;
}

/* Buckets that are zero may be left out at the end. */
static int parse_histogram(const struct nlattr *attr, struct exit_time *time)
{
	size_t len = (size_t)nla_len(attr);

	if (len % sizeof(uint64_t) != 0 || len > sizeof(time->histogram))
		return -EBADMSG;
	memcpy(time->histogram, nla_data(attr), len);
	return 0;
}

static int parse_time(const struct nlattr *nest, struct exit_message *message)
{
	struct nlattr *tb[KVM_EXITSTAT_A_TIME_MAX + 1];
	struct sample_time *time;
	int r;

	r = genl_parse_nest(tb, KVM_EXITSTAT_A_TIME_MAX, nest, time_policy, 0);
	if (r < 0)
		return r;
	if ((!tb[KVM_EXITSTAT_A_TIME_CODE] && !tb[KVM_EXITSTAT_A_TIME_OTHER] &&
	     !tb[KVM_EXITSTAT_A_TIME_REST]) ||
	    !tb[KVM_EXITSTAT_A_TIME_TOTAL_NS] || !tb[KVM_EXITSTAT_A_TIME_MAX_NS] ||
	    !tb[KVM_EXITSTAT_A_TIME_HISTOGRAM])
		return -EBADMSG;

	time = exit_message_add_time(message);
	if (!time)
		return -ENOMEM;

	time->nested = tb[KVM_EXITSTAT_A_TIME_NESTED];
	time->rest = tb[KVM_EXITSTAT_A_TIME_REST];
	time->other = !time->rest && tb[KVM_EXITSTAT_A_TIME_OTHER];
	time->code = time->rest || time->other ? 0 : genl_get_u64(tb, KVM_EXITSTAT_A_TIME_CODE);
	time->time.total_ns = genl_get_u64(tb, KVM_EXITSTAT_A_TIME_TOTAL_NS);
	time->time.max_ns = genl_get_u64(tb, KVM_EXITSTAT_A_TIME_MAX_NS);
	time->time.exits = genl_get_u64(tb, KVM_EXITSTAT_A_TIME_EXITS);
	return parse_histogram(tb[KVM_EXITSTAT_A_TIME_HISTOGRAM], &time->time);
}

static int parse_detail(const struct nlattr *nest, struct exit_message *message)
{
	struct nlattr *tb[KVM_EXITSTAT_A_DETAIL_MAX + 1];
	struct sample_detail *detail;
	int r;

	r = genl_parse_nest(tb, KVM_EXITSTAT_A_DETAIL_MAX, nest, detail_policy, 0);
	if (r < 0)
		return r;
	if (!tb[KVM_EXITSTAT_A_DETAIL_CODE] || !tb[KVM_EXITSTAT_A_DETAIL_CLASS] ||
	    !tb[KVM_EXITSTAT_A_DETAIL_TOTAL] ||
	    (!tb[KVM_EXITSTAT_A_DETAIL_KEY] && !tb[KVM_EXITSTAT_A_DETAIL_REST]))
		return -EBADMSG;

	detail = exit_message_add_detail(message);
	if (!detail)
		return -ENOMEM;

	detail->code = genl_get_u64(tb, KVM_EXITSTAT_A_DETAIL_CODE);
	detail->class = genl_get_u32(tb, KVM_EXITSTAT_A_DETAIL_CLASS);
	detail->nested = tb[KVM_EXITSTAT_A_DETAIL_NESTED];
	detail->rest = tb[KVM_EXITSTAT_A_DETAIL_REST];
	detail->key = detail->rest ? 0 : genl_get_u64(tb, KVM_EXITSTAT_A_DETAIL_KEY);
	detail->total = genl_get_u64(tb, KVM_EXITSTAT_A_DETAIL_TOTAL);
	return 0;
}

static int parse_under_way(const struct nlattr *nest, struct sample_under_way *out)
{
	struct nlattr *tb[KVM_EXITSTAT_A_UNDER_WAY_MAX + 1];
	int r;

	r = genl_parse_nest(tb, KVM_EXITSTAT_A_UNDER_WAY_MAX, nest, under_way_policy, 0);
	if (r < 0)
		return r;
	if ((!tb[KVM_EXITSTAT_A_UNDER_WAY_CODE] && !tb[KVM_EXITSTAT_A_UNDER_WAY_OTHER]) ||
	    !tb[KVM_EXITSTAT_A_UNDER_WAY_LASTS_NS])
		return -EBADMSG;

	out->nested = tb[KVM_EXITSTAT_A_UNDER_WAY_NESTED];
	out->other = tb[KVM_EXITSTAT_A_UNDER_WAY_OTHER];
	out->code = out->other ? 0 : genl_get_u64(tb, KVM_EXITSTAT_A_UNDER_WAY_CODE);
	out->lasts_ns = genl_get_u64(tb, KVM_EXITSTAT_A_UNDER_WAY_LASTS_NS);
	return 0;
}

/* What may be there many times. */
static int parse_lists(const struct nlattr *nest, struct exit_message *message)
{
	const struct nlattr *attr;
	int r = 0, rest;

	nla_for_each_attr(attr, nla_data(nest), nla_len(nest), rest) {
		if (nla_type(attr) == KVM_EXITSTAT_A_VCPU_REASON)
			r = genl_parse_reason(attr, message);
		else if (nla_type(attr) == KVM_EXITSTAT_A_VCPU_TIME)
			r = parse_time(attr, message);
		else if (nla_type(attr) == KVM_EXITSTAT_A_VCPU_DETAIL)
			r = parse_detail(attr, message);
		if (r < 0)
			return r;
	}
	return 0;
}

int genl_parse_vcpu(const struct nlattr *nest, struct exit_message *message)
{
	struct nlattr *tb[KVM_EXITSTAT_A_VCPU_MAX + 1];
	struct sample_vcpu *vcpu;
	int r;

	r = genl_parse_nest(tb, KVM_EXITSTAT_A_VCPU_MAX, nest, vcpu_policy,
			    MAY_REPEAT(KVM_EXITSTAT_A_VCPU_REASON) |
				    MAY_REPEAT(KVM_EXITSTAT_A_VCPU_TIME) |
				    MAY_REPEAT(KVM_EXITSTAT_A_VCPU_DETAIL));
	if (r < 0)
		return r;
	if (!tb[KVM_EXITSTAT_A_VCPU_VM_ID] || !tb[KVM_EXITSTAT_A_VCPU_VCPU_ID])
		return -EBADMSG;

	vcpu = exit_message_add_vcpu(message);
	if (!vcpu)
		return -ENOMEM;

	vcpu->vm_id = genl_get_u64(tb, KVM_EXITSTAT_A_VCPU_VM_ID);
	vcpu->pid = genl_get_u32(tb, KVM_EXITSTAT_A_VCPU_PID);
	vcpu->vcpu_id = genl_get_u32(tb, KVM_EXITSTAT_A_VCPU_VCPU_ID);
	vcpu->isa = genl_get_u32(tb, KVM_EXITSTAT_A_VCPU_ISA);
	vcpu->first_reason = message->n_reasons;
	vcpu->first_time = message->n_times;
	vcpu->first_detail = message->n_details;
	vcpu->since_ns = genl_get_u64(tb, KVM_EXITSTAT_A_VCPU_SINCE_NS);
	if (tb[KVM_EXITSTAT_A_VCPU_UNDER_WAY]) {
		r = parse_under_way(tb[KVM_EXITSTAT_A_VCPU_UNDER_WAY], &vcpu->under_way);
		if (r < 0)
			return r;
	}
	r = parse_lists(nest, message);
	if (r < 0)
		return r;
	vcpu->n_details = message->n_details - vcpu->first_detail;
	vcpu->n_reasons = message->n_reasons - vcpu->first_reason;
	vcpu->n_times = message->n_times - vcpu->first_time;
	return 0;
}
