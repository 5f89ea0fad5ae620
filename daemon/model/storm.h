/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exit storms: a VM, or one reason of it, leaves guest mode far more often than
 * it used to.
 *
 * Looked at are complete buckets of ten seconds, one after the other, of VMs
 * that make exits. What is usual is the mean over the VM's life as long as that
 * is shorter than the memory, then an average that forgets at that pace, storms
 * included: so what stays becomes usual, and a storm always ends.
 */
#ifndef KVMEXITD_STORM_H
#define KVMEXITD_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORM_BUCKET_S 10

struct storm_params {
	double begin_factor; /* times the usual rate */
	double end_factor; /* below that it is over: lower, so that it does not flicker */
	double min_rate; /* exits per second that are worth a word; half of it ends a storm */
	uint32_t calm_s; /* for how long it must be over */
	uint32_t learn_s; /* a VM's age before which nothing is known to be usual */
	uint32_t memory_s;
};

/*
 * 10,000 exits a second cost a guest some two percent of a CPU, at one or two
 * microseconds each; eight times the usual is beyond what load does in a day.
 * Booting takes less than five minutes. With a memory of half an hour, a steady
 * rate ends its storm after twelve minutes.
 */
#define STORM_PARAMS_DEFAULT                         \
	((struct storm_params){ .begin_factor = 8.0, \
				.end_factor = 3.0,   \
				.min_rate = 10000.0, \
				.calm_s = 30,        \
				.learn_s = 300,      \
				.memory_s = 1800 })

/* In what an admin says of it: factor ends and begins it, and with 0 there are none. */
void storm_params_set(struct storm_params *params, uint64_t factor, uint64_t min_rate,
		      uint64_t calm_s, uint64_t learn_s);

/* One VM's. All zero is a valid new one. */
struct storm {
	bool active;
	bool told; /* by who uses the registry: that it began */
	bool whole; /* all reasons together, not one of them */
	size_t reason; /* which one, in vm.reasons */
	uint64_t since_ns; /* CLOCK_BOOTTIME */
	uint64_t until_ns; /* of the last one, once it is over */
	uint64_t exits; /* since it began */
	double rate; /* exits per second in the last bucket */
	double peak; /* and in the busiest one */
	double usual; /* when it began */

	double vm_usual; /* of all reasons together */
	uint32_t next; /* the bucket to look at next; 0 before the first look */
	uint32_t calm; /* buckets in a row */
};

enum storm_news {
	STORM_NONE,
	STORM_BEGAN,
	STORM_ENDED,
};

#endif
