// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of one VM: how long its exits took. */
#include "config.h"

#include <stdio.h>

#include "model/reason.h"
#include "model/registry.h"
#include "sink/metrics.h"
#include "sink/metrics_text.h"
#include "sink/metrics_vm.h"
#include "sink/metrics_vm_internal.h"
#include "util/util.h"

/* Of a reason whose exits were timed: how many, how long in all and at most. */
#define SERIES_PER_TIME 3

/* Of a VM that has any: overhead, three percentiles and the longest of the last minute. */
#define SERIES_PER_TIMED_VM 5

/* The reason that stands for those that have no time of their own. */
#define REST_NAME "rest"

#define PERCENT_BYTES 32

/* How long exits for a reason took, or with i == vm->n_reasons the rest of them. */
static bool reason_time(const struct vm *vm, size_t i, struct exit_time *out)
{
	const struct vm_reason *reason = &vm->reasons[i];

	if (i == vm->n_reasons)
		return registry_vm_time(vm, NULL, out);
	return registry_vm_time(vm, &(struct reason_key){ reason->code, reason->other }, out);
}

size_t metrics_vm_time_series(const struct vm *vm)
{
	struct exit_time time;
	size_t i, n = 0;

	for (i = 0; i <= vm->n_reasons; i++)
		n += reason_time(vm, i, &time) ? SERIES_PER_TIME : 0;
	return n + (registry_vm_time_sum(vm, &time) ? SERIES_PER_TIMED_VM : 0);
}

static void write_timed_exits(struct metrics_text *text, const char *labels,
			      const struct exit_time *time)
{
	metrics_sample(text, labels, exit_time_exits(time));
}

static void write_total_ns(struct metrics_text *text, const char *labels,
			   const struct exit_time *time)
{
	metrics_sample_nano(text, labels, time->total_ns);
}

static void write_max_ns(struct metrics_text *text, const char *labels,
			 const struct exit_time *time)
{
	metrics_sample_nano(text, labels, time->max_ns);
}

static void write_times(struct metrics_text *text, const struct vm *vm,
			void (*write)(struct metrics_text *text, const char *labels,
				      const struct exit_time *time))
{
	struct metrics_vm_labels labels;
	char name[REASON_NAME_MAX], all[sizeof(labels.text) + REASON_NAME_MAX + 16];
	struct exit_time time;
	size_t i;

	metrics_vm_label(&labels, vm);
	for (i = 0; i <= vm->n_reasons; i++) {
		if (!reason_time(vm, i, &time))
			continue;
		(void)snprintf(all, sizeof(all), "%s,reason=\"%s\"", labels.text,
			       i == vm->n_reasons ? REST_NAME :
						    reason_name(vm->isa, vm->reasons[i].code,
								vm->reasons[i].other, name));
		write(text, all, &time);
	}
}

void metrics_vm_timed_exits(struct metrics_text *text, const struct vm *vm)
{
	write_times(text, vm, write_timed_exits);
}

void metrics_vm_exit_seconds(struct metrics_text *text, const struct vm *vm)
{
	write_times(text, vm, write_total_ns);
}

void metrics_vm_exit_max_seconds(struct metrics_text *text, const struct vm *vm)
{
	write_times(text, vm, write_max_ns);
}

void metrics_vm_overhead_seconds(struct metrics_text *text, const struct vm *vm)
{
	struct metrics_vm_labels labels;
	uint64_t total_ns;

	if (!registry_vm_overhead_time(vm, &total_ns))
		return;
	metrics_vm_label(&labels, vm);
	metrics_sample_nano(text, labels.text, total_ns);
}

void metrics_vm_recent_percentiles(struct metrics_text *text, const struct metrics_input *input,
				   const struct vm *vm)
{
	static const unsigned int percents[] = { 50, 95, 99 };
	struct metrics_vm_labels labels;
	char all[sizeof(labels.text) + PERCENT_BYTES];
	struct exit_time time;
	size_t i;

	if (!registry_recent_time(input->registry, vm, NULL, input->now_ns, &time))
		return;
	metrics_vm_label(&labels, vm);
	for (i = 0; i < ARRAY_SIZE(percents); i++) {
		(void)snprintf(all, sizeof(all), "%s,percent=\"%u\"", labels.text, percents[i]);
		metrics_sample_nano(text, all, exit_time_percentile(&time, percents[i]));
	}
}

void metrics_vm_recent_max(struct metrics_text *text, const struct metrics_input *input,
			   const struct vm *vm)
{
	struct metrics_vm_labels labels;
	struct exit_time time;

	if (!registry_recent_time(input->registry, vm, NULL, input->now_ns, &time))
		return;
	metrics_vm_label(&labels, vm);
	metrics_sample_nano(text, labels.text, time.max_ns);
}
