/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM to come back to in a later turn, when it may have ended or be forgotten. */
#ifndef KVMEXITD_SERVER_METHODS_VM_REF_H
#define KVMEXITD_SERVER_METHODS_VM_REF_H

#include <jansson.h>
#include <stdint.h>

struct registry;
struct vm;

struct vm_ref {
	uint64_t epoch;
	uint64_t id;
};

struct vm_ref vm_ref(const struct vm *vm);

/* NULL once it is forgotten. */
const struct vm *vm_ref_find(const struct vm_ref *ref, const struct registry *registry);

/* The parameters of NoSuchVm, for then. NULL without memory. */
json_t *vm_ref_gone(const struct vm_ref *ref);

#endif
