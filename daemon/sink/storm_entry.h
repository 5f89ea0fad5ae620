/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's entries about exit storms. */
#ifndef KVMEXITD_STORM_ENTRY_H
#define KVMEXITD_STORM_ENTRY_H

#include <stdint.h>

struct registry;
struct vm;

/* The VM's storm, as it is now. */
void storm_entry_began(const struct registry *registry, const struct vm *vm, uint64_t now_ns);
void storm_entry_ended(const struct vm *vm);

#endif
