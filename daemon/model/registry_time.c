// SPDX-License-Identifier: GPL-2.0-or-later
/* How long exits took. */
#include "config.h"

#include <errno.h>

#include "model/registry_internal.h"
#include "util/array.h"

static struct sample_time *find_time(const struct vcpu *vcpu, const struct sample_time *sample)
{
	struct sample_time *known;
	size_t i;

	for (i = 0; i < vcpu->n_times; i++) {
		known = &vcpu->times[i];
		if (known->code == sample->code && known->nested == sample->nested &&
		    known->other == sample->other && known->rest == sample->rest)
			return known;
	}
	return NULL;
}

/* Finds or makes it, with nothing known: -ENOMEM or -E2BIG. */
static int get_time(struct vcpu *vcpu, const struct sample_time *sample, struct sample_time **out)
{
	struct sample_time *times;

	*out = find_time(vcpu, sample);
	if (*out)
		return 0;
	if (vcpu->n_times >= REGISTRY_TIMES_PER_VCPU_MAX)
		return -E2BIG;

	times = array_reserve(vcpu->times, &vcpu->times_size, vcpu->n_times + 1, sizeof(*times));
	if (!times)
		return -ENOMEM;
	vcpu->times = times;
	*out = &times[vcpu->n_times++];
	**out = (struct sample_time){
		.code = sample->code,
		.nested = sample->nested,
		.other = sample->other,
		.rest = sample->rest,
	};
	return 0;
}

static void drop_times(struct registry *registry, struct vm *vm, uint64_t since_ns)
{
	size_t i;

	for (i = 0; i < vm->n_vcpus; i++)
		vm->vcpus[i]->n_times = 0;
	registry_drop_recent(registry, vm);
	vm->times_since_ns = since_ns;
}

void registry_see_times(struct registry *registry, const struct exit_message *message)
{
	struct vm *vm;

	if (message->times_since_ns <= registry->times_since_ns)
		return;
	registry->times_since_ns = message->times_since_ns;
	TAILQ_FOREACH(vm, &registry->live, by_id)
		drop_times(registry, vm, message->times_since_ns);
}

int registry_apply_times(struct registry *registry, struct vm *vm, struct vcpu *vcpu,
			 const struct exit_message *message, const struct sample_vcpu *sample)
{
	uint64_t from_ns;
	int r, result = 0;
	size_t i;

	/* A message from before they were switched on last. */
	if (!sample->n_times || message->times_since_ns < registry->times_since_ns)
		return 0;
	if (vm->times_since_ns != message->times_since_ns)
		drop_times(registry, vm, message->times_since_ns);
	from_ns = registry_span_from(registry, vm, sample, message->times_since_ns);

	for (i = 0; i < sample->n_times; i++) {
		const struct sample_time *one = &message->times[sample->first_time + i];
		struct sample_time *known = NULL;

		r = get_time(vcpu, one, &known);
		/* How long exits took before anybody looked says nothing of now. */
		if (r == 0 && vm->alive && registry->times_seen_ns)
			r = registry_add_recent(registry, vm, &known->time, one, from_ns,
						message->time_ns);
		/* An exit may have taken 0 ns, so the total alone does not tell. */
		if (known && one->time.total_ns >= known->time.total_ns &&
		    one->time.exits >= known->time.exits)
			known->time = one->time;
		result = worse(result, r);
	}
	return result;
}

static void add_time(struct exit_time *sum, const struct exit_time *time)
{
	size_t i;

	sum->total_ns += time->total_ns;
	sum->exits += exit_time_exits(time);
	if (sum->max_ns < time->max_ns)
		sum->max_ns = time->max_ns;
	for (i = 0; i < EXIT_TIME_BUCKETS; i++)
		sum->histogram[i] += time->histogram[i];
}

static bool add_times(const struct vcpu *vcpu, const struct reason_key *reason,
		      struct exit_time *sum)
{
	const struct sample_time *sample;
	bool found = false;
	size_t i;

	for (i = 0; i < vcpu->n_times; i++) {
		sample = &vcpu->times[i];
		if (reason ? sample->rest || sample->code != reason->code ||
				     sample->other != reason->other :
			     !sample->rest)
			continue;
		found = true;
		add_time(sum, &sample->time);
	}
	return found;
}

bool registry_vcpu_time(const struct vcpu *vcpu, const struct reason_key *reason,
			struct exit_time *out)
{
	*out = (struct exit_time){ 0 };
	return add_times(vcpu, reason, out);
}

bool registry_vm_time(const struct vm *vm, const struct reason_key *reason, struct exit_time *out)
{
	bool found = false;
	size_t i;

	*out = (struct exit_time){ 0 };
	for (i = 0; i < vm->n_vcpus; i++) {
		if (add_times(vm->vcpus[i], reason, out))
			found = true;
	}
	return found;
}

bool registry_vm_time_sum(const struct vm *vm, struct exit_time *out)
{
	bool found = false;
	size_t i, j;

	*out = (struct exit_time){ 0 };
	for (i = 0; i < vm->n_vcpus; i++) {
		for (j = 0; j < vm->vcpus[i]->n_times; j++) {
			found = true;
			add_time(out, &vm->vcpus[i]->times[j].time);
		}
	}
	return found;
}

uint64_t exit_time_exits(const struct exit_time *time)
{
	uint64_t exits = 0;
	size_t i;

	for (i = 0; i < EXIT_TIME_BUCKETS; i++)
		exits += time->histogram[i];
	/* Of a reason without a histogram, and of sums of both. */
	return time->exits > exits ? time->exits : exits;
}
