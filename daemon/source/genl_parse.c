// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the bytes of one kvm-exitstat message to a struct exit_message.
 *
 * libnl's policy check takes attributes that are too long, and of doubled ones
 * the last. Neither is anything that this kernel sends, so here both are
 * errors: better to drop a message and read totals anew than to guess.
 */
#include "config.h"

#include "source/genl_parse.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <string.h>

#include "model/sample.h"

/* clang-format off */
#define U32 { .type = NLA_U32, .minlen = 4, .maxlen = 4 }
#define U64 { .type = NLA_U64, .minlen = 8, .maxlen = 8 }
#define FLAG { .type = NLA_FLAG, .maxlen = 0 }
#define NEST { .type = NLA_NESTED }
#define ANY { .type = NLA_NESTED } /* a string: its user checks it */

static const struct nla_policy reason_policy[KVM_EXITSTAT_A_REASON_MAX + 1] = {
	[KVM_EXITSTAT_A_REASON_CODE] = U64,
	[KVM_EXITSTAT_A_REASON_NESTED] = FLAG,
	[KVM_EXITSTAT_A_REASON_OTHER] = FLAG,
	[KVM_EXITSTAT_A_REASON_DELTA] = U64,
	[KVM_EXITSTAT_A_REASON_TOTAL] = U64,
};

static const struct nla_policy vcpu_policy[KVM_EXITSTAT_A_VCPU_MAX + 1] = {
	[KVM_EXITSTAT_A_VCPU_VM_ID] = U64,
	[KVM_EXITSTAT_A_VCPU_PID] = U32,
	[KVM_EXITSTAT_A_VCPU_VCPU_ID] = U32,
	[KVM_EXITSTAT_A_VCPU_ISA] = U32,
	[KVM_EXITSTAT_A_VCPU_REASON] = NEST,
};

static const struct nla_policy vm_policy[KVM_EXITSTAT_A_VM_MAX + 1] = {
	[KVM_EXITSTAT_A_VM_VM_ID] = U64,
	[KVM_EXITSTAT_A_VM_PID] = U32,
	[KVM_EXITSTAT_A_VM_ISA] = U32,
	[KVM_EXITSTAT_A_VM_VCPUS] = U32,
	[KVM_EXITSTAT_A_VM_CREATED_NS] = U64,
	[KVM_EXITSTAT_A_VM_DESTROYED_NS] = U64,
	[KVM_EXITSTAT_A_VM_COMM] = ANY,
};

static const struct nla_policy stats_policy[KVM_EXITSTAT_A_STATS_MAX + 1] = {
	[KVM_EXITSTAT_A_STATS_EPOCH] = U64,
	[KVM_EXITSTAT_A_STATS_SEQ] = U64,
	[KVM_EXITSTAT_A_STATS_TIME_NS] = U64,
	[KVM_EXITSTAT_A_STATS_EVENT] = U32,
	[KVM_EXITSTAT_A_STATS_VM] = NEST,
	[KVM_EXITSTAT_A_STATS_VCPU] = NEST,
	[KVM_EXITSTAT_A_STATS_REASON] = NEST,
	[KVM_EXITSTAT_A_STATS_VM_ID] = U64,
	[KVM_EXITSTAT_A_STATS_VCPU_ID] = U32,
};

/* clang-format on */

#define MAY_REPEAT(type) (1U << (type))

/* What nla_parse() does, strictly; multi has the attributes that may be there again. */
static int parse(struct nlattr **tb, int max, const struct nlattr *head, int len,
		 const struct nla_policy *policy, uint32_t multi)
{
	const struct nlattr *attr;
	int rest, type;

	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	nla_for_each_attr(attr, head, len, rest) {
		type = nla_type(attr);
		if (type == 0 || type > max || policy[type].type == NLA_UNSPEC)
			continue;
		if (policy[type].type != NLA_NESTED &&
		    (nla_len(attr) < policy[type].minlen || nla_len(attr) > policy[type].maxlen))
			return -EBADMSG;
		if (tb[type] && !(multi & MAY_REPEAT(type)))
			return -EBADMSG;
		tb[type] = (struct nlattr *)(uintptr_t)attr;
	}
	/* Something that is no attribute follows the last one. */
	return rest > 0 ? -EBADMSG : 0;
}

static int parse_nest(struct nlattr **tb, int max, const struct nlattr *nest,
		      const struct nla_policy *policy, uint32_t multi)
{
	return parse(tb, max, nla_data(nest), nla_len(nest), policy, multi);
}

static uint64_t get_u64(struct nlattr *const *tb, int type)
{
	return tb[type] ? nla_get_u64(tb[type]) : 0;
}

static uint32_t get_u32(struct nlattr *const *tb, int type)
{
	return tb[type] ? nla_get_u32(tb[type]) : 0;
}

