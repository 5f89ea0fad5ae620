// SPDX-License-Identifier: GPL-2.0
/*
 * The kvm-exitstat generic netlink family: who may, requests, and the configuration.
 * Documentation/netlink/specs/kvm-exitstat.yaml describes it.
 */
#include <linux/capability.h>
#include <linux/kvm_host.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "exitstat.h"
#include "exitstat_nl_gen.h"

/* What VMs do is performance monitoring, to which CAP_NET_ADMIN alone is no key. */
static bool may_read(struct sk_buff *request)
{
	return netlink_capable(request, CAP_PERFMON) || netlink_capable(request, CAP_SYS_ADMIN);
}

bool kvm_exitstat_nl_listening(void)
{
	return READ_ONCE(kvm_exitstat.registered) &&
	       genl_has_listeners(&kvm_exitstat_nl_family, &init_net,
				  KVM_EXITSTAT_NLGRP_EXITS);
}

/* To join the group takes CAP_NET_ADMIN alone, to hear anything there a bit more. */
static int may_not_hear(struct sock *sk, struct sk_buff *skb, void *data)
{
	struct file *file = sk->sk_socket ? sk->sk_socket->file : NULL;

	return !file || !(file_ns_capable(file, &init_user_ns, CAP_PERFMON) ||
			  file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN));
}

/* Returns -ESRCH if nobody heard it. */
int kvm_exitstat_nl_multicast(struct sk_buff *skb)
{
	/* Netlink yields to receivers that are slow: not while VMs wait. */
	might_sleep();
	lockdep_assert_not_held(&kvm_exitstat.lock);

	return genlmsg_multicast_netns_filtered(&kvm_exitstat_nl_family, &init_net, skb, 0,
						KVM_EXITSTAT_NLGRP_EXITS, GFP_KERNEL,
						may_not_hear, NULL);
}

/* The reply's head, and room to put on what is asked for. */
static int put_reply_vm(struct sk_buff *reply, struct genl_info *info,
			const struct kvm_exitstat_vm *vm)
{
	int r;

	r = kvm_exitstat_put_header(reply, READ_ONCE(kvm_exitstat.seq),
				    ktime_get_boottime_ns());
	return r ?: kvm_exitstat_put_vm(reply, vm, true);
}

/* Some of a VM's vCPUs, from *index on: put the one asked for when it is there. */
static int put_vcpu_piece(struct sk_buff *reply, struct genl_info *info, u64 vm_id,
			  u32 vcpu_id, unsigned long *index)
{
	struct kvm_exitstat_msg msg = { .skb = reply };
	unsigned int nr = KVM_EXITSTAT_PIECE_LOOKS, pos = 0;
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;
	int r;

	vm = xa_load(&kvm_exitstat.vms, vm_id);
	if (!vm) {
		GENL_SET_ERR_MSG(info, "no such VM, or it was destroyed long ago");
		return -ENOENT;
	}
	xa_for_each_start(&vm->vcpus, *index, vcpu, *index) {
		if (!nr--)
			return -EAGAIN;
		if (vcpu->id != vcpu_id)
			continue;
		r = put_reply_vm(reply, info, vm);
		msg.end = reply->len + skb_tailroom(reply);
		return r ?: kvm_exitstat_put_vcpu(&msg, vm, vcpu, &pos, KVM_EXITSTAT_COUNTS);
	}
	GENL_SET_ERR_MSG(info, "the VM has no such vCPU");
	return -ENOENT;
}

static int put_reply_vcpu(struct sk_buff *reply, struct genl_info *info, u64 vm_id,
			  u32 vcpu_id)
{
	unsigned long index = 0;
	int r;

	do {
		spin_lock(&kvm_exitstat.lock);
		r = put_vcpu_piece(reply, info, vm_id, vcpu_id, &index);
		spin_unlock(&kvm_exitstat.lock);
		cond_resched();
	} while (r == -EAGAIN);
	return r;
}

