// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What exactly caused exits. As with counts, totals of vCPUs are what is known, and
 * the VM's sums grow by what these grow.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "model/registry_internal.h"

/* vCPUs have few keys each, and there are many vCPUs: memory is not to be wasted. */
#define VCPU_DETAILS_STEP 8
#define VM_DETAILS_STEP	  16

void registry_drop_details(struct registry *registry, struct vm *vm)
{
	size_t i;

	for (i = 0; i < vm->n_vcpus; i++) {
		registry->n_details -= vm->vcpus[i]->details.n;
		free(vm->vcpus[i]->details.all);
		vm->vcpus[i]->details = (struct vcpu_details){ 0 };
	}
	free(vm->details.all);
	free(vm->details.windows);
	vm->details = (struct vm_details){ 0 };
}

void registry_see_details(struct registry *registry, const struct exit_message *message)
{
	struct vm *vm;

	if (message->details_since_ns <= registry->details_since_ns)
		return;
	registry->details_since_ns = message->details_since_ns;
	/* What the dead have is all that will ever be known of them. */
	TAILQ_FOREACH(vm, &registry->live, by_id)
		registry_drop_details(registry, vm);
}

static bool is_detail(const struct vm_detail *detail, const struct sample_detail *sample)
{
	return detail->code == sample->code && detail->nested == sample->nested &&
	       detail->class == sample->class && detail->rest == sample->rest &&
	       detail->key == sample->key;
}

/* vCPUs have their keys in much the same order. */
static bool find_detail(struct vm_details *details, const struct sample_detail *sample, size_t *out)
{
	size_t i, at;

	for (i = 0; i < details->n; i++) {
		at = details->hint + i;
		if (at >= details->n)
			at -= details->n;
		if (is_detail(&details->all[at], sample)) {
			details->hint = at + 1 < details->n ? at + 1 : 0;
			*out = at;
			return true;
		}
	}
	return false;
}

static size_t count_keys(const struct vm_details *details, uint64_t code)
{
	size_t i, n = 0;

	for (i = 0; i < details->n; i++)
		n += !details->all[i].rest && details->all[i].code == code;
	return n;
}

static int grow_vm_details(struct vm_details *details, bool alive)
{
	size_t size = details->size + VM_DETAILS_STEP;
	struct vm_detail *all;
	struct window *windows;

	if (details->n < details->size)
		return 0;
	all = reallocarray(details->all, size, sizeof(*all));
	if (!all)
		return -ENOMEM;
	details->all = all;
	if (alive) {
		windows = reallocarray(details->windows, size, sizeof(*windows));
		if (!windows)
			return -ENOMEM;
		details->windows = windows;
	}
	details->size = size;
	return 0;
}

int vm_get_detail(struct vm *vm, const struct sample_detail *sample, size_t *out)
{
	struct vm_details *details = &vm->details;
	struct sample_detail wanted = *sample;
	int r;

	if (find_detail(details, &wanted, out))
		return 0;
	if (!wanted.rest && (details->n - details->n_rests >= DETAIL_KEYS_PER_VM_MAX ||
			     count_keys(details, wanted.code) >= DETAIL_KEYS_PER_REASON_MAX)) {
		wanted.rest = true;
		wanted.key = 0;
		if (find_detail(details, &wanted, out))
			return 0;
	}
	if (wanted.rest && details->n_rests >= DETAIL_RESTS_PER_VM_MAX)
		return -E2BIG;
	r = grow_vm_details(details, vm->alive);
	if (r < 0)
		return r;

	*out = details->n++;
	details->n_rests += wanted.rest;
	details->all[*out] = (struct vm_detail){
		.code = wanted.code,
		.class = wanted.class,
		.nested = wanted.nested,
		.rest = wanted.rest,
		.key = wanted.key,
	};
	if (details->windows)
		details->windows[*out] = (struct window){ 0 };
	return 0;
}

int vcpu_reserve_detail(struct registry *registry, struct vcpu *vcpu)
{
	struct vcpu_details *details = &vcpu->details;
	uint32_t size = details->size + VCPU_DETAILS_STEP;
	struct vcpu_detail *all;

	if (details->n >= DETAILS_PER_VCPU_MAX || registry->n_details >= DETAILS_PER_HOST_MAX)
		return -E2BIG;
	if (details->n < details->size)
		return 0;
	all = reallocarray(details->all, size, sizeof(*all));
	if (!all)
		return -ENOMEM;
	details->all = all;
	details->size = size;
	return 0;
}

