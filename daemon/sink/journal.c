// SPDX-License-Identifier: GPL-2.0-or-later
/* What an admin should know, as structured journal entries. */
#include "config.h"

#include "sink/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "model/reason.h"
#include "model/registry.h"
#include "sink/entry.h"
#include "sink/message_ids.h"
#include "sink/storm_entry.h"
#include "util/clock.h"
#include "util/journal_socket.h"
#include "util/ratelimit.h"

/*
 * Entries of one kind: a host that boots all its VMs gets one for each, a loop
 * that starts one after the other a few a second.
 */
#define VM_ENTRIES	       100
#define VM_ENTRIES_INTERVAL_NS (30 * NS_PER_S)

/* Losses are one story, however often they come. */
#define RESYNC_ENTRIES		   3
#define RESYNC_ENTRIES_INTERVAL_NS (600 * NS_PER_S)

/* The busiest: more at once are not read, and kvmexitctl has them all. */
#define SUMMARY_VMS_MAX 50

/* Of a host where everything storms, twenty VMs tell as much as all. */
#define STORM_ENTRIES		  20
#define STORM_ENTRIES_INTERVAL_NS (600 * NS_PER_S)

#define PROFILE_BYTES 256

struct journal {
	const struct registry *registry;
	struct ratelimit appeared;
	struct ratelimit ended;
	struct ratelimit resynced;
	struct ratelimit storms;
	uint64_t summary_ns;
	uint64_t dropped; /* of those that the journal did not take: told */
};

int journal_new(struct journal **out, const struct registry *registry, uint64_t now_ns)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return -ENOMEM;

	journal->registry = registry;
	journal->summary_ns = now_ns;
	journal->appeared =
		(struct ratelimit){ .interval_ns = VM_ENTRIES_INTERVAL_NS, .burst = VM_ENTRIES };
	journal->ended = journal->appeared;
	journal->resynced = (struct ratelimit){ .interval_ns = RESYNC_ENTRIES_INTERVAL_NS,
						.burst = RESYNC_ENTRIES };
	journal->storms = (struct ratelimit){ .interval_ns = STORM_ENTRIES_INTERVAL_NS,
					      .burst = STORM_ENTRIES };
	*out = journal;
	return 0;
}

struct journal *journal_free(struct journal *journal)
{
	free(journal);
	return NULL;
}

static void vm_appeared(const struct vm *vm)
{
	struct entry entry;

	entry_begin(&entry, LOG_INFO, MESSAGE_ID_VM_APPEARED);
	entry_add_vm(&entry, vm, 0.0);
	(void)entry_send(&entry, "VM %s %s (pid %" PRIu32 ", id %" PRIu64 ")", vm->name,
			 vm->is_back ? "has not ended after all" : "appeared", vm->pid, vm->id);
}

static void vm_ended(const struct vm *vm)
{
	char profile[PROFILE_BYTES], span[ENTRY_SPAN_BYTES] = "an unknown time";
	uint64_t life_ns = 0;
	struct entry entry;

	if (vm->created_ns && vm->ended_ns > vm->created_ns) {
		life_ns = vm->ended_ns - vm->created_ns;
		entry_format_span(life_ns, span);
	}
	entry_profile(vm, false, profile, sizeof(profile));

	entry_begin(&entry, LOG_INFO, MESSAGE_ID_VM_ENDED);
	entry_add_vm(&entry, vm,
		     life_ns ? (double)vm->exits * (double)NS_PER_S / (double)life_ns : 0.0);
	entry_add(&entry, "KVM_VM_LIFETIME_USEC=%" PRIu64, life_ns / NS_PER_US);
	(void)entry_send(&entry,
			 "VM %s ended after %s%s (pid %" PRIu32 ", id %" PRIu64 "): %" PRIu64
			 " exits%s%s",
			 vm->name, span, vm->ended_unseen ? " or less" : "", vm->pid, vm->id,
			 vm->exits, *profile ? ", " : "", profile);
}

