// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The VMs that ended, latest first: as many as the kernel remembers, and the
 * same ones, so that a dump brings none back that was forgotten.
 */
#include "config.h"

#include "model/registry_internal.h"

static void forget_dead(struct registry *registry)
{
	struct vm *vm = TAILQ_LAST(&registry->dead, vm_list);

	TAILQ_REMOVE(&registry->dead, vm, by_id);
	if (vm->queued)
		TAILQ_REMOVE(&registry->changes, vm, changed);
	if (vm->epoch == registry->epoch) {
		if (vm->hh.tbl)
			HASH_DELETE(hh, registry->dead_by_id, vm);
		if (registry->forgotten_ns < vm->ended_ns)
			registry->forgotten_ns = vm->ended_ns;
	}
	if (vm->storm.active)
		registry->n_storms--;
	registry->n_dead--;
	vm_free(vm, &registry->history);
}

/*
 * More than REGISTRY_DEAD_MAX may be there until the changes are taken: a batch
 * of messages that ends many VMs must not make some of them end unheard.
 */
void registry_trim_dead(struct registry *registry)
{
	while (registry->n_dead > REGISTRY_DEAD_MAX &&
	       !TAILQ_LAST(&registry->dead, vm_list)->queued)
		forget_dead(registry);
}

/* The latest mostly; a dump has them in another order. */
static void insert_dead(struct registry *registry, struct vm *vm)
{
	struct vm *after;

	TAILQ_FOREACH(after, &registry->dead, by_id) {
		if (after->ended_ns <= vm->ended_ns) {
			TAILQ_INSERT_BEFORE(after, vm, by_id);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&registry->dead, vm, by_id);
}

bool registry_was_known(const struct registry *registry, uint64_t ended_ns)
{
	return ended_ns && (ended_ns < registry->watched_ns || ended_ns <= registry->forgotten_ns);
}

/*
 * One that ended before we looked is history. So is one that a dump brings back
 * after it was told of and forgotten.
 */
static bool is_history(const struct registry *registry, const struct vm *vm)
{
	return vm->is_new ? registry_was_known(registry, vm->ended_ns) :
			    !vm->all_is_news && vm->ended_ns < registry->watched_ns;
}

void registry_end_vm(struct registry *registry, struct vm *vm, uint64_t ended_ns, bool unseen)
{
	vm->alive = false;
	vm->ended_ns = ended_ns;
	vm->ended_us = registry_realtime_us(registry, ended_ns);
	vm->ended_unseen = unseen;

	vm->just_ended = !is_history(registry, vm);
	if (!vm->just_ended) {
		vm->is_new = false;
		vm->all_is_news = false;
		vm_forget_deltas(vm);
	}

	vm_drop_windows(vm);
	registry->n_vcpus -= vm->n_vcpus;
	registry->n_live--;
	HASH_DELETE(hh, registry->by_id, vm);
	TAILQ_REMOVE(&registry->live, vm, by_id);

	HASH_ADD(hh, registry->dead_by_id, id, sizeof(vm->id), vm);
	insert_dead(registry, vm);
	registry->n_dead++;

	registry_queue_change(registry, vm);
	registry_trim_dead(registry);
}

int registry_revive_vm(struct registry *registry, struct vm *vm)
{
	int r = vm_make_windows(vm);

	if (r < 0)
		return r;

	HASH_DELETE(hh, registry->dead_by_id, vm);
	TAILQ_REMOVE(&registry->dead, vm, by_id);
	registry->n_dead--;
	HASH_ADD(hh, registry->by_id, id, sizeof(vm->id), vm);
	registry_insert_live(registry, vm);
	registry->n_live++;
	registry->n_vcpus += vm->n_vcpus;

	vm->alive = true;
	vm->ended_ns = 0;
	vm->ended_us = 0;
	vm->ended_unseen = false;
	/* Who was told that it ended gets to know it again. */
	if (!vm->just_ended) {
		vm->is_new = true;
		vm->is_back = true;
	}
	vm->just_ended = false;
	registry_queue_change(registry, vm);
	return 0;
}

void registry_part_dead(struct registry *registry)
{
	struct vm *vm;

	HASH_CLEAR(hh, registry->dead_by_id);
	/* Should their epoch come back, they must not be looked for in a table that is gone. */
	TAILQ_FOREACH(vm, &registry->dead, by_id)
		vm->hh.tbl = NULL;
	registry->forgotten_ns = 0;
}

void registry_end_all(struct registry *registry, uint64_t now_ns)
{
	struct vm *vm;

	while ((vm = TAILQ_FIRST(&registry->live)))
		registry_end_vm(registry, vm, now_ns, true);
}

struct vm *registry_find_dead(const struct registry *registry, uint64_t id)
{
	struct vm *vm;

	HASH_FIND(hh, registry->dead_by_id, &id, sizeof(id), vm);
	return vm;
}
