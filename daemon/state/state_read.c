// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that the registry knows, from bytes. Whatever they are, the registry is
 * one that could be: sums are made here, and not believed.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry_internal.h"
#include "state/codec.h"
#include "state/state.h"
#include "state/state_detail.h"
#include "util/text.h"

static bool get_bool(struct state_reader *r)
{
	return state_get_below(r, 1);
}

static uint32_t get_u32(struct state_reader *r)
{
	return (uint32_t)state_get_below(r, UINT32_MAX);
}

static int get_blocks(struct state_reader *r, struct vm_reason *reason, struct history_pool *pool,
		      uint8_t step_s)
{
	/* More cannot be in an hour and a VM's first minutes. */
	uint64_t n = state_get_below(r, HISTORY_BUCKETS), counts[HISTORY_BUCKETS];
	uint64_t span_s = (uint64_t)step_s * HISTORY_BUCKETS, start;
	unsigned int i;
	int result;

	while (n-- && !r->bad) {
		start = state_get_below(r, UINT32_MAX / span_s);
		for (i = 0; i < HISTORY_BUCKETS; i++)
			counts[i] = state_after(i ? counts[i - 1] : 0, state_get(r));
		if (r->bad)
			break;
		result = history_insert(&reason->history, pool, (uint32_t)(start * span_s), step_s,
					counts);
		if (result < 0)
			return result == -ENOMEM ? result : -EBADMSG;
	}
	return 0;
}

/* Adds to a sum that must not overflow. */
static void add(struct state_reader *r, uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		r->bad = true;
}

static int get_vm_reason(struct state_reader *r, struct vm *vm, struct history_pool *pool)
{
	const struct sample_reason sample = {
		.code = state_get(r),
		.other = get_bool(r),
	};
	size_t at = 0, known = vm->n_reasons;
	struct vm_reason *reason;
	int kind, result;

	if (r->bad || (sample.other && sample.code))
		return -EBADMSG;
	result = vm_get_reason(vm, &sample, &at);
	if (result < 0)
		return result;
	if (at < known)
		return -EBADMSG;

	reason = &vm->reasons[at];
	for (kind = 0; kind < COUNT_KINDS; kind++) {
		reason->count[kind] = state_get(r);
		reason->vcpu_sum[kind] = state_get_below(r, reason->count[kind]);
		add(r, &vm->exits, reason->count[kind]);
	}
	if (r->bad)
		return -EBADMSG;
	reason->noted = state_get_below(r, vm_reason_total(reason));
	reason->usual = (float)state_get_real(r);
	result = get_blocks(r, reason, pool, HISTORY_FINE_S);
	return result < 0 ? result : get_blocks(r, reason, pool, HISTORY_COARSE_S);
}

static void get_counts(struct state_reader *r, uint32_t *counts, size_t n)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		count = state_after(count, state_get(r));
		if (count > UINT32_MAX)
			r->bad = true;
		counts[i] = (uint32_t)count;
	}
}

static void get_window(struct state_reader *r, struct window *window)
{
	window->head = (uint32_t)state_get_below(r, UINT32_MAX - 1);
	get_counts(r, window->second, WINDOW_SECONDS);
	get_counts(r, window->coarse, WINDOW_COARSE);
}

static int get_vcpu_reasons(struct state_reader *r, struct vm *vm, struct vcpu *vcpu)
{
	uint32_t n = (uint32_t)state_get_below(r, vm->n_reasons), i;
	int kind;

	if (!n || r->bad)
		return 0;
	vcpu->reasons = calloc(n, sizeof(*vcpu->reasons));
	if (vm->alive)
		vcpu->windows = calloc(n, sizeof(*vcpu->windows));
	if (!vcpu->reasons || (vm->alive && !vcpu->windows))
		return -ENOMEM;
	vcpu->reasons_size = n;

	for (i = 0; i < n; i++) {
		struct vcpu_reason *reason = &vcpu->reasons[i];

		reason->vm_index = (uint16_t)state_get_below(r, vm->n_reasons - 1);
		reason->code = vm->reasons[reason->vm_index].code;
		reason->other = vm->reasons[reason->vm_index].other;
		for (kind = 0; kind < COUNT_KINDS; kind++) {
			reason->count[kind] = state_get(r);
			add(r, &vcpu->exits, reason->count[kind]);
		}
		reason->updated_ns = state_after(vm->updated_ns, state_get(r));
		if (vm->alive)
			get_window(r, &vcpu->windows[i]);
		if (r->bad)
			return -EBADMSG;
		vcpu->n_reasons++;
	}
	return 0;
}

