// SPDX-License-Identifier: GPL-2.0
/*
 * The worker that tells listeners what changed.
 *
 * While somebody listens, it looks at the vCPUs now and then: when the interval is
 * over at all that changed, and before that at VMs of which a vCPU made many exits.
 * It tells of VMs and vCPUs that came and went as well, so that who creates and
 * destroys them waits for no receiver.
 *
 * All of it is done in pieces: a piece of a message is made under kvm_exitstat.lock,
 * to which memory is brought along, and from which a cursor remembers where to go on.
 * Messages are sent without the lock, which may take as long as receivers like.
 */
#include <linux/kvm_host.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#include "exitstat.h"
#include "exitstat_nl_gen.h"

static void exitstat_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(exitstat_work, exitstat_work_fn);

/* The module is going: nothing is queued any more. */
static bool stopping;

/* The rest is the worker's own. CLOCK_BOOTTIME, in nanoseconds: */

/* Nobody with the right to hear it listened, so nothing is sent until then. */
static u64 quiet_until_ns;
/* When the last look at the vCPUs began, and the round that it was in. */
static u64 look_ns;
static u64 round_ns;
static u64 round;
static u64 log_ns;

/* A notification in the making. */
struct message {
	struct kvm_exitstat_msg msg;
	void *hdr;
	/* Length with nothing in it but its head. */
	unsigned int head;
};

static int message_alloc(struct message *m, size_t size)
{
	m->msg.skb = genlmsg_new(size, GFP_KERNEL);
	m->hdr = NULL;
	return m->msg.skb ? 0 : -ENOMEM;
}

static void message_free(struct message *m)
{
	nlmsg_free(m->msg.skb);
	m->msg.skb = NULL;
}

static bool message_empty(const struct message *m)
{
	return m->msg.skb->len == m->head;
}

/* Begin the message, unless there is something in it. */
static int message_start(struct message *m, u8 cmd, u64 time_ns)
{
	struct sk_buff *skb = m->msg.skb;

	lockdep_assert_held(&kvm_exitstat.lock);

	if (m->hdr && !message_empty(m))
		return 0;
	skb_trim(skb, 0);
	if (kvm_exitstat.gap) {
		kvm_exitstat.gap = false;
		WRITE_ONCE(kvm_exitstat.seq, kvm_exitstat.seq + 1);
	}
	m->hdr = genlmsg_put(skb, 0, 0, &kvm_exitstat_nl_family, 0, cmd);
	if (WARN_ON_ONCE(!m->hdr ||
			 kvm_exitstat_put_header(skb, kvm_exitstat.seq + 1, time_ns)))
		return -EMSGSIZE;
	m->head = skb->len;
	m->msg.end = min_t(unsigned int, skb->len + skb_tailroom(skb), KVM_EXITSTAT_PIECE_BYTES);
	return 0;
}

/*
 * A receiver that has no room is told so by its socket, and sees the gap in the
 * numbers: nothing is to be done about it here.  When nobody heard it, because all of
 * them are in such a state or have no right to hear it, a pause is due.
 */
static int message_send(struct message *m)
{
	int r;

	WRITE_ONCE(kvm_exitstat.seq, kvm_exitstat.seq + 1);
	genlmsg_end(m->msg.skb, m->hdr);
	r = kvm_exitstat_nl_multicast(m->msg.skb);
	m->msg.skb = NULL;
	if (r == -ESRCH)
		quiet_until_ns = ktime_get_boottime_ns() +
				 KVM_EXITSTAT_LISTEN_MS * NSEC_PER_MSEC;
	cond_resched();
	return r == -ESRCH ? r : 0;
}

/* Where the vCPUs are gone through. */
struct cursor {
	unsigned long id;
	unsigned long index;
	unsigned int pos;
	/* All that changed of this VM is told. */
	bool flush;
	/* The exits statistic of a vCPU that takes several messages. */
	u64 exits;
};

static void next_vm(struct cursor *cursor)
{
	*cursor = (struct cursor) { .id = cursor->id + 1 };
}