static int parse_reason(const struct nlattr *nest, struct exit_message *message)
{
	struct nlattr *tb[KVM_EXITSTAT_A_REASON_MAX + 1];
	struct sample_reason *reason;
	int r;

	r = parse_nest(tb, KVM_EXITSTAT_A_REASON_MAX, nest, reason_policy, 0);
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
	reason->code = reason->other ? 0 : get_u64(tb, KVM_EXITSTAT_A_REASON_CODE);
	reason->delta = get_u64(tb, KVM_EXITSTAT_A_REASON_DELTA);
	reason->total = get_u64(tb, KVM_EXITSTAT_A_REASON_TOTAL);
	return 0;
}

static int parse_vcpu(const struct nlattr *nest, struct exit_message *message)
{
	struct nlattr *tb[KVM_EXITSTAT_A_VCPU_MAX + 1];
	struct sample_vcpu *vcpu;
	const struct nlattr *attr;
	int r, rest;

	r = parse_nest(tb, KVM_EXITSTAT_A_VCPU_MAX, nest, vcpu_policy,
		       MAY_REPEAT(KVM_EXITSTAT_A_VCPU_REASON));
	if (r < 0)
		return r;
	if (!tb[KVM_EXITSTAT_A_VCPU_VM_ID] || !tb[KVM_EXITSTAT_A_VCPU_VCPU_ID])
		return -EBADMSG;

	vcpu = exit_message_add_vcpu(message);
	if (!vcpu)
		return -ENOMEM;

	vcpu->vm_id = get_u64(tb, KVM_EXITSTAT_A_VCPU_VM_ID);
	vcpu->pid = get_u32(tb, KVM_EXITSTAT_A_VCPU_PID);
	vcpu->vcpu_id = get_u32(tb, KVM_EXITSTAT_A_VCPU_VCPU_ID);
	vcpu->isa = get_u32(tb, KVM_EXITSTAT_A_VCPU_ISA);
	vcpu->first_reason = message->n_reasons;

	nla_for_each_attr(attr, nla_data(nest), nla_len(nest), rest) {
		if (nla_type(attr) != KVM_EXITSTAT_A_VCPU_REASON)
			continue;
		r = parse_reason(attr, message);
		if (r < 0)
			return r;
	}
	vcpu->n_reasons = message->n_reasons - vcpu->first_reason;
	return 0;
}

static int parse_vm(const struct nlattr *nest, struct sample_vm *vm)
{
	struct nlattr *tb[KVM_EXITSTAT_A_VM_MAX + 1];
	int r, len;

	r = parse_nest(tb, KVM_EXITSTAT_A_VM_MAX, nest, vm_policy, 0);
	if (r < 0)
		return r;
	if (!tb[KVM_EXITSTAT_A_VM_VM_ID])
		return -EBADMSG;

	vm->id = get_u64(tb, KVM_EXITSTAT_A_VM_VM_ID);
	vm->pid = get_u32(tb, KVM_EXITSTAT_A_VM_PID);
	vm->isa = get_u32(tb, KVM_EXITSTAT_A_VM_ISA);
	vm->vcpus = get_u32(tb, KVM_EXITSTAT_A_VM_VCPUS);
	vm->created_ns = get_u64(tb, KVM_EXITSTAT_A_VM_CREATED_NS);
	vm->destroyed_ns = get_u64(tb, KVM_EXITSTAT_A_VM_DESTROYED_NS);
	if (tb[KVM_EXITSTAT_A_VM_COMM]) {
		len = nla_len(tb[KVM_EXITSTAT_A_VM_COMM]);
		if (len <= 0 || ((const char *)nla_data(tb[KVM_EXITSTAT_A_VM_COMM]))[len - 1])
			return -EBADMSG;
		(void)nla_strlcpy(vm->comm, tb[KVM_EXITSTAT_A_VM_COMM], sizeof(vm->comm));
	}
	return 0;
}

