// SPDX-License-Identifier: GPL-2.0-or-later
/* Every VM, its vCPUs, and how often each left guest mode for which reason. */
#include "config.h"

#include "model/registry.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry_internal.h"
#include "util/text.h"

int registry_new(struct registry **out)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return -ENOMEM;

	TAILQ_INIT(&registry->live);
	TAILQ_INIT(&registry->dead);
	TAILQ_INIT(&registry->changes);
	registry->interval_ns = REGISTRY_INTERVAL_NS;
	registry->history.limit = HISTORY_BYTES_MAX;
	registry->storm_params = STORM_PARAMS_DEFAULT;
	registry->history.fine_min = HISTORY_FINE_MIN;
	*out = registry;
	return 0;
}

struct registry *registry_free(struct registry *registry)
{
	struct vm *vm;

	if (!registry)
		return NULL;

	HASH_CLEAR(hh, registry->by_id);
	HASH_CLEAR(hh, registry->dead_by_id);
	while ((vm = TAILQ_FIRST(&registry->live))) {
		TAILQ_REMOVE(&registry->live, vm, by_id);
		vm_free(registry, vm);
	}
	while ((vm = TAILQ_FIRST(&registry->dead))) {
		TAILQ_REMOVE(&registry->dead, vm, by_id);
		vm_free(registry, vm);
	}
	free(registry);
	return NULL;
}

void registry_set_clock(struct registry *registry, int64_t realtime_offset_ns)
{
	registry->realtime_offset_ns = realtime_offset_ns;
}

void registry_set_watched(struct registry *registry, uint64_t since_ns)
{
	registry->watched_ns = since_ns;
}

void registry_set_counted(struct registry *registry, uint64_t since_ns)
{
	registry->counted_ns = since_ns;
}

void registry_set_blind(struct registry *registry, const char *blind)
{
	registry->blind = blind;
}

void registry_set_interval(struct registry *registry, uint64_t interval_ns)
{
	registry->interval_ns = interval_ns;
}

void registry_begin_host(struct registry *registry, uint32_t isa, uint64_t realtime_us)
{
	if (!registry->host.since_us)
		registry->host.since_us = realtime_us;
	host_totals_expect(&registry->host, isa);
}

const struct host_totals *registry_host_totals(const struct registry *registry)
{
	return &registry->host;
}

uint64_t registry_realtime_us(const struct registry *registry, uint64_t boottime_ns)
{
	return (boottime_ns + (uint64_t)registry->realtime_offset_ns) / 1000;
}

void registry_queue_change(struct registry *registry, struct vm *vm)
{
	registry_recount_dead(registry, vm);
	if (vm->queued || !(vm->is_new || vm->has_exits || vm->just_ended))
		return;

	vm->queued = true;
	TAILQ_INSERT_TAIL(&registry->changes, vm, changed);
}

static void start_epoch(struct registry *registry, uint64_t epoch, uint64_t now_ns)
{
	if (registry->has_epoch && registry->epoch == epoch)
		return;

	registry_end_all(registry, now_ns);
	registry_part_dead(registry);

	/*
	 * All VMs of a later epoch came while we looked, as did those of the first one
	 * when a dump had none: the kernel tells its epoch only with something to count.
	 */
	registry->complete = registry->complete || registry->has_epoch;
	registry->has_epoch = true;
	registry->epoch = epoch;
	registry->in_gap = false;
	registry->synced_ns = now_ns;
}

struct vm *registry_find(const struct registry *registry, uint64_t id)
{
	struct vm *vm;

	HASH_FIND(hh, registry->by_id, &id, sizeof(id), vm);
	return vm;
}

