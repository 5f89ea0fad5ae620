// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's entries about exit storms. */
#include "config.h"

#include "sink/storm_entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

#include "explain/detail.h"
#include "model/reason.h"
#include "model/registry.h"
#include "sink/entry.h"
#include "sink/message_ids.h"
#include "util/clock.h"

/* The end of a sentence that names a reason, a key and its name. */
#define KEY_BYTES 192

/* What the storm is of. */
static const char *storm_name(const struct vm *vm, char buf[static REASON_NAME_MAX])
{
	const struct vm_reason *reason = &vm->reasons[vm->storm.reason];

	return vm->storm.whole ? "all exits" :
				 reason_name(vm->isa, reason->code, reason->other, buf);
}

/* "; most of it MSR 0x830:W APIC_ICR, 41000/s", and fields of it, where it is known. */
static void add_key(struct entry *entry, const struct registry *registry, const struct vm *vm,
		    uint64_t now_ns, char *out, size_t size)
{
	const struct vm_reason *reason = &vm->reasons[vm->storm.reason];
	char text[DETAIL_TEXT_MAX], buf[REASON_NAME_MAX];
	const struct vm_detail *detail;
	const char *name, *of;
	double rate = 0;

	*out = '\0';
	detail = registry_top_detail(registry, vm, vm->storm.whole ? NULL : reason, now_ns, &rate);
	if (!detail)
		return;
	of = reason_name(vm->isa, detail->code, false, buf);
	detail_text(of, detail->class, detail->key, text);
	name = detail_name(of, detail->class, detail->key);
	entry_add(entry, "KVM_STORM_KEY=%s", text);
	if (name)
		entry_add(entry, "KVM_STORM_KEY_NAME=%s", name);
	entry_add(entry, "KVM_STORM_KEY_RATE=%.1f", rate);
	(void)snprintf(out, size, "; most frequent is %s%s%s%s%s, %.0f/s",
		       vm->storm.whole ? of : "", vm->storm.whole ? " " : "", text, name ? " " : "",
		       name ? name : "", rate);
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

void storm_entry_began(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	char buf[REASON_NAME_MAX], key[KEY_BYTES];
	struct entry entry;

	entry_begin(&entry, LOG_WARNING, MESSAGE_ID_STORM_BEGAN);
	add_storm(&entry, vm);
	add_key(&entry, registry, vm, now_ns, key, sizeof(key));
	(void)entry_send(&entry,
			 "VM %s: exit storm of %s, %.0f/s, usually %.0f/s%s (pid %" PRIu32
			 ", id %" PRIu64 ")",
			 vm->name, storm_name(vm, buf), vm->storm.rate, vm->storm.usual, key,
			 vm->pid, vm->id);
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
