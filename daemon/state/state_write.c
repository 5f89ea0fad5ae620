// SPDX-License-Identifier: GPL-2.0-or-later
/* All that the registry knows, as bytes. The order is that of state_read.c. */
#include "config.h"

#include "model/registry_internal.h"
#include "state/codec.h"
#include "state/state.h"
#include "state/state_detail.h"

static void put_blocks(struct state_writer *w, const struct history_block *first)
{
	const struct history_block *block;
	uint64_t n = 0, last;
	unsigned int i;

	for (block = first; block; block = block->older)
		n++;
	state_put(w, n);
	for (block = first; block; block = block->older) {
		state_put(w, block->start_s / history_block_span_s(block));
		for (i = 0, last = 0; i < HISTORY_BUCKETS; i++) {
			state_put(w, state_step(last, history_block_get(block, i)));
			last = history_block_get(block, i);
		}
	}
}

static void put_vm_reason(struct state_writer *w, const struct vm_reason *reason)
{
	int kind;

	state_put(w, reason->code);
	state_put(w, reason->other);
	for (kind = 0; kind < COUNT_KINDS; kind++) {
		state_put(w, reason->count[kind]);
		state_put(w, reason->vcpu_sum[kind]);
	}
	state_put(w, reason->noted);
	state_put_real(w, reason->usual);
	put_blocks(w, reason->history.fine);
	put_blocks(w, reason->history.coarse);
}

static void put_counts(struct state_writer *w, const uint32_t *counts, size_t n)
{
	uint32_t last = 0;
	size_t i;

	for (i = 0; i < n; last = counts[i++])
		state_put(w, state_step(last, counts[i]));
}

static void put_window(struct state_writer *w, const struct window *window)
{
	state_put(w, window->head);
	put_counts(w, window->second, WINDOW_SECONDS);
	put_counts(w, window->coarse, WINDOW_COARSE);
}

static void put_vcpu(struct state_writer *w, const struct vm *vm, const struct vcpu *vcpu)
{
	uint32_t i;
	int kind;

	state_put(w, vcpu->id);
	state_put(w, vcpu->n_reasons);
	for (i = 0; i < vcpu->n_reasons; i++) {
		const struct vcpu_reason *reason = &vcpu->reasons[i];

		state_put(w, reason->vm_index);
		for (kind = 0; kind < COUNT_KINDS; kind++)
			state_put(w, reason->count[kind]);
		state_put(w, state_step(vm->updated_ns, reason->updated_ns));
		if (vcpu->windows)
			put_window(w, &vcpu->windows[i]);
	}
	state_put_vcpu_details(w, &vcpu->details);
}

static void put_storm(struct state_writer *w, const struct storm *storm)
{
	state_put(w, storm->next);
	state_put_real(w, storm->vm_usual);
	state_put(w, storm->active);
	if (!storm->active)
		return;
	state_put(w, storm->told);
	state_put(w, storm->whole);
	state_put(w, storm->reason);
	state_put(w, storm->since_ns);
	state_put(w, storm->exits);
	state_put_real(w, storm->rate);
	state_put_real(w, storm->peak);
	state_put_real(w, storm->usual);
	state_put(w, storm->calm);
}

static void put_vm(struct state_writer *w, const struct vm *vm)
{
	size_t i;

	state_put(w, vm->id);
	state_put(w, vm->epoch);
	state_put(w, vm->pid);
	state_put(w, vm->isa);
	state_put_text(w, vm->name);
	state_put_text(w, vm->uuid);
	state_put_text(w, vm->namespace);
	state_put(w, vm->vmid);
	state_put(w, vm->watched);
	state_put(w, vm->all_is_news);
	state_put(w, vm->ended_unseen);
	state_put(w, vm->is_new);
	state_put(w, vm->just_ended);
	state_put(w, vm->name_settled);
	state_put(w, vm->created_ns);
	state_put(w, vm->ended_ns);
	state_put(w, vm->first_ns);
	state_put(w, vm->started_us);
	state_put(w, vm->ended_us);
	state_put(w, vm->updated_ns);
	state_put(w, vm->vcpus_created);
	state_put(w, vm->early_end_min);
	state_put(w, vm->noted_exits);

	state_put(w, vm->n_reasons);
	for (i = 0; i < vm->n_reasons; i++)
		put_vm_reason(w, &vm->reasons[i]);
	put_storm(w, &vm->storm);
	state_put_details(w, &vm->details);
	state_put(w, vm->n_vcpus);
	for (i = 0; i < vm->n_vcpus; i++)
		put_vcpu(w, vm, vm->vcpus[i]);
}

static void put_host(struct state_writer *w, const struct host_totals *host)
{
	size_t i;

	state_put(w, host->since_us);
	state_put(w, host->n);
	for (i = 0; i < host->n; i++) {
		state_put(w, host->all[i].isa);
		state_put(w, host->all[i].code);
		state_put(w, host->all[i].other);
		state_put(w, host->all[i].exits);
	}
}

void state_write(struct state_writer *w, const struct registry *registry)
{
	const struct vm *vm;

	state_put(w, registry->has_epoch);
	state_put(w, registry->epoch);
	state_put(w, registry->complete);
	state_put(w, registry->synced_ns);
	state_put(w, registry->watched_ns);
	state_put(w, registry->forgotten_ns);
	state_put(w, registry->history.horizon_s);
	state_put(w, registry->times_since_ns);
	state_put(w, registry->details_since_ns);
	put_host(w, &registry->host);

	state_put(w, registry->n_live);
	TAILQ_FOREACH(vm, &registry->live, by_id)
		put_vm(w, vm);
	state_put(w, registry_n_dead(registry));
	TAILQ_FOREACH(vm, &registry->dead, by_id)
		put_vm(w, vm);
}
