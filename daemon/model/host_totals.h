/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often the VMs of this host exited for each reason, those that have ended
 * included, since it was first counted: sums that only grow, whatever comes and
 * goes. Pure.
 */
#ifndef KVMEXITD_HOST_TOTALS_H
#define KVMEXITD_HOST_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Three times what an ISA has; the rest is the ISA's OTHER. */
#define HOST_TOTALS_MAX 256

struct host_total {
	uint64_t code;
	uint64_t exits;
	uint32_t isa; /* enum kvm_exitstat_isa; 0 for those of ISAs that are too many */
	bool other; /* all codes without a place of their own; code is 0 */
};

/* Valid when all zero. */
struct host_totals {
	struct host_total all[HOST_TOTALS_MAX]; /* one never moves */
	size_t n;
	uint64_t since_us; /* CLOCK_REALTIME; all were 0 then */
};

/* Where the exits for a reason are counted, which is made if need be. */
size_t host_totals_find(struct host_totals *totals, uint32_t isa, uint64_t code, bool other);

/*
 * Makes places for the reasons that VMs of an ISA mostly have, so that these are there
 * with 0 before the first exit: what reads sums now and then sees them rise from 0.
 */
void host_totals_expect(struct host_totals *totals, uint32_t isa);

#endif
