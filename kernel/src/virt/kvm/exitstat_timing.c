// SPDX-License-Identifier: GPL-2.0
/*
 * How long VM-Exits take, by vCPU and exit reason: from the exit to the vCPU's
 * next entry into guest mode, as tracing kvm_exit and kvm_entry would tell.
 *
 * Two static branches on the way out of and into the guest lead here while timing
 * is on.  A vCPU notes its own times, so nothing is locked and nothing atomic.
 * What it writes to is allocated beforehand and freed only with the vCPU's
 * counters: that makes it safe to switch timing at any moment, though some vCPU
 * may be late in noticing.
 */
#include <linux/bitops.h>
#include <linux/kvm_host.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include "exitstat.h"

/* When timing was last switched on. */
static u64 since_ns;

DEFINE_STATIC_KEY_FALSE(kvm_exitstat_timing);
EXPORT_SYMBOL_GPL(kvm_exitstat_timing);

static struct kvm_exitstat_time *time_of(struct kvm_exitstat_timing *timing,
					 unsigned int count)
{
	unsigned int place = timing->place[count];

	if (unlikely(!place)) {
		place = KVM_EXITSTAT_NR_TIMES;
		if (timing->nr < KVM_EXITSTAT_TIME_REST) {
			timing->count[timing->nr] = count;
			place = ++timing->nr;
		}
		timing->place[count] = place;
	}
	return &timing->time[place - 1];
}

/* Called with interrupts disabled, on the way out of the guest. */
void kvm_exitstat_time_exit(struct kvm_vcpu *vcpu, unsigned long slot)
{
	struct kvm_exitstat *e = &vcpu->exitstat;
	struct kvm_exitstat_timing *timing = READ_ONCE(e->timing);

	if (unlikely(!timing))
		return;

	if (e->count != e->level[KVM_EXITSTAT_L1])
		slot += KVM_EXITSTAT_NR_SLOTS;

	/* The clock of trace events: cheap, and their times can be compared. */
	e->exit_ns = local_clock();
	e->exit = time_of(timing, slot);
}
EXPORT_SYMBOL_GPL(kvm_exitstat_time_exit);

/* Called with interrupts disabled, on the way into the guest. */
void kvm_exitstat_time_entry(struct kvm_vcpu *vcpu)
{
	struct kvm_exitstat_time *time = vcpu->exitstat.exit;
	unsigned int bucket;
	u64 ns;

	/* Not every entry comes from an exit: there is a first, and some fail. */
	if (!time)
		return;
	vcpu->exitstat.exit = NULL;

	/* This one may have ended while timing was off. */
	if (unlikely(vcpu->exitstat.exit_ns < READ_ONCE(since_ns)))
		return;

	/*
	 * On machines where local_clock() is not the same on all CPUs, it may be
	 * earlier now if the vCPU has moved.  That no time is zero lets the total
	 * alone tell whether there is anything new.
	 */
	ns = max_t(s64, local_clock() - vcpu->exitstat.exit_ns, 1);

	bucket = min(fls64(ns >> KVM_EXITSTAT_TIME_BUCKET_BITS),
		     KVM_EXITSTAT_TIME_BUCKETS - 1);
	WRITE_ONCE(time->histogram[bucket], time->histogram[bucket] + 1);
	if (ns > time->max_ns)
		WRITE_ONCE(time->max_ns, ns);

	/* Who reads the total must see what made it up, see put_times(). */
	smp_wmb();
	WRITE_ONCE(time->total_ns, time->total_ns + ns);
}
EXPORT_SYMBOL_GPL(kvm_exitstat_time_entry);

int kvm_exitstat_alloc_timing(struct kvm_exitstat_vcpu *vcpu, gfp_t gfp)
{
	struct kvm_exitstat_timing *timing;

	if (vcpu->timing)
		return 0;

	timing = kzalloc(sizeof(*timing), gfp);
	if (!timing)
		return -ENOMEM;

	vcpu->timing = timing;
	/* A vCPU that is late in noticing that timing is off may see this. */
	smp_store_release(&vcpu->vcpu->exitstat.timing, timing);
	return 0;
}

int kvm_exitstat_start_timing(void)
{
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;

	lockdep_assert_held(&kvm_exitstat.lock);

	list_for_each_entry(vm, &kvm_exitstat.live, node) {
		list_for_each_entry(vcpu, &vm->vcpus, node) {
			/* Not the VM's cgroup pays for what the host's root wants. */
			if (kvm_exitstat_alloc_timing(vcpu, GFP_KERNEL))
				return -ENOMEM;
		}
	}
	WRITE_ONCE(since_ns, local_clock());
	static_branch_enable(&kvm_exitstat_timing);
	return 0;
}

void kvm_exitstat_stop_timing(void)
{
	lockdep_assert_held(&kvm_exitstat.lock);

	static_branch_disable(&kvm_exitstat_timing);
}