static int put_reply_sums(struct sk_buff *reply, struct genl_info *info, u64 vm_id)
{
	u64 *sums = kvm_exitstat_sums(vm_id);
	struct kvm_exitstat_vm *vm;
	int r;

	if (!sums)
		return -ENOMEM;

	spin_lock(&kvm_exitstat.lock);
	vm = xa_load(&kvm_exitstat.vms, vm_id);
	if (vm) {
		r = put_reply_vm(reply, info, vm) ?:
		    kvm_exitstat_put_sums(reply, vm->isa, sums);
	} else {
		GENL_SET_ERR_MSG(info, "no such VM, or it was destroyed long ago");
		r = -ENOENT;
	}
	spin_unlock(&kvm_exitstat.lock);
	kfree(sums);
	return r;
}

int kvm_exitstat_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *vcpu_attr = info->attrs[KVM_EXITSTAT_A_STATS_VCPU_ID];
	struct sk_buff *reply;
	u64 vm_id;
	void *hdr;
	int r;

	if (!may_read(skb))
		return -EPERM;
	if (GENL_REQ_ATTR_CHECK(info, KVM_EXITSTAT_A_STATS_VM_ID))
		return -EINVAL;

	reply = genlmsg_new(kvm_exitstat_stats_size(), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;

	hdr = genlmsg_put_reply(reply, info, &kvm_exitstat_nl_family, 0,
				KVM_EXITSTAT_CMD_STATS_GET);
	vm_id = nla_get_u64(info->attrs[KVM_EXITSTAT_A_STATS_VM_ID]);
	if (!hdr)
		r = -EMSGSIZE;
	else if (vcpu_attr)
		r = put_reply_vcpu(reply, info, vm_id, nla_get_u32(vcpu_attr));
	else
		r = put_reply_sums(reply, info, vm_id);
	if (r) {
		nlmsg_free(reply);
		return r;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/* Where a dump goes on. */
struct exitstat_dump {
	u64 vm_id;
	u32 vcpu_index;
	u32 pos;
};

static void dump_next_vm(struct exitstat_dump *dump)
{
	*dump = (struct exitstat_dump) { .vm_id = dump->vm_id + 1 };
}

/*
 * Put one message with as many vCPUs of a VM as fit into a piece.  Returns -EMSGSIZE
 * when there are more, and -ENOBUFS when there is no room to begin one.
 */
static int dump_vm(struct sk_buff *skb, struct netlink_callback *cb,
		   struct kvm_exitstat_vm *vm)
{
	struct exitstat_dump *dump = (void *)cb->ctx;
	struct kvm_exitstat_msg msg = { .skb = skb };
	struct kvm_exitstat_vcpu *vcpu;
	unsigned long index = dump->vcpu_index;
	int budget = KVM_EXITSTAT_PIECE_LOOKS;
	bool progress = false;
	unsigned int len;
	void *hdr;
	int r;

	/* Who dumped it wants to hear of its end. */
	vm->known = true;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &kvm_exitstat_nl_family, NLM_F_MULTI,
			  KVM_EXITSTAT_CMD_STATS_GET);
	if (!hdr)
		return -ENOBUFS;
	genl_dump_check_consistent(cb, hdr);
	msg.end = min_t(unsigned int, skb->len + skb_tailroom(skb),
			skb->len + KVM_EXITSTAT_PIECE_BYTES);

	r = kvm_exitstat_put_header(skb, READ_ONCE(kvm_exitstat.seq), ktime_get_boottime_ns());
	if (!r)
		r = kvm_exitstat_put_vm(skb, vm, true);
	if (r)
		goto cancel;

	xa_for_each_start(&vm->vcpus, index, vcpu, index) {
		if (index != dump->vcpu_index) {
			dump->vcpu_index = index;
			dump->pos = 0;
		}

		if (budget <= 0) {
			r = -EMSGSIZE;
			break;
		}
		budget -= kvm_exitstat_looks(vcpu);
		len = skb->len;
		r = kvm_exitstat_put_vcpu(&msg, vm, vcpu, &dump->pos, KVM_EXITSTAT_ALL);
		if (skb->len > len)
			progress = true;
		if (r)
			break;
		dump->vcpu_index++;
		dump->pos = 0;
	}
	if (r && !progress)
		goto cancel;

	genlmsg_end(skb, hdr);
	return r;

cancel:
	genlmsg_cancel(skb, hdr);
	return -ENOBUFS;
}

/* One message.  Returns 1 when there is another VM or more of this one, or 0. */
static int dump_piece(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct nlattr *only)
{
	struct exitstat_dump *dump = (void *)cb->ctx;
	unsigned long id = dump->vm_id;
	struct kvm_exitstat_vm *vm;
	int r;

	cb->seq = kvm_exitstat.generation;
	vm = xa_find(&kvm_exitstat.vms, &id, ULONG_MAX, XA_PRESENT);
	if (!vm || (only && id != nla_get_u64(only)))
		return 0;
	if (id != dump->vm_id)
		*dump = (struct exitstat_dump) { .vm_id = id };
	r = dump_vm(skb, cb, vm);
	if (r == -EMSGSIZE)
		return 1;
	if (r)
		return r;
	dump_next_vm(dump);
	return 1;
}

/*
 * An error that a dump itself returns is the end of it, which not every library tells
 * from success.  Asked with the request: whoever reads the rest was given the socket.
 */
int kvm_exitstat_nl_stats_get_start(struct netlink_callback *cb)
{
	return may_read(cb->skb) ? 0 : -EPERM;
}

int kvm_exitstat_nl_stats_get_dumpit(struct sk_buff *skb,
				     struct netlink_callback *cb)
{
	struct nlattr *only = genl_info_dump(cb)->attrs[KVM_EXITSTAT_A_STATS_VM_ID];
	struct exitstat_dump *dump = (void *)cb->ctx;
	int r;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));

	if (!dump->vm_id) {
		dump->vm_id = only ? nla_get_u64(only) : 1;
		if (only && !xa_load(&kvm_exitstat.vms, dump->vm_id)) {
			NL_SET_ERR_MSG(cb->extack, "no such VM, or it was destroyed long ago");
			return -ENOENT;
		}
	}

	do {
		spin_lock(&kvm_exitstat.lock);
		r = dump_piece(skb, cb, only);
		spin_unlock(&kvm_exitstat.lock);
		cond_resched();
	} while (r > 0);
	return r == -ENOBUFS && !skb->len ? -EMSGSIZE : skb->len;
}

