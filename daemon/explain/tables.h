/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the table. Each ends with a topic that has no name. */
#ifndef KVMEXITD_EXPLAIN_TABLES_H
#define KVMEXITD_EXPLAIN_TABLES_H

#include "explain/explain.h"

extern const struct explain explain_time[];
extern const struct explain explain_interrupts[];
extern const struct explain explain_devices[];
extern const struct explain explain_memory[];
extern const struct explain explain_cpu[];
extern const struct explain explain_msrs[];
extern const struct explain explain_nested[];

/* Reasons that have a key of a kind, for the tables. */
#define MSR_REASONS  "MSR MSR_READ MSR_WRITE MSR_READ_IMM MSR_WRITE_IMM"
#define PORT_REASONS "IOIO IO_INSTRUCTION"
#define MMIO_REASONS "EPT_MISCONFIG NPF"
#define APIC_REASONS "APIC_ACCESS APIC_WRITE AVIC_UNACCELERATED_ACCESS"
#define CALL_REASONS "VMCALL VMMCALL"

/* A register of the local APIC: an MSR in x2APIC mode, else an address. */
#define APIC_REGISTER(offset)                                              \
	{ EXPLAIN_MSR, 0x800 + (offset) / 16, 0x800 + (offset) / 16 },     \
	{                                                                  \
		EXPLAIN_MMIO, 0xfee00000 + (offset), 0xfee00000 + (offset) \
	}

#endif
