/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of one VM: docs/METRICS.md has them. */
#ifndef KVMEXITD_METRICS_VM_H
#define KVMEXITD_METRICS_VM_H

#include <stddef.h>

struct metrics_input;
struct metrics_text;
struct vm;

#define METRICS_VM_FAMILIES 14

/* What families are about, the most important first. */
enum metrics_vm_part {
	METRICS_VM_BASE, /* the VM as a whole */
	METRICS_VM_REASONS,
	METRICS_VM_TIMES,
	METRICS_VM_DETAILS,
	METRICS_VM_PARTS,
};

/* How many series a VM has in all families of a part; how long one is at most. */
size_t metrics_vm_series(const struct metrics_input *input, const struct vm *vm,
			 enum metrics_vm_part part);
size_t metrics_vm_series_bytes(const struct vm *vm, enum metrics_vm_part part);

/* Begins a family, and says of which part it is; the samples of a VM in it. */
enum metrics_vm_part metrics_vm_family(struct metrics_text *text, size_t family);
void metrics_vm_write(struct metrics_text *text, size_t family, const struct metrics_input *input,
		      const struct vm *vm);

#endif
