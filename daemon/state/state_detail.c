// SPDX-License-Identifier: GPL-2.0-or-later
/* What exactly caused exits, as bytes and back. Rates are not in it: they are of now. */
#include "config.h"

#include "state/state_detail.h"

#include <errno.h>

#include "model/registry_internal.h"
#include "state/codec.h"

void state_put_details(struct state_writer *w, const struct vm_details *details)
{
	size_t i;

	state_put(w, details->since_ns);
	state_put(w, details->incomplete);
	state_put(w, details->n);
	for (i = 0; i < details->n; i++) {
		state_put(w, details->all[i].code);
		state_put(w, details->all[i].class);
		state_put(w, details->all[i].nested);
		state_put(w, details->all[i].rest);
		state_put(w, details->all[i].key);
	}
}

void state_put_vcpu_details(struct state_writer *w, const struct vcpu_details *details)
{
	uint32_t i;

	state_put(w, details->n);
	for (i = 0; i < details->n; i++) {
		state_put(w, details->all[i].vm_index);
		state_put(w, details->all[i].rest);
		state_put(w, details->all[i].key);
		state_put(w, details->all[i].exits);
	}
}

static int get_detail(struct state_reader *r, struct vm *vm)
{
	size_t at = 0, known = vm->details.n;
	struct sample_detail sample = { 0 };
	int result;

	sample.code = state_get(r);
	sample.class = (uint32_t)state_get_below(r, UINT32_MAX);
	sample.nested = state_get_below(r, 1);
	sample.rest = state_get_below(r, 1);
	sample.key = state_get(r);
	if (r->bad || (sample.rest && sample.key))
		return -EBADMSG;

	result = vm_get_detail(vm, &sample, &at);
	if (result == -ENOMEM)
		return result;
	/* One that is there twice, or that would not have got a place. */
	if (result < 0 || at < known || vm->details.all[at].rest != sample.rest)
		return -EBADMSG;
	return 0;
}

int state_get_details(struct state_reader *r, struct vm *vm)
{
	uint64_t n;
	int result;

	vm->details.since_ns = state_get(r);
	vm->details.incomplete = state_get_below(r, 1);
	n = state_get_below(r, DETAIL_KEYS_PER_VM_MAX + DETAIL_RESTS_PER_VM_MAX);
	for (; n && !r->bad; n--) {
		result = get_detail(r, vm);
		if (result < 0)
			return result;
	}
	return r->bad ? -EBADMSG : 0;
}

static int get_vcpu_detail(struct state_reader *r, struct registry *registry, struct vm *vm,
			   struct vcpu *vcpu)
{
	int result = vcpu_reserve_detail(registry, vcpu);
	struct vcpu_detail detail = { 0 };
	struct vm_detail *sum;

	if (result < 0)
		return result == -ENOMEM ? result : -EBADMSG;
	if (!vm->details.n)
		return -EBADMSG;
	detail.vm_index = (uint16_t)state_get_below(r, vm->details.n - 1);
	detail.rest = state_get_below(r, 1);
	detail.key = state_get(r);
	detail.exits = state_get(r);
	if (r->bad)
		return -EBADMSG;

	sum = &vm->details.all[detail.vm_index];
	if ((detail.rest && detail.key) ||
	    (!sum->rest && (detail.rest || detail.key != sum->key)) ||
	    __builtin_add_overflow(sum->exits, detail.exits, &sum->exits))
		return -EBADMSG;
	vcpu->details.all[vcpu->details.n++] = detail;
	registry->n_details++;
	return 0;
}

int state_get_vcpu_details(struct state_reader *r, struct registry *registry, struct vm *vm,
			   struct vcpu *vcpu)
{
	uint64_t n = state_get_below(r, DETAILS_PER_VCPU_MAX);
	int result;

	for (; n && !r->bad; n--) {
		result = get_vcpu_detail(r, registry, vm, vcpu);
		if (result < 0)
			return result;
	}
	return r->bad ? -EBADMSG : 0;
}