/* Whether all the exits that it has made ever are news. */
static bool makes_first_exits(const struct vm *vm)
{
	uint64_t news = 0;
	size_t i;

	for (i = 0; i < vm->n_reasons; i++)
		news += vm->reasons[i].delta[COUNT_DIRECT] + vm->reasons[i].delta[COUNT_NESTED];
	return news > 0 && news == vm->exits;
}

/*
 * A VM that never runs is no news: VMMs make some to find out what KVM can do. VMs
 * that are older than the daemon are told of as a number.
 */
void journal_vm(struct journal *journal, struct vm *vm, uint64_t now_ns)
{
	journal_flush(journal, now_ns);

	if (vm->is_new && !vm->watched)
		vm_note_exits(vm);
	if ((makes_first_exits(vm) || (vm->is_back && vm->exits > 0)) &&
	    ratelimit_pass(&journal->appeared, now_ns))
		vm_appeared(vm);
	if (vm->just_ended && vm->exits > 0 && ratelimit_pass(&journal->ended, now_ns))
		vm_ended(vm);
}

/* A storm that was not told of when it began is not when it ends. */
void journal_storm(struct journal *journal, struct vm *vm, enum storm_news news, uint64_t now_ns)
{
	if (news == STORM_BEGAN && ratelimit_pass(&journal->storms, now_ns)) {
		storm_entry_began(journal->registry, vm, now_ns);
		vm_note_storm(vm);
	} else if (news == STORM_ENDED && vm->storm.told) {
		storm_entry_ended(vm);
	}
}

void journal_begin(struct journal *journal)
{
	struct vm *vm;

	for (vm = registry_first_live(journal->registry); vm; vm = registry_next(vm))
		vm_note_exits(vm);
}

struct busy_vm {
	struct vm *vm;
	uint64_t exits;
};

static int by_exits(const void *a, const void *b)
{
	const struct busy_vm *x = a, *y = b;

	return x->exits < y->exits ? 1 : x->exits > y->exits ? -1 : 0;
}

static void summarise_vm(const struct busy_vm *busy, double seconds)
{
	double rate = seconds > 0 ? (double)busy->exits / seconds : 0.0;
	char profile[PROFILE_BYTES];
	struct entry entry;

	entry_profile(busy->vm, true, profile, sizeof(profile));
	entry_begin(&entry, LOG_INFO, MESSAGE_ID_SUMMARY);
	entry_add_vm(&entry, busy->vm, rate);
	entry_add(&entry, "KVM_EXITS=%" PRIu64, busy->exits);
	(void)entry_send(&entry, "VM %s: %.0f exits/s, %s; %" PRIu64 " in all", busy->vm->name,
			 rate, profile, busy->vm->exits);
}

void journal_summary(struct journal *journal, uint64_t now_ns)
{
	size_t max = registry_n_live(journal->registry), n = 0, i;
	double seconds = (double)(now_ns - journal->summary_ns) / (double)NS_PER_S;
	struct busy_vm *busy;
	struct entry entry;
	struct vm *vm;

	journal_flush(journal, now_ns);
	journal->summary_ns = now_ns;
	busy = calloc(max ? max : 1, sizeof(*busy));
	if (!busy)
		return;

	for (vm = registry_first_live(journal->registry); vm && n < max; vm = registry_next(vm)) {
		if (vm->exits > vm->noted_exits)
			busy[n++] = (struct busy_vm){ vm, vm->exits - vm->noted_exits };
	}

	qsort(busy, n, sizeof(*busy), by_exits);
	for (i = 0; i < n && i < SUMMARY_VMS_MAX; i++)
		summarise_vm(&busy[i], seconds);
	for (i = 0; i < n; i++)
		vm_note_exits(busy[i].vm);
	if (n > SUMMARY_VMS_MAX) {
		entry_begin(&entry, LOG_INFO, MESSAGE_ID_SUPPRESSED);
		entry_add(&entry, "KVM_SUPPRESSED=%zu", n - SUMMARY_VMS_MAX);
		(void)entry_send(&entry, "%zu more VMs made exits", n - SUMMARY_VMS_MAX);
	}
	free(busy);
}

