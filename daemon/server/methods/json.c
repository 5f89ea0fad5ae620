// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model as JSON.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/reason.h"
#include "model/registry.h"
#include "server/methods/json.h"
#include "server/methods/json_time.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/util.h"

/* A bucket of 300 s has a rate of 1/300 at least: that stays above zero. */
#define RATE_STEPS_PER_UNIT 1000.0

json_t *json_text(const char *text)
{
	json_t *json = json_string(text);
	size_t size = strlen(text) + 1;
	char *clean;

	if (json)
		return json;
	clean = malloc(size);
	if (!clean)
		return NULL;
	text_clean(clean, size, text, size - 1);
	json = json_string(clean);
	free(clean);
	return json;
}

json_t *json_time(uint64_t us)
{
	char date[32], text[48];
	time_t s = (time_t)(us / US_PER_S);
	struct tm tm;

	if (!gmtime_r(&s, &tm) || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned int)(us % US_PER_S / US_PER_MS));
	return json_string(text);
}

json_t *json_boottime(uint64_t ns)
{
	return json_integer((json_int_t)(ns / NS_PER_US));
}

json_t *json_now(uint64_t now_ns)
{
	uint64_t realtime_us = (now_ns + (uint64_t)clock_realtime_offset_ns()) / NS_PER_US;

	return json_pack("{s:o, s:o}", "realtime", json_time(realtime_us), "boottime_us",
			 json_boottime(now_ns));
}

json_t *json_count(uint64_t count)
{
	return json_integer(count < INT64_MAX ? (json_int_t)count : INT64_MAX);
}

json_t *json_rate(double per_s)
{
	double steps = per_s * RATE_STEPS_PER_UNIT + 0.5;

	return json_real((double)(int64_t)steps / RATE_STEPS_PER_UNIT);
}

