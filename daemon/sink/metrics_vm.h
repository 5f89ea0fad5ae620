/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of one VM: docs/METRICS.md has them. */
#ifndef KVMEXITD_METRICS_VM_H
#define KVMEXITD_METRICS_VM_H

#include <stddef.h>

struct metrics_text;
struct vm;

#define METRICS_VM_FAMILIES 10

/* How many series a VM has in all families together. */
size_t metrics_vm_series(const struct vm *vm);

/* Begins a family; the samples of a VM in it. */
void metrics_vm_family(struct metrics_text *text, size_t family);
void metrics_vm_write(struct metrics_text *text, size_t family, const struct vm *vm);

#endif
