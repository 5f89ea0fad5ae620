// SPDX-License-Identifier: GPL-2.0
/*
 * Lines about VMs in the kernel log, whenever a VM has made many more exits.
 */
#include <linux/kvm_host.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "exitstat.h"

/* What is too much is not lost but comes later, so there is nothing to report. */
static struct ratelimit_state log_limit =
	RATELIMIT_STATE_INIT_FLAGS(log_limit, HZ, KVM_EXITSTAT_LOG_RATE,
				   RATELIMIT_MSG_ON_RELEASE);

/* Where to go on: when there are too many lines, VMs take turns. */
static u64 next_id;

/* The name of a count, or its code, and whether a nested guest was left. */
static int put_name(char *buf, size_t size, enum kvm_exitstat_isa isa, unsigned int i)
{
	const char *l2 = kvm_exitstat_count_level(i) == KVM_EXITSTAT_L2 ? "L2:" : "";
	unsigned int slot = kvm_exitstat_count_slot(i);
	u64 code = kvm_arch_exitstat_code(isa, slot);
	const char *name;
	int len;

	if (slot == KVM_EXITSTAT_SLOT_OTHER)
		return scnprintf(buf, size, "%sOTHER", l2);

	name = kvm_arch_exitstat_name(isa, code);
	if (!name)
		return scnprintf(buf, size, "%s0x%llx", l2, code);

	len = scnprintf(buf, size, "%s%s", l2, name);
	/* A few have a blank in them, which here ends a name. */
	strreplace(buf, ' ', '_');
	return len;
}

/* The reasons, most frequent first, and dots for those that do not fit. */
static void put_reasons(char *line, int len, enum kvm_exitstat_isa isa, u64 *sums)
{
	static const char dots[] = " ...";
	unsigned int i, top;
	char reason[64];
	int n;

	for (;;) {
		top = 0;
		for (i = 1; i < KVM_EXITSTAT_NR_COUNTS; i++) {
			if (sums[i] > sums[top])
				top = i;
		}
		if (!sums[top])
			return;

		n = put_name(reason, sizeof(reason), isa, top);
		n += scnprintf(reason + n, sizeof(reason) - n, " %llu", sums[top]);
		if (len + 1 + n + sizeof(dots) > KVM_EXITSTAT_LOG_LINE) {
			scnprintf(line + len, sizeof(dots), "%s", dots);
			return;
		}
		len += scnprintf(line + len, KVM_EXITSTAT_LOG_LINE - len, " %s", reason);
		sums[top] = 0;
	}
}

/* To be printed and freed; NULL for lack of memory. */
static char *make_line(u64 id, pid_t pid, enum kvm_exitstat_isa isa)
{
	u64 *sums, total = 0;
	unsigned int i;
	char *line;
	int len;

	line = kmalloc(KVM_EXITSTAT_LOG_LINE, GFP_KERNEL);
	sums = kvm_exitstat_sums(id);
	if (!line || !sums) {
		kfree(line);
		kfree(sums);
		return NULL;
	}

	for (i = 0; i < KVM_EXITSTAT_NR_COUNTS; i++)
		total += sums[i];
	len = scnprintf(line, KVM_EXITSTAT_LOG_LINE, "KVM Exit: vm %llu pid %d total %llu",
			id, pid, total);
	put_reasons(line, len, isa, sums);
	kfree(sums);
	return line;
}

/* Is a line about a VM due, which made so many exits altogether? */
bool kvm_exitstat_log_due(const struct kvm_exitstat_vm *vm, u64 exits)
{
	u32 log_exits = READ_ONCE(kvm_exitstat.config.log_exits);

	return log_exits && exits - vm->logged >= log_exits;
}

/* How far the VMs have been looked at, and what to log about the one found. */
struct log_walk {
	unsigned long id;
	unsigned long index;
	u64 exits;
	pid_t pid;
	enum kvm_exitstat_isa isa;
	bool found;
};