static int fill_config(struct sk_buff *skb, const struct kvm_exitstat_config *config)
{
	if (nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, config->interval_ms) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, config->batch_exits) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, config->min_spacing_ms) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_LOG_EXITS, config->log_exits) ||
	    nla_put_u8(skb, KVM_EXITSTAT_A_CONFIG_TIMING, config->extra[KVM_EXITSTAT_TIMES]) ||
	    nla_put_u8(skb, KVM_EXITSTAT_A_CONFIG_DETAILS, config->extra[KVM_EXITSTAT_DETAILS]) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_DEAD_VMS_MAX, config->dead_vms_max))
		return -EMSGSIZE;
	return 0;
}

static struct kvm_exitstat_config get_config(void)
{
	struct kvm_exitstat_config config;

	spin_lock(&kvm_exitstat.lock);
	config = kvm_exitstat.config;
	spin_unlock(&kvm_exitstat.lock);
	return config;
}

int kvm_exitstat_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct kvm_exitstat_config config = get_config();
	void *hdr;
	int r;

	if (!reply)
		return -ENOMEM;

	hdr = genlmsg_put_reply(reply, info, &kvm_exitstat_nl_family, 0,
				KVM_EXITSTAT_CMD_CONFIG_GET);
	r = hdr ? fill_config(reply, &config) : -EMSGSIZE;
	if (r) {
		nlmsg_free(reply);
		return r;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

static void notify_config(const struct kvm_exitstat_config *config)
{
	struct sk_buff *skb;
	void *hdr;

	if (!kvm_exitstat_nl_listening())
		return;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;

	hdr = genlmsg_put(skb, 0, 0, &kvm_exitstat_nl_family, 0,
			  KVM_EXITSTAT_CMD_CONFIG_NTF);
	if (!hdr || fill_config(skb, config)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	kvm_exitstat_nl_multicast(skb);
}

static void get_u32(const struct genl_info *info, int attr, u32 *value)
{
	if (info->attrs[attr])
		*value = nla_get_u32(info->attrs[attr]);
}

static void get_flag(const struct genl_info *info, int attr, bool *value)
{
	if (info->attrs[attr])
		*value = nla_get_u8(info->attrs[attr]);
}

static int set_extra(enum kvm_exitstat_extra extra, bool on)
{
	if (on)
		return kvm_exitstat_start_extra(extra);
	kvm_exitstat_stop_extra(extra);
	return 0;
}

/* What can fail comes first; what was done of it stays done. */
static int set_config(const struct kvm_exitstat_config *config, struct genl_info *info)
{
	unsigned int i;
	int r;

	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++) {
		r = set_extra(i, config->extra[i]);
		if (r) {
			GENL_SET_ERR_MSG(info, "no memory for all vCPUs, or no tracepoints");
			return r;
		}
	}

	spin_lock(&kvm_exitstat.lock);
	kvm_exitstat.config.interval_ms = config->interval_ms;
	kvm_exitstat.config.batch_exits = config->batch_exits;
	kvm_exitstat.config.min_spacing_ms = config->min_spacing_ms;
	kvm_exitstat.config.log_exits = config->log_exits;
	kvm_exitstat.config.dead_vms_max = config->dead_vms_max;
	spin_unlock(&kvm_exitstat.lock);
	kvm_exitstat_trim_dead();
	kvm_exitstat_kick();
	return 0;
}

int kvm_exitstat_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kvm_exitstat_config config;
	int r;

	mutex_lock(&kvm_exitstat.config_lock);
	config = get_config();
	get_u32(info, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, &config.interval_ms);
	get_u32(info, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, &config.batch_exits);
	get_u32(info, KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, &config.min_spacing_ms);
	get_u32(info, KVM_EXITSTAT_A_CONFIG_LOG_EXITS, &config.log_exits);
	get_u32(info, KVM_EXITSTAT_A_CONFIG_DEAD_VMS_MAX, &config.dead_vms_max);
	get_flag(info, KVM_EXITSTAT_A_CONFIG_TIMING, &config.extra[KVM_EXITSTAT_TIMES]);
	get_flag(info, KVM_EXITSTAT_A_CONFIG_DETAILS, &config.extra[KVM_EXITSTAT_DETAILS]);

	if (config.min_spacing_ms > config.interval_ms) {
		GENL_SET_ERR_MSG(info, "min-spacing-ms is longer than interval-ms");
		r = -EINVAL;
	} else {
		r = set_config(&config, info);
		if (!r)
			notify_config(&config);
	}
	mutex_unlock(&kvm_exitstat.config_lock);
	return r;
}

/*
 * VMs belong to the host, and what one does is no other user's business.  The
 * generated family can say neither that joining a group takes a capability, nor
 * that the family is in the initial network namespace only.
 */
static const struct genl_multicast_group mcgrps[] = {
	[KVM_EXITSTAT_NLGRP_EXITS] = {
		.name	= KVM_EXITSTAT_MCGRP_EXITS,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

int __init kvm_exitstat_nl_init(void)
{
	int r;

	kvm_exitstat_nl_family.mcgrps = mcgrps;
	kvm_exitstat_nl_family.n_mcgrps = ARRAY_SIZE(mcgrps);
	kvm_exitstat_nl_family.netnsok = false;
	r = genl_register_family(&kvm_exitstat_nl_family);
	WRITE_ONCE(kvm_exitstat.registered, !r);
	return r;
}

void kvm_exitstat_nl_exit(void)
{
	if (!kvm_exitstat.registered)
		return;
	WRITE_ONCE(kvm_exitstat.registered, false);
	genl_unregister_family(&kvm_exitstat_nl_family);
}

#ifdef CONFIG_KVM_EXITSTAT_KUNIT_TEST
#include "exitstat_nl_test.c"
#include "exitstat_time_test.c"
#endif
