// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The VMs that ended, latest first: as many as the kernel remembers, and the
 * same ones, so that a dump brings none back that was forgotten. Those that never ran
 * have a limit of their own, and so push none of the others out, however many a VMM
 * makes to find out what KVM can do.
 */
#include "config.h"

#include "model/registry_internal.h"

static void count_dead(struct registry *registry, const struct vm *vm, int n)
{
	if (vm->unused)
		registry->n_unused += (size_t)n;
	else
		registry->n_dead += (size_t)n;
}

static void forget_dead(struct registry *registry, struct vm *vm)
{
	TAILQ_REMOVE(&registry->dead, vm, by_id);
	if (vm->queued)
		TAILQ_REMOVE(&registry->changes, vm, changed);
	if (vm->epoch == registry->epoch) {
		if (vm->hh.tbl)
			HASH_DELETE(hh, registry->dead_by_id, vm);
		/* One that never ran, the kernel may remember for longer or not at all. */
		if (!vm->unused && registry->forgotten_ns < vm->ended_ns)
			registry->forgotten_ns = vm->ended_ns;
	}
	if (vm->storm.active)
		registry->n_storms--;
	count_dead(registry, vm, -1);
	vm_free(registry, vm);
}

static struct vm *oldest_dead(const struct registry *registry, bool unused)
{
	struct vm *vm;

	TAILQ_FOREACH_REVERSE(vm, &registry->dead, vm_list, by_id)
		if (vm->unused == unused)
			return vm;
	return NULL;
}

/*
 * More than REGISTRY_DEAD_MAX may be there until the changes are taken: a batch
 * of messages that ends many VMs must not make some of them end unheard.
 */
void registry_trim_dead(struct registry *registry)
{
	struct vm *vm;

	while (registry->n_dead > REGISTRY_DEAD_MAX && !(vm = oldest_dead(registry, false))->queued)
		forget_dead(registry, vm);
	while (registry->n_unused > REGISTRY_UNUSED_MAX &&
	       !(vm = oldest_dead(registry, true))->queued)
		forget_dead(registry, vm);
}

void registry_recount_dead(struct registry *registry, struct vm *vm)
{
	if (vm->alive || vm->unused == !vm_has_run(vm))
		return;
	count_dead(registry, vm, -1);
	vm->unused = !vm_has_run(vm);
	count_dead(registry, vm, 1);
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
 * after it was told of and forgotten; and one that never ran is no news to those who
 * did not hear of it before.
 */
static bool is_history(const struct registry *registry, const struct vm *vm)
{
	if (vm->is_new && !vm_has_run(vm))
		return true;
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

	vm_drop_windows(registry, vm);
	registry->n_vcpus -= vm->n_vcpus;
	registry->n_live--;
	HASH_DELETE(hh, registry->by_id, vm);
	TAILQ_REMOVE(&registry->live, vm, by_id);

	HASH_ADD(hh, registry->dead_by_id, id, sizeof(vm->id), vm);
	insert_dead(registry, vm);
	vm->unused = !vm_has_run(vm);
	count_dead(registry, vm, 1);

	registry_queue_change(registry, vm);
	/* Else it is, when the change was taken. */
	if (!vm->queued)
		registry_trim_dead(registry);
}

int registry_revive_vm(struct registry *registry, struct vm *vm)
{
	int r = vm_make_windows(registry, vm);

	if (r < 0)
		return r;

	HASH_DELETE(hh, registry->dead_by_id, vm);
	TAILQ_REMOVE(&registry->dead, vm, by_id);
	count_dead(registry, vm, -1);
	vm->unused = false;
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
