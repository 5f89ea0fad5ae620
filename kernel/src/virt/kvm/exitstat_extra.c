// SPDX-License-Identifier: GPL-2.0
/*
 * What is done with exits on request only: their times, and what exactly caused
 * them.
 *
 * One static branch on the way out of the guest leads there while any of it is
 * on.  A vCPU writes what is its own, so nothing is locked and nothing atomic.
 * What it writes to is allocated beforehand and freed only with the vCPU's
 * counters; it finds it by a pointer that is NULL while the extra is off.  To
 * switch one on empties what is there, which no vCPU uses any more since an RCU
 * grace period ended after it was switched off.
 */
#include <linux/kvm_host.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "exitstat.h"

static const size_t extra_size[KVM_EXITSTAT_NR_EXTRAS] = {
	[KVM_EXITSTAT_TIMES]	= sizeof(struct kvm_exitstat_times),
	[KVM_EXITSTAT_DETAILS]	= sizeof(struct kvm_exitstat_details),
};

DEFINE_STATIC_KEY_FALSE(kvm_exitstat_extras);
EXPORT_SYMBOL_GPL(kvm_exitstat_extras);

/* Count a key that is not at its first place. */
void kvm_exitstat_place_key(struct kvm_exitstat_details *details, enum kvm_exitstat_table table,
			    u64 key)
{
	unsigned long hash = kvm_exitstat_hash(key);
	struct kvm_exitstat_key *k;
	unsigned int kind, i;

	for (i = 0; i < KVM_EXITSTAT_PROBES; i++) {
		k = kvm_exitstat_key_at(details, table, hash + i);
		if (k->key == key) {
			WRITE_ONCE(k->count, k->count + 1);
			return;
		}
		if (!k->key) {
			WRITE_ONCE(k->key, key);
			/* Pairs with put_keys(): who sees a count sees the key. */
			smp_store_release(&k->count, 1);
			return;
		}
	}
	kind = key >> 56;
	WRITE_ONCE(details->rest[kind], details->rest[kind] + 1);
}
EXPORT_SYMBOL_GPL(kvm_exitstat_place_key);

/* Is an extra on for which this level of a vCPU has no memory? */
bool kvm_exitstat_lacks_extras(const struct kvm_exitstat_counts *c)
{
	unsigned int i;

	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++) {
		if (READ_ONCE(kvm_exitstat.config.extra[i]) && !c->extra[i])
			return true;
	}
	return false;
}

/* Of a level that nobody else knows of yet, or has no business with. */
int kvm_exitstat_alloc_extras(struct kvm_exitstat_counts *c, gfp_t gfp)
{
	unsigned int i;

	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++) {
		if (!READ_ONCE(kvm_exitstat.config.extra[i]) || c->extra[i])
			continue;
		c->extra[i] = kzalloc(extra_size[i], gfp);
		if (!c->extra[i])
			return -ENOMEM;
	}
	return 0;
}

static void publish_extra(struct kvm_exitstat_vcpu *vcpu, enum kvm_exitstat_extra extra)
{
	struct kvm_exitstat_counts *c;
	unsigned int level;

	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		c = kvm_exitstat_counts(vcpu, level);
		if (!c)
			continue;
		/* Pairs with the vCPU's READ_ONCE(): it finds zeroes there. */
		smp_store_release(&c->in_use[extra], c->extra[extra]);
	}
}

/* Let a vCPU use what it has for the extras that are on. */
void kvm_exitstat_publish_extras(struct kvm_exitstat_vcpu *vcpu)
{
	unsigned int i;

	lockdep_assert_held(&kvm_exitstat.lock);

	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++) {
		if (kvm_exitstat.config.extra[i])
			publish_extra(vcpu, i);
	}
}

/*
 * Let a vCPU whose L2 counts are new use for them what it uses for L1.  What it does not
 * use yet is to be emptied before, or is of a vCPU that no walk would find.
 */
void kvm_exitstat_follow_l1(struct kvm_exitstat_vcpu *vcpu)
{
	unsigned int i;

	lockdep_assert_held(&kvm_exitstat.lock);

	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++) {
		if (vcpu->l1.in_use[i])
			publish_extra(vcpu, i);
	}
}

/* What is done to all vCPUs. */
struct extra_walk {
	bool (*step)(struct extra_walk *walk, struct kvm_exitstat_vm *vm,
		     struct kvm_exitstat_vcpu *vcpu);
	enum kvm_exitstat_extra extra;
	/* The next one. */
	unsigned long id;
	unsigned long index;
	/* For one that has none. */
	void *spare;
	/* How many looks a step takes. */
	unsigned int looks;
};

