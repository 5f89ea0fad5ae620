/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long exits took lately, summed up over a VM's vCPUs: what the kernel's totals grew
 * by. A VM has one of these for each reason that was timed.
 */
#ifndef KVMEXITD_TIMES_H
#define KVMEXITD_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sample.h"
#include "model/window.h"

struct reason_key;
struct registry;
struct vm;

/*
 * The unit of windows of time: with it REGISTRY_VCPUS_PER_VM_MAX vCPUs that do nothing
 * but exit fit into the 32 bits of a bucket of ten seconds. What is less is kept for
 * the next time.
 */
#define TIMES_UNIT_NS 20000

/* A minute begins in the 7th complete slot of ten seconds; and the current one. */
#define TIMES_SLOTS 8

/* More reasons of a VM are not timed by the kernel; it has 34. */
#define TIMES_PER_VM_MAX 64

/* Of all VMs, at 1.3 KiB each. 1,250 VMs with 8 reasons need 10,000. */
#define TIMES_PER_HOST_MAX 32768

/* Exits that ended in ten seconds. */
struct time_slot {
	uint32_t number; /* seconds of CLOCK_BOOTTIME by ten */
	uint32_t histogram[EXIT_TIME_BUCKETS];
	uint64_t exits;
	uint64_t total_ns;
	uint64_t max_ns;
};

struct vm_time {
	uint64_t code; /* 0 with other or rest */
	bool other;
	bool rest;
	bool waits; /* the vCPU asked to wait: see reason_waits() */
	uint32_t odd_ns; /* not in spent yet */
	struct window spent; /* time, in TIMES_UNIT_NS */
	struct time_slot slots[TIMES_SLOTS];
};

/* All zero is that there are none. */
struct vm_times {
	struct vm_time *all; /* in no order; none once the VM is dead */
	size_t n;
	size_t size;
	size_t hint; /* where the next one is likely to be */
	bool incomplete; /* a limit left some out */
};

/*
 * The part of its vCPUs' time, from 0 to 1, that a VM spent in exits for a reason; with
 * NULL in all exits but those in which the vCPU asked to wait, which is the VM's
 * overhead. It is from an exit to the next entry into guest mode, so a wait for a CPU of
 * the host is in it. An exit that lasts is in it once it is over, and then over all the
 * time that it took. Spans are those of rates, cut to what is known. False where it is
 * not known: without times, for a dead VM, or where a limit left times out.
 */
bool registry_overhead(const struct registry *registry, const struct vm *vm,
		       const struct reason_key *reason, uint64_t now_ns, struct rates *out);

/*
 * How long the exits took that ended in the last minute (60 to 70 seconds), of a reason
 * or as above. max_ns is the longest where that is known, and else what none of them
 * took longer than. False as above, or where there were none.
 */
bool registry_recent_time(const struct registry *registry, const struct vm *vm,
			  const struct reason_key *reason, uint64_t now_ns, struct exit_time *out);

/*
 * All time since timing was switched on that is overhead, also of a VM that has ended;
 * false without times.
 */
bool registry_vm_overhead_time(const struct vm *vm, uint64_t *total_ns);

/* What percent of exits took no longer than, see util/histogram.h. 0 without a histogram. */
uint64_t exit_time_percentile(const struct exit_time *time, unsigned int percent);

#endif
