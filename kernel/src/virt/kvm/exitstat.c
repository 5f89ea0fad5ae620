// SPDX-License-Identifier: GPL-2.0
/*
 * Exact counts of VM-Exits by vCPU and exit reason: the counters' lives.
 *
 * A vCPU counts its own exits with plain increments, and nothing else happens
 * on the exit path.  Here the counters come and go with VMs and vCPUs; who
 * listens is told by a worker, see exitstat_worker.c.  To create or destroy a VM
 * thus never waits for a receiver, nor for memory under a lock.
 *
 * The counters of a destroyed VM are kept for dumps until many more VMs were
 * destroyed.
 */
#include <linux/kvm_host.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "exitstat.h"

struct kvm_exitstat_state kvm_exitstat = {
	.lock	= __SPIN_LOCK_UNLOCKED(kvm_exitstat.lock),
	.vms	= XARRAY_INIT(kvm_exitstat.vms, 0),
	.dead	= LIST_HEAD_INIT(kvm_exitstat.dead),
	.leaving = LIST_HEAD_INIT(kvm_exitstat.leaving),
	/* 0 would tell netlink that dumps need no check. */
	.generation = 1,
	.config	= {
		.interval_ms	= 1000,
		.batch_exits	= 10000,
		.min_spacing_ms	= 100,
		.dead_vms_max	= KVM_EXITSTAT_DEAD_VMS_MAX,
	},
	.config_lock = __MUTEX_INITIALIZER(kvm_exitstat.config_lock),
};

static void add_counts(struct kvm_exitstat_vcpu *vcpu, u64 *sums)
{
	struct kvm_exitstat_counts *c;
	unsigned int level, slot;

	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		c = kvm_exitstat_counts(vcpu, level);
		for (slot = 0; c && slot < KVM_EXITSTAT_NR_SLOTS; slot++)
			sums[level * KVM_EXITSTAT_NR_SLOTS + slot] += READ_ONCE(c->count[slot]);
	}
}

/* Some vCPUs of a VM, from *index on.  Returns false after the last one. */
static bool add_piece(u64 vm_id, unsigned long *index, u64 *sums)
{
	/* Each one takes as long as many looks do. */
	unsigned int nr = KVM_EXITSTAT_PIECE_LOOKS / 8;
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;
	bool more = false;

	spin_lock(&kvm_exitstat.lock);
	vm = xa_load(&kvm_exitstat.vms, vm_id);
	if (vm) {
		xa_for_each_start(&vm->vcpus, *index, vcpu, *index) {
			if (!nr--) {
				more = true;
				break;
			}
			add_counts(vcpu, sums);
		}
	}
	spin_unlock(&kvm_exitstat.lock);
	return more;
}

/*
 * The exits of all vCPUs by number of the count, to be freed; NULL for lack of
 * memory.  Of a VM that is not there they are zero.
 */
u64 *kvm_exitstat_sums(u64 vm_id)
{
	unsigned long index = 0;
	u64 *sums;

	sums = kcalloc(KVM_EXITSTAT_NR_COUNTS, sizeof(*sums), GFP_KERNEL);
	if (!sums)
		return NULL;
	while (add_piece(vm_id, &index, sums))
		cond_resched();
	return sums;
}

int kvm_exitstat_create_vm(struct kvm *kvm)
{
	struct kvm_exitstat_vm *vm;
	int r;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;

	INIT_LIST_HEAD(&vm->node);
	xa_init_flags(&vm->vcpus, XA_FLAGS_ALLOC);
	vm->pid = task_tgid_nr(current);
	get_task_comm(vm->comm, current->group_leader);
	vm->isa = kvm_arch_exitstat_isa();
	vm->alive = true;

	spin_lock(&kvm_exitstat.lock);
	vm->id = ++kvm_exitstat.last_id;
	spin_unlock(&kvm_exitstat.lock);

	/* Not accounted: no cgroup's limit may hold up all VMs of the host. */
	r = xa_reserve(&kvm_exitstat.vms, vm->id, GFP_KERNEL);
	if (r) {
		kfree(vm);
		return r;
	}

	kvm->exitstat = vm;
	spin_lock(&kvm_exitstat.lock);
	vm->created_ns = ktime_get_boottime_ns();
	vm->told_ns = vm->created_ns;
	/* Into the place that is reserved, which takes no memory. */
	WARN_ON_ONCE(xa_err(xa_store(&kvm_exitstat.vms, vm->id, vm, GFP_NOWAIT)));
	xa_set_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_LIVE);
	xa_set_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_NEWS);
	kvm_exitstat.generation++;
	spin_unlock(&kvm_exitstat.lock);
	kvm_exitstat_kick();
	return 0;
}

