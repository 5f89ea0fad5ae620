/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of exit reasons: those of Linux's <asm/vmx.h> and <asm/svm.h> without
 * EXIT_REASON_ and SVM_EXIT_, exceptions as EXCP_PF.
 */
#ifndef KVMEXITD_REASON_H
#define KVMEXITD_REASON_H

#include <stdbool.h>
#include <stdint.h>

/* Longest name with its NUL: UNKNOWN_0x and 16 digits would fit. */
#define REASON_NAME_MAX 32

/*
 * The name of a code: OTHER for the sum of what the kernel does not know,
 * UNKNOWN_0x5d for what this table does not. Gives a constant, or buf filled.
 */
const char *reason_name(uint32_t isa, uint64_t code, bool other, char buf[static REASON_NAME_MAX]);

/*
 * Whether a vCPU that exits for it asks to wait: it sleeps (HLT, MWAIT and the like), or
 * spins until another vCPU goes on (PAUSE). That time is not what exits cost.
 */
bool reason_waits(uint32_t isa, uint64_t code, bool other);

/* "vmx", "svm", or "unknown". */
const char *isa_name(uint32_t isa);

#endif
