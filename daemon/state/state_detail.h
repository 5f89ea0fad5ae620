/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the state that says what exactly caused exits. */
#ifndef KVMEXITD_STATE_DETAIL_H
#define KVMEXITD_STATE_DETAIL_H

struct registry;
struct state_reader;
struct state_writer;
struct vcpu;
struct vcpu_details;
struct vm;
struct vm_details;

/* Of a VM without its sums, then those of each of its vCPUs, which make them up. */
void state_put_details(struct state_writer *writer, const struct vm_details *details);
void state_put_vcpu_details(struct state_writer *writer, const struct vcpu_details *details);

/* The same back: 0, -EBADMSG or -ENOMEM. */
int state_get_details(struct state_reader *reader, struct vm *vm);
int state_get_vcpu_details(struct state_reader *reader, struct registry *registry, struct vm *vm,
			   struct vcpu *vcpu);

#endif
