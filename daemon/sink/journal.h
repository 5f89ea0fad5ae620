/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an admin should know, as structured journal entries; as plain lines
 * where stderr is not the journal. Rate-limited by design: hosts where VMs
 * flap, or which are overloaded, are the ones whose journal must stay readable.
 */
#ifndef KVMEXITD_JOURNAL_H
#define KVMEXITD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/status.h"
#include "model/storm.h"

struct journal;
struct registry;
struct vm;

/* Reads the registry, which must outlive it. */
int journal_new(struct journal **out, const struct registry *registry, uint64_t now_ns);
struct journal *journal_free(struct journal *journal);

/*
 * A change as registry_next_change() gave it: a VM is announced with its first exits,
 * and its end is told if it made any. Times are CLOCK_BOOTTIME.
 */
void journal_vm(struct journal *journal, struct vm *vm, uint64_t now_ns);

/* What registry_check_storm() gave. */
void journal_storm(struct journal *journal, struct vm *vm, enum storm_news news, uint64_t now_ns);

/* What VMs did until now is not for the next summary. */
void journal_begin(struct journal *journal);

/* The VMs that made exits since the last summary, the busiest first. */
void journal_summary(struct journal *journal, uint64_t now_ns);

/* How it is fed now, and by which source. */
void journal_state(struct journal *journal, const struct daemon_status *status);
void journal_resynced(struct journal *journal, const struct daemon_status *status, uint64_t now_ns);

/* The configuration was read anew, or was wrong and is as before. */
void journal_reloaded(struct journal *journal);
void journal_reload_failed(struct journal *journal, const char *why);

/* To be called now and then: tells how many entries were left out. */
void journal_flush(struct journal *journal, uint64_t now_ns);

/* Whether there is something that journal_flush() has still to tell. */
bool journal_has_more(const struct journal *journal);

#endif
