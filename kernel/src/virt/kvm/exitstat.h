/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_EXITSTAT_PRIV_H
#define __KVM_EXITSTAT_PRIV_H

#include <linux/bitops.h>
#include <linux/kvm_exitstat.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <uapi/linux/kvm_exitstat.h>

/* Without listeners, whether there are any now is looked up this often. */
#define KVM_EXITSTAT_LISTEN_MS	1000

/* All reasons of one vCPU, at both levels. */
#define KVM_EXITSTAT_NR_COUNTS	(KVM_EXITSTAT_NR_LEVELS * KVM_EXITSTAT_NR_SLOTS)

/*
 * How much is done while kvm_exitstat.lock is held: so many VMs or vCPUs are
 * looked at, or so many bytes of a message are made, which takes some 20,000
 * instructions.
 */
#define KVM_EXITSTAT_PIECE_LOOKS	128
#define KVM_EXITSTAT_PIECE_BYTES	3584

/*
 * So many messages about VMs and vCPUs that come and go, and then the others' turn has
 * come: who creates VMs in a loop shall not keep the worker from them.
 */
#define KVM_EXITSTAT_NEWS_RUN	256

/* Exits that last at least this long are reported as under way. */
#define KVM_EXITSTAT_UNDER_WAY_NS	(10 * NSEC_PER_MSEC)

/*
 * Every so many rounds the worker looks at all counters of a vCPU, whatever its
 * statistic says, which debugfs may have set to zero.
 */
#define KVM_EXITSTAT_FULL_LOOK_ROUNDS	16

/* Destroyed VMs that made no exit, and whose end is yet to be told. */
#define KVM_EXITSTAT_LEAVING_MAX	128

/*
 * A line in the kernel log, which is cut where it gets longer; printk() would
 * cut it at a little less than 1 KiB.
 */
#define KVM_EXITSTAT_LOG_LINE	900

/* And that many lines a second: a serial console is slow. */
#define KVM_EXITSTAT_LOG_RATE	10

/*
 * A vCPU's counters.  They outlive the vCPU, as dumps report destroyed VMs.
 * All but the counts is protected by kvm_exitstat.lock.
 */
struct kvm_exitstat_vcpu {
	/* Not to be followed unless the VM is alive. */
	struct kvm_vcpu *vcpu;
	u32 id;
	/* The place among the VM's vCPUs, by which dumps resume. */
	u32 index;
	/* The vCPU's exits statistic when what changed was last told. */
	u64 exits;
	/* It had changed then: more of it may only be visible now. */
	bool again;
	/* In no list: it came to nothing. */
	bool added;
	/* Only vCPUs that run nested guests have the L2 counts. */
	struct kvm_exitstat_counts *l2;
	struct kvm_exitstat_counts l1;
};

static_assert(sizeof(struct kvm_exitstat_vcpu) <= 2048);
static_assert(KVM_EXITSTAT_NR_SLOTS <= U8_MAX);

/*
 * The time that the exits for one reason took.  Written by the vCPU, the number of
 * exits last, read at any time.
 */
struct kvm_exitstat_time {
	u64 total_ns;
	u64 max_ns;
	u64 exits;
	/* The lower half of the exits that were last sent, under kvm_exitstat.lock. */
	u32 sent;
	/* Where its histogram begins among the buckets, 0 if there is none. */
	u32 histogram;
};

/*
 * Of one level.  A guest makes exits for a dozen reasons, of the hundreds that there
 * are: the first ones have a histogram.  With this number of them it just fits an
 * 8 KiB allocation.
 */
#define KVM_EXITSTAT_NR_HISTOGRAMS	20

struct kvm_exitstat_times {
	struct kvm_exitstat_time reason[KVM_EXITSTAT_NR_SLOTS];
	/* How many histograms are taken. */
	u64 nr_histograms;
	/* The first bucket is not used. */
	u64 bucket[1 + KVM_EXITSTAT_NR_HISTOGRAMS * KVM_EXITSTAT_TIME_BUCKETS];
};

static_assert(sizeof(struct kvm_exitstat_times) <= 8192);

