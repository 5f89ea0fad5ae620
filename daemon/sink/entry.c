// SPDX-License-Identifier: GPL-2.0-or-later
/* One journal entry, field by field. */
#include "config.h"

#include "sink/entry.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/reason.h"
#include "model/registry.h"
#include "util/clock.h"
#include "util/journal_socket.h"
#include "util/log.h"
#include "util/util.h"

/* More do not fit on a line. */
#define PROFILE_REASONS 3

/* And less is not worth a word. */
#define PROFILE_PERCENT_MIN 1.0

#define MESSAGE_FIELD "MESSAGE="

static void __attribute__((format(printf, 3, 0)))
add(struct entry *entry, const char *prefix, const char *format, va_list args)
{
	size_t prefix_len = strlen(prefix);
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0 || entry->n >= ENTRY_FIELDS_MAX)
		return;

	text = malloc(prefix_len + (size_t)len + 1);
	if (!text)
		return;
	memcpy(text, prefix, prefix_len);
	(void)vsnprintf(text + prefix_len, (size_t)len + 1, format, args);
	entry->fields[entry->n++] = (struct iovec){ text, prefix_len + (size_t)len };
}

void entry_add(struct entry *entry, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(entry, "", format, args);
	va_end(args);
}

void entry_begin(struct entry *entry, int priority, const char *message_id)
{
	*entry = (struct entry){ .priority = priority };
	entry_add(entry, "PRIORITY=%d", priority);
	entry_add(entry, "SYSLOG_IDENTIFIER=kvmexitd");
	entry_add(entry, "MESSAGE_ID=%s", message_id);
}

/* Of its whole life, or since its exits were noted. */
static uint64_t exits_of(const struct vm_reason *reason, bool lately)
{
	return vm_reason_total(reason) - (lately ? reason->noted : 0);
}

/* The most frequent reasons, the first first. Gives how many there are. */
static size_t top_reasons(const struct vm *vm, bool lately, const struct vm_reason *top[],
			  size_t max)
{
	size_t n = 0, i, at;

	for (i = 0; i < vm->n_reasons; i++) {
		const struct vm_reason *reason = &vm->reasons[i];

		if (exits_of(reason, lately) == 0)
			continue;
		for (at = n; at > 0 && exits_of(top[at - 1], lately) < exits_of(reason, lately);
		     at--)
			if (at < max)
				top[at] = top[at - 1];
		if (at < max) {
			top[at] = reason;
			n += n < max;
		}
	}
	return n;
}

/* Journal fields have capital letters only. */
static void field_name(const struct vm *vm, const struct vm_reason *reason,
		       char out[static REASON_NAME_MAX])
{
	char buf[REASON_NAME_MAX];
	const char *name = reason_name(vm->isa, reason->code, reason->other, buf);
	size_t i;

	for (i = 0; name[i] && i < REASON_NAME_MAX - 1; i++)
		out[i] = (char)toupper((unsigned char)name[i]);
	out[i] = '\0';
}

void entry_add_vm(struct entry *entry, const struct vm *vm, double rate)
{
	const struct vm_reason *top[ENTRY_TOP_REASONS];
	size_t n = top_reasons(vm, false, top, ENTRY_TOP_REASONS), i;
	char name[REASON_NAME_MAX];

	entry_add(entry, "KVM_VM_NAME=%s", vm->name);
	if (*vm->uuid)
		entry_add(entry, "KVM_VM_UUID=%s", vm->uuid);
	if (*vm->namespace)
		entry_add(entry, "KVM_VM_NAMESPACE=%s", vm->namespace);
	if (vm->vmid)
		entry_add(entry, "KVM_VM_VMID=%" PRIu32, vm->vmid);
	entry_add(entry, "KVM_VM_PID=%" PRIu32, vm->pid);
	entry_add(entry, "KVM_VM_ID=%" PRIu64, vm->id);
	entry_add(entry, "KVM_VM_ISA=%s", isa_name(vm->isa));
	entry_add(entry, "KVM_EXITS_TOTAL=%" PRIu64, vm->exits);
	entry_add(entry, "KVM_EXIT_RATE=%.1f", rate);
	for (i = 0; i < n; i++) {
		field_name(vm, top[i], name);
		entry_add(entry, "KVM_EXIT_%s=%" PRIu64, name, vm_reason_total(top[i]));
	}
}

void entry_profile(const struct vm *vm, bool lately, char *buf, size_t size)
{
	const struct vm_reason *top[PROFILE_REASONS];
	size_t n = top_reasons(vm, lately, top, PROFILE_REASONS), i, len = 0;
	char name[REASON_NAME_MAX];
	uint64_t all = vm->exits - (lately ? vm->noted_exits : 0);
	double percent;

	buf[0] = '\0';
	for (i = 0; i < n && len < size; i++) {
		percent = 100.0 * (double)exits_of(top[i], lately) / (double)all;
		if (i > 0 && percent < PROFILE_PERCENT_MIN)
			break;
		len += (size_t)snprintf(buf + len, size - len, "%s%s %.0f%%", i ? ", " : "",
					reason_name(vm->isa, top[i]->code, top[i]->other, name),
					percent);
	}
}

int entry_send(struct entry *entry, const char *format, ...)
{
	size_t i, message = entry->n;
	va_list args;
	int r = 0;

	va_start(args, format);
	add(entry, MESSAGE_FIELD, format, args);
	va_end(args);

	if (log_is_journal())
		r = journal_socket_send(entry->fields, entry->n);
	else if (message < entry->n)
		log_write(entry->priority, "%.*s",
			  (int)(entry->fields[message].iov_len - strlen(MESSAGE_FIELD)),
			  (const char *)entry->fields[message].iov_base + strlen(MESSAGE_FIELD));

	for (i = 0; i < entry->n; i++)
		free(entry->fields[i].iov_base);
	entry->n = 0;
	return r;
}

void entry_format_span(uint64_t ns, char out[static ENTRY_SPAN_BYTES])
{
	uint64_t s = ns / NS_PER_S, min = s / 60, h = min / 60, d = h / 24;

	if (s == 0)
		(void)snprintf(out, ENTRY_SPAN_BYTES, "%" PRIu64 "ms", ns / NS_PER_MS);
	else if (min == 0)
		(void)snprintf(out, ENTRY_SPAN_BYTES, "%.1fs", (double)ns / (double)NS_PER_S);
	else if (h == 0)
		(void)snprintf(out, ENTRY_SPAN_BYTES, "%" PRIu64 "min %" PRIu64 "s", min, s % 60);
	else if (d == 0)
		(void)snprintf(out, ENTRY_SPAN_BYTES, "%" PRIu64 "h %" PRIu64 "min", h, min % 60);
	else
		(void)snprintf(out, ENTRY_SPAN_BYTES, "%" PRIu64 "d %" PRIu64 "h", d, h % 24);
}
