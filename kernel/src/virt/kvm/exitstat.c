// SPDX-License-Identifier: GPL-2.0
/*
 * Exact counts of VM-Exits by vCPU and exit reason: the counters' lives, and
 * the worker that hands out what changed.
 *
 * A vCPU counts its own exits with plain increments, and nothing else happens
 * on the exit path.  All else is done here, by a worker that looks at the
 * vCPUs while somebody listens: when the interval is over, or a vCPU made many
 * exits, what changed since the last batch is multicast.  Totals go along, so
 * that whoever misses a message still gets the counts right.
 *
 * The counters of a destroyed VM are kept for dumps until many more VMs were
 * destroyed.
 */
#include <linux/kvm_host.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "exitstat.h"

struct kvm_exitstat_state kvm_exitstat = {
	.lock	= __MUTEX_INITIALIZER(kvm_exitstat.lock),
	.vms	= XARRAY_INIT(kvm_exitstat.vms, 0),
	.live	= LIST_HEAD_INIT(kvm_exitstat.live),
	.dead	= LIST_HEAD_INIT(kvm_exitstat.dead),
	/* 0 would tell netlink that dumps need no check. */
	.generation = 1,
	.config	= {
		.interval_ms	= 1000,
		.batch_exits	= 10000,
		.min_spacing_ms	= 100,
	},
};

/* CLOCK_BOOTTIME when the last batch was made. */
static u64 batch_time_ns;

static void exitstat_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(exitstat_work, exitstat_work_fn);

u64 kvm_exitstat_vcpu_exits(struct kvm_exitstat_vcpu *vcpu)
{
	u64 exits = READ_ONCE(vcpu->vcpu->stat.exits);

	/*
	 * The vCPU increments the statistic after the counters, and x86 keeps
	 * stores in order, so a batch that is made for this value has all the
	 * exits that make it up.  (Somebody who clears the statistic in debugfs
	 * may delay the report of a vCPU's exits until its next one.)
	 */
	smp_rmb();
	return exits;
}

/* The exits of all vCPUs by number of the count, to be freed; NULL for lack of memory. */
u64 *kvm_exitstat_sums(const struct kvm_exitstat_vm *vm)
{
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_counts *c;
	unsigned int i;
	u64 *sums;

	lockdep_assert_held(&kvm_exitstat.lock);

	sums = kcalloc(KVM_EXITSTAT_NR_COUNTS, sizeof(*sums), GFP_KERNEL);
	if (!sums)
		return NULL;

	list_for_each_entry(vcpu, &vm->vcpus, node) {
		for (i = 0; i < KVM_EXITSTAT_NR_COUNTS; i++) {
			c = kvm_exitstat_counts(vcpu, kvm_exitstat_count_level(i));
			if (c)
				sums[i] += READ_ONCE(c->count[kvm_exitstat_count_slot(i)]);
		}
	}
	return sums;
}

static bool batch_is_due(u64 passed_ms)
{
	struct kvm_exitstat_config *config = &kvm_exitstat.config;
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;

	if (passed_ms >= config->interval_ms)
		return true;
	if (passed_ms < config->min_spacing_ms)
		return false;

	list_for_each_entry(vm, &kvm_exitstat.live, node) {
		list_for_each_entry(vcpu, &vm->vcpus, node) {
			if (kvm_exitstat_vcpu_exits(vcpu) - vcpu->exits >= config->batch_exits)
				return true;
		}
	}
	return false;
}

static void make_batch(void)
{
	struct kvm_exitstat_batch batch;
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;
	u64 exits;

	kvm_exitstat_nl_batch_start(&batch);
	list_for_each_entry(vm, &kvm_exitstat.live, node) {
		list_for_each_entry(vcpu, &vm->vcpus, node) {
			exits = kvm_exitstat_vcpu_exits(vcpu);
			if (exits == vcpu->exits)
				continue;
			if (kvm_exitstat_nl_batch_add(&batch, vm, vcpu))
				goto out;
			vcpu->exits = exits;
		}
	}
out:
	kvm_exitstat_nl_batch_end(&batch);
	batch_time_ns = batch.time_ns;
}