/* What a piece of work does next. */
enum step {
	/* No more. */
	STEP_DONE,
	/* Another piece, with the same message. */
	STEP_MORE,
	/* Send the message, and go on. */
	STEP_SEND,
	/* Tell of the end of the VM at the cursor, and go on. */
	STEP_END,
};

/* The exits of a VM that ended, as far as they were not told before. */
static enum step final_piece(struct cursor *cursor, struct kvm_exitstat_vm *vm,
			     struct message *m)
{
	int budget = KVM_EXITSTAT_PIECE_LOOKS;
	struct kvm_exitstat_vcpu *vcpu;
	unsigned long last = cursor->index;

	if (message_start(m, KVM_EXITSTAT_CMD_EXITS_NTF, ktime_get_boottime_ns()))
		return STEP_DONE;
	xa_for_each_start(&vm->vcpus, cursor->index, vcpu, cursor->index) {
		if (cursor->index != last)
			cursor->pos = 0;
		last = cursor->index;
		/* What comes next may be about another VM. */
		if (budget <= 0)
			return message_empty(m) ? STEP_MORE : STEP_SEND;
		budget -= kvm_exitstat_looks(vcpu);
		if (kvm_exitstat_put_vcpu(&m->msg, vm, vcpu, &cursor->pos,
					  KVM_EXITSTAT_CHANGES))
			return WARN_ON_ONCE(message_empty(m)) ? STEP_DONE : STEP_SEND;
	}
	cursor->index = ULONG_MAX;
	return message_empty(m) ? STEP_END : STEP_SEND;
}

static int put_event(struct message *m, struct kvm_exitstat_vm *vm,
		     const struct kvm_exitstat_vcpu *vcpu, enum kvm_exitstat_event event)
{
	struct sk_buff *skb = m->msg.skb;

	if (message_start(m, KVM_EXITSTAT_CMD_VM_NTF, ktime_get_boottime_ns()) ||
	    nla_put_u32(skb, KVM_EXITSTAT_A_STATS_EVENT, event) ||
	    kvm_exitstat_put_vm(skb, vm, event == KVM_EXITSTAT_EVENT_VM_DESTROYED) ||
	    (vcpu && nla_put_u32(skb, KVM_EXITSTAT_A_STATS_VCPU_ID, vcpu->id)))
		return WARN_ON_ONCE(1) ? -EMSGSIZE : 0;
	return 0;
}

/* The first of what happened and was not told. */
static enum step news_piece(struct cursor *cursor, struct message *m)
{
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;
	unsigned long id = 0, index = 0;

	vm = xa_find(&kvm_exitstat.vms, &id, ULONG_MAX, KVM_EXITSTAT_NEWS);
	if (!vm)
		return STEP_DONE;
	if (cursor->id != id)
		*cursor = (struct cursor) { .id = id };

	if (!vm->told) {
		vm->told = true;
		vm->known = true;
		return put_event(m, vm, NULL, KVM_EXITSTAT_EVENT_VM_CREATED) ?
			STEP_DONE : STEP_SEND;
	}
	vcpu = xa_find(&vm->vcpus, &index, ULONG_MAX, KVM_EXITSTAT_NEWS);
	if (vcpu) {
		xa_clear_mark(&vm->vcpus, index, KVM_EXITSTAT_NEWS);
		return put_event(m, vm, vcpu, KVM_EXITSTAT_EVENT_VCPU_CREATED) ?
			STEP_DONE : STEP_SEND;
	}
	if (!vm->alive)
		return cursor->index == ULONG_MAX ? STEP_END : final_piece(cursor, vm, m);
	xa_clear_mark(&kvm_exitstat.vms, id, KVM_EXITSTAT_NEWS);
	return STEP_MORE;
}

