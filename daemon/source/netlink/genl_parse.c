// SPDX-License-Identifier: GPL-2.0-or-later
/* From the bytes of one kvm-exitstat message to a struct exit_message. */
#include "config.h"

#include "source/netlink/genl_parse.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <string.h>

#include "model/sample.h"
#include "source/netlink/genl_attr.h"
#include "source/netlink/genl_parse_vcpu.h"

/* clang-format off */
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
	[KVM_EXITSTAT_A_STATS_TIMES_SINCE_NS] = U64,
	[KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS] = U64,
};

/* clang-format on */

static int parse_vm(const struct nlattr *nest, struct sample_vm *vm)
{
	struct nlattr *tb[KVM_EXITSTAT_A_VM_MAX + 1];
	int r, len;

	r = genl_parse_nest(tb, KVM_EXITSTAT_A_VM_MAX, nest, vm_policy, 0);
	if (r < 0)
		return r;
	if (!tb[KVM_EXITSTAT_A_VM_VM_ID])
		return -EBADMSG;

	vm->id = genl_get_u64(tb, KVM_EXITSTAT_A_VM_VM_ID);
	vm->pid = genl_get_u32(tb, KVM_EXITSTAT_A_VM_PID);
	vm->isa = genl_get_u32(tb, KVM_EXITSTAT_A_VM_ISA);
	vm->vcpus = genl_get_u32(tb, KVM_EXITSTAT_A_VM_VCPUS);
	vm->created_ns = genl_get_u64(tb, KVM_EXITSTAT_A_VM_CREATED_NS);
	vm->destroyed_ns = genl_get_u64(tb, KVM_EXITSTAT_A_VM_DESTROYED_NS);
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
		r = genl_parse_vcpu(attr, message);
		if (r < 0)
			return r;
	}

	message->first_sum = message->n_reasons;
	nla_for_each_attr(attr, attrs, len, rest) {
		if (nla_type(attr) != KVM_EXITSTAT_A_STATS_REASON)
			continue;
		r = genl_parse_reason(attr, message);
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
	r = genl_parse_attrs(tb, KVM_EXITSTAT_A_STATS_MAX, attrs, attrs_len, stats_policy,
			     MAY_REPEAT(KVM_EXITSTAT_A_STATS_VCPU) |
				     MAY_REPEAT(KVM_EXITSTAT_A_STATS_REASON));
	if (r < 0)
		return r;

	if (!tb[KVM_EXITSTAT_A_STATS_EPOCH] || !tb[KVM_EXITSTAT_A_STATS_SEQ] ||
	    !tb[KVM_EXITSTAT_A_STATS_TIME_NS])
		return -EBADMSG;
	if (message->type == MESSAGE_EVENT &&
	    (!tb[KVM_EXITSTAT_A_STATS_EVENT] || !tb[KVM_EXITSTAT_A_STATS_VM]))
		return -EBADMSG;

	message->epoch = genl_get_u64(tb, KVM_EXITSTAT_A_STATS_EPOCH);
	message->seq = genl_get_u64(tb, KVM_EXITSTAT_A_STATS_SEQ);
	message->time_ns = genl_get_u64(tb, KVM_EXITSTAT_A_STATS_TIME_NS);
	message->times_since_ns = genl_get_u64(tb, KVM_EXITSTAT_A_STATS_TIMES_SINCE_NS);
	message->details_since_ns = genl_get_u64(tb, KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS);
	message->event = genl_get_u32(tb, KVM_EXITSTAT_A_STATS_EVENT);
	message->has_vcpu_id = tb[KVM_EXITSTAT_A_STATS_VCPU_ID];
	message->vcpu_id = genl_get_u32(tb, KVM_EXITSTAT_A_STATS_VCPU_ID);

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
		r = genl_parse_nest(tb, CTRL_ATTR_MCAST_GRP_MAX, attr, policy, 0);
		if (r < 0)
			return r;
		if (is_string(tb[CTRL_ATTR_MCAST_GRP_NAME], name))
			*out = genl_get_u32(tb, CTRL_ATTR_MCAST_GRP_ID);
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
	r = genl_parse_attrs(tb, CTRL_ATTR_MAX, attrs, attrs_len, policy, 0);
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
