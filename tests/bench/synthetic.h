/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that has as many VMs as one asks for, and talks to the daemon as the
 * real one does, over socket pairs.
 */
#ifndef KVMEXITD_BENCH_SYNTHETIC_H
#define KVMEXITD_BENCH_SYNTHETIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct synthetic {
	unsigned int vms;
	unsigned int vcpus; /* of all VMs together */
	unsigned int reasons; /* of each vCPU */
	bool times; /* and how long they took */
	unsigned int details; /* keys of each of these reasons */
	unsigned int interval_ms;
	unsigned int hours; /* of virtual time, as fast as can be; 0 for real time */
	unsigned int lives; /* so many VMs come one after the other, each for two intervals */
	bool extras; /* the first vCPU has exits of a nested guest, and times */
	bool clock; /* the last vCPU's first total is the time of the batch in us */
	int events, requests; /* the kernel's ends */
	int64_t *clock_offset_ns; /* of the daemon's clocks, shared with it */
};

/* How many exits each of the lives makes, for one reason. */
#define SYNTHETIC_LIFE_EXITS 5000

struct nl_msg;
struct nlattr;

/* The one epoch. */
#define SYNTHETIC_EPOCH UINT64_C(42)

/* Above all that Linux gives; a VM's is so much above its id. */
#define SYNTHETIC_PID_FIRST 5000000

/* The first of the lives comes after a SIGUSR1, when somebody has seen what was before. */
void synthetic_await_lives(void);

/*
 * What one interval, of those from 0 on, brings of VMs that live for two: a VM comes, makes
 * half of its exits, makes the rest and ends. NULL for nothing.
 */
struct nl_msg *synthetic_life(unsigned int interval, unsigned int lives, uint64_t seq,
			      uint64_t now_ns, uint64_t *next_vm_id);

/* More exits of a nested guest on a vCPU 0, and how long they took. */
struct nl_msg *synthetic_extras(uint64_t vm_id, uint64_t seq, uint64_t now_ns);

/* More attributes of a vCPU, of so many exits. */
void synthetic_put_time(struct nl_msg *msg, uint64_t code, uint64_t exits);
void synthetic_put_detail(struct nl_msg *msg, uint64_t code, uint64_t key, uint64_t exits);

/* Where their totals stand in a message that is sent again and again. */
struct synthetic_moving {
	void **at;
	size_t n;
	uint64_t rounds;
};

/* Adds a vCPU's; negative without memory. */
int synthetic_find_moving(struct synthetic_moving *moving, struct nlattr *vcpu);

/* Before each time that the message is sent: an interval's exits more. */
void synthetic_move(struct synthetic_moving *moving);

/* Does what a kernel does until the daemon goes, or its hours are over. */
void synthetic_kernel(struct synthetic *synthetic);

#endif