/* The generic netlink message in buf, or NULL if there is no whole one. */
static const struct genlmsghdr *genl_header(const void *buf, size_t len)
{
	const struct nlmsghdr *header = buf;

	if (len < NLMSG_HDRLEN || header->nlmsg_len > len ||
	    header->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return NULL;
	return (const void *)((const char *)buf + NLMSG_HDRLEN);
}

static const struct nlattr *genl_attrs(const void *buf, int *len)
{
	const struct nlmsghdr *header = buf;

	*len = (int)header->nlmsg_len - (int)(NLMSG_HDRLEN + GENL_HDRLEN);
	return (const void *)((const char *)buf + NLMSG_HDRLEN + GENL_HDRLEN);
}

static int message_type(uint8_t command, enum message_type *out)
{
	switch (command) {
	case KVM_EXITSTAT_CMD_STATS_GET:
		*out = MESSAGE_STATS;
		return 0;
	case KVM_EXITSTAT_CMD_EXITS_NTF:
		*out = MESSAGE_EXITS;
		return 0;
	case KVM_EXITSTAT_CMD_VM_NTF:
		*out = MESSAGE_EVENT;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* vCPUs and sums, which may be there many times. */
static int parse_lists(const struct nlattr *attrs, int len, struct exit_message *message)
{
	const struct nlattr *attr;
	int r, rest;

	nla_for_each_attr(attr, attrs, len, rest) {
		if (nla_type(attr) != KVM_EXITSTAT_A_STATS_VCPU)
			continue;
		r = parse_vcpu(attr, message);
		if (r < 0)
			return r;
	}

	message->first_sum = message->n_reasons;
	nla_for_each_attr(attr, attrs, len, rest) {
		if (nla_type(attr) != KVM_EXITSTAT_A_STATS_REASON)
			continue;
		r = parse_reason(attr, message);
		if (r < 0)
			return r;
	}
	message->n_sums = message->n_reasons - message->first_sum;

	/* Sums of which VM? */
	return message->n_sums && !message->has_vm ? -EBADMSG : 0;
}

int genl_parse_stats(const void *buf, size_t len, struct exit_message *message)
{
	const struct genlmsghdr *header = genl_header(buf, len);
	struct nlattr *tb[KVM_EXITSTAT_A_STATS_MAX + 1];
	const struct nlattr *attrs;
	int attrs_len, r;

	exit_message_reset(message);
	if (!header)
		return -EBADMSG;
	r = message_type(header->cmd, &message->type);
	if (r < 0)
		return r;

	attrs = genl_attrs(buf, &attrs_len);
	r = parse(tb, KVM_EXITSTAT_A_STATS_MAX, attrs, attrs_len, stats_policy,
		  MAY_REPEAT(KVM_EXITSTAT_A_STATS_VCPU) | MAY_REPEAT(KVM_EXITSTAT_A_STATS_REASON));
	if (r < 0)
		return r;

	if (!tb[KVM_EXITSTAT_A_STATS_EPOCH] || !tb[KVM_EXITSTAT_A_STATS_SEQ] ||
	    !tb[KVM_EXITSTAT_A_STATS_TIME_NS])
		return -EBADMSG;
	if (message->type == MESSAGE_EVENT &&
	    (!tb[KVM_EXITSTAT_A_STATS_EVENT] || !tb[KVM_EXITSTAT_A_STATS_VM]))
		return -EBADMSG;

	message->epoch = get_u64(tb, KVM_EXITSTAT_A_STATS_EPOCH);
	message->seq = get_u64(tb, KVM_EXITSTAT_A_STATS_SEQ);
	message->time_ns = get_u64(tb, KVM_EXITSTAT_A_STATS_TIME_NS);
	message->event = get_u32(tb, KVM_EXITSTAT_A_STATS_EVENT);
	message->has_vcpu_id = tb[KVM_EXITSTAT_A_STATS_VCPU_ID];
	message->vcpu_id = get_u32(tb, KVM_EXITSTAT_A_STATS_VCPU_ID);

	if (tb[KVM_EXITSTAT_A_STATS_VM]) {
		r = parse_vm(tb[KVM_EXITSTAT_A_STATS_VM], &message->vm);
		if (r < 0)
			return r;
		message->has_vm = true;
	}
	return parse_lists(attrs, attrs_len, message);
}

static bool is_string(const struct nlattr *attr, const char *string)
{
	size_t size = strlen(string) + 1;

	return attr && (size_t)nla_len(attr) == size && memcmp(nla_data(attr), string, size) == 0;
}

static int parse_groups(const struct nlattr *nest, const char *name, uint32_t *out)
{
	static const struct nla_policy policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
		[CTRL_ATTR_MCAST_GRP_NAME] = ANY,
		[CTRL_ATTR_MCAST_GRP_ID] = U32,
	};
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	const struct nlattr *attr;
	int r, rest;

	nla_for_each_attr(attr, nla_data(nest), nla_len(nest), rest) {
		r = parse_nest(tb, CTRL_ATTR_MCAST_GRP_MAX, attr, policy, 0);
		if (r < 0)
			return r;
		if (is_string(tb[CTRL_ATTR_MCAST_GRP_NAME], name))
			*out = get_u32(tb, CTRL_ATTR_MCAST_GRP_ID);
	}
	return 0;
}

int genl_parse_family(const void *buf, size_t len, const char *name, const char *group,
		      struct genl_family_news *out)
{
	static const struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16, .minlen = 2, .maxlen = 2 },
		[CTRL_ATTR_FAMILY_NAME] = ANY,
		[CTRL_ATTR_MCAST_GROUPS] = NEST,
	};
	struct genl_family_news news = { 0 };
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	const struct nlattr *attrs;
	int attrs_len, r;

	if (!genl_header(buf, len))
		return -EBADMSG;

	attrs = genl_attrs(buf, &attrs_len);
	r = parse(tb, CTRL_ATTR_MAX, attrs, attrs_len, policy, 0);
	if (r < 0)
		return r;
	if (!tb[CTRL_ATTR_FAMILY_NAME])
		return -EBADMSG;
	if (!is_string(tb[CTRL_ATTR_FAMILY_NAME], name))
		return -ENOENT;
	if (!tb[CTRL_ATTR_FAMILY_ID])
		return -EBADMSG;

	news.id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS]) {
		r = parse_groups(tb[CTRL_ATTR_MCAST_GROUPS], group, &news.exits_group);
		if (r < 0)
			return r;
	}
	*out = news;
	return 0;
}
