/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every VM, its vCPUs, and how often each left guest mode for which reason.
 *
 * Totals only grow: each message carries totals, and what is not above the
 * known one changes nothing. So dumps and batches may be applied in any order,
 * and twice. Times are CLOCK_BOOTTIME in ns unless the name says otherwise.
 *
 * Structs are for reading; only the registry writes to them. Pointers into the
 * registry are good until the next call that takes a non-const registry.
 */
#ifndef KVMEXITD_REGISTRY_H
#define KVMEXITD_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* uthash would exit() where memory is short. */
#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1
#endif
/* Its default hash falls through cases, which clang does not see is meant. */
#ifndef HASH_FUNCTION
#define HASH_FUNCTION HASH_OAT
#endif
#include <uthash.h>

#include "model/detail.h"
#include "model/history.h"
#include "model/host_totals.h"
#include "model/identity.h"
#include "model/sample.h"
#include "model/storm.h"
#include "model/times.h"
#include "model/window.h"

/* As many as the kernel remembers: a resync brings all of them back. */
#define REGISTRY_DEAD_MAX 128

/* Of those that never ran, for who wonders what came and went: no totals are lost. */
#define REGISTRY_UNUSED_MAX 16

/* Bounds on what a kernel gone mad can make us allocate; no real host is near. */
#define REGISTRY_VMS_MAX	  65536
#define REGISTRY_VCPUS_PER_VM_MAX 8192
#define REGISTRY_REASONS_MAX	  1024
/* The kernel has 34. */
#define REGISTRY_TIMES_PER_VCPU_MAX 64

/* Index of counts that are kept apart. */
enum {
	COUNT_DIRECT, /* the VM's own guest */
	COUNT_NESTED, /* a guest's guest (L2) */
	COUNT_KINDS,
};

/* Which reason. */
struct reason_key {
	uint64_t code;
	bool other; /* all the codes that the kernel does not know; code is 0 */
};

/* One reason, summed up over the vCPUs. */
struct vm_reason {
	uint64_t code;
	bool other; /* all the codes that the kernel does not know; code is 0 */
	uint64_t count[COUNT_KINDS];
	uint64_t delta[COUNT_KINDS]; /* since the VM's last change was taken */
	uint64_t vcpu_sum[COUNT_KINDS]; /* less than count where vCPUs' own were missed */
	struct history history; /* of all kinds */
	uint64_t span_from_ns; /* of what is not in history yet */
	uint64_t span_exits;
	uint16_t host_place; /* of the same reason in the host's totals, and 1; 0: not known yet */
	float usual; /* exits per second, for the VM's storm */
	uint64_t noted; /* the total when the VM's exits were noted */
};

/* One reason of one vCPU. */
struct vcpu_reason {
	uint64_t code;
	uint64_t count[COUNT_KINDS];
	uint64_t updated_ns;
	bool other;
	uint16_t vm_index; /* of the same reason in vm.reasons */
};

struct vcpu {
	uint32_t id;
	uint32_t n_reasons;
	uint32_t reasons_size;
	uint32_t hint; /* where the next reason is likely to be */
	uint64_t exits;
	struct vcpu_reason *reasons; /* in no order */
	struct window *windows; /* one a reason; NULL once the VM is dead */
	struct sample_time *times; /* in no order; none unless the kernel took them */
	size_t n_times;
	size_t times_size;
	struct vcpu_details details; /* none unless the kernel counted them */
};

struct vm {
	uint64_t id; /* not used twice in an epoch */
	uint64_t epoch;
	uint32_t pid;
	uint32_t isa; /* enum kvm_exitstat_isa */
	bool alive;
	bool watched; /* since it was created */
	bool all_is_news; /* its counts were all known once, or it is watched */
	char *name; /* never NULL */
	char uuid[VM_UUID_SIZE]; /* as in struct vm_identity, like the next two */
	char namespace[VM_NAMESPACE_SIZE];
	uint32_t vmid;

	uint64_t created_ns;
	uint64_t ended_ns; /* 0 while it lives */
	uint64_t first_ns; /* created, or first seen */
	uint64_t started_us; /* the same in CLOCK_REALTIME */
	uint64_t ended_us;
	bool ended_unseen; /* ended_* is when we noticed, not when it was */

	uint64_t exits; /* sum over reasons */
	uint32_t vcpus_created; /* what the kernel says; may exceed n_vcpus */
	uint32_t early_end_min; /* CLOCK_BOOTTIME: when its first minutes end; 0 if not known */

	struct vm_reason *reasons; /* in no order */
	size_t n_reasons;
	size_t reasons_size;

