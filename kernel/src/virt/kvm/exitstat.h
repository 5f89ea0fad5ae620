/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_EXITSTAT_PRIV_H
#define __KVM_EXITSTAT_PRIV_H

#include <linux/kvm_exitstat.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/xarray.h>
#include <uapi/linux/kvm_exitstat.h>

/* Without listeners, whether there are any now is looked up this often. */
#define KVM_EXITSTAT_LISTEN_MS	1000

/* All reasons of one vCPU, at both levels. */
#define KVM_EXITSTAT_NR_COUNTS	(KVM_EXITSTAT_NR_LEVELS * KVM_EXITSTAT_NR_SLOTS)

/*
 * A line in the kernel log, which is cut where it gets longer; printk() would
 * cut it at a little less than 1 KiB.
 */
#define KVM_EXITSTAT_LOG_LINE	900

/* And that many lines a second: a serial console is slow. */
#define KVM_EXITSTAT_LOG_RATE	10

struct kvm_exitstat_counts {
	/* Written by the vCPU, read at any time. */
	u64 count[KVM_EXITSTAT_NR_SLOTS];
	/* What the last batch said, under kvm_exitstat.lock. */
	u64 sent[KVM_EXITSTAT_NR_SLOTS];
};

/*
 * A vCPU's counters.  They outlive the vCPU, as dumps report destroyed VMs.
 * All but the counts is protected by kvm_exitstat.lock.
 */
struct kvm_exitstat_vcpu {
	struct list_head node;
	/* NULL once the VM is destroyed. */
	struct kvm_vcpu *vcpu;
	u32 id;
	/* The place in the order of creation, by which dumps resume. */
	u32 index;
	/* The vCPU's exits statistic at the last batch. */
	u64 exits;
	/* Only vCPUs that run nested guests have the L2 counts. */
	struct kvm_exitstat_counts *l2;
	/* Only vCPUs that lived while timing was on have it. */
	struct kvm_exitstat_timing *timing;
	struct kvm_exitstat_counts l1;
};

static_assert(sizeof(struct kvm_exitstat_vcpu) <= 2048);

/*
 * The time that exits took.  Written by the vCPU, total_ns last, read at any
 * time.
 */
struct kvm_exitstat_time {
	u64 histogram[KVM_EXITSTAT_TIME_BUCKETS];
	u64 max_ns;
	u64 total_ns;
};

/*
 * A guest makes exits for a dozen reasons, of the hundreds that there are.  The
 * first ones have their times taken one by one, all others have theirs summed
 * up in the last place.  With this number a vCPU's timing just fits an 8 KiB
 * allocation.
 */
#define KVM_EXITSTAT_NR_TIMES	34
#define KVM_EXITSTAT_TIME_REST	(KVM_EXITSTAT_NR_TIMES - 1)

struct kvm_exitstat_timing {
	struct kvm_exitstat_time time[KVM_EXITSTAT_NR_TIMES];
	/* What the last batch said of total_ns, under kvm_exitstat.lock. */
	u64 sent[KVM_EXITSTAT_NR_TIMES];
	/* By place the number of the count, and back: the place plus 1, or 0. */
	u8 count[KVM_EXITSTAT_NR_TIMES];
	u8 place[KVM_EXITSTAT_NR_COUNTS];
	/* How many places are taken. */
	u8 nr;
};

static_assert(sizeof(struct kvm_exitstat_timing) <= 8192);
static_assert(KVM_EXITSTAT_NR_COUNTS <= U8_MAX);

struct kvm_exitstat_vm {
	/* In kvm_exitstat.live or .dead. */
	struct list_head node;
	struct list_head vcpus;
	u64 id;
	u64 created_ns;
	/* 0 while the VM lives. */
	u64 destroyed_ns;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	enum kvm_exitstat_isa isa;
	u32 nr_vcpus;
	/* The VM's exits when the kernel log last told of them. */
	u64 logged;
};

struct kvm_exitstat_config {
	u32 interval_ms;
	u32 batch_exits;
	u32 min_spacing_ms;
	u32 log_exits;
	bool timing;
};

struct kvm_exitstat_state {
	/*
	 * Taken inside kvm->lock and vcpu->mutex, and never held across code
	 * that could take them.
	 */
	struct mutex lock;
	/* All VMs, by id. */
	struct xarray vms;
	struct list_head live;
	/* The longest dead first. */
	struct list_head dead;
	unsigned int nr_dead;
	unsigned int nr_dead_vcpus;
	/* Changes with every VM and vCPU that comes or goes. */
	unsigned int generation;
	u64 last_id;
	u64 epoch;
	/* The number of the last notification. */
	u64 seq;
	struct kvm_exitstat_config config;
};

extern struct kvm_exitstat_state kvm_exitstat;

static inline struct kvm_exitstat_counts *
kvm_exitstat_counts(struct kvm_exitstat_vcpu *vcpu, enum kvm_exitstat_level level)
{
	return level == KVM_EXITSTAT_L1 ? &vcpu->l1 : vcpu->l2;
}

/* Which level and slot count number i is of. */
static inline enum kvm_exitstat_level kvm_exitstat_count_level(unsigned int i)
{
	return i / KVM_EXITSTAT_NR_SLOTS;
}

static inline unsigned int kvm_exitstat_count_slot(unsigned int i)
{
	return i % KVM_EXITSTAT_NR_SLOTS;
}

int kvm_exitstat_configure(const struct kvm_exitstat_config *config);
u64 kvm_exitstat_vcpu_exits(struct kvm_exitstat_vcpu *vcpu);
u64 *kvm_exitstat_sums(const struct kvm_exitstat_vm *vm);

void kvm_exitstat_log(void);
char *kvm_exitstat_log_line(struct kvm_exitstat_vm *vm);

int kvm_exitstat_alloc_timing(struct kvm_exitstat_vcpu *vcpu, gfp_t gfp);
int kvm_exitstat_start_timing(void);
void kvm_exitstat_stop_timing(void);

void kvm_arch_exitstat_init(void);
enum kvm_exitstat_isa kvm_arch_exitstat_isa(void);
u64 kvm_arch_exitstat_code(enum kvm_exitstat_isa isa, unsigned int slot);
const char *kvm_arch_exitstat_name(enum kvm_exitstat_isa isa, u64 code);

/* A series of exits-ntf messages with the same time. */
struct kvm_exitstat_batch {
	u64 time_ns;
	struct sk_buff *skb;
	void *hdr;
	bool empty;
};

int kvm_exitstat_nl_init(void);
void kvm_exitstat_nl_exit(void);
bool kvm_exitstat_nl_listening(void);
void kvm_exitstat_nl_batch_start(struct kvm_exitstat_batch *batch);
int kvm_exitstat_nl_batch_add(struct kvm_exitstat_batch *batch,
			      struct kvm_exitstat_vm *vm,
			      struct kvm_exitstat_vcpu *vcpu);
void kvm_exitstat_nl_batch_end(struct kvm_exitstat_batch *batch);
void kvm_exitstat_nl_notify(struct kvm_exitstat_vm *vm,
			    struct kvm_exitstat_vcpu *vcpu,
			    enum kvm_exitstat_event event);

#endif /* __KVM_EXITSTAT_PRIV_H */
