/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl explain: what exit reasons mean, and which of a VM's are worth work.
 */
#ifndef KVMEXITD_CTL_EXPLAIN_H
#define KVMEXITD_CTL_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"

struct explain;

/* -- topic.c --------------------------------------------------------------- */

/* Every topic with its reasons, a line each. */
void explain_print_list(const struct ctl *ctl);
json_t *explain_list_json(void);

/* head is what was asked for, the name of a key included. */
void explain_print_topic(const struct ctl *ctl, const char *head, const struct explain *topic);
json_t *explain_topic_json(const struct explain *topic);

/* -- rank.c: pure ---------------------------------------------------------- */

/* A reason of a VM, or those of its exits that one topic explains, and what it costs. */
struct ranked {
	const char *reason; /* in the VM's JSON */
	const json_t *detail; /* the most frequent key of these exits; NULL if none is known */
	size_t n_keys;
	const struct explain *topic; /* NULL where the table has none */
	double rate; /* exits per second, see explain_rank() */
	double normal; /* what needs no action, for all vCPUs */
	double cost; /* CPU seconds per second, sleep left out */
	double avoidable; /* the part of cost that is above normal */
	bool measured; /* cost is from measured times, not from the table's figures */
};

/* The cost of one exit in ns, measured or from the table; the reason is one of Show's. */
double explain_exit_ns(const json_t *reason, bool *measured);

/*
 * Over which time the rates of a VM that Show had at now_us are: 0 for the last minute,
 * else seconds, which are its life where that is shorter or over.
 */
double explain_span_s(const json_t *vm, int64_t now_us);

/*
 * The reasons of a VM, as Show with details has it, by avoidable cost and then by cost:
 * a reason whose exits have keys is as many elements as there are topics for them. To be
 * freed; *n how many. NULL without memory or reasons.
 */
struct ranked *explain_rank(const json_t *vm, int64_t now_us, size_t *n);

/* -- vm.c ------------------------------------------------------------------ */

void explain_print_vm(const struct ctl *ctl, const json_t *vm, int64_t now_us);
json_t *explain_vm_json(const json_t *vm, int64_t now_us);

#endif
