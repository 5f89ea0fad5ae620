/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model as JSON, in the types of io.kvmexit.Exits. Everything gives NULL
 * where memory is short.
 */
#ifndef KVMEXITD_SERVER_JSON_H
#define KVMEXITD_SERVER_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct registry;
struct vcpu;
struct vm;

/* What is not UTF-8 is cleaned first: names come from command lines. */
json_t *json_text(const char *text);

/* us of CLOCK_REALTIME as RFC 3339 in UTC. */
json_t *json_time(uint64_t us);

/* ns of CLOCK_BOOTTIME in microseconds, which JSON keeps exact for 285 years. */
json_t *json_boottime(uint64_t ns);

/* A Now: ns of CLOCK_BOOTTIME by both clocks. */
json_t *json_now(uint64_t now_ns);

/* As much as an integer of varlink can be, if it is more. */
json_t *json_count(uint64_t count);

/* A reason's code, negative from 2^63 on; OTHER stands for none of its own. */
json_t *json_code(uint64_t code, bool other);

/* A Vm without reasons and vcpus. now_ns is CLOCK_BOOTTIME. */
json_t *json_vm(const struct registry *registry, const struct vm *vm, uint64_t now_ns);

/* A Vm with reasons. */
json_t *json_vm_reasons(const struct registry *registry, const struct vm *vm, uint64_t now_ns);

/*
 * Adds what exactly caused exits to a Vm with reasons, and returns it; takes it over on
 * failure.
 */
json_t *json_with_details(json_t *json, const struct registry *registry, const struct vm *vm,
			  uint64_t now_ns);

/* Exits per second, as all rates are rounded. */
json_t *json_rate(double per_s);

/* A Vcpu of vm. */
json_t *json_vcpu(const struct registry *registry, const struct vm *vm, const struct vcpu *vcpu,
		  uint64_t now_ns);

/* Sets what the VM's manager calls it, where it does: 0 or -ENOMEM, also without json. */
int json_set_identity(json_t *json, const struct vm *vm);

enum vm_event {
	VM_CREATED,
	VM_EXITS,
	VM_ENDED,
};

/* A reply to Watch. */
json_t *json_event(enum vm_event event, const struct vm *vm, uint64_t time_us);

#endif