struct kvm_exitstat_vm {
	/* In kvm_exitstat.dead or .leaving. */
	struct list_head node;
	struct xarray vcpus;
	u64 id;
	u64 created_ns;
	/* 0 while the VM lives. */
	u64 destroyed_ns;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	enum kvm_exitstat_isa isa;
	u32 nr_vcpus;
	/* Its vCPUs exist. */
	bool alive;
	/* Its creation was told, or there was nobody to tell. */
	bool told;
	/* Somebody may know of it, by that or by a dump. */
	bool known;
	/* It made exits. */
	bool ran;
	/* CLOCK_BOOTTIME when what changed was last told, and in which round. */
	u64 told_ns;
	u64 round;
	/* The VM's exits when the kernel log last told of them. */
	u64 logged;
};

struct kvm_exitstat_config {
	u32 interval_ms;
	u32 batch_exits;
	u32 min_spacing_ms;
	u32 log_exits;
	u32 dead_vms_max;
	bool extra[KVM_EXITSTAT_NR_EXTRAS];
};

/* Marks of VMs. */
#define KVM_EXITSTAT_LIVE	XA_MARK_0
/* Something happened that is to be told. */
#define KVM_EXITSTAT_NEWS	XA_MARK_1
/* It ended, and a line in the kernel log is due. */
#define KVM_EXITSTAT_LINE	XA_MARK_2

struct kvm_exitstat_state {
	/*
	 * VM creation may wait for it: a spinlock, so that who has it neither
	 * sleeps nor is preempted, and held for no more than a piece of work.
	 * Whatever allocates or sends does so without it.
	 */
	spinlock_t lock;
	/* All VMs, by id. */
	struct xarray vms;
	/* The longest dead first. */
	struct list_head dead;
	unsigned int nr_dead;
	unsigned int nr_dead_vcpus;
	/* Destroyed, made no exit, and known to listeners. */
	struct list_head leaving;
	unsigned int nr_leaving;
	/* Changes with every VM and vCPU that comes or goes. */
	unsigned int generation;
	u64 last_id;
	u64 epoch;
	/* The number of the last notification, written by the worker. */
	u64 seq;
	/* Something was not told: the next number is skipped. */
	bool gap;
	/* Written with config_lock held, too. */
	struct kvm_exitstat_config config;
	/* CLOCK_BOOTTIME when an extra was last switched on, 0: never. */
	u64 since_ns[KVM_EXITSTAT_NR_EXTRAS];
	/* An extra is being emptied, and says nothing. */
	bool emptying[KVM_EXITSTAT_NR_EXTRAS];

	/* Changes of the configuration; taken outside of all other locks. */
	struct mutex config_lock;
	/* There is a family. */
	bool registered;
};

extern struct kvm_exitstat_state kvm_exitstat;

static inline struct kvm_exitstat_counts *
kvm_exitstat_counts(struct kvm_exitstat_vcpu *vcpu, enum kvm_exitstat_level level)
{
	return level == KVM_EXITSTAT_L1 ? &vcpu->l1 : vcpu->l2;
}