static json_t *json_rates(const struct rates *rates)
{
	json_t *json = json_object();
	int i;

	for (i = 0; i < RATE_COUNT; i++) {
		json_t *value = json_rate(rates->per_s[i]);

		if (json_object_set_new(json, rate_names[i], value) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

json_t *json_code(uint64_t code, bool other)
{
	return other ? json_null() : json_integer((json_int_t)code);
}

/* What vm_reason and vcpu_reason have in common, to be sorted. */
struct row {
	uint64_t code;
	bool other;
	uint64_t total;
	uint64_t nested;
	const struct rates *rates;
	bool is_timed;
	struct exit_time time;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return (x->code > y->code) - (x->code < y->code);
}

/* Whose reasons these are. */
struct owner {
	const struct registry *registry;
	const struct vm *vm;
	bool is_vm; /* else one of its vCPUs, of which nothing recent is known */
	uint64_t now_ns;
};

static int set_times(json_t *reason, const struct owner *owner, const struct row *row)
{
	const struct reason_key key = { row->code, row->other };

	if (json_set_time(reason, "time", row->is_timed, &row->time) < 0)
		return -ENOMEM;
	return owner->is_vm && row->is_timed ?
		       json_set_recent(reason, owner->registry, owner->vm, &key, owner->now_ns) :
		       0;
}

/* Sorts rows. */
static json_t *json_reasons(const struct owner *owner, struct row *rows, size_t n)
{
	char buf[REASON_NAME_MAX];
	json_t *list = json_array(), *reason;
	size_t i;

	if (n > 0)
		qsort(rows, n, sizeof(*rows), compare_rows);
	for (i = 0; i < n; i++) {
		const struct row *row = &rows[i];

		reason = json_pack("{s:s, s:o, s:o, s:o, s:o}", "reason",
				   reason_name(owner->vm->isa, row->code, row->other, buf), "code",
				   json_code(row->code, row->other), "total",
				   json_count(row->total), "nested", json_count(row->nested),
				   "rates", json_rates(row->rates));
		if (set_times(reason, owner, row) < 0) {
			json_decref(reason);
			reason = NULL;
		}
		if (json_array_append_new(list, reason) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Room for the rows and rates of n reasons; false without memory. */
static bool allocate(size_t n, struct row **rows, struct rates **rates)
{
	*rows = calloc(n + 1, sizeof(**rows));
	*rates = calloc(n + 1, sizeof(**rates));
	return *rows && *rates;
}

static json_t *json_storm(const struct vm *vm)
{
	const struct storm *storm = &vm->storm;
	const struct vm_reason *reason = &vm->reasons[storm->reason];
	char buf[REASON_NAME_MAX];

	if (!storm->active)
		return json_null();
	return json_pack(
		"{s:s?, s:o, s:o, s:o, s:o}", "reason",
		storm->whole ? NULL : reason_name(vm->isa, reason->code, reason->other, buf),
		"since", json_time(vm->started_us + (storm->since_ns - vm->first_ns) / NS_PER_US),
		"rate", json_rate(storm->rate), "peak", json_rate(storm->peak), "usual",
		json_rate(storm->usual));
}

int json_set_identity(json_t *json, const struct vm *vm)
{
	if (*vm->uuid && json_object_set_new(json, "uuid", json_text(vm->uuid)) < 0)
		return -ENOMEM;
	if (*vm->namespace && json_object_set_new(json, "namespace", json_text(vm->namespace)) < 0)
		return -ENOMEM;
	if (vm->vmid && json_object_set_new(json, "vmid", json_integer((json_int_t)vm->vmid)) < 0)
		return -ENOMEM;
	return 0;
}

/* Only where the counts are not of all its life, or not of all exits. */
static int set_counted(json_t *json, const struct registry *registry, const struct vm *vm)
{
	uint64_t since_ns = registry_counted_since(registry, vm);
	const char *blind = registry_blind(registry, vm);

	if (blind && json_object_set_new(json, "not_counted", json_string(blind)) < 0)
		return -ENOMEM;
	if (since_ns == 0)
		return 0;
	since_ns += (uint64_t)clock_realtime_offset_ns();
	return json_object_set_new(json, "counted_since", json_time(since_ns / NS_PER_US));
}

static json_t *json_vm_with(const struct registry *registry, const struct vm *vm,
			    const struct rates *rates, uint64_t now_ns)
{
	uint64_t vcpus = vm->n_vcpus > vm->vcpus_created ? vm->n_vcpus : vm->vcpus_created;
	json_t *json;

	json = json_pack("{s:o, s:o, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:b, s:I, s:o, s:o, s:o}",
			 "id", json_count(vm->id), "name", json_text(vm->name), "pid",
			 (json_int_t)vm->pid, "isa", isa_name(vm->isa), "alive", (int)vm->alive,
			 "started", json_time(vm->started_us), "ended",
			 vm->alive ? json_null() : json_time(vm->ended_us), "started_boottime_us",
			 json_boottime(vm->first_ns), "ended_boottime_us",
			 vm->alive ? json_null() : json_boottime(vm->ended_ns), "ended_unseen",
			 (int)vm->ended_unseen, "vcpu_count", (json_int_t)vcpus, "exits",
			 json_count(vm->exits), "rates", json_rates(rates), "storm",
			 json_storm(vm));
	if (json_set_identity(json, vm) < 0 || set_counted(json, registry, vm) < 0 ||
	    json_set_vm_times(json, registry, vm, now_ns) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

json_t *json_vm(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	struct rates sum;

	registry_vm_rates(registry, vm, now_ns, NULL, &sum);
	return json_vm_with(registry, vm, &sum, now_ns);
}

json_t *json_vcpu(const struct registry *registry, const struct vm *vm, const struct vcpu *vcpu,
		  uint64_t now_ns)
{
	const struct owner owner = { registry, vm, false, now_ns };
	_cleanup_free_ struct row *rows = NULL;
	_cleanup_free_ struct rates *rates = NULL;
	struct exit_time rest;
	struct rates sum;
	json_t *json;
	uint32_t i;

	if (!allocate(vcpu->n_reasons, &rows, &rates))
		return NULL;
	registry_vcpu_rates(registry, vm, vcpu, now_ns, rates, &sum);
	for (i = 0; i < vcpu->n_reasons; i++) {
		const struct vcpu_reason *reason = &vcpu->reasons[i];

		rows[i] = (struct row){
			.code = reason->code,
			.other = reason->other,
			.total = vcpu_reason_total(reason),
			.nested = reason->count[COUNT_NESTED],
			.rates = &rates[i],
		};
		rows[i].is_timed = registry_vcpu_time(
			vcpu, &(struct reason_key){ reason->code, reason->other }, &rows[i].time);
	}
	json = json_pack("{s:I, s:o, s:o, s:o}", "id", (json_int_t)vcpu->id, "exits",
			 json_count(vcpu->exits), "rates", json_rates(&sum), "reasons",
			 json_reasons(&owner, rows, vcpu->n_reasons));
	if (json_set_time(json, "rest_time", registry_vcpu_time(vcpu, NULL, &rest), &rest) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

json_t *json_vm_reasons(const struct registry *registry, const struct vm *vm, uint64_t now_ns)
{
	const struct owner owner = { registry, vm, true, now_ns };
	_cleanup_free_ struct row *rows = NULL;
	_cleanup_free_ struct rates *rates = NULL;
	struct exit_time rest;
	struct rates sum;
	json_t *json;
	size_t i;

	if (!allocate(vm->n_reasons, &rows, &rates))
		return NULL;
	registry_vm_rates(registry, vm, now_ns, rates, &sum);
	for (i = 0; i < vm->n_reasons; i++) {
		const struct vm_reason *reason = &vm->reasons[i];

		rows[i] = (struct row){
			.code = reason->code,
			.other = reason->other,
			.total = vm_reason_total(reason),
			.nested = reason->count[COUNT_NESTED],
			.rates = &rates[i],
		};
		rows[i].is_timed = registry_vm_time(
			vm, &(struct reason_key){ reason->code, reason->other }, &rows[i].time);
	}

	json = json_vm_with(registry, vm, &sum, now_ns);
	if (json_object_set_new(json, "reasons", json_reasons(&owner, rows, vm->n_reasons)) < 0 ||
	    json_set_time(json, "rest_time", registry_vm_time(vm, NULL, &rest), &rest) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Appends what changed of one reason. */
static int append_changes(json_t *list, const struct vm *vm, const struct vm_reason *reason)
{
	char buf[REASON_NAME_MAX];
	json_t *change;
	int kind;

	for (kind = 0; kind < COUNT_KINDS; kind++) {
		if (reason->delta[kind] == 0)
			continue;
		change = json_pack("{s:s, s:o, s:b, s:o, s:o}", "reason",
				   reason_name(vm->isa, reason->code, reason->other, buf), "code",
				   json_code(reason->code, reason->other), "nested",
				   (int)(kind == COUNT_NESTED), "delta",
				   json_count(reason->delta[kind]), "total",
				   json_count(reason->count[kind]));
		if (json_array_append_new(list, change) < 0)
			return -ENOMEM;
	}
	return 0;
}

json_t *json_event(enum vm_event event, const struct vm *vm, uint64_t time_us)
{
	static const char *const names[] = { "created", "exits", "ended" };
	json_t *changes = json_array();
	uint64_t delta = 0, exits = vm->exits;
	size_t i;
	int kind;

	for (i = 0; i < vm->n_reasons; i++) {
		if (event != VM_CREATED && append_changes(changes, vm, &vm->reasons[i]) < 0) {
			json_decref(changes);
			return NULL;
		}
		for (kind = 0; kind < COUNT_KINDS; kind++)
			delta += vm->reasons[i].delta[kind];
	}
	/* The exits that a VM has made since then come with their own event. */
	if (event == VM_CREATED) {
		exits -= delta;
		delta = 0;
	}

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:s, s:o, s:o, s:o}", "event",
			 names[event], "time", json_time(time_us), "now",
			 json_now(clock_boottime_ns()), "id", json_count(vm->id), "name",
			 json_text(vm->name), "pid", (json_int_t)vm->pid, "isa", isa_name(vm->isa),
			 "delta", json_count(delta), "exits", json_count(exits), "changes",
			 changes);
}
