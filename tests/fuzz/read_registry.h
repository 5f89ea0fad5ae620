/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all that a registry can tell, as sinks and clients do, and checks what must hold. */
#ifndef KVMEXITD_FUZZ_READ_REGISTRY_H
#define KVMEXITD_FUZZ_READ_REGISTRY_H

#include <stdint.h>

struct registry;

/* Takes the changes, too. */
void fuzz_read_registry(struct registry *registry, uint64_t now_ns);

#endif