static void exitstat_work_fn(struct work_struct *work)
{
	struct kvm_exitstat_config *config = &kvm_exitstat.config;
	u32 delay_ms = min_t(u32, config->interval_ms, KVM_EXITSTAT_LISTEN_MS);
	u64 passed_ms;
	bool log;

	mutex_lock(&kvm_exitstat.lock);
	log = config->log_exits;
	if (list_empty(&kvm_exitstat.live))
		goto out;

	if (kvm_exitstat_nl_listening()) {
		passed_ms = div_u64(ktime_get_boottime_ns() - batch_time_ns, NSEC_PER_MSEC);
		if (batch_is_due(passed_ms)) {
			make_batch();
			passed_ms = 0;
		}
		delay_ms = min_t(u64, config->interval_ms - passed_ms,
				 config->min_spacing_ms);
	} else if (log) {
		delay_ms = config->min_spacing_ms;
	}
	queue_delayed_work(system_unbound_wq, &exitstat_work, msecs_to_jiffies(delay_ms));
out:
	mutex_unlock(&kvm_exitstat.lock);
	if (log)
		kvm_exitstat_log();
}

int kvm_exitstat_configure(const struct kvm_exitstat_config *config)
{
	int r;

	lockdep_assert_held(&kvm_exitstat.lock);

	if (config->timing && !kvm_exitstat.config.timing) {
		r = kvm_exitstat_start_timing();
		if (r)
			return r;
	} else if (!config->timing && kvm_exitstat.config.timing) {
		kvm_exitstat_stop_timing();
	}

	kvm_exitstat.config = *config;
	if (!list_empty(&kvm_exitstat.live))
		mod_delayed_work(system_unbound_wq, &exitstat_work, 0);
	return 0;
}

int kvm_exitstat_create_vm(struct kvm *kvm)
{
	struct kvm_exitstat_vm *vm;
	int r;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;

	INIT_LIST_HEAD(&vm->vcpus);
	vm->pid = task_tgid_nr(current);
	get_task_comm(vm->comm, current->group_leader);
	vm->isa = kvm_arch_exitstat_isa();

	mutex_lock(&kvm_exitstat.lock);
	vm->created_ns = ktime_get_boottime_ns();
	vm->id = ++kvm_exitstat.last_id;
	/* Not accounted: no cgroup's limit may hold up all VMs of the host. */
	r = xa_insert(&kvm_exitstat.vms, vm->id, vm, GFP_KERNEL);
	if (r) {
		mutex_unlock(&kvm_exitstat.lock);
		kfree(vm);
		return r;
	}
	kvm_exitstat.generation++;
	if (list_empty(&kvm_exitstat.live))
		mod_delayed_work(system_unbound_wq, &exitstat_work, 0);
	list_add_tail(&vm->node, &kvm_exitstat.live);
	kvm->exitstat = vm;
	kvm_exitstat_nl_notify(vm, NULL, KVM_EXITSTAT_EVENT_VM_CREATED);
	mutex_unlock(&kvm_exitstat.lock);
	return 0;
}

static void free_vcpu(struct kvm_exitstat_vcpu *vcpu)
{
	kfree(vcpu->timing);
	kfree(vcpu->l2);
	kfree(vcpu);
}

static void forget_vm(struct kvm_exitstat_vm *vm)
{
	struct kvm_exitstat_vcpu *vcpu, *next;

	list_del(&vm->node);
	xa_erase(&kvm_exitstat.vms, vm->id);
	kvm_exitstat.nr_dead--;
	kvm_exitstat.nr_dead_vcpus -= vm->nr_vcpus;

	list_for_each_entry_safe(vcpu, next, &vm->vcpus, node)
		free_vcpu(vcpu);
	kfree(vm);
}

/* No vCPU runs any more, so the counts are final. */
void kvm_exitstat_destroy_vm(struct kvm *kvm)
{
	struct kvm_exitstat_vm *vm = kvm->exitstat;
	struct kvm_exitstat_batch batch;
	struct kvm_exitstat_vcpu *vcpu;
	char *line;

	mutex_lock(&kvm_exitstat.lock);
	line = kvm_exitstat_log_line(vm);
	vm->destroyed_ns = ktime_get_boottime_ns();
	if (kvm_exitstat_nl_listening()) {
		kvm_exitstat_nl_batch_start(&batch);
		list_for_each_entry(vcpu, &vm->vcpus, node) {
			if (kvm_exitstat_nl_batch_add(&batch, vm, vcpu)) {
				/* A gap makes receivers ask for a dump. */
				kvm_exitstat.seq++;
				break;
			}
		}
		kvm_exitstat_nl_batch_end(&batch);
	}
	kvm_exitstat_nl_notify(vm, NULL, KVM_EXITSTAT_EVENT_VM_DESTROYED);

	list_for_each_entry(vcpu, &vm->vcpus, node) {
		vcpu->vcpu->exitstat.vcpu = NULL;
		vcpu->vcpu = NULL;
	}
	list_move_tail(&vm->node, &kvm_exitstat.dead);
	kvm_exitstat.nr_dead++;
	kvm_exitstat.nr_dead_vcpus += vm->nr_vcpus;
	kvm_exitstat.generation++;

	while (kvm_exitstat.nr_dead > KVM_EXITSTAT_DEAD_VMS_MAX ||
	       (kvm_exitstat.nr_dead > 1 &&
		kvm_exitstat.nr_dead_vcpus > KVM_EXITSTAT_DEAD_VCPUS_MAX))
		forget_vm(list_first_entry(&kvm_exitstat.dead,
					   struct kvm_exitstat_vm, node));
	mutex_unlock(&kvm_exitstat.lock);

	if (line)
		pr_info("%s\n", line);
	kfree(line);
}

