// SPDX-License-Identifier: GPL-2.0-or-later
/* When a VM leaves guest mode far more often than it used to. */
#include "config.h"

#include <math.h>

#include "model/registry_internal.h"

void storm_params_set(struct storm_params *params, uint64_t factor, uint64_t min_rate,
		      uint64_t calm_s, uint64_t learn_s)
{
	params->end_factor = params->end_factor / params->begin_factor * (double)factor;
	params->begin_factor = (double)factor;
	params->min_rate = factor ? (double)min_rate : HUGE_VAL;
	params->calm_s = (uint32_t)calm_s;
	params->learn_s = (uint32_t)learn_s;
}

void registry_set_storm_params(struct registry *registry, const struct storm_params *params)
{
	registry->storm_params = *params;
}

size_t registry_n_storms(const struct registry *registry)
{
	return registry->n_storms;
}

static uint64_t sum_between(const struct vm_reason *reason, uint32_t from_s, uint32_t to_s)
{
	uint64_t sum = 0;

	history_read(&reason->history, from_s, to_s, to_s - from_s, &sum);
	return sum;
}

/* Takes in a rate over span_s seconds, the last ones of age_s that are known. */
static double learn(const struct storm_params *params, double usual, double rate, uint32_t span_s,
		    uint32_t age_s)
{
	double of = (double)params->memory_s + (double)span_s;

	if (of > (double)age_s)
		of = (double)age_s;
	return usual + (rate - usual) * ((double)span_s / of);
}

static bool is_storm(const struct storm_params *params, double rate, double usual)
{
	return rate >= params->min_rate && rate >= usual * params->begin_factor;
}

static bool is_calm(const struct storm_params *params, double rate, double usual)
{
	return rate < params->min_rate / 2 || rate < usual * params->end_factor;
}

/* What a VM did since the last look. */
struct look {
	uint32_t from_s;
	uint32_t to_s;
	uint32_t age_s; /* at to_s */
	uint64_t sum;
	uint64_t last; /* of all reasons in the last bucket */
	double rate; /* the same, a second */
	bool found; /* a reason with a storm: the busiest of them */
	size_t reason;
	uint64_t reason_last;
	double reason_rate;
	double reason_usual;
	double storm_rate; /* of the reason that is the VM's storm now */
	double storm_usual;
	uint64_t storm_sum;
};

static void look_at(const struct storm_params *params, struct vm *vm, struct look *look)
{
	double seconds = (double)(look->to_s - look->from_s), rate;
	uint64_t sum, last;
	size_t i;

	for (i = 0; i < vm->n_reasons; i++) {
		struct vm_reason *reason = &vm->reasons[i];

		sum = sum_between(reason, look->from_s, look->to_s);
		last = sum_between(reason, look->to_s - STORM_BUCKET_S, look->to_s);
		rate = (double)last / STORM_BUCKET_S;
		look->sum += sum;
		look->last += last;
		look->rate += rate;
		if (vm->storm.active && vm->storm.reason == i) {
			look->storm_rate = rate;
			look->storm_usual = reason->usual;
			look->storm_sum = sum;
		}
		if (is_storm(params, rate, reason->usual) &&
		    (!look->found || rate > look->reason_rate)) {
			look->found = true;
			look->reason = i;
			look->reason_last = last;
			look->reason_rate = rate;
			look->reason_usual = reason->usual;
		}
		reason->usual = (float)learn(params, reason->usual, (double)sum / seconds,
					     look->to_s - look->from_s, look->age_s);
	}
	if (vm->storm.active && vm->storm.whole) {
		look->storm_rate = look->rate;
		look->storm_usual = vm->storm.vm_usual;
		look->storm_sum = look->sum;
	}
}

static void begin_storm(struct registry *registry, struct vm *vm, const struct look *look)
{
	struct storm *storm = &vm->storm;

	storm->active = true;
	storm->told = false;
	storm->whole = !look->found;
	storm->reason = look->found ? look->reason : 0;
	storm->rate = look->found ? look->reason_rate : look->rate;
	storm->usual = look->found ? look->reason_usual : storm->vm_usual;
	storm->peak = storm->rate;
	storm->exits = look->found ? look->reason_last : look->last;
	storm->since_ns = (look->to_s - STORM_BUCKET_S) * WINDOW_NS_PER_S;
	storm->calm = 0;
	registry->n_storms++;
}

static enum storm_news end_storm(struct registry *registry, struct vm *vm, uint64_t until_ns)
{
	vm->storm.active = false;
	vm->storm.until_ns = until_ns;
	registry->n_storms--;
	return STORM_ENDED;
}

static bool has_calmed(const struct storm_params *params, struct storm *storm,
		       const struct look *look)
{
	storm->rate = look->storm_rate;
	storm->exits += look->storm_sum;
	if (storm->peak < storm->rate)
		storm->peak = storm->rate;

	if (!is_calm(params, look->storm_rate, look->storm_usual))
		storm->calm = 0;
	else
		storm->calm += (look->to_s - look->from_s) / STORM_BUCKET_S;
	return storm->calm * STORM_BUCKET_S >= params->calm_s;
}

enum storm_news registry_check_storm(struct registry *registry, struct vm *vm, uint64_t now_ns)
{
	const struct storm_params *params = &registry->storm_params;
	struct storm *storm = &vm->storm;
	enum storm_news news = STORM_NONE;
	struct look look = { 0 };
	uint32_t end, since_s;

	if (!vm->alive)
		return storm->active ? end_storm(registry, vm, vm->ended_ns) : STORM_NONE;

	end = (uint32_t)(registry_known_until_s(registry, vm, now_ns) / STORM_BUCKET_S);
	since_s = (uint32_t)registry_known_since_s(registry, vm);
	if (since_s < vm->created_ns / WINDOW_NS_PER_S)
		since_s = (uint32_t)(vm->created_ns / WINDOW_NS_PER_S);
	/* The bucket that it began in is no whole one. */
	since_s = (since_s / STORM_BUCKET_S + 1) * STORM_BUCKET_S;
	if (!storm->next)
		storm->next = since_s / STORM_BUCKET_S;
	if (end <= storm->next)
		return STORM_NONE;

	look.from_s = storm->next * STORM_BUCKET_S;
	look.to_s = end * STORM_BUCKET_S;
	look.age_s = look.to_s - since_s;
	storm->next = end;
	look_at(params, vm, &look);

	if (storm->active) {
		if (has_calmed(params, storm, &look))
			news = end_storm(registry, vm, look.to_s * WINDOW_NS_PER_S);
	} else if (look.age_s >= params->learn_s &&
		   (look.found || is_storm(params, look.rate, storm->vm_usual))) {
		begin_storm(registry, vm, &look);
		news = STORM_BEGAN;
	}
	storm->vm_usual = learn(params, storm->vm_usual,
				(double)look.sum / (double)(look.to_s - look.from_s),
				look.to_s - look.from_s, look.age_s);
	return news;
}