static void free_extras(struct kvm_exitstat_counts *c)
{
	unsigned int i;

	for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++)
		kfree(c->extra[i]);
}

static void free_vcpu(struct kvm_exitstat_vcpu *vcpu)
{
	free_extras(&vcpu->l1);
	if (vcpu->l2)
		free_extras(vcpu->l2);
	kfree(vcpu->l2);
	kfree(vcpu);
}

/* Of a VM that is in no list any more, and without the lock. */
void kvm_exitstat_free_vm(struct kvm_exitstat_vm *vm)
{
	struct kvm_exitstat_vcpu *vcpu;
	unsigned long index;

	xa_for_each(&vm->vcpus, index, vcpu) {
		free_vcpu(vcpu);
		cond_resched();
	}
	xa_destroy(&vm->vcpus);
	kfree(vm);
}

/* Take a destroyed VM out of everything, to be freed. */
void kvm_exitstat_forget(struct kvm_exitstat_vm *vm)
{
	lockdep_assert_held(&kvm_exitstat.lock);

	/* A gap in the numbers makes receivers ask for a dump. */
	if (vm->known && xa_get_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_NEWS))
		kvm_exitstat.gap = true;
	xa_erase(&kvm_exitstat.vms, vm->id);
	if (list_empty(&vm->node))
		return;
	list_del_init(&vm->node);
	if (vm->ran) {
		kvm_exitstat.nr_dead--;
		kvm_exitstat.nr_dead_vcpus -= vm->nr_vcpus;
	} else {
		kvm_exitstat.nr_leaving--;
	}
}

/* The VM that has been dead for too long, out of everything, or NULL. */
static struct kvm_exitstat_vm *one_too_many(void)
{
	unsigned int max = kvm_exitstat.config.dead_vms_max;
	unsigned int max_vcpus = max * (KVM_EXITSTAT_DEAD_VCPUS_MAX / KVM_EXITSTAT_DEAD_VMS_MAX);
	struct kvm_exitstat_vm *vm = NULL;

	if (kvm_exitstat.nr_dead > max ||
	    (kvm_exitstat.nr_dead > 1 && kvm_exitstat.nr_dead_vcpus > max_vcpus))
		vm = list_first_entry(&kvm_exitstat.dead, struct kvm_exitstat_vm, node);
	else if (kvm_exitstat.nr_leaving > KVM_EXITSTAT_LEAVING_MAX)
		vm = list_first_entry(&kvm_exitstat.leaving, struct kvm_exitstat_vm, node);
	if (vm) {
		kvm_exitstat_forget(vm);
		kvm_exitstat.generation++;
	}
	return vm;
}

/* Forget the VMs that are too many. */
void kvm_exitstat_trim_dead(void)
{
	struct kvm_exitstat_vm *vm;

	do {
		spin_lock(&kvm_exitstat.lock);
		vm = one_too_many();
		spin_unlock(&kvm_exitstat.lock);
		if (vm)
			kvm_exitstat_free_vm(vm);
	} while (vm);
}