	struct vm_details details;
	uint64_t times_since_ns; /* of vCPUs' times; 0 if not told */
	struct vm_times times;

	/* by id */
	struct vcpu **vcpus;
	size_t n_vcpus;
	size_t vcpus_size;
	size_t next_vcpu; /* behind the one found last */

	/* what happened since the last change was taken */
	bool is_new;
	bool is_back; /* and new only in that it was taken for dead */
	bool has_exits;
	bool just_ended;

	/* for who uses the registry */
	uint64_t noted_exits; /* when they were last summed up for the journal */
	struct storm storm;
	bool name_settled; /* it was looked up when the VMM had settled down */

	/* the registry's own */
	uint64_t updated_ns; /* of the last batch that it was in */
	bool unused; /* it ended, and is counted among those that never ran */
	bool queued;
	bool in_dump;
	UT_hash_handle hh;
	TAILQ_ENTRY(vm) by_id;
	TAILQ_ENTRY(vm) changed;
};

struct registry;

int registry_new(struct registry **out);
struct registry *registry_free(struct registry *registry);

/* -- feeding it ---------------------------------------------------------- */

/*
 * CLOCK_REALTIME minus CLOCK_BOOTTIME in ns; used when a VM appears or ends.
 */
void registry_set_clock(struct registry *registry, int64_t realtime_offset_ns);

/*
 * From when on every message gets here. VMs that are older have exits that
 * nobody saw happen: these count, but make no rates and are no news.
 */
void registry_set_watched(struct registry *registry, uint64_t since_ns);

/*
 * The host's totals begin here, unless a state has older ones; isa is what its VMs
 * will have, 0 if that is not known.
 */
void registry_begin_host(struct registry *registry, uint32_t isa, uint64_t realtime_us);

/*
 * From when on exits are counted, where that is not from each VM's creation on; 0 where
 * it is. And what that means for a VM: 0 where its counts are all that it made.
 */
void registry_set_counted(struct registry *registry, uint64_t since_ns);
uint64_t registry_counted_since(const struct registry *registry, const struct vm *vm);

/*
 * What the one that counts now does not see, a sentence that must last; NULL where it
 * sees all. And what of a VM is in no count therefore, or NULL.
 */
void registry_set_blind(struct registry *registry, const char *blind);
const char *registry_blind(const struct registry *registry, const struct vm *vm);

/* How often the kernel sends, which is how far back a delta may reach. */
void registry_set_interval(struct registry *registry, uint64_t interval_ns);

/*
 * Takes in one message, of the current epoch or of a new one, which ends all
 * VMs of the old. 0, or -ENOMEM/-E2BIG where part of it was left out.
 */
int registry_apply(struct registry *registry, const struct exit_message *message);

/* Messages were lost: what the next totals bring is spread over the gap. */
void registry_gap(struct registry *registry);

/*
 * Around the messages of a complete dump: VMs that were there before it and
 * are not in it, have ended. Not to be called for a dump that was cut short.
 */
void registry_dump_begin(struct registry *registry);
void registry_dump_end(struct registry *registry, uint64_t now_ns);

/* Every VM has ended: the kernel's counters are gone. */
void registry_end_all(struct registry *registry, uint64_t now_ns);

/* Copies name; and all that an identity has, of which nothing is set on failure. */
int vm_set_name(struct vm *vm, const char *name);
int vm_set_identity(struct vm *vm, const struct vm_identity *identity);

/* Copies what is known of it. */
void vm_get_identity(const struct vm *vm, struct vm_identity *out);

/* Sets name_settled; noted_exits. */
void vm_settle_name(struct vm *vm);
void vm_note_exits(struct vm *vm);

/*
 * Looks whether a storm of the VM began or is over at now_ns: to be called when
 * it made exits or ended, and now and then while it has one.
 */
enum storm_news registry_check_storm(struct registry *registry, struct vm *vm, uint64_t now_ns);

/* STORM_PARAMS_DEFAULT unless set. */
void registry_set_storm_params(struct registry *registry, const struct storm_params *params);

/* The storm's beginning was told of, so its end will be. */
void vm_note_storm(struct vm *vm);

/*
 * The next VM with is_new, has_exits or just_ended set, NULL if there is none.
 * registry_change_done() clears these and the reasons' deltas.
 */
struct vm *registry_next_change(struct registry *registry);
void registry_change_done(struct registry *registry, struct vm *vm);

/* -- reading it ---------------------------------------------------------- */

/* Whether all totals were known once. Before that, a VM's may be a part of them. */
bool registry_is_complete(const struct registry *registry);

