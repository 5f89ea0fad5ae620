/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVMEXITD_HOST_ISA_H
#define KVMEXITD_HOST_ISA_H

#include <stdint.h>

/*
 * What the exit reasons of this host's VMs will be, by its CPU: an enum
 * kvm_exitstat_isa, or 0 where that does not tell.
 */
uint32_t host_isa(void);

#endif
