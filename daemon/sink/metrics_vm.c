// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of one VM. */
#include "config.h"

#include "sink/metrics_vm.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/reason.h"
#include "model/registry.h"
#include "sink/metrics_text.h"
#include "sink/metrics_vm_internal.h"
#include "util/clock.h"
#include "util/text.h"

/* Of a VM besides its reasons: info, start, vCPUs, exits and when these were 0, storm. */
#define SERIES_PER_VM 6

/* Of a series besides a VM's labels and a reason: its name, braces and value at most. */
#define SERIES_BYTES 80

size_t metrics_vm_series(const struct metrics_input *input, const struct vm *vm,
			 enum metrics_vm_part part)
{
	size_t i, n = 0;

	switch (part) {
	case METRICS_VM_REASONS:
		n = vm->n_reasons;
		for (i = 0; i < vm->n_reasons; i++)
			n += vm->reasons[i].count[COUNT_NESTED] > 0;
		return n;
	case METRICS_VM_TIMES:
		return metrics_vm_time_series(vm);
	case METRICS_VM_DETAILS:
		return metrics_vm_detail_series(input, vm);
	case METRICS_VM_BASE:
	case METRICS_VM_PARTS:
	default:
		return SERIES_PER_VM;
	}
}

void metrics_vm_label(struct metrics_vm_labels *labels, const struct vm *vm)
{
	char clean[VM_NAME_MAX], escaped[METRICS_ESCAPED_SIZE(VM_NAME_MAX)];

	(void)text_clean(clean, sizeof(clean), vm->name, strlen(vm->name));
	metrics_escape(escaped, clean);
	(void)snprintf(labels->text, sizeof(labels->text),
		       "id=\"%" PRIu64 "\",vm=\"%s\",isa=\"%s\"", vm->id, escaped,
		       isa_name(vm->isa));
}

size_t metrics_vm_series_bytes(const struct vm *vm, enum metrics_vm_part part)
{
	size_t more = part == METRICS_VM_DETAILS ? metrics_vm_detail_bytes() : REASON_NAME_MAX;
	struct metrics_vm_labels labels;

	metrics_vm_label(&labels, vm);
	return strlen(labels.text) + SERIES_BYTES + more;
}

static void write_reasons(struct metrics_text *text, const struct vm *vm, bool nested)
{
	struct metrics_vm_labels labels;
	char name[REASON_NAME_MAX], all[sizeof(labels.text) + REASON_NAME_MAX + 16];
	const struct vm_reason *reason;
	size_t i;

	metrics_vm_label(&labels, vm);
	for (i = 0; i < vm->n_reasons; i++) {
		reason = &vm->reasons[i];
		if (nested && reason->count[COUNT_NESTED] == 0)
			continue;
		(void)snprintf(all, sizeof(all), "%s,reason=\"%s\"", labels.text,
			       reason_name(vm->isa, reason->code, reason->other, name));
		metrics_sample(text, all,
			       nested ? reason->count[COUNT_NESTED] : vm_reason_total(reason));
	}
}

static void write_exits(struct metrics_text *text, const struct vm *vm)
{
	write_reasons(text, vm, false);
}

static void write_nested(struct metrics_text *text, const struct vm *vm)
{
	write_reasons(text, vm, true);
}

static void write_vm_storm(struct metrics_text *text, const struct vm *vm)
{
	struct metrics_vm_labels labels;

	metrics_vm_label(&labels, vm);
	metrics_sample(text, labels.text, vm->storm.active);
}

static void write_vm_exits(struct metrics_text *text, const struct vm *vm)
{
	struct metrics_vm_labels labels;

	metrics_vm_label(&labels, vm);
	metrics_sample(text, labels.text, vm->exits);
	metrics_created(text, labels.text, vm->started_us);
}

static void write_vm_vcpus(struct metrics_text *text, const struct vm *vm)
{
	struct metrics_vm_labels labels;

	metrics_vm_label(&labels, vm);
	metrics_sample(text, labels.text,
		       vm->n_vcpus > vm->vcpus_created ? vm->n_vcpus : vm->vcpus_created);
}

static void write_vm_start(struct metrics_text *text, const struct vm *vm)
{
	struct metrics_vm_labels labels;

	metrics_vm_label(&labels, vm);
	metrics_sample_milli(text, labels.text, vm->started_us / US_PER_MS);
}

