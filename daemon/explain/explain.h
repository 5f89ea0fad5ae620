/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What exit reasons mean and what to do about them: one table, read by kvmexitctl
 * explain and by docs/REASONS.md. Pure data and its lookup.
 *
 * A topic explains one or more reasons, or those exits of a reason that have
 * certain keys: an MSR's number, a port, the address of a device's register, a
 * CPUID leaf, a hypercall's number. Every topic names its sources.
 */
#ifndef KVMEXITD_EXPLAIN_H
#define KVMEXITD_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the key of an exit is. The reason says which one it has. */
enum explain_class {
	EXPLAIN_NO_KEY,
	EXPLAIN_MSR, /* number */
	EXPLAIN_PORT, /* number */
	EXPLAIN_MMIO, /* guest physical address */
	EXPLAIN_CPUID, /* leaf */
	EXPLAIN_HYPERCALL, /* number, of the interface that the guest uses */
};

/*
 * What one exit costs the host where its time was not measured. The figures are
 * those of a KVM developer for MMIO exits (about 1 us when the kernel handles the
 * exit, 6 us when QEMU does: lore.kernel.org, 873650p1vo.fsf@vitty.brq.redhat.com)
 * and about 8 us for a 4 KiB fault (nanvix pull request 1986).
 */
enum explain_cost {
	EXPLAIN_SLEEP, /* the vCPU sleeps: no cost at all */
	EXPLAIN_SPIN, /* as EXPLAIN_KERNEL, but the vCPU waits for another one */
	EXPLAIN_KERNEL,
	EXPLAIN_USER,
	EXPLAIN_FAULT,
};

/* Whether a vCPU that exits for the reason asks to wait, as reason_waits() of its code. */
bool explain_waits(const char *reason);

/* In nanoseconds. */
uint64_t explain_cost_ns(enum explain_cost cost);

struct explain_range {
	enum explain_class class; /* EXPLAIN_NO_KEY ends a list */
	uint64_t first, last;
};

#define EXPLAIN_RANGES_MAX 12

struct explain {
	const char *topic; /* one word, for programs */
	const char *title; /* what the guest or the host does, for a table */
	const char *what; /* happened */
	const char *causes;
	const char *bad; /* whether it is, with a rate for each vCPU where there is one */
	const char *remedy; /* NULL where there is nothing to do */
	const char *sources;
	/* Of which all exits are meant: names between spaces, "EXCP_*" for all that begin so. */
	const char *reasons;
	/* And those exits of other reasons that have these keys. */
	struct explain_range keys[EXPLAIN_RANGES_MAX];
	enum explain_cost cost;
	/* Exits per second and vCPU that need no action; 0 where any steady rate does. */
	unsigned int normal;
};

/* All topics, in the order of docs/REASONS.md; NULL behind the last. */
const struct explain *explain_nth(size_t n);

/*
 * The topic of a reason, by its name as model/reason.h has it, letter case aside.
 * NULL if there is none.
 */
const struct explain *explain_reason(const char *reason);

/* The same for one key of it: the topic of the key, else that of the reason. */
const struct explain *explain_reason_key(const char *reason, uint64_t key);

/*
 * Reasons that are the same thing on the other vendor's processors: "MSR" and
 * "MSR_READ MSR_WRITE". NULL for a reason that has no such name.
 */
const char *explain_alias(const char *reason);

/* Which kind of key exits of a reason have. */
enum explain_class explain_class_of(const char *reason);

/* "TSC_DEADLINE" for MSR 0x6e0; NULL for what has no name here. */
const char *explain_key_name(enum explain_class class, uint64_t key);

#endif
