/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GetHistory: when a VM made its exits.
 */
#ifndef KVMEXITD_SERVER_HISTORY_H
#define KVMEXITD_SERVER_HISTORY_H

#include <jansson.h>
#include <stdint.h>

#include "server/methods/service.h"

struct registry;
struct vm;

/*
 * A list of HistorySpan: of the reasons with these names, or of all with NULL,
 * and of the last seconds only. NULL where memory is short.
 */
json_t *json_history(const struct registry *registry, const struct vm *vm, uint64_t now_ns,
		     const json_t *reasons, uint64_t seconds);

int run_get_history(const struct call *call);

#endif