/* The end of a VM, with its final totals. */
static int tell_end(u64 id)
{
	u64 *sums = kvm_exitstat_sums(id);
	struct kvm_exitstat_vm *vm;
	bool forgotten = false;
	struct message m;
	int r;

	r = message_alloc(&m, kvm_exitstat_stats_size());
	if (r || !sums) {
		message_free(&m);
		kfree(sums);
		return -ENOMEM;
	}

	spin_lock(&kvm_exitstat.lock);
	/* Meanwhile it may have been forgotten, which leaves a gap. */
	vm = xa_load(&kvm_exitstat.vms, id);
	if (vm) {
		r = put_event(&m, vm, NULL, KVM_EXITSTAT_EVENT_VM_DESTROYED) ?:
		    kvm_exitstat_put_sums(m.msg.skb, vm->isa, sums);
		xa_clear_mark(&kvm_exitstat.vms, id, KVM_EXITSTAT_NEWS);
		forgotten = !vm->ran;
		if (forgotten) {
			kvm_exitstat_forget(vm);
			kvm_exitstat.generation++;
		}
	}
	spin_unlock(&kvm_exitstat.lock);

	kfree(sums);
	if (vm && !r)
		r = message_send(&m);
	else
		message_free(&m);
	if (forgotten)
		kvm_exitstat_free_vm(vm);
	return r;
}

/* VMs and vCPUs that came and went. */
static int tell_news(void)
{
	unsigned int left = KVM_EXITSTAT_NEWS_RUN;
	struct cursor cursor = {};
	struct message m = {};
	enum step step;
	int r = 0;

	if (!xa_marked(&kvm_exitstat.vms, KVM_EXITSTAT_NEWS))
		return 0;
	do {
		if (!m.msg.skb) {
			r = message_alloc(&m, GENLMSG_DEFAULT_SIZE);
			if (r)
				return r;
		}
		spin_lock(&kvm_exitstat.lock);
		step = news_piece(&cursor, &m);
		spin_unlock(&kvm_exitstat.lock);
		cond_resched();

		if (step == STEP_SEND) {
			r = message_send(&m);
		} else if (step == STEP_END) {
			/* The one that was begun for exits has none. */
			message_free(&m);
			r = tell_end(cursor.id);
		}
	} while (!r && step != STEP_DONE && --left);
	message_free(&m);
	return r;
}

/* There is nobody to tell. */
static void forget_news(void)
{
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm, *forgotten;
	unsigned long id = 0, index;
	unsigned int nr;

	do {
		forgotten = NULL;
		spin_lock(&kvm_exitstat.lock);
		/* Whoever joins now, and then asks for a dump, is told the rest. */
		if (kvm_exitstat_nl_listening()) {
			spin_unlock(&kvm_exitstat.lock);
			return;
		}
		vm = xa_find(&kvm_exitstat.vms, &id, ULONG_MAX, KVM_EXITSTAT_NEWS);
		if (vm) {
			nr = 0;
			xa_for_each_marked(&vm->vcpus, index, vcpu, KVM_EXITSTAT_NEWS) {
				if (++nr > KVM_EXITSTAT_PIECE_LOOKS)
					break;
				xa_clear_mark(&vm->vcpus, index, KVM_EXITSTAT_NEWS);
			}
			if (nr <= KVM_EXITSTAT_PIECE_LOOKS) {
				vm->told = true;
				xa_clear_mark(&kvm_exitstat.vms, id, KVM_EXITSTAT_NEWS);
				if (!vm->alive && !vm->ran) {
					kvm_exitstat_forget(vm);
					kvm_exitstat.generation++;
					forgotten = vm;
				}
			}
		}
		spin_unlock(&kvm_exitstat.lock);
		if (forgotten)
			kvm_exitstat_free_vm(forgotten);
		cond_resched();
	} while (vm);
}

/* Did a vCPU make so many exits that the VM cannot wait? */
static enum step look_vm(struct cursor *cursor, struct kvm_exitstat_vm *vm, int *budget)
{
	u32 many = kvm_exitstat.config.batch_exits;
	XA_STATE(xas, &vm->vcpus, cursor->index);
	struct kvm_exitstat_vcpu *vcpu;
	enum step step = STEP_DONE;

