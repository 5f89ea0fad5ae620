// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages as the kernel makes them. */
#include "config.h"

#include "nlmsg_build.h"

#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "source/netlink/genl_parse.h"
#include "unit_test.h"

static struct nl_msg *new_message(uint16_t type, uint8_t command, uint32_t nl_seq, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, nl_seq, type, 0, flags, command, 1));
	return msg;
}

struct nl_msg *build_message(uint8_t command, uint32_t nl_seq, int flags)
{
	return new_message(BUILD_FAMILY, command, nl_seq, flags);
}

struct nl_msg *build_stats(uint8_t command, uint64_t epoch, uint64_t seq, uint64_t time_ns)
{
	struct nl_msg *msg = build_message(command, 0, 0);

	nla_put_u64(msg, KVM_EXITSTAT_A_STATS_EPOCH, epoch);
	nla_put_u64(msg, KVM_EXITSTAT_A_STATS_SEQ, seq);
	nla_put_u64(msg, KVM_EXITSTAT_A_STATS_TIME_NS, time_ns);
	return msg;
}

void build_put_vm(struct nl_msg *msg, const struct sample_vm *vm)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_STATS_VM | NLA_F_NESTED);

	nla_put_u64(msg, KVM_EXITSTAT_A_VM_VM_ID, vm->id);
	nla_put_u32(msg, KVM_EXITSTAT_A_VM_PID, vm->pid);
	nla_put_u32(msg, KVM_EXITSTAT_A_VM_ISA, vm->isa);
	nla_put_u32(msg, KVM_EXITSTAT_A_VM_VCPUS, vm->vcpus);
	nla_put_u64(msg, KVM_EXITSTAT_A_VM_CREATED_NS, vm->created_ns);
	if (vm->destroyed_ns)
		nla_put_u64(msg, KVM_EXITSTAT_A_VM_DESTROYED_NS, vm->destroyed_ns);
	if (*vm->comm)
		nla_put_string(msg, KVM_EXITSTAT_A_VM_COMM, vm->comm);
	nla_nest_end(msg, nest);
}

struct nlattr *build_begin_vcpu(struct nl_msg *msg, uint64_t vm_id, uint32_t vcpu_id, uint32_t pid,
				uint32_t isa)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_STATS_VCPU | NLA_F_NESTED);

	nla_put_u64(msg, KVM_EXITSTAT_A_VCPU_VM_ID, vm_id);
	nla_put_u32(msg, KVM_EXITSTAT_A_VCPU_PID, pid);
	nla_put_u32(msg, KVM_EXITSTAT_A_VCPU_VCPU_ID, vcpu_id);
	nla_put_u32(msg, KVM_EXITSTAT_A_VCPU_ISA, isa);
	return nest;
}

void build_put_reason(struct nl_msg *msg, int attr, const struct sample_reason *reason)
{
	struct nlattr *nest = nla_nest_start(msg, attr | NLA_F_NESTED);

	if (!reason->other)
		nla_put_u64(msg, KVM_EXITSTAT_A_REASON_CODE, reason->code);
	if (reason->nested)
		nla_put_flag(msg, KVM_EXITSTAT_A_REASON_NESTED);
	if (reason->other)
		nla_put_flag(msg, KVM_EXITSTAT_A_REASON_OTHER);
	if (reason->delta)
		nla_put_u64(msg, KVM_EXITSTAT_A_REASON_DELTA, reason->delta);
	nla_put_u64(msg, KVM_EXITSTAT_A_REASON_TOTAL, reason->total);
	nla_nest_end(msg, nest);
}

const struct sample_vm build_a_vm = {
	.id = BUILD_VM_ID,
	.pid = 812,
	.isa = KVM_EXITSTAT_ISA_SVM,
	.vcpus = 2,
	.created_ns = 1000,
	.destroyed_ns = 0,
	.comm = "qemu-system-x86",
};

const struct sample_reason build_a_reason = { .code = 0x7c, .delta = 5, .total = 50 };
const struct sample_reason build_nested = { .code = 0x78, .nested = true, .delta = 1, .total = 9 };
const struct sample_reason build_other = { .other = true, .delta = 2, .total = 2 };

/* Two vCPUs: one of all kinds of reasons, one with none. */
struct nl_msg *build_exits(void)
{
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, BUILD_EPOCH, 17, 5000);
	struct nlattr *vcpu = build_begin_vcpu(msg, BUILD_VM_ID, 0, 812, KVM_EXITSTAT_ISA_SVM);

	build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &build_a_reason);
	build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &build_nested);
	build_put_reason(msg, KVM_EXITSTAT_A_VCPU_REASON, &build_other);
	nla_nest_end(msg, vcpu);
	vcpu = build_begin_vcpu(msg, BUILD_VM_ID, 1, 812, KVM_EXITSTAT_ISA_SVM);
	nla_nest_end(msg, vcpu);
	return msg;
}

struct nl_msg *build_destroyed(void)
{
	struct nl_msg *msg = build_stats(KVM_EXITSTAT_CMD_VM_NTF, BUILD_EPOCH, 18, 6000);
	struct sample_vm vm = build_a_vm;

	vm.destroyed_ns = 5999;
	nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, KVM_EXITSTAT_EVENT_VM_DESTROYED);
	build_put_vm(msg, &vm);
	build_put_reason(msg, KVM_EXITSTAT_A_STATS_REASON, &build_a_reason);
	build_put_reason(msg, KVM_EXITSTAT_A_STATS_REASON, &build_nested);
	return msg;
}

struct nl_msg *build_end(uint16_t type, uint32_t nl_seq, int error, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlmsgerr payload = { .error = error };

	assert_non_null(msg);
	assert_non_null(nlmsg_put(msg, 0, nl_seq, type, 0, flags));
	assert_int_equal(nlmsg_append(msg, &payload,
				      type == NLMSG_ERROR ? sizeof(payload) : sizeof(error),
				      NLMSG_ALIGNTO),
			 0);
	return msg;
}

struct nl_msg *build_family(uint8_t command, uint32_t nl_seq, const char *name, uint16_t id,
			    const char *group, uint32_t group_id)
{
	struct nl_msg *msg = new_message(GENL_ID_CTRL, command, nl_seq, 0);
	struct nlattr *groups, *one;

	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name);
	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, id);
	nla_put_u32(msg, CTRL_ATTR_VERSION, 1);
	groups = nla_nest_start(msg, CTRL_ATTR_MCAST_GROUPS);
	one = nla_nest_start(msg, 1);
	nla_put_u32(msg, CTRL_ATTR_MCAST_GRP_ID, group_id);
	nla_put_string(msg, CTRL_ATTR_MCAST_GRP_NAME, group);
	nla_nest_end(msg, one);
	nla_nest_end(msg, groups);
	return msg;
}

void *build_bytes(struct nl_msg *msg, size_t *len)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	void *copy = malloc(header->nlmsg_len);

	assert_non_null(copy);
	*len = header->nlmsg_len;
	return memcpy(copy, header, *len);
}

int build_parse(struct nl_msg *msg, struct exit_message *out)
{
	size_t len;
	void *bytes = build_bytes(msg, &len);
	int r = genl_parse_stats(bytes, len, out);

	free(bytes);
	nlmsg_free(msg);
	return r;
}
