/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long exits took as JSON. All give 0, or -ENOMEM, also without an owner. */
#ifndef KVMEXITD_SERVER_JSON_TIME_H
#define KVMEXITD_SERVER_JSON_TIME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct exit_time;
struct reason_key;
struct registry;
struct vm;

/* A Time, only where there is one. */
int json_set_time(json_t *owner, const char *key, bool is_timed, const struct exit_time *time);

/* recent and overhead of one reason of a VM, or with NULL of the VM; only what is known. */
int json_set_recent(json_t *owner, const struct registry *registry, const struct vm *vm,
		    const struct reason_key *reason, uint64_t now_ns);

/* time, times_since, overhead_ns and what is recent of a VM. */
int json_set_vm_times(json_t *owner, const struct registry *registry, const struct vm *vm,
		      uint64_t now_ns);

#endif
