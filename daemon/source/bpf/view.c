// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the BPF program's maps to messages.
 *
 * The program writes while this reads. Every number is read at once; which vCPU a place
 * belongs to is read before its counts and after them, and what changed in between is
 * left for the next round. That a VM has ended is read before its counts, so that these
 * are its last ones.
 */
#include "config.h"

#include "source/bpf/view.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "source/bpf/layout.h"
#include "source/bpf/view_parts.h"
#include "util/util.h"

/* A message's vCPUs: with all their reasons they fit a recording's message. */
#define VCPUS_PER_MESSAGE 8

/* VMs that ended before the first round and are reported, as many as the kernel's patch. */
#define DEAD_MAX KVM_EXITSTAT_DEAD_VMS_MAX

struct place_seen {
	uint64_t life;
	uint64_t exits;
	uint64_t *counts; /* EXITS_NR_COUNTS; NULL until there are any, and once it is dead */
};

struct vm_seen {
	uint64_t id;
	bool ending; /* it had ended when this round began */
	bool ended; /* and that was reported */
};

struct bpf_view {
	const struct exits_header *header;
	const struct exits_place *places;
	const struct exits_vm *vms;
	uint32_t n;
	bool has_read;
	uint64_t deaths; /* known when the last round began */
	uint64_t dead_before_ns; /* what ended earlier is not reported */
	struct source_losses losses;
	struct place_seen *seen;
	struct vm_seen *vms_seen;
	struct exit_message message;
	uint64_t seq;
};

/* What a round needs. */
struct round {
	struct bpf_view *view;
	bool all;
	uint64_t now_ns;
	int (*take)(void *userdata, const struct exit_message *message);
	void *userdata;
};

DEFINE_CLEANUP(struct bpf_view *, bpf_view_free);

