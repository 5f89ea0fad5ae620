// SPDX-License-Identifier: GPL-2.0
/*
 * The kvm-exitstat generic netlink family: message layouts, requests and
 * notifications.  Documentation/netlink/specs/kvm-exitstat.yaml describes it.
 */
#include <linux/kvm_host.h>
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "exitstat.h"
#include "exitstat_nl_gen.h"

#define NR_COUNTS	KVM_EXITSTAT_NR_COUNTS

/*
 * The most that a message with all reasons of one vCPU, or of one VM, takes,
 * which has no times: code, delta and total, each with a pad attribute where
 * u64 must be aligned, and two flags a reason, and less than 512 bytes for all
 * else.
 */
#define REASON_SIZE	(nla_total_size(0) + 3 * nla_total_size_64bit(sizeof(u64)) + \
			 2 * nla_total_size(0))
#define STATS_SIZE	(512 + NR_COUNTS * REASON_SIZE)

static int put_header(struct sk_buff *skb, u64 seq, u64 time_ns)
{
	if (nla_put_u64_64bit(skb, KVM_EXITSTAT_A_STATS_EPOCH, kvm_exitstat.epoch,
			      KVM_EXITSTAT_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_STATS_SEQ, seq,
			      KVM_EXITSTAT_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_STATS_TIME_NS, time_ns,
			      KVM_EXITSTAT_A_STATS_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_vm(struct sk_buff *skb, const struct kvm_exitstat_vm *vm)
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
	    (vm->destroyed_ns &&
	     nla_put_u64_64bit(skb, KVM_EXITSTAT_A_VM_DESTROYED_NS,
			       vm->destroyed_ns, KVM_EXITSTAT_A_VM_PAD))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* Put count number i of a vCPU or VM.  sent is NULL where no delta is due. */
static int put_reason(struct sk_buff *skb, int attr, enum kvm_exitstat_isa isa,
		      unsigned int i, u64 total, const u64 *sent)
{
	unsigned int slot = kvm_exitstat_count_slot(i);
	bool other = slot == KVM_EXITSTAT_SLOT_OTHER;
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;

	if ((!other && nla_put_u64_64bit(skb, KVM_EXITSTAT_A_REASON_CODE,
					 kvm_arch_exitstat_code(isa, slot),
					 KVM_EXITSTAT_A_REASON_PAD)) ||
	    (kvm_exitstat_count_level(i) == KVM_EXITSTAT_L2 &&
	     nla_put_flag(skb, KVM_EXITSTAT_A_REASON_NESTED)) ||
	    (other && nla_put_flag(skb, KVM_EXITSTAT_A_REASON_OTHER)) ||
	    (sent && nla_put_u64_64bit(skb, KVM_EXITSTAT_A_REASON_DELTA,
				       total - *sent, KVM_EXITSTAT_A_REASON_PAD)) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_REASON_TOTAL, total,
			      KVM_EXITSTAT_A_REASON_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* Put the time of a place. */
static int put_time(struct sk_buff *skb, enum kvm_exitstat_isa isa,
		    const struct kvm_exitstat_timing *timing, unsigned int place,
		    u64 total_ns)
{
	const struct kvm_exitstat_time *time = &timing->time[place];
	unsigned int count = timing->count[place];
	unsigned int slot = kvm_exitstat_count_slot(count);
	bool rest = place == KVM_EXITSTAT_TIME_REST;
	bool other = !rest && slot == KVM_EXITSTAT_SLOT_OTHER;
	u64 histogram[KVM_EXITSTAT_TIME_BUCKETS];
	unsigned int i, nr = 0;
	struct nlattr *nest;

	for (i = 0; i < KVM_EXITSTAT_TIME_BUCKETS; i++) {
		histogram[i] = READ_ONCE(time->histogram[i]);
		if (histogram[i])
			nr = i + 1;
	}

	nest = nla_nest_start(skb, KVM_EXITSTAT_A_VCPU_TIME);
	if (!nest)
		return -EMSGSIZE;

	if ((!rest && !other &&
	     nla_put_u64_64bit(skb, KVM_EXITSTAT_A_TIME_CODE,
			       kvm_arch_exitstat_code(isa, slot),
			       KVM_EXITSTAT_A_TIME_PAD)) ||
	    (!rest && kvm_exitstat_count_level(count) == KVM_EXITSTAT_L2 &&
	     nla_put_flag(skb, KVM_EXITSTAT_A_TIME_NESTED)) ||
	    (other && nla_put_flag(skb, KVM_EXITSTAT_A_TIME_OTHER)) ||
	    (rest && nla_put_flag(skb, KVM_EXITSTAT_A_TIME_REST)) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_TIME_TOTAL_NS, total_ns,
			      KVM_EXITSTAT_A_TIME_PAD) ||
	    nla_put_u64_64bit(skb, KVM_EXITSTAT_A_TIME_MAX_NS, READ_ONCE(time->max_ns),
			      KVM_EXITSTAT_A_TIME_PAD) ||
	    nla_put_64bit(skb, KVM_EXITSTAT_A_TIME_HISTOGRAM, nr * sizeof(*histogram),
			  histogram, KVM_EXITSTAT_A_TIME_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* What to put of a vCPU. */
enum vcpu_part {
	/* All counts that are not zero. */
	VCPU_COUNTS,
	/* These, and all times. */
	VCPU_ALL,
	/* Counts and times that changed since they were last sent. */
	VCPU_CHANGES,
};

/* As put_vcpu(), of the reasons. */
static int put_reasons(struct sk_buff *skb, enum kvm_exitstat_isa isa,
		       struct kvm_exitstat_vcpu *vcpu, unsigned int *pos, bool changes)
{
	struct kvm_exitstat_counts *c;
	unsigned int slot, first;
	u64 total;
	int r;

	while (*pos < NR_COUNTS) {
		c = kvm_exitstat_counts(vcpu, kvm_exitstat_count_level(*pos));
		slot = kvm_exitstat_count_slot(*pos);
		first = *pos - slot;

		for (; c && slot < KVM_EXITSTAT_NR_SLOTS; slot++) {
			total = READ_ONCE(c->count[slot]);
			if (total == (changes ? c->sent[slot] : 0))
				continue;

			*pos = first + slot;
			r = put_reason(skb, KVM_EXITSTAT_A_VCPU_REASON, isa, *pos, total,
				       changes ? &c->sent[slot] : NULL);
			if (r)
				return r;
			if (changes)
				c->sent[slot] = total;
		}
		*pos = first + KVM_EXITSTAT_NR_SLOTS;
	}
	return 0;
}

/* As put_vcpu(), of the times. */
static int put_times(struct sk_buff *skb, enum kvm_exitstat_isa isa,
		     struct kvm_exitstat_timing *timing, unsigned int *pos, bool changes)
{
	unsigned int place;
	u64 total_ns;
	int r;

	for (; *pos < NR_COUNTS + KVM_EXITSTAT_NR_TIMES; ++*pos) {
		place = *pos - NR_COUNTS;
		total_ns = READ_ONCE(timing->time[place].total_ns);
		if (total_ns == (changes ? timing->sent[place] : 0))
			continue;

		/* Pairs with kvm_exitstat_time_entry(): what made it up is there. */
		smp_rmb();
		r = put_time(skb, isa, timing, place, total_ns);
		if (r)
			return r;
		if (changes)
			timing->sent[place] = total_ns;
	}
	return 0;
}

/*
 * Put a vCPU, from *pos on: its reasons by the number of their counts, and then
 * its times by their places.  Returns -EMSGSIZE when the message is full, with
 * *pos where the next one goes on; what did fit stays in.
 */
static int put_vcpu(struct sk_buff *skb, const struct kvm_exitstat_vm *vm,
		    struct kvm_exitstat_vcpu *vcpu, unsigned int *pos,
		    enum vcpu_part part)
{
	bool changes = part == VCPU_CHANGES;
	struct nlattr *nest;
	unsigned int len;
	int r;

	nest = nla_nest_start(skb, KVM_EXITSTAT_A_STATS_VCPU);
	if (!nest)
		return -EMSGSIZE;

	if (nla_put_u64_64bit(skb, KVM_EXITSTAT_A_VCPU_VM_ID, vm->id,
			      KVM_EXITSTAT_A_VCPU_PAD) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_VCPU_PID, vm->pid) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_VCPU_VCPU_ID, vcpu->id) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_VCPU_ISA, vm->isa)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}

	len = skb->len;
	r = put_reasons(skb, vm->isa, vcpu, pos, changes);
	if (!r && part != VCPU_COUNTS && vcpu->timing)
		r = put_times(skb, vm->isa, vcpu->timing, pos, changes);

	if (skb->len == len && (changes || r))
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return r;
}

static int put_sums(struct sk_buff *skb, const struct kvm_exitstat_vm *vm)
{
	u64 *sums = kvm_exitstat_sums(vm);
	unsigned int i;
	int r = 0;

	if (!sums)
		return -ENOMEM;

	for (i = 0; i < NR_COUNTS && !r; i++) {
		if (sums[i])
			r = put_reason(skb, KVM_EXITSTAT_A_STATS_REASON, vm->isa, i,
				       sums[i], NULL);
	}
	kfree(sums);
	return r;
}

bool kvm_exitstat_nl_listening(void)
{
	return genl_has_listeners(&kvm_exitstat_nl_family, &init_net,
				  KVM_EXITSTAT_NLGRP_EXITS);
}

/*
 * A receiver that has no room is told so by its socket, and sees the gap in
 * the sequence numbers: nothing is to be done about it here.
 */
static void multicast(struct sk_buff *skb, void *hdr)
{
	kvm_exitstat.seq++;
	genlmsg_end(skb, hdr);
	genlmsg_multicast(&kvm_exitstat_nl_family, skb, 0, KVM_EXITSTAT_NLGRP_EXITS,
			  GFP_KERNEL);
}

void kvm_exitstat_nl_batch_start(struct kvm_exitstat_batch *batch)
{
	*batch = (struct kvm_exitstat_batch) { .time_ns = ktime_get_boottime_ns() };
}

/* Messages are no larger than a page: any receive buffer takes them. */
static int batch_open(struct kvm_exitstat_batch *batch)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;

	hdr = genlmsg_put(skb, 0, 0, &kvm_exitstat_nl_family, 0,
			  KVM_EXITSTAT_CMD_EXITS_NTF);
	if (WARN_ON_ONCE(!hdr || put_header(skb, kvm_exitstat.seq + 1, batch->time_ns))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	batch->skb = skb;
	batch->hdr = hdr;
	batch->empty = true;
	return 0;
}

void kvm_exitstat_nl_batch_end(struct kvm_exitstat_batch *batch)
{
	if (batch->skb && !batch->empty)
		multicast(batch->skb, batch->hdr);
	else
		nlmsg_free(batch->skb);
	batch->skb = NULL;
}

/*
 * Add what changed of a vCPU.  On failure, what was not added stays a change
 * for the next batch.
 */
int kvm_exitstat_nl_batch_add(struct kvm_exitstat_batch *batch,
			      struct kvm_exitstat_vm *vm,
			      struct kvm_exitstat_vcpu *vcpu)
{
	unsigned int pos = 0, len;
	int r;

	lockdep_assert_held(&kvm_exitstat.lock);

	for (;;) {
		if (!batch->skb) {
			r = batch_open(batch);
			if (r)
				return r;
		}
		len = batch->skb->len;
		r = put_vcpu(batch->skb, vm, vcpu, &pos, VCPU_CHANGES);
		if (batch->skb->len > len)
			batch->empty = false;
		else if (r && WARN_ON_ONCE(batch->empty))
			return r;
		if (!r)
			return 0;
		kvm_exitstat_nl_batch_end(batch);
	}
}

void kvm_exitstat_nl_notify(struct kvm_exitstat_vm *vm,
			    struct kvm_exitstat_vcpu *vcpu,
			    enum kvm_exitstat_event event)
{
	bool destroyed = event == KVM_EXITSTAT_EVENT_VM_DESTROYED;
	struct sk_buff *skb;
	void *hdr;

	lockdep_assert_held(&kvm_exitstat.lock);

	if (!kvm_exitstat_nl_listening())
		return;

	skb = genlmsg_new(destroyed ? STATS_SIZE : GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		goto lost;

	hdr = genlmsg_put(skb, 0, 0, &kvm_exitstat_nl_family, 0,
			  KVM_EXITSTAT_CMD_VM_NTF);
	if (!hdr || put_header(skb, kvm_exitstat.seq + 1, ktime_get_boottime_ns()) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_STATS_EVENT, event) ||
	    put_vm(skb, vm) ||
	    (vcpu && nla_put_u32(skb, KVM_EXITSTAT_A_STATS_VCPU_ID, vcpu->id)) ||
	    (destroyed && put_sums(skb, vm)))
		goto lost;

	multicast(skb, hdr);
	return;

lost:
	/* The gap makes receivers ask for a dump, which has what is missing. */
	kvm_exitstat.seq++;
	nlmsg_free(skb);
}

int kvm_exitstat_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *vcpu_attr = info->attrs[KVM_EXITSTAT_A_STATS_VCPU_ID];
	struct kvm_exitstat_vcpu *vcpu = NULL, *pos;
	struct kvm_exitstat_vm *vm;
	unsigned int first = 0;
	struct sk_buff *reply;
	void *hdr;
	int r;

	if (GENL_REQ_ATTR_CHECK(info, KVM_EXITSTAT_A_STATS_VM_ID))
		return -EINVAL;

	reply = genlmsg_new(STATS_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;

	mutex_lock(&kvm_exitstat.lock);

	r = -ENOENT;
	vm = xa_load(&kvm_exitstat.vms,
		     nla_get_u64(info->attrs[KVM_EXITSTAT_A_STATS_VM_ID]));
	if (!vm) {
		GENL_SET_ERR_MSG(info, "no such VM, or it was destroyed long ago");
		goto out;
	}
	if (vcpu_attr) {
		list_for_each_entry(pos, &vm->vcpus, node) {
			if (pos->id == nla_get_u32(vcpu_attr)) {
				vcpu = pos;
				break;
			}
		}
		if (!vcpu) {
			GENL_SET_ERR_MSG(info, "the VM has no such vCPU");
			goto out;
		}
	}

	r = -EMSGSIZE;
	hdr = genlmsg_put_reply(reply, info, &kvm_exitstat_nl_family, 0,
				KVM_EXITSTAT_CMD_STATS_GET);
	if (!hdr)
		goto out;
	r = put_header(reply, kvm_exitstat.seq, ktime_get_boottime_ns());
	if (!r)
		r = put_vm(reply, vm);
	if (!r)
		r = vcpu ? put_vcpu(reply, vm, vcpu, &first, VCPU_COUNTS) :
			   put_sums(reply, vm);
	genlmsg_end(reply, hdr);
out:
	mutex_unlock(&kvm_exitstat.lock);
	if (r) {
		nlmsg_free(reply);
		return r;
	}
	return genlmsg_reply(reply, info);
}

/* Where a dump goes on. */
struct exitstat_dump {
	u64 vm_id;
	u32 vcpu_index;
	u32 pos;
};

/*
 * Put one message with as many vCPUs of a VM as fit.  Returns -EMSGSIZE when
 * there are more.
 */
static int dump_vm(struct sk_buff *skb, struct netlink_callback *cb,
		   struct kvm_exitstat_vm *vm)
{
	struct exitstat_dump *dump = (void *)cb->ctx;
	struct kvm_exitstat_vcpu *vcpu;
	bool progress = false;
	unsigned int len;
	void *hdr;
	int r;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &kvm_exitstat_nl_family, NLM_F_MULTI,
			  KVM_EXITSTAT_CMD_STATS_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);

	r = put_header(skb, kvm_exitstat.seq, ktime_get_boottime_ns());
	if (!r)
		r = put_vm(skb, vm);
	if (r)
		goto cancel;

	list_for_each_entry(vcpu, &vm->vcpus, node) {
		if (vcpu->index < dump->vcpu_index)
			continue;
		if (vcpu->index > dump->vcpu_index) {
			dump->vcpu_index = vcpu->index;
			dump->pos = 0;
		}

		len = skb->len;
		r = put_vcpu(skb, vm, vcpu, &dump->pos, VCPU_ALL);
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
	return r;
}

int kvm_exitstat_nl_stats_get_dumpit(struct sk_buff *skb,
				     struct netlink_callback *cb)
{
	struct nlattr *only = genl_info_dump(cb)->attrs[KVM_EXITSTAT_A_STATS_VM_ID];
	struct exitstat_dump *dump = (void *)cb->ctx;
	struct kvm_exitstat_vm *vm;
	unsigned long id;
	int r = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));

	mutex_lock(&kvm_exitstat.lock);
	cb->seq = kvm_exitstat.generation;

	if (only && !dump->vm_id) {
		dump->vm_id = nla_get_u64(only);
		if (!xa_load(&kvm_exitstat.vms, dump->vm_id)) {
			NL_SET_ERR_MSG(cb->extack, "no such VM, or it was destroyed long ago");
			r = -ENOENT;
			goto out;
		}
	}

	xa_for_each_start(&kvm_exitstat.vms, id, vm, dump->vm_id) {
		if (only && id != nla_get_u64(only))
			break;
		if (id != dump->vm_id) {
			dump->vm_id = id;
			dump->vcpu_index = 0;
			dump->pos = 0;
		}
		r = dump_vm(skb, cb, vm);
		if (r)
			goto out;
		dump->vm_id++;
		dump->vcpu_index = 0;
		dump->pos = 0;
	}
out:
	mutex_unlock(&kvm_exitstat.lock);
	return r == -EMSGSIZE && skb->len ? skb->len : r;
}

static int fill_config(struct sk_buff *skb)
{
	const struct kvm_exitstat_config *config = &kvm_exitstat.config;

	if (nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, config->interval_ms) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, config->batch_exits) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, config->min_spacing_ms) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_CONFIG_LOG_EXITS, config->log_exits) ||
	    nla_put_u8(skb, KVM_EXITSTAT_A_CONFIG_TIMING, config->timing))
		return -EMSGSIZE;
	return 0;
}