static int get_vcpus(struct state_reader *r, struct registry *registry, struct vm *vm)
{
	uint64_t n = state_get_below(r, REGISTRY_VCPUS_PER_VM_MAX);
	struct vcpu *vcpu = NULL;
	bool made = false;
	int result;

	while (n-- && !r->bad) {
		uint32_t id = get_u32(r);

		if (r->bad)
			break;
		result = vm_get_vcpu(vm, id, &vcpu, &made);
		if (result == 0 && !made)
			result = -EBADMSG;
		if (result == 0)
			result = get_vcpu_reasons(r, vm, vcpu);
		if (result == 0)
			result = state_get_vcpu_details(r, registry, vm, vcpu);
		if (result < 0)
			return result;
	}
	return 0;
}

static void get_storm(struct state_reader *r, struct vm *vm)
{
	struct storm *storm = &vm->storm;

	storm->next = (uint32_t)state_get_below(r, UINT32_MAX / STORM_BUCKET_S - 1);
	storm->vm_usual = state_get_real(r);
	storm->active = get_bool(r);
	if (!storm->active)
		return;
	storm->told = get_bool(r);
	storm->whole = get_bool(r);
	storm->reason = (size_t)state_get_below(r, REGISTRY_REASONS_MAX);
	storm->since_ns = state_get(r);
	storm->exits = state_get(r);
	storm->rate = state_get_real(r);
	storm->peak = state_get_real(r);
	storm->usual = state_get_real(r);
	storm->calm = get_u32(r);
	if (storm->reason >= vm->n_reasons)
		r->bad = true;
}

static int get_identity(struct state_reader *r, struct vm *vm)
{
	char raw[VM_NAME_MAX], uuid[VM_UUID_SIZE], namespace[VM_NAMESPACE_SIZE];
	struct vm_identity identity;

	state_get_text(r, raw, sizeof(raw));
	(void)text_clean(identity.name, sizeof(identity.name), raw, strlen(raw));
	state_get_text(r, uuid, sizeof(uuid));
	state_get_text(r, namespace, sizeof(namespace));
	vm_identity_set(&identity, uuid, namespace, get_u32(r));
	return vm_set_identity(vm, &identity);
}

static int fill_vm(struct state_reader *r, struct registry *registry, struct vm *vm)
{
	uint64_t n;
	int result = get_identity(r, vm);

	if (result < 0)
		return result;
	vm->watched = get_bool(r);
	vm->all_is_news = get_bool(r);
	vm->ended_unseen = get_bool(r);
	vm->is_new = get_bool(r);
	vm->just_ended = get_bool(r) && !vm->alive;
	vm->name_settled = get_bool(r);
	vm->created_ns = state_get(r);
	vm->ended_ns = state_get(r);
	vm->first_ns = state_get(r);
	vm->started_us = state_get(r);
	vm->ended_us = state_get(r);
	vm->updated_ns = state_get(r);
	vm->vcpus_created = get_u32(r);
	vm->early_end_min = get_u32(r);
	vm->noted_exits = state_get(r);
	if (vm->early_end_min && vm->early_end_min != vm_early_end_min(vm->created_ns))
		r->bad = true;

	for (n = state_get_below(r, REGISTRY_REASONS_MAX); n && !r->bad; n--) {
		result = get_vm_reason(r, vm, &registry->history);
		if (result < 0)
			return result;
	}
	get_storm(r, vm);
	result = state_get_details(r, vm);
	if (result < 0)
		return result;
	if (vm->noted_exits > vm->exits)
		r->bad = true;
	return r->bad ? -EBADMSG : get_vcpus(r, registry, vm);
}

