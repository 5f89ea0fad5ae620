/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the view that stand by themselves. */
#ifndef KVMEXITD_BPF_VIEW_PARTS_H
#define KVMEXITD_BPF_VIEW_PARTS_H

#include <stdint.h>

struct exits_vm;

/* The hardware's code of the exits that a place counts at slot. Pure. */
uint64_t view_code(uint32_t isa, uint32_t slot);

/*
 * When the earliest of the latest max VMs that have ended did so; where there are
 * fewer, *out stays as it is. 0 or -ENOMEM.
 */
int view_bound_dead(const struct exits_vm *vms, uint32_t n, uint32_t max, uint64_t *out);

#endif
