// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry as its users see it: what changed, what there is, how fast. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry_internal.h"

/*
 * How late a batch may be: the kernel's timers are good to a few milliseconds,
 * a busy host's workqueue to some tens.
 */
#define BATCH_SLACK_NS (UINT64_C(100) * 1000 * 1000)

struct vm *registry_next_change(struct registry *registry)
{
	struct vm *vm;

	while ((vm = TAILQ_FIRST(&registry->changes))) {
		if (vm->is_new || vm->has_exits || vm->just_ended)
			return vm;
		registry_change_done(registry, vm);
	}
	return NULL;
}

void registry_change_done(struct registry *registry, struct vm *vm)
{
	if (vm->queued)
		TAILQ_REMOVE(&registry->changes, vm, changed);
	vm->queued = false;
	vm->is_new = false;
	vm->is_back = false;
	vm->just_ended = false;
	vm_forget_deltas(vm);
	registry_trim_dead(registry);
}

int vm_set_name(struct vm *vm, const char *name)
{
	char *copy = strndup(name, VM_NAME_MAX - 1);

	if (!copy)
		return -ENOMEM;

	free(vm->name);
	vm->name = copy;
	return 0;
}

int vm_set_identity(struct vm *vm, const struct vm_identity *identity)
{
	int r = vm_set_name(vm, identity->name);

	if (r < 0)
		return r;
	memcpy(vm->uuid, identity->uuid, sizeof(vm->uuid));
	memcpy(vm->namespace, identity->namespace, sizeof(vm->namespace));
	vm->vmid = identity->vmid;
	return 0;
}

void vm_get_identity(const struct vm *vm, struct vm_identity *out)
{
	*out = (struct vm_identity){ .vmid = vm->vmid };
	memcpy(out->name, vm->name, strlen(vm->name));
	memcpy(out->uuid, vm->uuid, sizeof(out->uuid));
	memcpy(out->namespace, vm->namespace, sizeof(out->namespace));
}

void vm_settle_name(struct vm *vm)
{
	vm->name_settled = true;
}

void vm_note_exits(struct vm *vm)
{
	size_t i;

	vm->noted_exits = vm->exits;
	for (i = 0; i < vm->n_reasons; i++)
		vm->reasons[i].noted = vm_reason_total(&vm->reasons[i]);
}

void vm_note_storm(struct vm *vm)
{
	vm->storm.told = true;
}

bool registry_is_complete(const struct registry *registry)
{
	return registry->complete;
}

size_t registry_n_live(const struct registry *registry)
{
	return registry->n_live;
}

size_t registry_n_dead(const struct registry *registry)
{
	return registry->n_dead + registry->n_unused;
}

size_t registry_n_vcpus(const struct registry *registry)
{
	return registry->n_vcpus;
}

struct vm *registry_first_live(const struct registry *registry)
{
	return TAILQ_FIRST(&registry->live);
}

struct vm *registry_first_dead(const struct registry *registry)
{
	return TAILQ_FIRST(&registry->dead);
}

struct vm *registry_next(const struct vm *vm)
{
	return TAILQ_NEXT(vm, by_id);
}

uint64_t registry_known_until_s(const struct registry *registry, const struct vm *vm,
				uint64_t now_ns)
{
	uint64_t lag_ns = registry->interval_ns + BATCH_SLACK_NS;
	uint64_t until_ns = now_ns > lag_ns ? now_ns - lag_ns : 0;

	if (until_ns < vm->updated_ns)
		until_ns = vm->updated_ns;
	return until_ns / WINDOW_NS_PER_S;
}

uint64_t registry_known_since_s(const struct registry *registry, const struct vm *vm)
{
	return vm->watched ? 0 : registry->watched_ns / WINDOW_NS_PER_S;
}

static void add_sums(uint64_t to[static RATE_COUNT], const uint64_t sums[static RATE_COUNT])
{
	int i;

	for (i = 0; i < RATE_COUNT; i++)
		to[i] += sums[i];
}

void registry_vcpu_rates(const struct registry *registry, const struct vm *vm,
			 const struct vcpu *vcpu, uint64_t now_ns, struct rates *per_reason,
			 struct rates *sum)
{
	uint64_t end_s = registry_known_until_s(registry, vm, now_ns), since_s;
	uint64_t all[RATE_COUNT] = { 0 };
	uint32_t i;

	since_s = registry_known_since_s(registry, vm);
	for (i = 0; i < vcpu->n_reasons; i++) {
		uint64_t one[RATE_COUNT] = { 0 };

		if (vcpu->windows)
			window_sum(&vcpu->windows[i], end_s, one);
		add_sums(all, one);
		if (per_reason)
			window_rates(one, end_s, since_s, &per_reason[i]);
	}
	if (sum)
		window_rates(all, end_s, since_s, sum);
}

/*
 * A VM has no windows of its own: what is read now and then is summed up then,
 * what comes in all the time is written once. The sums of reasons are made in
 * per_reason itself; a double holds them exactly, since they are below 2^53.
 */
void registry_vm_rates(const struct registry *registry, const struct vm *vm, uint64_t now_ns,
		       struct rates *per_reason, struct rates *sum)
{
	uint64_t end_s = registry_known_until_s(registry, vm, now_ns), since_s;
	uint64_t all[RATE_COUNT] = { 0 };
	size_t i, j;
	int k;

	if (per_reason && vm->n_reasons)
		memset(per_reason, 0, vm->n_reasons * sizeof(*per_reason));

	for (i = 0; i < vm->n_vcpus; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];

		for (j = 0; vcpu->windows && j < vcpu->n_reasons; j++) {
			uint64_t one[RATE_COUNT] = { 0 };

			window_sum(&vcpu->windows[j], end_s, one);
			add_sums(all, one);
			for (k = 0; per_reason && k < RATE_COUNT; k++)
				per_reason[vcpu->reasons[j].vm_index].per_s[k] += (double)one[k];
		}
	}

	since_s = registry_known_since_s(registry, vm);
	for (i = 0; per_reason && i < vm->n_reasons; i++) {
		uint64_t one[RATE_COUNT];

		for (k = 0; k < RATE_COUNT; k++)
			one[k] = (uint64_t)per_reason[i].per_s[k];
		window_rates(one, end_s, since_s, &per_reason[i]);
	}
	if (sum)
		window_rates(all, end_s, since_s, sum);
}

uint64_t registry_counted_since(const struct registry *registry, const struct vm *vm)
{
	/* A VM that was counted all its life has a time of creation. */
	if (registry->counted_ns == 0 || vm->created_ns != 0)
		return 0;
	return vm->epoch == registry->epoch ? registry->counted_ns : vm->first_ns;
}

const char *registry_blind(const struct registry *registry, const struct vm *vm)
{
	/* What another one counted, that one saw. */
	return vm->epoch == registry->epoch ? registry->blind : NULL;
}