/* The VM is the registry's, whatever becomes of it. */
static int get_vm(struct state_reader *r, struct registry *registry, bool alive)
{
	uint64_t id = state_get(r), epoch = state_get(r);
	uint32_t pid = get_u32(r), isa = get_u32(r);
	struct vm *vm = NULL, *known;
	bool of_epoch = registry->has_epoch && registry->epoch == epoch;
	int result;

	if (r->bad || (alive && !of_epoch))
		return -EBADMSG;
	known = registry_find(registry, id);
	if (!known && of_epoch)
		known = registry_find_dead(registry, id);
	if (known && of_epoch)
		return -EBADMSG;

	result = vm_new(&vm, id, epoch, pid, isa);
	if (result < 0)
		return result;
	vm->alive = alive;
	if (alive) {
		TAILQ_INSERT_TAIL(&registry->live, vm, by_id);
		HASH_ADD(hh, registry->by_id, id, sizeof(vm->id), vm);
		registry->n_live++;
	} else {
		TAILQ_INSERT_TAIL(&registry->dead, vm, by_id);
		if (of_epoch)
			HASH_ADD(hh, registry->dead_by_id, id, sizeof(vm->id), vm);
		registry->n_dead++;
	}
	if (of_epoch && !vm->hh.tbl)
		return -ENOMEM;

	result = fill_vm(r, registry, vm);
	if (result < 0)
		return result;
	registry->n_storms += vm->storm.active;
	if (alive)
		registry->n_vcpus += vm->n_vcpus;
	registry_queue_change(registry, vm);
	return r->bad ? -EBADMSG : 0;
}

static int get_vms(struct state_reader *r, struct registry *registry, bool alive, uint64_t max)
{
	struct vm_list *list = alive ? &registry->live : &registry->dead;
	uint64_t n = state_get_below(r, max);
	const struct vm *vm, *before;
	int result;

	for (; n && !r->bad; n--) {
		result = get_vm(r, registry, alive);
		if (result < 0)
			return result;
		vm = TAILQ_LAST(list, vm_list);
		before = TAILQ_PREV(vm, vm_list, by_id);
		if (before && (alive ? before->id >= vm->id : before->ended_ns < vm->ended_ns))
			return -EBADMSG;
	}
	return r->bad ? -EBADMSG : 0;
}

static void get_host(struct state_reader *r, struct host_totals *host)
{
	uint64_t n, code;
	size_t i, at;
	uint32_t isa;
	bool other;

	host->since_us = state_get(r);
	n = state_get_below(r, HOST_TOTALS_MAX);
	for (i = 0; i < n && !r->bad; i++) {
		isa = get_u32(r);
		code = state_get(r);
		other = get_bool(r);
		at = host_totals_find(host, isa, code, other);
		/* One that is there twice, or that would not have got a place. */
		if (at != i || host->all[at].isa != isa || host->all[at].code != code ||
		    (other && code))
			r->bad = true;
		host->all[at].exits = state_get(r);
	}
}

int state_read(const void *buf, size_t len, struct registry *registry)
{
	struct state_reader r = { .at = buf, .end = (const unsigned char *)buf + len };
	int result;

	registry->has_epoch = get_bool(&r);
	registry->epoch = state_get(&r);
	registry->complete = get_bool(&r);
	registry->synced_ns = state_get(&r);
	registry->watched_ns = state_get(&r);
	registry->forgotten_ns = state_get(&r);
	registry->history.horizon_s = get_u32(&r);
	registry->history.horizon_s -= registry->history.horizon_s % HISTORY_COARSE_S;
	registry->times_since_ns = state_get(&r);
	registry->details_since_ns = state_get(&r);
	get_host(&r, &registry->host);

	result = get_vms(&r, registry, true, REGISTRY_VMS_MAX);
	/* Those whose end was not told of yet may be more than are remembered. */
	if (result == 0)
		result = get_vms(&r, registry, false, REGISTRY_VMS_MAX);
	if (result == 0 && (r.bad || state_left(&r)))
		result = -EBADMSG;
	registry_trim_dead(registry);
	/* What the kernel said since is lost, until a dump says it. */
	registry->in_gap = true;
	return result;
}
