/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files for the metrics of one VM share. */
#ifndef KVMEXITD_METRICS_VM_INTERNAL_H
#define KVMEXITD_METRICS_VM_INTERNAL_H

#include <stddef.h>

#include "model/identity.h"
#include "sink/metrics_text.h"

struct metrics_input;
struct vm;

/* The id, a name of which each byte is escaped, the isa, and what is around. */
struct metrics_vm_labels {
	char text[METRICS_ESCAPED_SIZE(VM_NAME_MAX) + 64];
};

void metrics_vm_label(struct metrics_vm_labels *labels, const struct vm *vm);

typedef void metrics_vm_write_now(struct metrics_text *text, const struct metrics_input *input,
				  const struct vm *vm);

/* -- metrics_vm_time.c ---------------------------------------------------- */

size_t metrics_vm_time_series(const struct vm *vm);

void metrics_vm_timed_exits(struct metrics_text *text, const struct vm *vm);
void metrics_vm_exit_seconds(struct metrics_text *text, const struct vm *vm);
void metrics_vm_exit_max_seconds(struct metrics_text *text, const struct vm *vm);
void metrics_vm_overhead_seconds(struct metrics_text *text, const struct vm *vm);
metrics_vm_write_now metrics_vm_recent_percentiles;
metrics_vm_write_now metrics_vm_recent_max;

/* -- metrics_vm_detail.c -------------------------------------------------- */

size_t metrics_vm_detail_series(const struct metrics_input *input, const struct vm *vm);

/* What a series of a detail takes at most besides the VM's labels. */
size_t metrics_vm_detail_bytes(void);

metrics_vm_write_now metrics_vm_details;

#endif