/* All exits of a VM whose vCPUs do not run any more. */
static u64 final_exits(struct kvm_exitstat_vm *vm)
{
	struct kvm_exitstat_vcpu *vcpu;
	unsigned int level, slot;
	struct kvm_exitstat_counts *c;
	unsigned long index;
	u64 exits = 0;

	xa_for_each(&vm->vcpus, index, vcpu) {
		for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
			c = kvm_exitstat_counts(vcpu, level);
			for (slot = 0; c && slot < KVM_EXITSTAT_NR_SLOTS; slot++)
				exits += c->count[slot];
		}
		cond_resched();
	}
	return exits;
}

/* No vCPU runs any more, so the counts are final. */
void kvm_exitstat_destroy_vm(struct kvm *kvm)
{
	struct kvm_exitstat_vm *vm = kvm->exitstat;
	struct kvm_exitstat_vcpu *vcpu;
	bool listening, forget;
	unsigned long index;
	u64 exits;

	/* Nobody adds vCPUs to a VM that is being destroyed. */
	exits = final_exits(vm);
	xa_for_each(&vm->vcpus, index, vcpu)
		vcpu->vcpu->exitstat.vcpu = NULL;

	spin_lock(&kvm_exitstat.lock);
	/* Who knows of the VM by a dump had joined the group before that. */
	listening = kvm_exitstat_nl_listening();
	/* From here on nobody looks at the vCPUs themselves. */
	vm->alive = false;
	vm->ran = exits;
	vm->destroyed_ns = ktime_get_boottime_ns();
	xa_clear_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_LIVE);
	kvm_exitstat.generation++;
	if (listening)
		xa_set_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_NEWS);
	if (kvm_exitstat_log_due(vm, exits))
		xa_set_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_LINE);
	/* What nobody knows of, and has nothing to tell, is gone without a word. */
	forget = !exits && !(vm->known && listening);
	if (forget) {
		xa_erase(&kvm_exitstat.vms, vm->id);
	} else if (exits) {
		list_add_tail(&vm->node, &kvm_exitstat.dead);
		kvm_exitstat.nr_dead++;
		kvm_exitstat.nr_dead_vcpus += vm->nr_vcpus;
	} else {
		list_add_tail(&vm->node, &kvm_exitstat.leaving);
		kvm_exitstat.nr_leaving++;
	}
	spin_unlock(&kvm_exitstat.lock);

	kvm->exitstat = NULL;
	if (forget)
		kvm_exitstat_free_vm(vm);
	else
		kvm_exitstat_kick();
	kvm_exitstat_trim_dead();
}

int kvm_exitstat_create_vcpu(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu;
	int r;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return -ENOMEM;

	vcpu->vcpu = kvm_vcpu;
	vcpu->id = kvm_vcpu->vcpu_id;
	vcpu->l1.first_exit = 1;

	/* A place that is filled when it is certain that there will be such a vCPU. */
	r = xa_alloc(&kvm_vcpu->kvm->exitstat->vcpus, &vcpu->index, NULL, xa_limit_31b,
		     GFP_KERNEL_ACCOUNT);
	if (r) {
		kfree(vcpu);
		return r;
	}

	/* Should nested state ever be set up without L2 counts, L1 has them. */
	kvm_vcpu->exitstat.vcpu = vcpu;
	kvm_vcpu->exitstat.counts = &vcpu->l1;
	kvm_vcpu->exitstat.level[KVM_EXITSTAT_L1] = &vcpu->l1;
	kvm_vcpu->exitstat.level[KVM_EXITSTAT_L2] = &vcpu->l1;

	r = kvm_exitstat_alloc_extras(&vcpu->l1, GFP_KERNEL_ACCOUNT);
	if (r)
		kvm_exitstat_free_vcpu(kvm_vcpu);
	return r;
}

