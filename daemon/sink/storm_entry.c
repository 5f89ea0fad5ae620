// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's entries about exit storms. */
#include "config.h"

#include "sink/storm_entry.h"

#include <inttypes.h>
#include <syslog.h>

#include "model/reason.h"
#include "model/registry.h"
#include "sink/entry.h"
#include "sink/message_ids.h"
#include "util/clock.h"

/* What the storm is of. */
static const char *storm_name(const struct vm *vm, char buf[static REASON_NAME_MAX])
{
	const struct vm_reason *reason = &vm->reasons[vm->storm.reason];

	return vm->storm.whole ? "all exits" :
				 reason_name(vm->isa, reason->code, reason->other, buf);
}

static void add_storm(struct entry *entry, const struct vm *vm)
{
	char buf[REASON_NAME_MAX];

	entry_add_vm(entry, vm, vm->storm.rate);
	if (!vm->storm.whole)
		entry_add(entry, "KVM_STORM_REASON=%s", storm_name(vm, buf));
	entry_add(entry, "KVM_STORM_RATE=%.1f", vm->storm.rate);
	entry_add(entry, "KVM_STORM_PEAK=%.1f", vm->storm.peak);
	entry_add(entry, "KVM_STORM_USUAL=%.1f", vm->storm.usual);
	entry_add(entry, "KVM_STORM_EXITS=%" PRIu64, vm->storm.exits);
}

void storm_entry_began(const struct vm *vm)
{
	char buf[REASON_NAME_MAX];
	struct entry entry;

	entry_begin(&entry, LOG_WARNING, MESSAGE_ID_STORM_BEGAN);
	add_storm(&entry, vm);
	(void)entry_send(&entry,
			 "VM %s: exit storm of %s, %.0f/s, usually %.0f/s (pid %" PRIu32
			 ", id %" PRIu64 ")",
			 vm->name, storm_name(vm, buf), vm->storm.rate, vm->storm.usual, vm->pid,
			 vm->id);
}

void storm_entry_ended(const struct vm *vm)
{
	char buf[REASON_NAME_MAX], span[ENTRY_SPAN_BYTES];
	struct entry entry;
	uint64_t ns = vm->storm.until_ns > vm->storm.since_ns ?
			      vm->storm.until_ns - vm->storm.since_ns :
			      0;

	entry_format_span(ns, span);
	entry_begin(&entry, LOG_NOTICE, MESSAGE_ID_STORM_ENDED);
	add_storm(&entry, vm);
	entry_add(&entry, "KVM_STORM_USEC=%" PRIu64, ns / NS_PER_US);
	(void)entry_send(&entry,
			 "VM %s: exit storm of %s is over after %s, %" PRIu64
			 " exits, up to %.0f/s (pid %" PRIu32 ", id %" PRIu64 ")",
			 vm->name, storm_name(vm, buf), span, vm->storm.exits, vm->storm.peak,
			 vm->pid, vm->id);
}