/* Returns false when there are no more vCPUs. */
static bool walk_piece(struct extra_walk *walk)
{
	int budget = KVM_EXITSTAT_PIECE_LOOKS;
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;

	xa_for_each_start(&kvm_exitstat.vms, walk->id, vm, walk->id) {
		xa_for_each_start(&vm->vcpus, walk->index, vcpu, walk->index) {
			if (budget <= 0 || !walk->step(walk, vm, vcpu))
				return true;
			budget -= walk->looks;
		}
		walk->index = 0;
		if (--budget <= 0) {
			walk->id++;
			return true;
		}
	}
	return false;
}

static int walk_vcpus(struct extra_walk *walk)
{
	bool more;

	lockdep_assert_held(&kvm_exitstat.config_lock);

	do {
		spin_lock(&kvm_exitstat.lock);
		more = walk_piece(walk);
		spin_unlock(&kvm_exitstat.lock);
		cond_resched();
		/* Not the VM's cgroup pays for what the host's root wants. */
		if (more && walk->looks > 1 && !walk->spare) {
			walk->spare = kzalloc(extra_size[walk->extra], GFP_KERNEL);
			if (!walk->spare)
				return -ENOMEM;
		}
	} while (more);
	return 0;
}

/* Empty what there is, or give what is lacking. */
static bool step_start(struct extra_walk *walk, struct kvm_exitstat_vm *vm,
		       struct kvm_exitstat_vcpu *vcpu)
{
	struct kvm_exitstat_counts *c;
	unsigned int level;
	void **place;

	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		c = kvm_exitstat_counts(vcpu, level);
		if (!c)
			continue;
		place = &c->extra[walk->extra];
		if (!vm->alive) {
			kfree(*place);
			*place = NULL;
			continue;
		}
		/* What is in use is from after the start, and is empty or counts. */
		if (c->in_use[walk->extra])
			continue;
		if (*place) {
			memset(*place, 0, extra_size[walk->extra]);
		} else {
			if (!walk->spare)
				return false;
			swap(*place, walk->spare);
		}
	}
	if (vm->alive)
		publish_extra(vcpu, walk->extra);
	return true;
}

static bool step_stop(struct extra_walk *walk, struct kvm_exitstat_vm *vm,
		      struct kvm_exitstat_vcpu *vcpu)
{
	struct kvm_exitstat_counts *c;
	unsigned int level;

	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		c = kvm_exitstat_counts(vcpu, level);
		if (c)
			WRITE_ONCE(c->in_use[walk->extra], NULL);
	}
	return true;
}

/* An exit that lasts is no exit of the time when timing is on again. */
static bool step_forget_exit(struct extra_walk *walk, struct kvm_exitstat_vm *vm,
			     struct kvm_exitstat_vcpu *vcpu)
{
	if (vm->alive)
		WRITE_ONCE(vcpu->vcpu->exitstat.exit, 0);
	return true;
}

static void set_extra(enum kvm_exitstat_extra extra, bool on, bool emptying)
{
	spin_lock(&kvm_exitstat.lock);
	WRITE_ONCE(kvm_exitstat.config.extra[extra], on);
	kvm_exitstat.emptying[extra] = emptying;
	if (on && !emptying)
		kvm_exitstat.since_ns[extra] = ktime_get_boottime_ns();
	spin_unlock(&kvm_exitstat.lock);
}

/* Take an extra away from all vCPUs, and wait until they noticed. */
static void withdraw_extra(enum kvm_exitstat_extra extra)
{
	struct extra_walk walk = { .step = step_stop, .extra = extra, .looks = 1 };

	walk_vcpus(&walk);
	synchronize_rcu();
	if (extra == KVM_EXITSTAT_TIMES) {
		kvm_arch_exitstat_stop_timing();
		walk = (struct extra_walk) { .step = step_forget_exit, .looks = 1 };
		walk_vcpus(&walk);
	}
}

int kvm_exitstat_start_extra(enum kvm_exitstat_extra extra)
{
	struct extra_walk walk = {
		.step = step_start,
		.extra = extra,
		.looks = 2 + extra_size[extra] / 512,
	};
	int r = 0;

	lockdep_assert_held(&kvm_exitstat.config_lock);

	if (kvm_exitstat.config.extra[extra])
		return 0;

	/* Before any exit is stamped, which details that are on already would let happen. */
	if (extra == KVM_EXITSTAT_TIMES)
		r = kvm_arch_exitstat_start_timing();
	if (r)
		return r;

	/* From here on, vCPUs that come have it. */
	set_extra(extra, true, true);
	r = walk_vcpus(&walk);
	kfree(walk.spare);
	if (r) {
		set_extra(extra, false, true);
		withdraw_extra(extra);
		return r;
	}
	set_extra(extra, true, false);
	static_branch_inc(&kvm_exitstat_extras);
	return 0;
}

void kvm_exitstat_stop_extra(enum kvm_exitstat_extra extra)
{
	lockdep_assert_held(&kvm_exitstat.config_lock);

	if (!kvm_exitstat.config.extra[extra])
		return;

	set_extra(extra, false, false);
	static_branch_dec(&kvm_exitstat_extras);
	withdraw_extra(extra);
}
