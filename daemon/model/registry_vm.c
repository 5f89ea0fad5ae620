// SPDX-License-Identifier: GPL-2.0-or-later
/* One VM of the registry: its vCPUs and counts. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry_internal.h"
#include "util/array.h"

/* A vCPU's reasons: few are used at first, and memory is one window each. */
#define VCPU_REASONS_STEP 4

static void vcpu_free(struct vcpu *vcpu)
{
	free(vcpu->reasons);
	free(vcpu->windows);
	free(vcpu->times);
	free(vcpu);
}

struct vm *vm_free(struct registry *registry, struct vm *vm)
{
	size_t i;

	if (!vm)
		return NULL;

	registry_drop_details(registry, vm);
	registry_drop_recent(registry, vm);
	for (i = 0; i < vm->n_vcpus; i++)
		vcpu_free(vm->vcpus[i]);
	for (i = 0; i < vm->n_reasons; i++)
		history_done(&vm->reasons[i].history, &registry->history);
	free(vm->vcpus);
	free(vm->reasons);
	free(vm->name);
	free(vm);
	return NULL;
}

int vm_new(struct vm **out, uint64_t id, uint64_t epoch, uint32_t pid, uint32_t isa)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return -ENOMEM;

	vm->name = strdup("");
	if (!vm->name) {
		free(vm);
		return -ENOMEM;
	}
	vm->id = id;
	vm->epoch = epoch;
	vm->pid = pid;
	vm->isa = isa;
	vm->alive = true;
	*out = vm;
	return 0;
}