size_t registry_n_live(const struct registry *registry);
size_t registry_n_dead(const struct registry *registry);
size_t registry_n_vcpus(const struct registry *registry); /* of live VMs */
size_t registry_n_storms(const struct registry *registry); /* VMs that have one */

/*
 * What all VMs did since the host's totals began, ended ones included. A VM's exits
 * from before it was watched are not in them.
 */
const struct host_totals *registry_host_totals(const struct registry *registry);

/*
 * The VMs that live by id; the dead, latest first. NULL at the end:
 * for (vm = registry_first_live(r); vm; vm = registry_next(vm))
 */
struct vm *registry_first_live(const struct registry *registry);
struct vm *registry_first_dead(const struct registry *registry);
struct vm *registry_next(const struct vm *vm);

/* One that lives; one of this epoch that has ended. NULL if there is none. */
struct vm *registry_find(const struct registry *registry, uint64_t id);
struct vm *registry_find_dead(const struct registry *registry, uint64_t id);

/* A VM whose vCPUs never ran, or that has none, is but a VMM's question to KVM. */
static inline bool vm_has_run(const struct vm *vm)
{
	return vm->exits > 0;
}

static inline uint64_t vm_reason_total(const struct vm_reason *reason)
{
	return reason->count[COUNT_DIRECT] + reason->count[COUNT_NESTED];
}

static inline uint64_t vcpu_reason_total(const struct vcpu_reason *reason)
{
	return reason->count[COUNT_DIRECT] + reason->count[COUNT_NESTED];
}

/*
 * Rates as of now_ns; zero for a dead VM. They end with the last second that
 * the kernel has told all about: up to a batch interval and a second ago.
 * per_reason has vm->n_reasons (vcpu->n_reasons) elements, in that order; both
 * it and sum may be NULL.
 */
void registry_vm_rates(const struct registry *registry, const struct vm *vm, uint64_t now_ns,
		       struct rates *per_reason, struct rates *sum);
void registry_vcpu_rates(const struct registry *registry, const struct vm *vm,
			 const struct vcpu *vcpu, uint64_t now_ns, struct rates *per_reason,
			 struct rates *sum);

/*
 * How long the exits for a reason took, of the VM's own guest and of guests' guests,
 * or with reason NULL those for all reasons that have no time of their own. False if
 * it was not measured.
 */
bool registry_vcpu_time(const struct vcpu *vcpu, const struct reason_key *reason,
			struct exit_time *out);
bool registry_vm_time(const struct vm *vm, const struct reason_key *reason, struct exit_time *out);

/* The same for all reasons together. */
bool registry_vm_time_sum(const struct vm *vm, struct exit_time *out);

/*
 * Rates of a detail of vm->details as of now_ns; zero for a dead VM. Only those over
 * 10 s and a minute are of use: a detail is asked for because of what a VM does now.
 */
void registry_detail_rates(const struct registry *registry, const struct vm *vm,
			   const struct vm_detail *detail, uint64_t now_ns, struct rates *out);

/*
 * The key of a reason that has most exits in ten seconds, or with NULL of any reason, and
 * how many a second; NULL if none has any.
 */
const struct vm_detail *registry_top_detail(const struct registry *registry, const struct vm *vm,
					    const struct vm_reason *reason, uint64_t now_ns,
					    double *rate);

/* How many exits were timed. */
uint64_t exit_time_exits(const struct exit_time *time);

/*
 * A part of a VM's history that has buckets of step_s seconds, aligned to
 * CLOCK_BOOTTIME. The last one may be shorter.
 */
struct history_span {
	uint32_t from_s;
	uint32_t to_s;
	uint32_t step_s;
};

/* Its first minutes, the last hour, the last minutes. */
#define HISTORY_SPANS_MAX 3

static inline size_t history_span_n(const struct history_span *span)
{
	return (span->to_s - span->from_s + span->step_s - 1) / span->step_s;
}

/*
 * Which parts there are at now_ns, in order; those of a dead VM are as when it
 * ended. Of the time between them, and before the first, the history has nothing:
 * a VM's exits less those in all buckets are those that were made then, and
 * before anybody looked.
 */
size_t registry_vm_history_spans(const struct registry *registry, const struct vm *vm,
				 uint64_t now_ns,
				 struct history_span spans[static HISTORY_SPANS_MAX]);

/* Adds the reason's part to counts, which has history_span_n() elements. */
void vm_reason_history(const struct vm_reason *reason, const struct history_span *span,
		       uint64_t *counts);

/* What all histories may take, HISTORY_BYTES_MAX unless set, and what they do. */
void registry_set_history_limit(struct registry *registry, size_t bytes);
size_t registry_history_bytes(const struct registry *registry);

#endif