static bool is_vcpu_detail(const struct vm *vm, const struct vcpu_detail *detail,
			   const struct sample_detail *sample)
{
	const struct vm_detail *sum = &vm->details.all[detail->vm_index];

	return detail->key == sample->key && detail->rest == sample->rest &&
	       sum->code == sample->code && sum->class == sample->class &&
	       sum->nested == sample->nested;
}

/* The kernel sends a vCPU's details in one order always. */
static int get_vcpu_detail(struct registry *registry, struct vm *vm, struct vcpu *vcpu,
			   const struct sample_detail *sample, struct vcpu_detail **out)
{
	struct vcpu_details *details = &vcpu->details;
	size_t vm_index = 0;
	uint32_t i, at;
	int r;

	for (i = 0; i < details->n; i++) {
		at = details->hint + i;
		if (at >= details->n)
			at -= details->n;
		if (is_vcpu_detail(vm, &details->all[at], sample)) {
			details->hint = at + 1 < details->n ? at + 1 : 0;
			*out = &details->all[at];
			return 0;
		}
	}

	r = vcpu_reserve_detail(registry, vcpu);
	if (r == 0)
		r = vm_get_detail(vm, sample, &vm_index);
	if (r < 0) {
		vm->details.incomplete = true;
		return r;
	}
	*out = &details->all[details->n++];
	**out = (struct vcpu_detail){
		.key = sample->key,
		.rest = sample->rest,
		.vm_index = (uint16_t)vm_index,
	};
	registry->n_details++;
	return 0;
}

uint64_t registry_span_from(const struct registry *registry, const struct vm *vm,
			    const struct sample_vcpu *sample, uint64_t switched_on_ns)
{
	uint64_t from_ns = registry->synced_ns;

	if (sample->since_ns && !registry->in_gap)
		from_ns = sample->since_ns;
	if (from_ns < switched_on_ns)
		from_ns = switched_on_ns;
	return from_ns < vm->created_ns ? vm->created_ns : from_ns;
}

int registry_apply_details(struct registry *registry, struct vm *vm, struct vcpu *vcpu,
			   const struct exit_message *message, const struct sample_vcpu *sample)
{
	struct vcpu_detail *detail = NULL;
	uint64_t from_ns, more;
	int r, result = 0;
	size_t i;

	/* A message from before they were switched on last. */
	if (!sample->n_details || message->details_since_ns < registry->details_since_ns)
		return 0;
	if (vm->details.since_ns != message->details_since_ns)
		registry_drop_details(registry, vm);
	vm->details.since_ns = message->details_since_ns;
	from_ns = registry_span_from(registry, vm, sample, message->details_since_ns);

	for (i = 0; i < sample->n_details; i++) {
		const struct sample_detail *one = &message->details[sample->first_detail + i];

		r = get_vcpu_detail(registry, vm, vcpu, one, &detail);
		result = worse(result, r);
		if (r < 0 || one->total <= detail->exits)
			continue;
		more = one->total - detail->exits;
		detail->exits = one->total;
		vm->details.all[detail->vm_index].exits += more;
		if (vm->all_is_news && vm->details.windows)
			window_add(&vm->details.windows[detail->vm_index], from_ns,
				   message->time_ns, more);
	}
	return result;
}

void registry_detail_rates(const struct registry *registry, const struct vm *vm,
			   const struct vm_detail *detail, uint64_t now_ns, struct rates *out)
{
	uint64_t end_s = registry_known_until_s(registry, vm, now_ns);
	uint64_t since_s = registry_known_since_s(registry, vm);
	uint64_t details_s = vm->details.since_ns / WINDOW_NS_PER_S;
	uint64_t sums[RATE_COUNT] = { 0 };

	if (vm->details.windows)
		window_sum(&vm->details.windows[detail - vm->details.all], end_s, sums);
	window_rates(sums, end_s, since_s > details_s ? since_s : details_s, out);
}

const struct vm_detail *registry_top_detail(const struct registry *registry, const struct vm *vm,
					    const struct vm_reason *reason, uint64_t now_ns,
					    double *rate)
{
	const struct vm_detail *top = NULL;
	struct rates rates;
	size_t i;

	*rate = 0;
	for (i = 0; i < vm->details.n; i++) {
		const struct vm_detail *detail = &vm->details.all[i];

		if (detail->rest || (reason && (reason->other || reason->code != detail->code)))
			continue;
		registry_detail_rates(registry, vm, detail, now_ns, &rates);
		if (rates.per_s[RATE_10S] <= *rate)
			continue;
		*rate = rates.per_s[RATE_10S];
		top = detail;
	}
	return top;
}
