/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One journal entry, field by field. */
#ifndef KVMEXITD_ENTRY_H
#define KVMEXITD_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct vm;

/* Reasons that get a field of their own: a profile's head, not its tail. */
#define ENTRY_TOP_REASONS 8

/* MESSAGE, its id, priority and identifier; a VM's nine and its reasons'; and some. */
#define ENTRY_FIELDS_MAX 32

struct entry {
	struct iovec fields[ENTRY_FIELDS_MAX];
	size_t n;
	int priority;
};

/* Fields of all entries. All of these leave out what there is no memory for. */
void entry_begin(struct entry *entry, int priority, const char *message_id);
void entry_add(struct entry *entry, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* KVM_VM_NAME and so on; rate is in exits per second. */
void entry_add_vm(struct entry *entry, const struct vm *vm, double rate);

/*
 * Sends the entry with this MESSAGE, to the journal or to stderr, and frees
 * it. -errno where the journal did not take it, which most callers ignore: it is
 * counted.
 */
int entry_send(struct entry *entry, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * "MSR_WRITE 81%, HLT 12%, CPUID 3%": the most frequent reasons of a VM, in its
 * life or lately, that is since vm_note_exits().
 */
void entry_profile(const struct vm *vm, bool lately, char *buf, size_t size);

/* A time for people: "350ms", "12.3s", "5min 3s", "2h 10min", "3d 4h". */
#define ENTRY_SPAN_BYTES 32
void entry_format_span(uint64_t ns, char out[static ENTRY_SPAN_BYTES]);

#endif
