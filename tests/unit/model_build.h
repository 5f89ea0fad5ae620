/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the registry, as the parser would give them. */
#ifndef KVMEXITD_MODEL_BUILD_H
#define KVMEXITD_MODEL_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/registry.h"
#include "model/sample.h"

#define MODEL_PID 812

/* Of all messages; a test that changes it changes it back. */
extern uint64_t model_epoch;

/* A VM of two vCPUs and the command name "vmm" was created, or destroyed, or got a vCPU 0. */
void model_event(struct registry *r, uint32_t event, uint64_t id, uint64_t created_ns,
		 uint64_t destroyed_ns, uint64_t now_ns);

/* It was destroyed, and had so many exits of one reason. */
void model_destroyed(struct registry *r, uint64_t id, uint64_t code, uint64_t total,
		     uint64_t created_ns, uint64_t destroyed_ns);

/* A batch with one reason of one vCPU. */
void model_count(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t code, bool nested,
		 uint64_t delta, uint64_t total, uint64_t now_ns);
/* A batch with one reason of several vCPUs. */
struct model_vcpu {
	uint64_t vm;
	uint32_t id;
	uint64_t delta;
	uint64_t total;
};
void model_count_vcpus(struct registry *r, const struct model_vcpu *vcpus, size_t n, uint64_t code,
		       uint64_t now_ns);
void model_count_other(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t delta,
		       uint64_t total, uint64_t now_ns);
int model_try_count(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t code, uint64_t total,
		    uint64_t now_ns);

/*
 * A batch, or with since_ns 0 a part of a dump, with one detail of one vCPU. They were
 * switched on at on_ns. What registry_apply() gives.
 */
int model_count_detail(struct registry *r, uint64_t id, uint32_t vcpu,
		       const struct sample_detail *detail, uint64_t on_ns, uint64_t since_ns,
		       uint64_t now_ns);

/* The same with one time of one vCPU. */
int model_count_time(struct registry *r, uint64_t id, uint32_t vcpu, const struct sample_time *time,
		     uint64_t on_ns, uint64_t since_ns, uint64_t now_ns);

/* Part of a dump: a VM with one reason of one vCPU. */
void model_dump(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t code, uint64_t total,
		uint64_t created_ns, uint64_t destroyed_ns, uint64_t now_ns);

#endif
