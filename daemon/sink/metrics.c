// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All counts as text for Prometheus.
 *
 * The formats want all samples of a family together, so every family walks the
 * VMs. Which VMs these are is settled first, part by part of what a VM has: from
 * the oldest on until a limit; so a series that was there stays there.
 */
#include "config.h"

#include "sink/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/reason.h"
#include "model/registry.h"
#include "model/status.h"
#include "sink/metrics_text.h"
#include "sink/metrics_vm.h"
#include "util/clock.h"
#include "util/util.h"

struct selection {
	size_t vms[METRICS_VM_PARTS]; /* so many have the part, from first_vm() on */
	size_t all_vms;
	size_t dropped_series;
};

/* What is left of the limits. */
struct room {
	size_t series;
	size_t bytes;
};

/* Of two epochs, two VMs may have the same id: only those of the last are told apart by it. */
static const struct vm *skip_old(const struct metrics_input *input, const struct vm *vm)
{
	while (vm && !vm->alive &&
	       (!vm_has_run(vm) || vm->epoch != input->status->epoch ||
		vm->ended_ns + METRICS_ENDED_S * NS_PER_S <= input->now_ns))
		vm = registry_next(vm);
	return vm;
}

static const struct vm *first_vm(const struct metrics_input *input)
{
	const struct vm *vm = registry_first_live(input->registry);

	return vm ? vm : skip_old(input, registry_first_dead(input->registry));
}

/* The living, then those that ended lately. */
static const struct vm *next_vm(const struct metrics_input *input, const struct vm *vm)
{
	const struct vm *next = registry_next(vm);

	if (!next && vm->alive)
		next = registry_first_dead(input->registry);
	return skip_old(input, next);
}

/*
 * Before all totals were read, sums are less than what was shown before a restart,
 * and a counter that falls has begun anew.
 */
static bool is_complete(const struct metrics_input *input)
{
	return registry_is_complete(input->registry) && input->status->complete;
}

/* A part of the first max VMs, as far as there is room: of how many. */
static size_t select_part(const struct metrics_input *input, enum metrics_vm_part part, size_t max,
			  struct room *room, struct selection *selection)
{
	const struct vm *vm;
	size_t n = 0, series, bytes;
	bool full = false;

	for (vm = first_vm(input); vm; vm = next_vm(input, vm)) {
		series = metrics_vm_series(input, vm, part);
		bytes = series * metrics_vm_series_bytes(vm, part);
		full = full || n >= max || series > room->series || bytes > room->bytes;
		if (full) {
			selection->dropped_series += series;
			continue;
		}
		n++;
		room->series -= series;
		room->bytes -= bytes;
	}
	return n;
}

static struct selection select_vms(const struct metrics_input *input)
{
	struct room room = { METRICS_SERIES_MAX, METRICS_BYTES_MAX };
	struct selection selection = { 0 };
	size_t max = METRICS_VMS_MAX, part;
	const struct vm *vm;

	if (!is_complete(input))
		return selection;

	for (vm = first_vm(input); vm; vm = next_vm(input, vm))
		selection.all_vms++;
	for (part = 0; part < METRICS_VM_PARTS; part++) {
		max = select_part(input, (enum metrics_vm_part)part, max, &room, &selection);
		selection.vms[part] = max;
	}
	return selection;
}

static void write_vms(struct metrics_text *text, const struct metrics_input *input,
		      const struct selection *selection)
{
	const struct vm *vm;
	size_t i, n, max;

	for (i = 0; i < METRICS_VM_FAMILIES; i++) {
		max = selection->vms[metrics_vm_family(text, i)];
		vm = first_vm(input);
		for (n = 0; n < max; n++, vm = next_vm(input, vm))
			metrics_vm_write(text, i, input, vm);
	}
}