static void write_vm_info(struct metrics_text *text, const struct vm *vm)
{
	struct metrics_vm_labels labels;
	char all[sizeof(labels.text) + VM_UUID_SIZE + VM_NAMESPACE_SIZE + 80];
	size_t n;

	metrics_vm_label(&labels, vm);
	n = (size_t)snprintf(all, sizeof(all), "%s,pid=\"%" PRIu32 "\"", labels.text, vm->pid);
	/* An empty label is one that is not there. Neither text has anything to escape. */
	if (*vm->uuid)
		n += (size_t)snprintf(all + n, sizeof(all) - n, ",uuid=\"%s\"", vm->uuid);
	if (*vm->namespace)
		n += (size_t)snprintf(all + n, sizeof(all) - n, ",namespace=\"%s\"", vm->namespace);
	if (vm->vmid)
		(void)snprintf(all + n, sizeof(all) - n, ",vmid=\"%" PRIu32 "\"", vm->vmid);
	metrics_sample(text, all, 1);
}

static const struct {
	enum metrics_vm_part part;
	const char *name;
	enum metrics_type type;
	const char *help;
	void (*write)(struct metrics_text *text, const struct vm *vm);
	metrics_vm_write_now *write_now; /* instead, of what is no total */
} families[METRICS_VM_FAMILIES] = {
	{ METRICS_VM_REASONS, "kvm_exits", METRICS_COUNTER,
	  "VM exits by hardware exit reason, those of nested guests included.", write_exits, NULL },
	{ METRICS_VM_REASONS, "kvm_nested_exits", METRICS_COUNTER,
	  "The part of kvm_exits_total that was taken while a nested guest ran.", write_nested,
	  NULL },
	{ METRICS_VM_TIMES, "kvm_timed_exits", METRICS_COUNTER,
	  "VM exits that kvm_exit_seconds_total has the time of.", metrics_vm_timed_exits, NULL },
	{ METRICS_VM_TIMES, "kvm_exit_seconds", METRICS_COUNTER,
	  "Time from VM exits to the next entry into guest mode, while timing was on.",
	  metrics_vm_exit_seconds, NULL },
	{ METRICS_VM_TIMES, "kvm_exit_max_seconds", METRICS_GAUGE, "The longest of these times.",
	  metrics_vm_exit_max_seconds, NULL },
	{ METRICS_VM_TIMES, "kvm_vm_overhead_seconds", METRICS_COUNTER,
	  "Time of exits but those in which a vCPU asked to wait, while timing was on.",
	  metrics_vm_overhead_seconds, NULL },
	{ METRICS_VM_TIMES, "kvm_vm_recent_exit_percentile_seconds", METRICS_GAUGE,
	  "What so many per cent of these exits of the last minute took no longer than.", NULL,
	  metrics_vm_recent_percentiles },
	{ METRICS_VM_TIMES, "kvm_vm_recent_exit_max_seconds", METRICS_GAUGE,
	  "The longest of these exits of the last minute.", NULL, metrics_vm_recent_max },
	{ METRICS_VM_DETAILS, "kvm_exit_details", METRICS_COUNTER,
	  "VM exits by what exactly caused them, since details were switched on: the most "
	  "frequent keys of each VM.",
	  NULL, metrics_vm_details },
	{ METRICS_VM_BASE, "kvm_vm_exits", METRICS_COUNTER, "VM exits of all reasons.",
	  write_vm_exits, NULL },
	{ METRICS_VM_BASE, "kvm_vm_vcpus", METRICS_GAUGE, "Virtual CPUs that the VM has made.",
	  write_vm_vcpus, NULL },
	{ METRICS_VM_BASE, "kvm_vm_start_time_seconds", METRICS_GAUGE,
	  "When the VM was created, or first seen, since 1970.", write_vm_start, NULL },
	{ METRICS_VM_BASE, "kvm_vm_storm", METRICS_GAUGE,
	  "1 while the VM has an exit storm, 0 otherwise.", write_vm_storm, NULL },
	{ METRICS_VM_BASE, "kvm_vm_info", METRICS_GAUGE,
	  "Always 1; pid is that of the VM's process, uuid and vmid what its manager calls it.",
	  write_vm_info, NULL },
};

enum metrics_vm_part metrics_vm_family(struct metrics_text *text, size_t family)
{
	metrics_family(text, families[family].name, families[family].type, families[family].help);
	return families[family].part;
}

void metrics_vm_write(struct metrics_text *text, size_t family, const struct metrics_input *input,
		      const struct vm *vm)
{
	if (families[family].write)
		families[family].write(text, vm);
	else
		families[family].write_now(text, input, vm);
}
