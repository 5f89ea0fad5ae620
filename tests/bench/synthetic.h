/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that has as many VMs as one asks for, and talks to the daemon as the
 * real one does, over socket pairs.
 */
#ifndef KVMEXITD_BENCH_SYNTHETIC_H
#define KVMEXITD_BENCH_SYNTHETIC_H

#include <stdbool.h>
#include <stdint.h>

struct synthetic {
	unsigned int vms;
	unsigned int vcpus; /* of all VMs together */
	unsigned int reasons; /* of each vCPU */
	bool times; /* and how long they took */
	unsigned int interval_ms;
	unsigned int hours; /* of virtual time, as fast as can be; 0 for real time */
	bool clock; /* the last vCPU's first total is the time of the batch in us */
	int events, requests; /* the kernel's ends */
	int64_t *clock_offset_ns; /* of the daemon's clocks, shared with it */
};

/* Does what a kernel does until the daemon goes, or its hours are over. */
void synthetic_kernel(struct synthetic *synthetic);

#endif