static void write_host(struct metrics_text *text, const struct metrics_input *input)
{
	const struct host_totals *totals = registry_host_totals(input->registry);
	const struct host_total *total;
	char name[REASON_NAME_MAX], labels[REASON_NAME_MAX + 32];
	size_t i;

	if (!is_complete(input))
		return;
	metrics_family(text, "kvm_host_exits", METRICS_COUNTER,
		       "VM exits of all VMs of this host, those that have ended included.");
	for (i = 0; i < totals->n; i++) {
		total = &totals->all[i];
		(void)snprintf(labels, sizeof(labels), "isa=\"%s\",reason=\"%s\"",
			       isa_name(total->isa),
			       reason_name(total->isa, total->code, total->other, name));
		metrics_sample(text, labels, total->exits);
		metrics_created(text, labels, totals->since_us);
	}
}

static void write_one(struct metrics_text *text, const char *name, enum metrics_type type,
		      uint64_t value, const char *help)
{
	metrics_family(text, name, type, help);
	metrics_sample(text, NULL, value);
}

static void write_kernel(struct metrics_text *text, const struct metrics_input *input)
{
	static const enum kernel_state states[] = { KERNEL_STREAMING, KERNEL_RESYNCING,
						    KERNEL_WAITING, KERNEL_DENIED };
	const struct daemon_status *status = input->status;
	char labels[32];
	size_t i;

	metrics_family(text, "kvmexitd_kernel_state", METRICS_GAUGE,
		       "1 for how kvmexitd gets its counts now, 0 for the others.");
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		(void)snprintf(labels, sizeof(labels), "state=\"%s\"",
			       kernel_state_name(states[i]));
		metrics_sample(text, labels, status->kernel == states[i]);
	}
	write_one(text, "kvmexitd_synced", METRICS_GAUGE, status_synced(status, input->now_ns),
		  "1 while counts are exact and come, 0 otherwise.");
	write_one(text, "kvmexitd_batches", METRICS_COUNTER, status->batches,
		  "Batches of counts that the kernel sent.");
	write_one(text, "kvmexitd_lost", METRICS_COUNTER, status->lost,
		  "Gaps in the kernel's stream; each ended in a resync, and no exit was lost.");
	write_one(text, "kvmexitd_resyncs", METRICS_COUNTER, status->resyncs,
		  "Times that all totals were read anew from the kernel.");
	write_one(text, "kvmexitd_failed_dumps", METRICS_COUNTER, status->failed_dumps,
		  "Readings of all totals that failed and were begun anew.");
	write_one(text, "kvmexitd_malformed", METRICS_COUNTER, status->malformed,
		  "Messages of the kernel that could not be read.");
}

static void write_source(struct metrics_text *text, const struct metrics_input *input)
{
	const struct source_traits *source = &input->status->source;
	uint64_t since_ns = source->since_ns;
	char labels[64];

	if (source->name) {
		metrics_family(text, "kvmexitd_source_info", METRICS_GAUGE,
			       "1 for what counts exits now: the kernel's own family, or BPF.");
		(void)snprintf(labels, sizeof(labels), "source=\"%s\"", source->name);
		metrics_sample(text, labels, 1);
	}
	metrics_family(text, "kvmexitd_counts_since_seconds", METRICS_GAUGE,
		       "When the source began to count, since 1970; 0: VMs are counted from their "
		       "creation on.");
	if (since_ns != 0)
		since_ns += (uint64_t)clock_realtime_offset_ns();
	metrics_sample_milli(text, NULL, since_ns / NS_PER_MS);
	write_one(text, "kvmexitd_source_blind", METRICS_GAUGE, source->blind != NULL,
		  "1 where the source does not see all exits: status says which.");
	write_one(text, "kvmexitd_missed_exits", METRICS_COUNTER, input->status->losses.exits,
		  "Exits of vCPUs that the source had no place for.");
	write_one(text, "kvmexitd_missed_vcpus", METRICS_COUNTER, input->status->losses.vcpus,
		  "vCPUs whose last counts were not read in time.");
}