/* How many looks it takes to put a vCPU into a message, or to find nothing to put. */
static inline int kvm_exitstat_looks(struct kvm_exitstat_vcpu *vcpu)
{
	const struct kvm_exitstat_counts *c;
	unsigned int level, i;
	int looks = 0;

	for (level = 0; level < KVM_EXITSTAT_NR_LEVELS; level++) {
		c = kvm_exitstat_counts(vcpu, level);
		if (!c)
			continue;
		looks += 8;
		for (i = 0; i < KVM_EXITSTAT_NR_EXTRAS; i++)
			looks += c->extra[i] ? 8 : 0;
	}
	return looks;
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

/* exitstat.c */
u64 *kvm_exitstat_sums(u64 vm_id);
void kvm_exitstat_trim_dead(void);
void kvm_exitstat_forget(struct kvm_exitstat_vm *vm);
void kvm_exitstat_free_vm(struct kvm_exitstat_vm *vm);

/* exitstat_worker.c */
void kvm_exitstat_kick(void);
void kvm_exitstat_stop_worker(void);

/* exitstat_log.c */
void kvm_exitstat_log(void);
void kvm_exitstat_log_rest(void);
bool kvm_exitstat_log_due(const struct kvm_exitstat_vm *vm, u64 exits);

/* exitstat_extra.c */
int kvm_exitstat_alloc_extras(struct kvm_exitstat_counts *c, gfp_t gfp);
bool kvm_exitstat_lacks_extras(const struct kvm_exitstat_counts *c);
void kvm_exitstat_publish_extras(struct kvm_exitstat_vcpu *vcpu);
void kvm_exitstat_follow_l1(struct kvm_exitstat_vcpu *vcpu);
int kvm_exitstat_start_extra(enum kvm_exitstat_extra extra);
void kvm_exitstat_stop_extra(enum kvm_exitstat_extra extra);

/* Note how long an exit took, on the way into the guest. */
static __always_inline void kvm_exitstat_add_time(struct kvm_exitstat_times *times,
						  unsigned int slot, u64 ns)
{
	struct kvm_exitstat_time *time = &times->reason[slot];
	unsigned long histogram = time->histogram, i;

	/* Or else gcc computes it three times. */
	OPTIMIZER_HIDE_VAR(time);
	if (unlikely(!histogram) && times->nr_histograms < KVM_EXITSTAT_NR_HISTOGRAMS) {
		histogram = 1 + times->nr_histograms++ * KVM_EXITSTAT_TIME_BUCKETS;
		WRITE_ONCE(time->histogram, histogram);
	}
	if (likely(histogram)) {
		/* The first bucket has all that is shorter than the second one's times. */
		i = __fls(ns | BIT(KVM_EXITSTAT_TIME_BUCKET_BITS - 1)) -
		    (KVM_EXITSTAT_TIME_BUCKET_BITS - 1);
		i = histogram + min_t(unsigned long, i, KVM_EXITSTAT_TIME_BUCKETS - 1);
		WRITE_ONCE(times->bucket[i], times->bucket[i] + 1);
	}
	if (ns > time->max_ns)
		WRITE_ONCE(time->max_ns, ns);
	WRITE_ONCE(time->total_ns, time->total_ns + ns);
	/* Pairs with put_times(): who sees the exit sees what it added. */
	smp_store_release(&time->exits, time->exits + 1);
}

/* exitstat_put.c: parts of messages */
struct kvm_exitstat_msg {
	struct sk_buff *skb;
	/* The length up to which the message may grow. */
	unsigned int end;
};

/* What to put of a vCPU. */
enum kvm_exitstat_part {
	/* All counts that are not zero. */
	KVM_EXITSTAT_COUNTS,
	/* These, and all extras. */
	KVM_EXITSTAT_ALL,
	/* What changed since it was last sent. */
	KVM_EXITSTAT_CHANGES,
};

int kvm_exitstat_put_header(struct sk_buff *skb, u64 seq, u64 time_ns);
int kvm_exitstat_put_vm(struct sk_buff *skb, const struct kvm_exitstat_vm *vm, bool ended);
int kvm_exitstat_put_vcpu(struct kvm_exitstat_msg *msg, const struct kvm_exitstat_vm *vm,
			  struct kvm_exitstat_vcpu *vcpu, unsigned int *pos,
			  enum kvm_exitstat_part part);
int kvm_exitstat_put_sums(struct sk_buff *skb, enum kvm_exitstat_isa isa, const u64 *sums);
size_t kvm_exitstat_stats_size(void);

/* exitstat_nl.c */
int kvm_exitstat_nl_init(void);
void kvm_exitstat_nl_exit(void);
bool kvm_exitstat_nl_listening(void);
int kvm_exitstat_nl_multicast(struct sk_buff *skb);

/* The architecture's. */
void kvm_arch_exitstat_init(void);
enum kvm_exitstat_isa kvm_arch_exitstat_isa(void);
u64 kvm_arch_exitstat_code(enum kvm_exitstat_isa isa, unsigned int slot);
const char *kvm_arch_exitstat_name(enum kvm_exitstat_isa isa, u64 code);
int kvm_arch_exitstat_start_timing(void);
void kvm_arch_exitstat_stop_timing(void);
u64 kvm_arch_exitstat_since(u64 clock);
const struct kvm_exitstat_kind *
kvm_arch_exitstat_kind(enum kvm_exitstat_isa isa, unsigned int kind);

#endif /* __KVM_EXITSTAT_PRIV_H */
