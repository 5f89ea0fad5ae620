// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of the view that stand by themselves. */
#include "config.h"

#include "source/bpf/view_parts.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>

#include "source/bpf/layout.h"
#include "util/util.h"

uint64_t view_code(uint32_t isa, uint32_t slot)
{
	if (isa != KVM_EXITSTAT_ISA_SVM || slot < EXITS_SVM_LOW_CODES)
		return slot;
	if (slot < EXITS_SVM_NEGATIVE)
		return EXITS_SVM_HIGH + slot - EXITS_SVM_LOW_CODES;
	return ~(uint64_t)(slot - EXITS_SVM_NEGATIVE);
}

static int compare_later(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? 1 : *x > *y ? -1 : 0;
}

int view_bound_dead(const struct exits_vm *vms, uint32_t n, uint32_t max, uint64_t *out)
{
	_cleanup_free_ uint64_t *ends = calloc(n, sizeof(*ends));
	uint64_t end_ns;
	size_t ended = 0;
	uint32_t i;

	if (!ends)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		end_ns = __atomic_load_n(&vms[i].destroyed_ns, __ATOMIC_ACQUIRE);
		if (end_ns && __atomic_load_n(&vms[i].id, __ATOMIC_ACQUIRE))
			ends[ended++] = end_ns;
	}
	if (ended > max) {
		qsort(ends, ended, sizeof(*ends), compare_later);
		*out = ends[max - 1];
	}
	return 0;
}