	rcu_read_lock();
	xas_for_each(&xas, vcpu, ULONG_MAX) {
		if (xas_retry(&xas, vcpu))
			continue;
		cursor->index = xas.xa_index;
		if ((*budget)-- <= 0) {
			step = STEP_MORE;
			break;
		}
		if (READ_ONCE(vcpu->vcpu->stat.exits) - vcpu->exits >= many) {
			*cursor = (struct cursor) { .id = cursor->id, .flush = true };
			break;
		}
	}
	rcu_read_unlock();
	return step;
}

/*
 * A vCPU that exited has its statistic incremented after its counters.  It may be
 * seen the other way round, and has no barrier for that: what changed is looked at
 * once more in the next round.
 */
static bool may_have_changed(struct cursor *cursor, struct kvm_exitstat_vcpu *vcpu)
{
	cursor->exits = READ_ONCE(vcpu->vcpu->stat.exits);
	return cursor->exits != vcpu->exits || vcpu->again ||
	       (vcpu->index + round) % KVM_EXITSTAT_FULL_LOOK_ROUNDS == 0;
}

/* Tell all that changed of a VM. */
static enum step flush_vm(struct cursor *cursor, struct kvm_exitstat_vm *vm,
			  struct message *m, int *budget)
{
	XA_STATE(xas, &vm->vcpus, cursor->index);
	struct kvm_exitstat_vcpu *vcpu;
	enum step step = STEP_DONE;

	rcu_read_lock();
	xas_for_each(&xas, vcpu, ULONG_MAX) {
		if (xas_retry(&xas, vcpu))
			continue;
		if (xas.xa_index != cursor->index)
			cursor->pos = 0;
		cursor->index = xas.xa_index;
		if ((*budget)-- <= 0) {
			step = STEP_MORE;
			break;
		}
		if (!cursor->pos && !may_have_changed(cursor, vcpu))
			continue;
		*budget -= kvm_exitstat_looks(vcpu);
		if (kvm_exitstat_put_vcpu(&m->msg, vm, vcpu, &cursor->pos,
					  KVM_EXITSTAT_CHANGES)) {
			step = WARN_ON_ONCE(message_empty(m)) ? STEP_DONE : STEP_SEND;
			break;
		}
		cursor->pos = 0;
		vcpu->again = cursor->exits != vcpu->exits;
		vcpu->exits = cursor->exits;
	}
	rcu_read_unlock();
	if (step == STEP_DONE) {
		vm->told_ns = look_ns;
		vm->round = round;
	}
	return step;
}

/* Some of the vCPUs. */
static enum step look_piece(struct cursor *cursor, struct message *m)
{
	u64 spacing_ns = kvm_exitstat.config.min_spacing_ms * NSEC_PER_MSEC;
	int budget = KVM_EXITSTAT_PIECE_LOOKS;
	struct kvm_exitstat_vm *vm;
	unsigned long id;
	enum step step;

	if (message_start(m, KVM_EXITSTAT_CMD_EXITS_NTF, look_ns))
		return STEP_DONE;
	for (;;) {
		if (budget-- <= 0)
			return STEP_MORE;
		id = cursor->id;
		vm = xa_find(&kvm_exitstat.vms, &id, ULONG_MAX, KVM_EXITSTAT_LIVE);
		if (!vm)
			return STEP_DONE;
		if (id != cursor->id)
			*cursor = (struct cursor) { .id = id };

		if (!cursor->flush) {
			/* What is not told of yet has no exits, either. */
			if (xa_get_mark(&kvm_exitstat.vms, id, KVM_EXITSTAT_NEWS) ||
			    look_ns < vm->told_ns + spacing_ns) {
				next_vm(cursor);
				continue;
			}
			cursor->flush = vm->round != round;
		}
		if (!cursor->flush) {
			step = look_vm(cursor, vm, &budget);
			if (step != STEP_DONE)
				return step;
		}
		if (cursor->flush) {
			step = flush_vm(cursor, vm, m, &budget);
			if (step != STEP_DONE)
				return step;
		}
		next_vm(cursor);
	}
}