int kvm_exitstat_create_vcpu(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return -ENOMEM;

	vcpu->vcpu = kvm_vcpu;
	vcpu->id = kvm_vcpu->vcpu_id;

	/* Should nested state ever be set up without L2 counts, L1 has them. */
	kvm_vcpu->exitstat.vcpu = vcpu;
	kvm_vcpu->exitstat.count = vcpu->l1.count;
	kvm_vcpu->exitstat.level[KVM_EXITSTAT_L1] = vcpu->l1.count;
	kvm_vcpu->exitstat.level[KVM_EXITSTAT_L2] = vcpu->l1.count;

	if (READ_ONCE(kvm_exitstat.config.timing) &&
	    kvm_exitstat_alloc_timing(vcpu, GFP_KERNEL_ACCOUNT)) {
		kvm_exitstat_free_vcpu(kvm_vcpu);
		return -ENOMEM;
	}
	return 0;
}

/* Only now is it certain that there will be such a vCPU. */
void kvm_exitstat_add_vcpu(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu = kvm_vcpu->exitstat.vcpu;
	struct kvm_exitstat_vm *vm = kvm_vcpu->kvm->exitstat;

	mutex_lock(&kvm_exitstat.lock);
	/*
	 * Timing may have come on after kvm_exitstat_create_vcpu(), and this
	 * cannot fail: an allocation that small and not accounted does so only
	 * for a task that is being killed, whose vCPU goes untimed.
	 */
	if (kvm_exitstat.config.timing)
		kvm_exitstat_alloc_timing(vcpu, GFP_KERNEL);
	vcpu->index = vm->nr_vcpus++;
	list_add_tail(&vcpu->node, &vm->vcpus);
	kvm_exitstat.generation++;
	kvm_exitstat_nl_notify(vm, vcpu, KVM_EXITSTAT_EVENT_VCPU_CREATED);
	mutex_unlock(&kvm_exitstat.lock);
}

/* Free the counters of a vCPU that was not added; others belong to the VM. */
void kvm_exitstat_free_vcpu(struct kvm_vcpu *kvm_vcpu)
{
	if (kvm_vcpu->exitstat.vcpu)
		free_vcpu(kvm_vcpu->exitstat.vcpu);
	kvm_vcpu->exitstat.vcpu = NULL;
}

int kvm_exitstat_alloc_nested(struct kvm_vcpu *kvm_vcpu)
{
	struct kvm_exitstat_vcpu *vcpu = kvm_vcpu->exitstat.vcpu;
	struct kvm_exitstat_counts *l2;

	if (WARN_ON_ONCE(!vcpu))
		return -EINVAL;
	if (vcpu->l2)
		return 0;

	l2 = kzalloc(sizeof(*l2), GFP_KERNEL_ACCOUNT);
	if (!l2)
		return -ENOMEM;

	mutex_lock(&kvm_exitstat.lock);
	vcpu->l2 = l2;
	mutex_unlock(&kvm_exitstat.lock);
	kvm_vcpu->exitstat.level[KVM_EXITSTAT_L2] = l2->count;
	return 0;
}
EXPORT_SYMBOL_GPL(kvm_exitstat_alloc_nested);

int __init kvm_exitstat_init(void)
{
	kvm_arch_exitstat_init();
	kvm_exitstat.epoch = div_u64(ktime_get_real_ns(), NSEC_PER_USEC);
	return kvm_exitstat_nl_init();
}

void kvm_exitstat_exit(void)
{
	kvm_exitstat_nl_exit();
	cancel_delayed_work_sync(&exitstat_work);

	mutex_lock(&kvm_exitstat.lock);
	while (!list_empty(&kvm_exitstat.dead))
		forget_vm(list_first_entry(&kvm_exitstat.dead,
					   struct kvm_exitstat_vm, node));
	mutex_unlock(&kvm_exitstat.lock);
}