/* Returns false when there is no further VM. */
static bool walk_piece(struct log_walk *walk)
{
	int budget = KVM_EXITSTAT_PIECE_LOOKS;
	struct kvm_exitstat_vcpu *vcpu;
	struct kvm_exitstat_vm *vm;
	unsigned long id;

	for (;;) {
		id = walk->id;
		vm = xa_find(&kvm_exitstat.vms, &id, ULONG_MAX, KVM_EXITSTAT_LIVE);
		if (!vm)
			return false;
		if (id != walk->id)
			*walk = (struct log_walk) { .id = id };

		xa_for_each_start(&vm->vcpus, walk->index, vcpu, walk->index) {
			if (budget-- <= 0)
				return true;
			walk->exits += READ_ONCE(vcpu->vcpu->stat.exits);
		}
		if (kvm_exitstat_log_due(vm, walk->exits)) {
			walk->found = true;
			walk->pid = vm->pid;
			walk->isa = vm->isa;
			return true;
		}
		*walk = (struct log_walk) { .id = id + 1 };
		if (budget-- <= 0)
			return true;
	}
}

/* A VM that ended and has a line due, which stays so until it was printed. */
static bool find_ended(struct log_walk *walk)
{
	struct kvm_exitstat_vm *vm;

	*walk = (struct log_walk) {};
	vm = xa_find(&kvm_exitstat.vms, &walk->id, ULONG_MAX, KVM_EXITSTAT_LINE);
	if (!vm)
		return false;
	walk->pid = vm->pid;
	walk->isa = vm->isa;
	return true;
}

/* It has had its line. */
static void mark_logged(const struct log_walk *walk)
{
	struct kvm_exitstat_vm *vm;

	spin_lock(&kvm_exitstat.lock);
	vm = xa_load(&kvm_exitstat.vms, walk->id);
	if (vm) {
		vm->logged = walk->exits;
		xa_clear_mark(&kvm_exitstat.vms, walk->id, KVM_EXITSTAT_LINE);
	}
	spin_unlock(&kvm_exitstat.lock);
}

/* Returns false when it is too early for a line, or there is no memory for it. */
static bool print_line(const struct log_walk *walk, bool limited)
{
	char *line;

	if (limited && !__ratelimit(&log_limit))
		return false;
	line = make_line(walk->id, walk->pid, walk->isa);
	if (!line)
		return false;
	/* Consoles are slow, so this is done without the lock. */
	pr_info("%s\n", line);
	kfree(line);
	mark_logged(walk);
	return true;
}

/* The lines of VMs that ended.  Returns false when there are more. */
static bool log_ended(bool limited)
{
	struct log_walk walk;
	bool found;

	for (;;) {
		spin_lock(&kvm_exitstat.lock);
		found = find_ended(&walk);
		spin_unlock(&kvm_exitstat.lock);
		if (!found)
			return true;
		if (!print_line(&walk, limited))
			return false;
	}
}

/* Those of VMs that live, from one to before another. */
static bool log_live(u64 from, u64 to)
{
	struct log_walk walk = { .id = from };
	bool more;

	do {
		spin_lock(&kvm_exitstat.lock);
		more = walk_piece(&walk);
		spin_unlock(&kvm_exitstat.lock);
		cond_resched();

		if (walk.id >= to)
			return true;
		if (more && walk.found) {
			if (!print_line(&walk, true))
				return false;
			next_id = walk.id + 1;
			walk = (struct log_walk) { .id = next_id };
		}
	} while (more);
	return true;
}

/* Write the lines that are due, as many as the limit allows. */
void kvm_exitstat_log(void)
{
	u64 from = next_id;

	if (!log_ended(true) || !READ_ONCE(kvm_exitstat.config.log_exits))
		return;
	if (log_live(from, U64_MAX))
		log_live(0, from);
}

/* Before the module goes: what is due can come no later. */
void kvm_exitstat_log_rest(void)
{
	log_ended(false);
}