static void write_clients(struct metrics_text *text, const struct metrics_clients *clients)
{
	write_one(text, "kvmexitd_clients", METRICS_GAUGE, clients->connected,
		  "Clients on the varlink socket.");
	write_one(text, "kvmexitd_watchers", METRICS_GAUGE, clients->watching,
		  "Those of the clients that watch.");
	metrics_family(text, "kvmexitd_clients_cut_off", METRICS_COUNTER,
		       "Clients that did not read, sent what is no call, or nothing for long.");
	metrics_sample(text, "cause=\"slow\"", clients->slow);
	metrics_sample(text, "cause=\"bad\"", clients->bad);
	metrics_sample(text, "cause=\"idle\"", clients->idle);
	write_one(text, "kvmexitd_clients_refused", METRICS_COUNTER, clients->refused,
		  "Clients that were one too many.");
	write_one(text, "kvmexitd_accept_failures", METRICS_COUNTER, clients->accept_failures,
		  "Times that clients had to wait as no descriptor or memory was left.");
}

static void write_daemon(struct metrics_text *text, const struct metrics_input *input,
			 const struct selection *selection)
{
	const struct registry *registry = input->registry;
	size_t shown = selection->vms[METRICS_VM_BASE];

	write_kernel(text, input);
	write_source(text, input);
	write_one(text, "kvmexitd_vms", METRICS_GAUGE, registry_n_live(registry), "VMs that live.");
	write_one(text, "kvmexitd_ended_vms", METRICS_GAUGE, registry_n_dead(registry),
		  "VMs that ended and are remembered.");
	write_one(text, "kvmexitd_vcpus", METRICS_GAUGE, registry_n_vcpus(registry),
		  "vCPUs of VMs that live, and were seen.");
	write_one(text, "kvmexitd_storms", METRICS_GAUGE, registry_n_storms(registry),
		  "VMs that have an exit storm now.");
	write_clients(text, &input->clients);
	write_one(text, "kvmexitd_metrics_dropped_vms", METRICS_GAUGE, selection->all_vms - shown,
		  "VMs that are not in this text, since there are too many.");
	metrics_family(text, "kvmexitd_metrics_partial_vms", METRICS_GAUGE,
		       "VMs in this text without some of their series, since there are too many.");
	metrics_sample(text, "missing=\"reasons\"", shown - selection->vms[METRICS_VM_REASONS]);
	metrics_sample(text, "missing=\"times\"", shown - selection->vms[METRICS_VM_TIMES]);
	metrics_sample(text, "missing=\"details\"", shown - selection->vms[METRICS_VM_DETAILS]);
	write_one(text, "kvmexitd_metrics_dropped_series", METRICS_GAUGE, selection->dropped_series,
		  "The series of VMs that are not in this text.");

	metrics_family(text, "kvmexitd_build_info", METRICS_GAUGE, "Always 1.");
	metrics_sample(text, "version=\"" PACKAGE_VERSION "\"", 1);
}

/* What a process says of itself by Prometheus' convention. */
static void write_process(struct metrics_text *text, const struct metrics_input *input)
{
	metrics_family(text, "process_start_time_seconds", METRICS_GAUGE,
		       "When kvmexitd was started, since 1970.");
	metrics_sample_milli(text, NULL, input->status->started_us / US_PER_MS);
	metrics_family(text, "process_cpu_seconds", METRICS_COUNTER,
		       "CPU time that kvmexitd took.");
	metrics_sample_milli(text, NULL, input->cpu_ns / NS_PER_MS);
}

int metrics_write(struct buffer *out, const struct metrics_input *input, enum metrics_format format)
{
	struct metrics_text text = { .out = out, .format = format };
	struct selection selection = select_vms(input);

	write_host(&text, input);
	write_vms(&text, input, &selection);
	write_daemon(&text, input, &selection);
	if (format != METRICS_TEXTFILE)
		write_process(&text, input);
	metrics_end(&text);
	return text.error;
}

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS ?
		       "application/openmetrics-text; version=1.0.0; charset=utf-8" :
		       "text/plain; version=0.0.4; charset=utf-8";
}

int metrics_format_parse(const char *name, enum metrics_format *out)
{
	static const char *const names[METRICS_FORMATS] = {
		[METRICS_PROMETHEUS] = "prometheus",
		[METRICS_OPENMETRICS] = "openmetrics",
		[METRICS_TEXTFILE] = "textfile",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum metrics_format)i;
			return 0;
		}
	}
	return -EINVAL;
}