void kvm_exitstat_add_vcpu(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu = kvm_vcpu->exitstat.vcpu;
	struct kvm_exitstat_vm *vm = kvm_vcpu->kvm->exitstat;
	int r;

	spin_lock(&kvm_exitstat.lock);
	/*
	 * An extra may have come on after kvm_exitstat_create_vcpu(), and this
	 * cannot fail: an allocation that small and not accounted does so only
	 * for a task that is being killed, whose vCPU goes without.
	 */
	while (kvm_exitstat_lacks_extras(&vcpu->l1)) {
		spin_unlock(&kvm_exitstat.lock);
		r = kvm_exitstat_alloc_extras(&vcpu->l1, GFP_KERNEL);
		spin_lock(&kvm_exitstat.lock);
		if (r)
			break;
	}
	vm->nr_vcpus++;
	vcpu->added = true;
	WARN_ON_ONCE(xa_err(xa_store(&vm->vcpus, vcpu->index, vcpu, GFP_NOWAIT)));
	xa_set_mark(&vm->vcpus, vcpu->index, KVM_EXITSTAT_NEWS);
	xa_set_mark(&kvm_exitstat.vms, vm->id, KVM_EXITSTAT_NEWS);
	kvm_exitstat_publish_extras(vcpu);
	kvm_exitstat.generation++;
	spin_unlock(&kvm_exitstat.lock);
	kvm_exitstat_kick();
}

/* Free the counters of a vCPU that was not added; others belong to the VM. */
void kvm_exitstat_free_vcpu(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu = kvm_vcpu->exitstat.vcpu;

	kvm_vcpu->exitstat.vcpu = NULL;
	if (!vcpu || vcpu->added)
		return;
	xa_erase(&kvm_vcpu->kvm->exitstat->vcpus, vcpu->index);
	free_vcpu(vcpu);
}

int kvm_exitstat_alloc_nested(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu = kvm_vcpu->exitstat.vcpu;
	struct kvm_exitstat_counts *l2;
	int r;

	if (WARN_ON_ONCE(!vcpu))
		return -EINVAL;
	if (vcpu->l2)
		return 0;

	l2 = kzalloc(sizeof(*l2), GFP_KERNEL_ACCOUNT);
	if (!l2)
		return -ENOMEM;
	l2->first_exit = 1 + KVM_EXITSTAT_NR_SLOTS;

	spin_lock(&kvm_exitstat.lock);
	while (kvm_exitstat_lacks_extras(l2)) {
		spin_unlock(&kvm_exitstat.lock);
		r = kvm_exitstat_alloc_extras(l2, GFP_KERNEL_ACCOUNT);
		if (r) {
			free_extras(l2);
			kfree(l2);
			return r;
		}
		spin_lock(&kvm_exitstat.lock);
	}
	vcpu->l2 = l2;
	kvm_exitstat_follow_l1(vcpu);
	spin_unlock(&kvm_exitstat.lock);
	kvm_vcpu->exitstat.level[KVM_EXITSTAT_L2] = l2;
	return 0;
}
EXPORT_SYMBOL_GPL(kvm_exitstat_alloc_nested);

/* Counting works without anybody to report it to: nothing here fails. */
void __init kvm_exitstat_init(void)
{
	int r;

	kvm_arch_exitstat_init();
	kvm_exitstat.epoch = div_u64(ktime_get_real_ns(), NSEC_PER_USEC);
	r = kvm_exitstat_nl_init();
	if (r)
		pr_warn("KVM: exits are counted but not reported: no netlink family: error %d\n",
			r);
}

/* No VM is left. */
void kvm_exitstat_exit(void)
{
	struct kvm_exitstat_vm *vm, *next;
	unsigned int extra;

	/* The worker sends no more to a group that is gone, and requests wake it no more. */
	kvm_exitstat_stop_worker();
	kvm_exitstat_nl_exit();
	kvm_exitstat_stop_worker();

	mutex_lock(&kvm_exitstat.config_lock);
	for (extra = 0; extra < KVM_EXITSTAT_NR_EXTRAS; extra++)
		kvm_exitstat_stop_extra(extra);
	mutex_unlock(&kvm_exitstat.config_lock);

	list_splice_init(&kvm_exitstat.leaving, &kvm_exitstat.dead);
	list_for_each_entry_safe(vm, next, &kvm_exitstat.dead, node) {
		xa_erase(&kvm_exitstat.vms, vm->id);
		list_del(&vm->node);
		kvm_exitstat_free_vm(vm);
	}
}
