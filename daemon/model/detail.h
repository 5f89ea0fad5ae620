/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What exactly caused exits: MSRs, ports, addresses and so on, as the kernel counts
 * them for each vCPU, and summed up for the VM.
 *
 * Of each reason, its keys and its rest add up to the exits that were made since
 * details were switched on, whatever the limits leave out: what has no place among the
 * VM's keys is in the rest.
 */
#ifndef KVMEXITD_DETAIL_H
#define KVMEXITD_DETAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/window.h"

/*
 * Keys of one reason, and of one VM. The kernel keeps at most 64 of a class for each
 * vCPU, and vCPUs of one VM mostly have the same; more would not be read either.
 */
#define DETAIL_KEYS_PER_REASON_MAX 64
#define DETAIL_KEYS_PER_VM_MAX	   512

/* What has no key: one for each reason, class and level; the kernel has about 60. */
#define DETAIL_RESTS_PER_VM_MAX 256

/* The kernel has room for 176 keys and some 45 rests, of each of two levels. */
#define DETAILS_PER_VCPU_MAX 512

/* Of all vCPUs of the host, at 24 bytes each: 10,000 with 200 keys. */
#define DETAILS_PER_HOST_MAX (2 * 1024 * 1024)

/* One key of a VM, or all that have none. */
struct vm_detail {
	uint64_t code; /* of the reason */
	uint64_t key; /* 0 with rest */
	uint64_t exits;
	uint32_t class; /* enum detail_class, or one that is not known here */
	bool nested;
	bool rest;
};

/* All zero is that there are none. */
struct vm_details {
	struct vm_detail *all; /* in no order */
	struct window *windows; /* one each; NULL once the VM is dead */
	size_t n;
	size_t size;
	size_t n_rests;
	size_t hint; /* where the next one is likely to be */
	uint64_t since_ns; /* CLOCK_BOOTTIME: they count from then */
	bool incomplete; /* a limit of vCPUs or of the host left some out */
};

struct vcpu_detail {
	uint64_t key; /* 0 with rest */
	uint64_t exits;
	uint16_t vm_index; /* in vm_details.all: of the key, or of the rest */
	bool rest;
};

struct vcpu_details {
	struct vcpu_detail *all; /* in no order */
	uint32_t n;
	uint32_t size;
	uint32_t hint;
};

#endif