/* Where the vCPU is, or has to go. */
static size_t vcpu_position(const struct vm *vm, uint32_t id)
{
	size_t low = 0, high = vm->n_vcpus, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (vm->vcpus[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_vcpu(const struct vm *vm, size_t at, uint32_t id)
{
	return at < vm->n_vcpus && vm->vcpus[at]->id == id;
}

/* The kernel tells vCPUs in their order, so the one behind the last comes first. */
int vm_get_vcpu(struct vm *vm, uint32_t id, struct vcpu **out, bool *made)
{
	size_t at = is_vcpu(vm, vm->next_vcpu, id) ? vm->next_vcpu : vcpu_position(vm, id);
	struct vcpu **vcpus, *vcpu;

	*made = false;
	if (is_vcpu(vm, at, id)) {
		vm->next_vcpu = at + 1 < vm->n_vcpus ? at + 1 : 0;
		*out = vm->vcpus[at];
		return 0;
	}
	if (vm->n_vcpus >= REGISTRY_VCPUS_PER_VM_MAX)
		return -E2BIG;

	vcpus = array_reserve(vm->vcpus, &vm->vcpus_size, vm->n_vcpus + 1, sizeof(*vcpus));
	if (!vcpus)
		return -ENOMEM;
	vm->vcpus = vcpus;

	vcpu = calloc(1, sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;

	vcpu->id = id;
	memmove(vcpus + at + 1, vcpus + at, (vm->n_vcpus - at) * sizeof(*vcpus));
	vcpus[at] = vcpu;
	vm->n_vcpus++;
	*made = true;
	*out = vcpu;
	return 0;
}

/* OTHER stands for many codes, and has none. */
static bool same_reason(uint64_t code, bool other, const struct sample_reason *sample)
{
	return other == sample->other && (other || code == sample->code);
}

int vm_get_reason(struct vm *vm, const struct sample_reason *sample, size_t *out)
{
	struct vm_reason *reasons;
	size_t i;

	for (i = 0; i < vm->n_reasons; i++) {
		if (same_reason(vm->reasons[i].code, vm->reasons[i].other, sample)) {
			*out = i;
			return 0;
		}
	}
	if (vm->n_reasons >= REGISTRY_REASONS_MAX)
		return -E2BIG;

	reasons =
		array_reserve(vm->reasons, &vm->reasons_size, vm->n_reasons + 1, sizeof(*reasons));
	if (!reasons)
		return -ENOMEM;

	vm->reasons = reasons;
	reasons += vm->n_reasons;
	*reasons = (struct vm_reason){ .code = sample->code, .other = sample->other };
	*out = vm->n_reasons++;
	return 0;
}

static int grow_vcpu_reasons(struct vcpu *vcpu, bool alive)
{
	uint32_t size = vcpu->reasons_size + VCPU_REASONS_STEP;
	struct vcpu_reason *reasons;
	struct window *windows;

	if (vcpu->n_reasons < vcpu->reasons_size)
		return 0;

	reasons = reallocarray(vcpu->reasons, size, sizeof(*reasons));
	if (!reasons)
		return -ENOMEM;
	vcpu->reasons = reasons;

	if (alive) {
		windows = reallocarray(vcpu->windows, size, sizeof(*windows));
		if (!windows)
			return -ENOMEM;
		vcpu->windows = windows;
	}
	vcpu->reasons_size = size;
	return 0;
}

/*
 * The kernel sends a vCPU's reasons in one order always, so the search begins
 * behind the one found last.
 */
static int get_vcpu_reason(struct vm *vm, struct vcpu *vcpu, const struct sample_reason *sample,
			   uint32_t *out)
{
	struct vcpu_reason *reason;
	size_t vm_index = 0;
	uint32_t i, at;
	int r;

	for (i = 0; i < vcpu->n_reasons; i++) {
		at = vcpu->hint + i;
		if (at >= vcpu->n_reasons)
			at -= vcpu->n_reasons;
		reason = &vcpu->reasons[at];
		if (same_reason(reason->code, reason->other, sample)) {
			vcpu->hint = at + 1 < vcpu->n_reasons ? at + 1 : 0;
			*out = at;
			return 0;
		}
	}

	r = vm_get_reason(vm, sample, &vm_index);
	if (r < 0)
		return r;
	r = grow_vcpu_reasons(vcpu, vm->alive);
	if (r < 0)
		return r;

	at = vcpu->n_reasons++;
	vcpu->reasons[at] = (struct vcpu_reason){
		.code = sample->code,
		.other = sample->other,
		.vm_index = (uint16_t)vm_index,
	};
	if (vcpu->windows)
		vcpu->windows[at] = (struct window){ 0 };
	vcpu->hint = 0;
	*out = at;
	return 0;
}

/* Most vCPUs of a VM tell of the same span: their exits go to history together. */
static void add_span(const struct vm *vm, struct vm_reason *sum, const struct count_time *time)
{
	uint64_t to_ns = time->now_ns;

	if (!sum->span_exits)
		return;
	/* Its end is told of later, and is when it made its last ones at the latest. */
	if (!vm->alive && to_ns > vm->ended_ns)
		to_ns = vm->ended_ns;
	history_add(&sum->history, time->history, vm->early_end_min, sum->span_from_ns, to_ns,
		    sum->span_exits);
	sum->span_exits = 0;
}

static void raise_host(const struct vm *vm, struct vm_reason *sum, uint64_t more,
		       struct host_totals *host)
{
	if (!sum->host_place)
		sum->host_place =
			(uint16_t)(host_totals_find(host, vm->isa, sum->code, sum->other) + 1);
	host->all[sum->host_place - 1].exits += more;
}

/*
 * A VM's final sums may be known before those of its vCPUs that make them up,
 * which must not count twice then.
 */
static void raise_sum(struct vm *vm, struct vm_reason *sum, int kind, uint64_t total,
		      uint64_t from_ns, const struct count_time *time)
{
	uint64_t more;

	if (total <= sum->count[kind])
		return;

	more = total - sum->count[kind];
	sum->count[kind] = total;
	vm->exits += more;
	if (!vm->all_is_news)
		return;

	sum->delta[kind] += more;
	vm->has_exits = true;
	raise_host(vm, sum, more, time->host);
	if (sum->span_from_ns != from_ns)
		add_span(vm, sum, time);
	sum->span_from_ns = from_ns;
	sum->span_exits += more;
}

void vm_add_spans(struct vm *vm, const struct count_time *time)
{
	size_t i;

	for (i = 0; i < vm->n_reasons; i++)
		add_span(vm, &vm->reasons[i], time);
}

int vm_count(struct vm *vm, struct vcpu *vcpu, const struct sample_reason *sample,
	     const struct count_time *time)
{
	int kind = sample->nested ? COUNT_NESTED : COUNT_DIRECT;
	struct vcpu_reason *reason;
	uint64_t more, from_ns;
	struct vm_reason *sum;
	uint32_t at = 0;
	int r;

	r = get_vcpu_reason(vm, vcpu, sample, &at);
	if (r < 0)
		return r;

	reason = &vcpu->reasons[at];
	if (sample->total <= reason->count[kind])
		return 0;

	more = sample->total - reason->count[kind];
	reason->count[kind] = sample->total;
	vcpu->exits += more;

	from_ns = reason->updated_ns > vm->created_ns ? reason->updated_ns : vm->created_ns;
	if (more > sample->delta) {
		if (from_ns < time->synced_ns)
			from_ns = time->synced_ns;
	} else if (time->since_ns) {
		from_ns = time->since_ns > vm->created_ns ? time->since_ns : vm->created_ns;
	} else if (from_ns + time->interval_ns < time->now_ns) {
		from_ns = time->now_ns - time->interval_ns;
	}

	sum = &vm->reasons[reason->vm_index];
	sum->vcpu_sum[kind] += more;
	raise_sum(vm, sum, kind, sum->vcpu_sum[kind], from_ns, time);

	/* How often it had happened before anybody looked says nothing of now. */
	if (!vm->all_is_news) {
		reason->updated_ns = time->now_ns;
		return 0;
	}
	if (vcpu->windows)
		window_add(&vcpu->windows[at], from_ns, time->now_ns, more);
	if (reason->updated_ns < time->now_ns)
		reason->updated_ns = time->now_ns;
	return 0;
}

int vm_count_sum(struct vm *vm, const struct sample_reason *sample, const struct count_time *time)
{
	size_t at = 0;
	uint64_t from_ns = time->synced_ns > vm->created_ns ? time->synced_ns : vm->created_ns;
	int r;

	r = vm_get_reason(vm, sample, &at);
	if (r < 0)
		return r;

	raise_sum(vm, &vm->reasons[at], sample->nested ? COUNT_NESTED : COUNT_DIRECT, sample->total,
		  from_ns, time);
	return 0;
}

void vm_forget_deltas(struct vm *vm)
{
	size_t i;

	for (i = 0; i < vm->n_reasons; i++)
		memset(vm->reasons[i].delta, 0, sizeof(vm->reasons[i].delta));
	vm->has_exits = false;
}

void vm_drop_windows(struct registry *registry, struct vm *vm)
{
	size_t i;

	for (i = 0; i < vm->n_vcpus; i++) {
		free(vm->vcpus[i]->windows);
		vm->vcpus[i]->windows = NULL;
	}
	free(vm->details.windows);
	vm->details.windows = NULL;
	registry_drop_recent(registry, vm);
}

int vm_make_windows(struct registry *registry, struct vm *vm)
{
	struct vcpu *vcpu;
	size_t i;

	for (i = 0; i < vm->n_vcpus; i++) {
		vcpu = vm->vcpus[i];
		if (vcpu->reasons_size)
			vcpu->windows = calloc(vcpu->reasons_size, sizeof(*vcpu->windows));
		if (vcpu->reasons_size && !vcpu->windows) {
			vm_drop_windows(registry, vm);
			return -ENOMEM;
		}
	}
	if (vm->details.size)
		vm->details.windows = calloc(vm->details.size, sizeof(*vm->details.windows));
	if (vm->details.size && !vm->details.windows) {
		vm_drop_windows(registry, vm);
		return -ENOMEM;
	}
	return 0;
}
