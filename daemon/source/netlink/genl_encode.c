// SPDX-License-Identifier: GPL-2.0-or-later
/* From a struct exit_message to the bytes that genl_parse.c reads. */
#include "config.h"

#include "source/netlink/genl_encode.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "model/sample.h"
#include "source/netlink/genl_socket.h"
#include "util/util.h"

DEFINE_CLEANUP(struct nl_msg *, nlmsg_free);

static uint8_t command(enum message_type type)
{
	switch (type) {
	case MESSAGE_STATS:
		return KVM_EXITSTAT_CMD_STATS_GET;
	case MESSAGE_EXITS:
		return KVM_EXITSTAT_CMD_EXITS_NTF;
	case MESSAGE_EVENT:
		return KVM_EXITSTAT_CMD_VM_NTF;
	}
	return KVM_EXITSTAT_CMD_STATS_GET;
}

static int put_reason(struct nl_msg *msg, int attr, const struct sample_reason *reason)
{
	struct nlattr *nest = nla_nest_start(msg, attr);
	int r;

	if (!nest)
		return -ENOMEM;
	if (reason->other)
		r = nla_put_flag(msg, KVM_EXITSTAT_A_REASON_OTHER);
	else
		r = nla_put_u64(msg, KVM_EXITSTAT_A_REASON_CODE, reason->code);
	if (r == 0 && reason->nested)
		r = nla_put_flag(msg, KVM_EXITSTAT_A_REASON_NESTED);
	if (r == 0 && reason->delta)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_REASON_DELTA, reason->delta);
	if (r == 0)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_REASON_TOTAL, reason->total);
	if (r < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, nest);
	return 0;
}

static int put_detail(struct nl_msg *msg, const struct sample_detail *detail)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_DETAIL);
	int r;

	if (!nest)
		return -ENOMEM;
	r = nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_CODE, detail->code);
	if (r == 0 && detail->nested)
		r = nla_put_flag(msg, KVM_EXITSTAT_A_DETAIL_NESTED);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_DETAIL_CLASS, detail->class);
	if (r == 0 && detail->rest)
		r = nla_put_flag(msg, KVM_EXITSTAT_A_DETAIL_REST);
	if (r == 0 && !detail->rest)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_KEY, detail->key);
	if (r == 0)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_TOTAL, detail->total);
	if (r < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, nest);
	return 0;
}

static int put_vcpu(struct nl_msg *msg, const struct exit_message *message,
		    const struct sample_vcpu *vcpu)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_STATS_VCPU);
	size_t i;
	int r;

	if (!nest)
		return -ENOMEM;
	r = nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_VM_ID, vcpu->vm_id);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_VCPU_PID, vcpu->pid);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_VCPU_VCPU_ID, vcpu->vcpu_id);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_VCPU_ISA, vcpu->isa);
	for (i = 0; i < vcpu->n_reasons && r == 0; i++)
		r = put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON,
			       &message->reasons[vcpu->first_reason + i]);
	for (i = 0; i < vcpu->n_details && r == 0; i++)
		r = put_detail(msg, &message->details[vcpu->first_detail + i]);
	if (r == 0 && vcpu->since_ns)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_SINCE_NS, vcpu->since_ns);
	if (r < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, nest);
	return 0;
}

static int put_vm(struct nl_msg *msg, const struct sample_vm *vm)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_STATS_VM);
	int r;

	if (!nest)
		return -ENOMEM;
	r = nla_put_u64(msg, KVM_EXITSTAT_A_VM_VM_ID, vm->id);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_VM_PID, vm->pid);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_VM_ISA, vm->isa);
	if (r == 0)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_VM_VCPUS, vm->vcpus);
	if (r == 0 && vm->created_ns)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_VM_CREATED_NS, vm->created_ns);
	if (r == 0 && vm->destroyed_ns)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_VM_DESTROYED_NS, vm->destroyed_ns);
	if (r == 0 && *vm->comm)
		r = nla_put_string(msg, KVM_EXITSTAT_A_VM_COMM, vm->comm);
	if (r < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, nest);
	return 0;
}

static int put_head(struct nl_msg *msg, const struct exit_message *message)
{
	int r;

	r = nla_put_u64(msg, KVM_EXITSTAT_A_STATS_EPOCH, message->epoch);
	if (r == 0)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_STATS_SEQ, message->seq);
	if (r == 0)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_STATS_TIME_NS, message->time_ns);
	if (r == 0 && message->details_since_ns)
		r = nla_put_u64(msg, KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS,
				message->details_since_ns);
	if (r == 0 && message->event)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, message->event);
	if (r == 0 && message->has_vcpu_id)
		r = nla_put_u32(msg, KVM_EXITSTAT_A_STATS_VCPU_ID, message->vcpu_id);
	if (r == 0 && message->has_vm)
		r = put_vm(msg, &message->vm);
	return r < 0 ? -ENOMEM : 0;
}

int genl_encode_stats(const struct exit_message *message, void **out, size_t *len)
{
	_cleanup_(nlmsg_freep) struct nl_msg *msg = nlmsg_alloc_size(GENL_RECEIVE_BYTES);
	struct nlmsghdr *header;
	size_t i;
	int r;

	if (!msg || !genlmsg_put(msg, 0, 0, GENL_MIN_ID, 0, 0, command(message->type),
				 KVM_EXITSTAT_FAMILY_VERSION))
		return -ENOMEM;
	r = put_head(msg, message);
	for (i = 0; i < message->n_vcpus && r == 0; i++)
		r = put_vcpu(msg, message, &message->vcpus[i]);
	for (i = 0; i < message->n_sums && r == 0; i++)
		r = put_reason(msg, KVM_EXITSTAT_A_STATS_REASON,
			       &message->reasons[message->first_sum + i]);
	if (r < 0)
		return r;

	header = nlmsg_hdr(msg);
	*out = malloc(header->nlmsg_len);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, header, header->nlmsg_len);
	*len = header->nlmsg_len;
	return 0;
}
