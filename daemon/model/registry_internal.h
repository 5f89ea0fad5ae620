/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the registry's files share. */
#ifndef KVMEXITD_REGISTRY_INTERNAL_H
#define KVMEXITD_REGISTRY_INTERNAL_H

#include <errno.h>

#include "model/registry.h"
#include "model/sample.h"

/* How often a kernel that was not told otherwise sends. */
#define REGISTRY_INTERVAL_NS (UINT64_C(1000) * 1000 * 1000)

/*
 * Exits that were counted at a time in (from_ns, to_ns], or, where the kernel's
 * delta says so, in the last batch interval of it.
 */
struct count_time {
	uint64_t synced_ns; /* when all counts were known last */
	uint64_t interval_ns;
	uint64_t now_ns;
	uint64_t since_ns; /* what a vCPU's deltas count from; 0 if not told */
	struct history_pool *history; /* to remember it in */
	struct host_totals *host; /* to add it to */
};

TAILQ_HEAD(vm_list, vm);

struct registry {
	struct vm *by_id; /* hash of the living */
	struct vm *dead_by_id; /* hash of the dead of this epoch */
	struct vm_list live; /* in order of id */
	struct vm_list dead; /* latest first */
	struct vm_list changes;
	size_t n_live;
	size_t n_dead; /* without those that never ran */
	size_t n_unused; /* of those that ended */
	size_t n_vcpus;

	uint64_t counted_ns; /* all exits since then; 0: of every VM's life */
	const char *blind; /* what is not counted, or NULL */
	bool has_epoch;
	uint64_t epoch;
	bool complete; /* who is not known by now is new */
	bool in_gap;
	uint64_t synced_ns; /* all counts were known then, but for a batch interval */
	uint64_t watched_ns; /* since when we get to know everything */
	uint64_t interval_ns;
	uint64_t forgotten_ns; /* the latest end of this epoch that we do not remember */
	int64_t realtime_offset_ns;
	struct history_pool history;
	struct storm_params storm_params;
	size_t n_storms;
	struct host_totals host;
	uint64_t times_since_ns; /* when they were switched on; 0 if not told */
	uint64_t times_seen_ns; /* all were known then first; what is more since is new */
	size_t n_times; /* of all VMs */
	uint64_t details_since_ns;
	size_t n_details; /* of all vCPUs */
};

/* Of two results; what there was no memory for now there may be later. */
static inline int worse(int a, int b)
{
	return a == -ENOMEM || b >= 0 ? a : b;
}

uint64_t registry_realtime_us(const struct registry *registry, uint64_t boottime_ns);
void registry_queue_change(struct registry *registry, struct vm *vm);

void registry_insert_live(struct registry *registry, struct vm *vm);

/* -- registry_history.c -------------------------------------------------- */

/* When the first minutes end of a VM that was created then. */
static inline uint32_t vm_early_end_min(uint64_t created_ns)
{
	return (uint32_t)(created_ns / (60 * WINDOW_NS_PER_S)) + HISTORY_EARLY_MIN;
}

/* Makes the histories fit their limit. */
void registry_bound_history(struct registry *registry, uint64_t now_ns);

/* -- registry_dead.c ----------------------------------------------------- */

void registry_end_vm(struct registry *registry, struct vm *vm, uint64_t ended_ns, bool unseen);
/* Its end was not seen but concluded, which was wrong. -ENOMEM, and it stays dead. */
int registry_revive_vm(struct registry *registry, struct vm *vm);

void registry_trim_dead(struct registry *registry);

/* Whether a VM that ended then did so before we looked, or was told of and forgotten. */
bool registry_was_known(const struct registry *registry, uint64_t ended_ns);

/* One that has ended is told to have run after all. */
void registry_recount_dead(struct registry *registry, struct vm *vm);

/* The epoch is over: the dead stay in the list, and are found by id no more. */
void registry_part_dead(struct registry *registry);