void journal_state(struct journal *journal, const struct daemon_status *status)
{
	enum kernel_state state = status->kernel;
	const char *advice = *status->trouble ? status->trouble : kernel_state_advice(state);
	char source[256];
	size_t vms = registry_n_live(journal->registry);
	struct entry entry;

	switch (state) {
	case KERNEL_WAITING:
		entry_begin(&entry, LOG_NOTICE, MESSAGE_ID_WAITING);
		(void)entry_send(&entry, "Waiting. %s", advice);
		break;
	case KERNEL_DENIED:
		entry_begin(&entry, LOG_ERR, MESSAGE_ID_DENIED);
		(void)entry_send(&entry, "Denied. %s", advice);
		break;
	case KERNEL_STREAMING:
		entry_begin(&entry, LOG_INFO, MESSAGE_ID_STREAMING);
		entry_add(&entry, "KVM_VMS=%zu", vms);
		if (status->source.name)
			entry_add(&entry, "KVM_SOURCE=%s", status->source.name);
		source_describe(&status->source, clock_realtime_offset_ns(), source,
				sizeof(source));
		(void)entry_send(&entry,
				 "Receiving exit counts from the kernel: %zu VMs, %zu vCPUs%s", vms,
				 registry_n_vcpus(journal->registry), source);
		break;
	case KERNEL_RESYNCING:
		break;
	}
}

void journal_resynced(struct journal *journal, const struct daemon_status *status, uint64_t now_ns)
{
	struct entry entry;

	journal_flush(journal, now_ns);
	if (!ratelimit_pass(&journal->resynced, now_ns))
		return;

	entry_begin(&entry, LOG_WARNING, MESSAGE_ID_RESYNCED);
	entry_add(&entry, "KVM_LOST=%" PRIu64, status->lost);
	entry_add(&entry, "KVM_RESYNCS=%" PRIu64, status->resyncs);
	(void)entry_send(&entry,
			 "Messages of the kernel were lost (time %" PRIu64
			 " since start), all totals were read anew and are exact",
			 status->lost);
}

void journal_reloaded(struct journal *journal)
{
	struct entry entry;

	(void)journal;
	entry_begin(&entry, LOG_INFO, MESSAGE_ID_RELOADED);
	(void)entry_send(&entry, "Configuration reloaded");
}

void journal_reload_failed(struct journal *journal, const char *why)
{
	struct entry entry;

	(void)journal;
	entry_begin(&entry, LOG_ERR, MESSAGE_ID_RELOAD_FAILED);
	(void)entry_send(&entry, "Configuration not reloaded, the one before stays: %s", why);
}

static void flush(struct ratelimit *limit, const char *what, uint64_t now_ns)
{
	uint64_t n = ratelimit_take_suppressed(limit, now_ns);
	struct entry entry;

	if (!n)
		return;
	entry_begin(&entry, LOG_NOTICE, MESSAGE_ID_SUPPRESSED);
	entry_add(&entry, "KVM_SUPPRESSED=%" PRIu64, n);
	(void)entry_send(&entry, "Left out %" PRIu64 " entries about %s", n, what);
}

/* What journald did not take; where it takes this neither, the next one tells. */
static void flush_dropped(struct journal *journal)
{
	uint64_t n = journal_socket_dropped() - journal->dropped;
	struct entry entry;

	if (!n)
		return;
	entry_begin(&entry, LOG_WARNING, MESSAGE_ID_SUPPRESSED);
	entry_add(&entry, "KVM_SUPPRESSED=%" PRIu64, n);
	if (entry_send(&entry, "The journal did not take %" PRIu64 " entries", n) == 0)
		journal->dropped += n;
}

bool journal_has_more(const struct journal *journal)
{
	return journal->appeared.suppressed || journal->ended.suppressed ||
	       journal->resynced.suppressed || journal->storms.suppressed ||
	       journal->dropped != journal_socket_dropped();
}

void journal_flush(struct journal *journal, uint64_t now_ns)
{
	flush(&journal->appeared, "VMs that appeared", now_ns);
	flush(&journal->ended, "VMs that ended", now_ns);
	flush(&journal->resynced, "messages lost", now_ns);
	flush(&journal->storms, "exit storms", now_ns);
	flush_dropped(journal);
}
