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

/* The last VM that had a line: when there are too many, VMs take turns. */
static u64 last_id;

static u64 vm_exits(const struct kvm_exitstat_vm *vm)
{
	struct kvm_exitstat_vcpu *vcpu;
	u64 exits = 0;

	list_for_each_entry(vcpu, &vm->vcpus, node)
		exits += kvm_exitstat_vcpu_exits(vcpu);
	return exits;
}

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

static char *make_line(struct kvm_exitstat_vm *vm)
{
	u64 *sums, total = 0;
	unsigned int i;
	char *line;
	int len;

	line = kmalloc(KVM_EXITSTAT_LOG_LINE, GFP_KERNEL);
	sums = kvm_exitstat_sums(vm);
	if (!line || !sums) {
		kfree(line);
		kfree(sums);
		return NULL;
	}

	for (i = 0; i < KVM_EXITSTAT_NR_COUNTS; i++)
		total += sums[i];
	len = scnprintf(line, KVM_EXITSTAT_LOG_LINE, "KVM Exit: vm %llu pid %d total %llu",
			vm->id, vm->pid, total);
	put_reasons(line, len, vm->isa, sums);
	kfree(sums);
	return line;
}

static bool is_due(const struct kvm_exitstat_vm *vm)
{
	u32 log_exits = kvm_exitstat.config.log_exits;

	return log_exits && vm_exits(vm) - vm->logged >= log_exits;
}

/*
 * The line about a VM if one is due, to be printed and freed.  It stays due when
 * there are too many or there is no memory.
 */
char *kvm_exitstat_log_line(struct kvm_exitstat_vm *vm)
{
	u64 exits = vm_exits(vm);
	char *line;

	lockdep_assert_held(&kvm_exitstat.lock);

	if (!is_due(vm) || !__ratelimit(&log_limit))
		return NULL;

	line = make_line(vm);
	if (line)
		vm->logged = exits;
	return line;
}

/* The next VM in turn for which a line is due.  They are in the order of ids. */
static struct kvm_exitstat_vm *next_due(void)
{
	struct kvm_exitstat_vm *vm, *first = NULL;

	list_for_each_entry(vm, &kvm_exitstat.live, node) {
		if (!is_due(vm))
			continue;
		if (vm->id > last_id)
			return vm;
		if (!first)
			first = vm;
	}
	return first;
}

/* Write the lines that are due.  Consoles are slow, so print without the lock. */
void kvm_exitstat_log(void)
{
	struct kvm_exitstat_vm *vm;
	char *line;

	do {
		line = NULL;
		mutex_lock(&kvm_exitstat.lock);
		vm = next_due();
		if (vm)
			line = kvm_exitstat_log_line(vm);
		if (line)
			last_id = vm->id;
		mutex_unlock(&kvm_exitstat.lock);

		if (line)
			pr_info("%s\n", line);
		kfree(line);
	} while (line);
}