/* -- registry_read.c ----------------------------------------------------- */

/*
 * The end of the last second of which all is known: the kernel sends all that
 * changed at once, and had it made exits since, they would have come by now.
 */
uint64_t registry_known_until_s(const struct registry *registry, const struct vm *vm,
				uint64_t now_ns);

/* Before a VM was created it made no exits; before we looked, who knows. */
uint64_t registry_known_since_s(const struct registry *registry, const struct vm *vm);

/* -- registry_vm.c ------------------------------------------------------- */

struct vm *vm_free(struct registry *registry, struct vm *vm);
int vm_new(struct vm **out, uint64_t id, uint64_t epoch, uint32_t pid, uint32_t isa);

/* Finds or makes it: -ENOMEM, or -E2BIG past the limit. */
int vm_get_vcpu(struct vm *vm, uint32_t id, struct vcpu **out, bool *made);

/* The same of a reason, by code and other; *out is its place in vm->reasons. */
int vm_get_reason(struct vm *vm, const struct sample_reason *sample, size_t *out);

/*
 * Raises a vCPU's counts, and with them its VM's, to the totals given. Sets
 * vm->has_exits where something is new.
 */
int vm_count(struct vm *vm, struct vcpu *vcpu, const struct sample_reason *reason,
	     const struct count_time *time);

/* Raises the sum over all vCPUs, for those whose own counts were missed. */
int vm_count_sum(struct vm *vm, const struct sample_reason *reason, const struct count_time *time);

/* Once a message's exits are counted: puts them into the histories. */
void vm_add_spans(struct vm *vm, const struct count_time *time);

/* -- registry_time.c, registry_detail.c ----------------------------------- */

/* Times or details were switched on again: what VMs that live had is of the past. */
void registry_see_times(struct registry *registry, const struct exit_message *message);
void registry_see_details(struct registry *registry, const struct exit_message *message);

/* Take in what is more than known of a vCPU: 0, -ENOMEM or -E2BIG. */
int registry_apply_times(struct registry *registry, struct vm *vm, struct vcpu *vcpu,
			 const struct exit_message *message, const struct sample_vcpu *sample);
int registry_apply_details(struct registry *registry, struct vm *vm, struct vcpu *vcpu,
			   const struct exit_message *message, const struct sample_vcpu *sample);

/* When exits were made that a message has more of than was known, at the earliest. */
uint64_t registry_span_from(const struct registry *registry, const struct vm *vm,
			    const struct sample_vcpu *sample, uint64_t switched_on_ns);

/* -- registry_recent.c ---------------------------------------------------- */

/*
 * A vCPU's times grew from what was known to what a sample has, in (from_ns, to_ns]:
 * 0 or -ENOMEM. What has no place is left out, and the VM's overhead not known then.
 */
int registry_add_recent(struct registry *registry, struct vm *vm, const struct exit_time *known,
			const struct sample_time *sample, uint64_t from_ns, uint64_t to_ns);

void registry_drop_recent(struct registry *registry, struct vm *vm);

/* -- registry_detail.c ---------------------------------------------------- */

/* Finds or makes a detail of the VM, its key's own or the rest: -ENOMEM or -E2BIG. */
int vm_get_detail(struct vm *vm, const struct sample_detail *sample, size_t *out);

/* Room for one more of a vCPU: -ENOMEM, or -E2BIG past the limits. */
int vcpu_reserve_detail(struct registry *registry, struct vcpu *vcpu);

void registry_drop_details(struct registry *registry, struct vm *vm);

/* -- registry_vm.c --------------------------------------------------------- */

/* Nothing counted so far is news. */
void vm_forget_deltas(struct vm *vm);

/* Frees what only a VM that lives needs, and makes it again, empty: -ENOMEM. */
void vm_drop_windows(struct registry *registry, struct vm *vm);
int vm_make_windows(struct registry *registry, struct vm *vm);

#endif