static int look(void)
{
	struct cursor cursor = { .id = 1 };
	struct message m = {};
	enum step step;
	int r;

	do {
		if (!m.msg.skb) {
			/* What is not told stays a change. */
			r = message_alloc(&m, GENLMSG_DEFAULT_SIZE);
			if (r)
				return r;
		}
		spin_lock(&kvm_exitstat.lock);
		step = look_piece(&cursor, &m);
		spin_unlock(&kvm_exitstat.lock);
		cond_resched();

		if (step == STEP_SEND || (step == STEP_DONE && !message_empty(&m))) {
			r = message_send(&m);
			if (r)
				return r;
		}
	} while (step != STEP_DONE);
	message_free(&m);
	return 0;
}

/* How long to sleep, if there is anything to come back for. */
static bool next_delay(u64 now, u32 *delay_ms)
{
	u32 interval_ms = READ_ONCE(kvm_exitstat.config.interval_ms);
	u32 spacing_ms = READ_ONCE(kvm_exitstat.config.min_spacing_ms);
	u64 next_ns;

	if (!xa_marked(&kvm_exitstat.vms, KVM_EXITSTAT_LIVE) &&
	    !xa_marked(&kvm_exitstat.vms, KVM_EXITSTAT_NEWS) &&
	    !xa_marked(&kvm_exitstat.vms, KVM_EXITSTAT_LINE))
		return false;

	if (!kvm_exitstat_nl_listening())
		next_ns = now + min_t(u32, interval_ms, KVM_EXITSTAT_LISTEN_MS) * NSEC_PER_MSEC;
	else if (now < quiet_until_ns)
		next_ns = quiet_until_ns;
	else if (xa_marked(&kvm_exitstat.vms, KVM_EXITSTAT_NEWS))
		next_ns = now + NSEC_PER_MSEC;
	else
		next_ns = min(look_ns + spacing_ms * NSEC_PER_MSEC,
			      round_ns + interval_ms * NSEC_PER_MSEC);
	if (READ_ONCE(kvm_exitstat.config.log_exits) ||
	    xa_marked(&kvm_exitstat.vms, KVM_EXITSTAT_LINE))
		next_ns = min(next_ns, log_ns + spacing_ms * NSEC_PER_MSEC);
	*delay_ms = next_ns > now ? DIV_ROUND_UP_ULL(next_ns - now, NSEC_PER_MSEC) : 1;
	return true;
}

static void exitstat_work_fn(struct work_struct *work)
{
	u64 spacing_ns = READ_ONCE(kvm_exitstat.config.min_spacing_ms) * NSEC_PER_MSEC;
	u64 interval_ns = READ_ONCE(kvm_exitstat.config.interval_ms) * NSEC_PER_MSEC;
	u64 now = ktime_get_boottime_ns();
	u32 delay_ms;

	if (!kvm_exitstat_nl_listening()) {
		forget_news();
	} else if (now >= quiet_until_ns && !tell_news()) {
		now = ktime_get_boottime_ns();
		if (now >= look_ns + spacing_ns || now >= round_ns + interval_ns) {
			look_ns = now;
			if (now >= round_ns + interval_ns) {
				round_ns = now;
				round++;
			}
			look();
		}
	}
	if (now >= log_ns + spacing_ns) {
		log_ns = now;
		kvm_exitstat_log();
	}
	if (next_delay(ktime_get_boottime_ns(), &delay_ms) && !READ_ONCE(stopping))
		queue_delayed_work(system_unbound_wq, &exitstat_work,
				   msecs_to_jiffies(delay_ms));
}

/* Something happened, or something else is wanted. */
void kvm_exitstat_kick(void)
{
	bool now = kvm_exitstat_nl_listening() || READ_ONCE(kvm_exitstat.config.log_exits);

	if (READ_ONCE(stopping))
		return;
	if (now)
		mod_delayed_work(system_unbound_wq, &exitstat_work, 0);
	else
		queue_delayed_work(system_unbound_wq, &exitstat_work,
				   msecs_to_jiffies(KVM_EXITSTAT_LISTEN_MS));
}

void kvm_exitstat_stop_worker(void)
{
	WRITE_ONCE(stopping, true);
	cancel_delayed_work_sync(&exitstat_work);
	kvm_exitstat_log_rest();
}