int kvm_exitstat_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;
	int r;

	if (!reply)
		return -ENOMEM;

	hdr = genlmsg_put_reply(reply, info, &kvm_exitstat_nl_family, 0,
				KVM_EXITSTAT_CMD_CONFIG_GET);
	if (!hdr) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}

	mutex_lock(&kvm_exitstat.lock);
	r = fill_config(reply);
	mutex_unlock(&kvm_exitstat.lock);
	if (r) {
		nlmsg_free(reply);
		return r;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

static void notify_config(void)
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
	if (!hdr || fill_config(skb)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast(&kvm_exitstat_nl_family, skb, 0, KVM_EXITSTAT_NLGRP_EXITS,
			  GFP_KERNEL);
}

int kvm_exitstat_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct kvm_exitstat_config config;
	int r = 0;

	mutex_lock(&kvm_exitstat.lock);
	config = kvm_exitstat.config;
	if (info->attrs[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS])
		config.interval_ms =
			nla_get_u32(info->attrs[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS]);
	if (info->attrs[KVM_EXITSTAT_A_CONFIG_BATCH_EXITS])
		config.batch_exits =
			nla_get_u32(info->attrs[KVM_EXITSTAT_A_CONFIG_BATCH_EXITS]);
	if (info->attrs[KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS])
		config.min_spacing_ms =
			nla_get_u32(info->attrs[KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS]);
	if (info->attrs[KVM_EXITSTAT_A_CONFIG_LOG_EXITS])
		config.log_exits =
			nla_get_u32(info->attrs[KVM_EXITSTAT_A_CONFIG_LOG_EXITS]);
	if (info->attrs[KVM_EXITSTAT_A_CONFIG_TIMING])
		config.timing = nla_get_u8(info->attrs[KVM_EXITSTAT_A_CONFIG_TIMING]);

	if (config.min_spacing_ms > config.interval_ms) {
		GENL_SET_ERR_MSG(info, "min-spacing-ms is longer than interval-ms");
		r = -EINVAL;
	} else {
		r = kvm_exitstat_configure(&config);
		if (r)
			GENL_SET_ERR_MSG(info, "no memory for the times of all vCPUs");
		else
			notify_config();
	}
	mutex_unlock(&kvm_exitstat.lock);
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
	kvm_exitstat_nl_family.mcgrps = mcgrps;
	kvm_exitstat_nl_family.n_mcgrps = ARRAY_SIZE(mcgrps);
	kvm_exitstat_nl_family.netnsok = false;
	return genl_register_family(&kvm_exitstat_nl_family);
}

void kvm_exitstat_nl_exit(void)
{
	genl_unregister_family(&kvm_exitstat_nl_family);
}

#ifdef CONFIG_KVM_EXITSTAT_KUNIT_TEST
#include "exitstat_nl_test.c"
#include "exitstat_time_test.c"
#endif