/* Ids grow, so the place is at the end but for dumps. */
void registry_insert_live(struct registry *registry, struct vm *vm)
{
	struct vm *before;

	TAILQ_FOREACH_REVERSE(before, &registry->live, vm_list, by_id) {
		if (before->id < vm->id) {
			TAILQ_INSERT_AFTER(&registry->live, before, vm, by_id);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&registry->live, vm, by_id);
}

/* lives: the message is proof that it lived at now_ns. */
static int get_vm(struct registry *registry, uint64_t id, uint32_t pid, uint32_t isa,
		  uint64_t now_ns, bool lives, struct vm **out)
{
	struct vm *vm = registry_find(registry, id);
	int r;

	if (!vm)
		vm = registry_find_dead(registry, id);
	if (vm && lives && vm->ended_unseen && now_ns > vm->ended_ns) {
		r = registry_revive_vm(registry, vm);
		if (r < 0)
			return r;
	}
	if (vm) {
		vm->in_dump = true;
		*out = vm;
		return 0;
	}
	if (registry->n_live >= REGISTRY_VMS_MAX)
		return -E2BIG;

	r = vm_new(&vm, id, registry->epoch, pid, isa);
	if (r < 0)
		return r;

	HASH_ADD(hh, registry->by_id, id, sizeof(vm->id), vm);
	if (!vm->hh.tbl) {
		vm_free(registry, vm);
		return -ENOMEM;
	}
	vm->in_dump = true;
	vm->is_new = true;
	vm->all_is_news = registry->complete;
	vm->first_ns = now_ns;
	vm->started_us = registry_realtime_us(registry, now_ns);
	host_totals_expect(&registry->host, isa);
	registry_insert_live(registry, vm);
	registry->n_live++;
	*out = vm;
	return 0;
}

static void set_created(struct registry *registry, struct vm *vm, uint64_t created_ns)
{
	if (vm->created_ns || !created_ns)
		return;

	vm->created_ns = created_ns;
	vm->first_ns = created_ns;
	vm->started_us = registry_realtime_us(registry, created_ns);
	if (created_ns >= registry->watched_ns) {
		vm->watched = true;
		vm->all_is_news = true;
		vm->early_end_min = vm_early_end_min(created_ns);
	}
}

static int get_vcpu(struct registry *registry, struct vm *vm, uint32_t id, struct vcpu **out)
{
	bool made = false;
	int r;

	r = vm_get_vcpu(vm, id, out, &made);
	if (r == 0 && made && vm->alive)
		registry->n_vcpus++;
	return r;
}

static struct count_time count_time(struct registry *registry, uint64_t now_ns)
{
	return (struct count_time){
		.synced_ns = registry->synced_ns,
		.interval_ns = registry->interval_ns,
		.now_ns = now_ns,
		.history = &registry->history,
		.host = &registry->host,
	};
}

static int apply_vcpu(struct registry *registry, const struct exit_message *message,
		      const struct sample_vcpu *sample, const struct count_time *time,
		      struct vm **out)
{
	struct vcpu *vcpu = NULL;
	struct vm *vm = NULL;
	int r, result = 0;
	size_t i;

	/* A dump has the dead, too; what is in a batch happened just now. */
	r = get_vm(registry, sample->vm_id, sample->pid, sample->isa, message->time_ns,
		   message->type == MESSAGE_EXITS, &vm);
	if (r < 0)
		return r;
	*out = vm;
	r = get_vcpu(registry, vm, sample->vcpu_id, &vcpu);
	if (r < 0)
		return r;

	for (i = 0; i < sample->n_reasons; i++) {
		r = vm_count(vm, vcpu, &message->reasons[sample->first_reason + i], time);
		result = worse(result, r);
	}
	r = registry_apply_times(registry, vm, vcpu, message, sample);
	result = worse(result, r);
	r = registry_apply_details(registry, vm, vcpu, message, sample);
	result = worse(result, r);
	if (message->type == MESSAGE_EXITS && vm->updated_ns < message->time_ns)
		vm->updated_ns = message->time_ns;
	registry_queue_change(registry, vm);
	return result;
}

static int apply_vcpus(struct registry *registry, const struct exit_message *message)
{
	struct count_time time = count_time(registry, message->time_ns);
	struct vm *vm = NULL;
	int r, result = 0;
	size_t i;

	for (i = 0; i < message->n_vcpus; i++) {
		/* What is counted of the last one is done with before a new one may displace it. */
		if (vm && vm->id != message->vcpus[i].vm_id) {
			vm_add_spans(vm, &time);
			vm = NULL;
		}
		time.since_ns = message->vcpus[i].since_ns;
		r = apply_vcpu(registry, message, &message->vcpus[i], &time, &vm);
		result = worse(result, r);
	}
	if (vm)
		vm_add_spans(vm, &time);
	return result;
}

/* What there is of a name before anybody looks for one, or where nobody can. */
static int set_comm(struct vm *vm, const struct sample_vm *sample)
{
	char clean[SAMPLE_COMM_MAX];

	if (*vm->name || !text_clean(clean, sizeof(clean), sample->comm, strlen(sample->comm)))
		return 0;
	return vm_set_name(vm, clean);
}

static bool has_ended(const struct exit_message *message)
{
	return message->vm.destroyed_ns || message->event == KVM_EXITSTAT_EVENT_VM_DESTROYED;
}

/* The VM that an event is about, or that a part of a dump begins with. */
static int apply_vm(struct registry *registry, const struct exit_message *message, struct vm **out)
{
	struct count_time time = count_time(registry, message->time_ns);
	struct vcpu *vcpu = NULL;
	struct vm *vm = NULL;
	int r, result = 0;
	size_t i;

	r = get_vm(registry, message->vm.id, message->vm.pid, message->vm.isa, message->time_ns,
		   !has_ended(message), &vm);
	if (r < 0)
		return r;

	set_created(registry, vm, message->vm.created_ns);
	if (vm->is_new && registry_was_known(registry, message->vm.destroyed_ns))
		vm->all_is_news = false;
	if (vm->vcpus_created < message->vm.vcpus)
		vm->vcpus_created = message->vm.vcpus;
	result = set_comm(vm, &message->vm);

	if (message->has_vcpu_id) {
		r = get_vcpu(registry, vm, message->vcpu_id, &vcpu);
		result = worse(result, r);
	}
	for (i = 0; i < message->n_sums; i++) {
		r = vm_count_sum(vm, &message->reasons[message->first_sum + i], &time);
		result = worse(result, r);
	}
	vm_add_spans(vm, &time);
	registry_queue_change(registry, vm);
	*out = vm;
	return result;
}

int registry_apply(struct registry *registry, const struct exit_message *message)
{
	struct vm *vm = NULL;
	int r, result = 0;

	start_epoch(registry, message->epoch, message->time_ns);
	registry_see_times(registry, message);
	registry_see_details(registry, message);

	if (message->has_vm) {
		r = apply_vm(registry, message, &vm);
		result = worse(result, r);
	}
	r = apply_vcpus(registry, message);
	result = worse(result, r);

	if (vm && vm->alive && has_ended(message))
		registry_end_vm(registry, vm,
				message->vm.destroyed_ns ? message->vm.destroyed_ns :
							   message->time_ns,
				false);

	if (message->type == MESSAGE_EXITS && !registry->in_gap &&
	    registry->synced_ns < message->time_ns)
		registry->synced_ns = message->time_ns;
	registry_bound_history(registry, message->time_ns);
	return result;
}

void registry_gap(struct registry *registry)
{
	registry->in_gap = true;
}

void registry_dump_begin(struct registry *registry)
{
	struct vm *vm;

	TAILQ_FOREACH(vm, &registry->live, by_id)
		vm->in_dump = false;
}

void registry_dump_end(struct registry *registry, uint64_t now_ns)
{
	struct vm *vm, *next;

	for (vm = TAILQ_FIRST(&registry->live); vm; vm = next) {
		next = TAILQ_NEXT(vm, by_id);
		if (!vm->in_dump)
			registry_end_vm(registry, vm, now_ns, true);
		else
			vm->all_is_news = true;
	}
	registry->complete = true;
	if (!registry->times_seen_ns)
		registry->times_seen_ns = now_ns;
	registry->in_gap = false;
	if (registry->synced_ns < now_ns)
		registry->synced_ns = now_ns;
}