static uint64_t load(const __u64 *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

int bpf_view_new(struct bpf_view **out, const struct exits_header *header,
		 const struct exits_place *places, const struct exits_vm *vms)
{
	_cleanup_(bpf_view_freep) struct bpf_view *view = NULL;

	if (header->layout != EXITS_LAYOUT || header->places == 0)
		return -EINVAL;
	view = calloc(1, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->header = header;
	view->places = places;
	view->vms = vms;
	view->n = header->places;
	view->seen = calloc(view->n, sizeof(*view->seen));
	view->vms_seen = calloc(view->n, sizeof(*view->vms_seen));
	if (!view->seen || !view->vms_seen)
		return -ENOMEM;
	*out = TAKE_PTR(view);
	return 0;
}

struct bpf_view *bpf_view_free(struct bpf_view *view)
{
	uint32_t i;

	if (!view)
		return NULL;
	for (i = 0; view->seen && i < view->n; i++)
		free(view->seen[i].counts);
	free(view->seen);
	free(view->vms_seen);
	exit_message_done(&view->message);
	free(view);
	return NULL;
}

struct source_losses bpf_view_losses(const struct bpf_view *view)
{
	return view->losses;
}

bool bpf_view_has_stopped(const struct bpf_view *view)
{
	return __atomic_load_n(&view->header->stopped, __ATOMIC_ACQUIRE);
}

static void begin_message(const struct round *round, enum message_type type)
{
	struct bpf_view *view = round->view;

	exit_message_reset(&view->message);
	view->message.type = round->all ? MESSAGE_STATS : type;
	view->message.epoch = view->header->epoch;
	view->message.time_ns = round->now_ns;
}

static int send_message(const struct round *round)
{
	round->view->message.seq = ++round->view->seq;
	return round->take(round->userdata, &round->view->message);
}

/* -- VMs -------------------------------------------------------------------- */

/* False where the record was another's meanwhile. */
static bool copy_vm(const struct exits_vm *from, struct sample_vm *to)
{
	uint64_t id = load(&from->id);

	*to = (struct sample_vm){
		.id = id,
		.pid = from->pid,
		.isa = from->isa,
		.vcpus = __atomic_load_n(&from->vcpus, __ATOMIC_RELAXED),
		.created_ns = from->created_ns,
		.destroyed_ns = load(&from->destroyed_ns),
	};
	memcpy(to->comm, from->comm, sizeof(to->comm) - 1);
	return id != 0 && load(&from->id) == id;
}

static int report_vm(const struct round *round, uint32_t index, uint32_t event)
{
	struct exit_message *message = &round->view->message;

	begin_message(round, MESSAGE_EVENT);
	if (!copy_vm(&round->view->vms[index], &message->vm))
		return 0;
	if (event == KVM_EXITSTAT_EVENT_VM_CREATED)
		message->vm.destroyed_ns = 0;
	message->event = event;
	message->has_vm = true;
	round->view->vms_seen[index].id = message->vm.id;
	return send_message(round);
}

static bool is_news(const struct round *round, const struct vm_seen *seen,
		    const struct exits_vm *vm)
{
	uint64_t id = load(&vm->id), destroyed_ns = load(&vm->destroyed_ns);

	if (id == 0 || (destroyed_ns && destroyed_ns < round->view->dead_before_ns))
		return false;
	if (seen->id == id)
		return round->all && !seen->ended;
	return true;
}

static int report_vms(const struct round *round)
{
	struct bpf_view *view = round->view;
	struct vm_seen *seen;
	uint32_t i;
	int r;

	for (i = 0; i < view->n; i++) {
		seen = &view->vms_seen[i];
		if (seen->id && seen->id != load(&view->vms[i].id))
			*seen = (struct vm_seen){ 0 };
		if (!is_news(round, seen, &view->vms[i])) {
			if (seen->id && !seen->ended)
				seen->ending = load(&view->vms[i].destroyed_ns);
			continue;
		}
		seen->ended = false;
		seen->ending = load(&view->vms[i].destroyed_ns);
		r = report_vm(round, i, KVM_EXITSTAT_EVENT_VM_CREATED);
		if (r < 0)
			return r;
	}
	return 0;
}

static int report_ends(const struct round *round)
{
	struct bpf_view *view = round->view;
	struct vm_seen *seen;
	uint32_t i;
	int r;

	for (i = 0; i < view->n; i++) {
		seen = &view->vms_seen[i];
		if (!seen->ending || seen->ended)
			continue;
		r = report_vm(round, i, KVM_EXITSTAT_EVENT_VM_DESTROYED);
		if (r < 0)
			return r;
		seen->ended = true;
	}
	return 0;
}

/* -- vCPUs ------------------------------------------------------------------- */

static int add_reason(struct exit_message *message, const struct sample_vcpu *vcpu, bool nested,
		      uint32_t slot, uint64_t delta, uint64_t total)
{
	struct sample_reason *reason = exit_message_add_reason(message);

	if (!reason)
		return -ENOMEM;
	reason->other = slot == EXITS_OTHER;
	reason->code = reason->other ? 0 : view_code(vcpu->isa, slot);
	reason->nested = nested;
	reason->delta = delta;
	reason->total = total;
	return 0;
}

/* Adds what changed, without noting yet that it is reported. */
static int add_reasons(const struct round *round, struct sample_vcpu *vcpu,
		       const struct exits_place *place, const uint64_t *counts,
		       const uint64_t *before)
{
	struct exit_message *message = &round->view->message;
	uint32_t i;
	int r;

	for (i = 0; i < EXITS_NR_COUNTS; i++) {
		if (counts[i] == 0 || (!round->all && counts[i] == before[i]))
			continue;
		r = add_reason(message, vcpu, place->level != 0, i,
			       round->all ? 0 : counts[i] - before[i], counts[i]);
		if (r < 0)
			return r;
		vcpu->n_reasons++;
	}
	return 0;
}

/* 1 where it was added, 0 where the place was another's meanwhile. */
static int add_vcpu(const struct round *round, uint32_t index, uint64_t life)
{
	const struct exits_place *place = &round->view->places[index];
	struct place_seen *seen = &round->view->seen[index];
	struct exit_message *message = &round->view->message;
	uint64_t counts[EXITS_NR_COUNTS], exits = load(&place->exits);
	struct sample_vcpu vcpu = { 0 }, *added;
	const struct exits_vm *vm;
	size_t n_reasons = message->n_reasons;
	uint32_t i, vm_index = __atomic_load_n(&place->vm, __ATOMIC_RELAXED);
	int r;

	for (i = 0; i < EXITS_NR_COUNTS; i++)
		counts[i] = load(&place->count[i]);
	if (vm_index >= round->view->n)
		return 0;
	vm = &round->view->vms[vm_index];
	vcpu.vm_id = place->vm_id;
	vcpu.vcpu_id = place->vcpu_id;
	vcpu.pid = vm->pid;
	vcpu.isa = vm->isa;
	vcpu.first_reason = n_reasons;
	if (load(&place->life) != life || round->view->vms_seen[vm_index].id != vcpu.vm_id)
		return 0;

	if (!seen->counts)
		seen->counts = calloc(EXITS_NR_COUNTS, sizeof(*seen->counts));
	if (!seen->counts)
		return -ENOMEM;
	r = add_reasons(round, &vcpu, place, counts, seen->counts);
	added = r < 0 ? NULL : exit_message_add_vcpu(message);
	if (!added) {
		message->n_reasons = n_reasons;
		return -ENOMEM;
	}
	vcpu.first_time = message->n_times;
	*added = vcpu;
	memcpy(seen->counts, counts, sizeof(counts));
	seen->life = life;
	seen->exits = exits;
	return 1;
}

static bool has_changed(const struct round *round, uint32_t index, uint64_t *life)
{
	const struct exits_place *place = &round->view->places[index];
	struct place_seen *seen = &round->view->seen[index];
	const struct vm_seen *vm;

	*life = load(&place->life);
	if (*life == 0 || place->vm >= round->view->n)
		return false;
	if (seen->life != *life && seen->life != 0) {
		free(seen->counts);
		*seen = (struct place_seen){ 0 };
	}
	vm = &round->view->vms_seen[place->vm];
	if (vm->id != place->vm_id || vm->ended)
		return false;
	return round->all || seen->life != *life || seen->exits != load(&place->exits);
}

static int report_vcpus(const struct round *round)
{
	struct exit_message *message = &round->view->message;
	uint64_t life = 0;
	uint32_t i;
	int r = 0;

	begin_message(round, MESSAGE_EXITS);
	for (i = 0; i < round->view->n && r >= 0; i++) {
		if (!has_changed(round, i, &life))
			continue;
		r = add_vcpu(round, i, life);
		if (r < 0 || message->n_vcpus < VCPUS_PER_MESSAGE)
			continue;
		r = send_message(round);
		begin_message(round, MESSAGE_EXITS);
	}
	if (r >= 0 && message->n_vcpus > 0)
		r = send_message(round);
	return r < 0 ? r : 0;
}

/* Their last counts are known and do not change any more. */
static void forget_ended(struct bpf_view *view)
{
	const struct vm_seen *vm;
	uint32_t i;

	for (i = 0; i < view->n; i++) {
		if (!view->seen[i].counts || view->places[i].vm >= view->n)
			continue;
		vm = &view->vms_seen[view->places[i].vm];
		if (vm->ended || vm->id != view->places[i].vm_id) {
			free(view->seen[i].counts);
			view->seen[i].counts = NULL;
		}
	}
}

int bpf_view_read(struct bpf_view *view, bool all, uint64_t now_ns,
		  int (*take)(void *userdata, const struct exit_message *message), void *userdata)
{
	const struct round round = { .view = view,
				     .all = all,
				     .now_ns = now_ns,
				     .take = take,
				     .userdata = userdata };
	uint64_t deaths = load(&view->header->deaths), forgotten = load(&view->header->forgotten);
	int r = 0;

	if (!view->has_read)
		r = view_bound_dead(view->vms, view->n, DEAD_MAX, &view->dead_before_ns);
	else if (forgotten > view->deaths)
		view->losses.vcpus += forgotten - view->deaths;
	view->losses.exits = load(&view->header->missed);
	if (r == 0)
		r = report_vms(&round);
	if (r == 0)
		r = report_vcpus(&round);
	if (r == 0)
		r = report_ends(&round);
	if (r < 0)
		return r;
	forget_ended(view);
	view->has_read = true;
	view->deaths = deaths;
	return 0;
}
