// SPDX-License-Identifier: GPL-2.0-or-later
/* What one kvmexitd leaves to the next: all of it, or nothing, whatever happens. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "state/codec.h"
#include "state/state.h"
#include "unit_test.h"

#define S WINDOW_NS_PER_S

#define HLT 0x78
#define MSR 0x7c

struct bytes {
	unsigned char *at;
	size_t len;
};

static int collect(void *userdata, const void *data, size_t len)
{
	struct bytes *b = userdata;

	b->at = realloc(b->at, b->len + len);
	assert_non_null(b->at);
	memcpy(b->at + b->len, data, len);
	b->len += len;
	return 0;
}

static struct bytes to_bytes(const struct registry *r)
{
	struct bytes b = { 0 };
	struct state_writer *w = calloc(1, sizeof(*w));

	w->write = collect;
	w->userdata = &b;
	state_write(w, r);
	assert_int_equal(state_flush(w), 0);
	assert_int_equal(w->bytes, b.len);
	free(w);
	return b;
}

static struct registry *from_bytes(const struct bytes *b)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	assert_int_equal(state_read(b->at, b->len, r), 0);
	return r;
}

static void settle(struct registry *r)
{
	struct vm *vm;

	while ((vm = registry_next_change(r)))
		registry_change_done(r, vm);
}

/* More than a VM has places for, at times. */
static void random_detail(struct registry *r, uint64_t *rng, uint64_t vm, uint32_t vcpu,
			  uint64_t now_ns)
{
	const struct sample_detail detail = {
		.code = MSR,
		.class = DETAIL_MSR,
		.nested = test_random_below(rng, 4) == 0,
		.key = test_random_below(rng, 100),
		.total = test_random_below(rng, 100000),
	};

	assert_int_equal(model_count_detail(r, vm, vcpu, &detail, 4000 * S, now_ns, now_ns), 0);
}

/* VMs that live and died, with everything that a VM can have. */
static struct registry *random_registry(uint64_t *rng, uint64_t *now_ns)
{
	uint64_t totals[8][2][3] = { 0 }, delta;
	unsigned int i, vm, vcpu, reason;
	struct registry *r = NULL;
	struct vm *each;

	*now_ns = 5000 * S;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 1000 * S);
	for (vm = 0; vm < 8; vm++)
		model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, vm + 1, vm < 2 ? 500 * S : *now_ns, 0,
			    *now_ns);
	assert_int_equal(vm_set_name(registry_find(r, 3), "n\xc3\xa4me"), 0);
	assert_int_equal(vm_set_identity(registry_find(r, 4),
					 &(struct vm_identity){
						 .name = "shop_web",
						 .uuid = "8f7d3a52-07e9-4fe5-8913-18a14e83a4d1",
						 .namespace = "shop",
						 .vmid = 101,
					 }),
			 0);
	for (i = 0; i < 1000; i++) {
		*now_ns += test_random_below(rng, 3 * S);
		vm = (unsigned int)test_random_below(rng, 8);
		vcpu = (unsigned int)test_random_below(rng, 2);
		reason = (unsigned int)test_random_below(rng, 3);
		delta = test_random(rng) >> (44 + test_random_below(rng, 20));
		totals[vm][vcpu][reason] += delta;
		model_count(r, vm + 1, vcpu, HLT + reason, reason == 1, delta,
			    totals[vm][vcpu][reason], *now_ns);
		random_detail(r, rng, vm + 1, vcpu, *now_ns);
		each = registry_find(r, vm + 1);
		if (each)
			(void)registry_check_storm(r, each, *now_ns);
		if (test_random_below(rng, 300) == 0 && each)
			model_event(r, KVM_EXITSTAT_EVENT_VM_DESTROYED, vm + 1, 0, *now_ns,
				    *now_ns);
	}
	settle(r);
	return r;
}

static void assert_same_vm(const struct registry *a, const struct vm *x, const struct registry *b,
			   const struct vm *y, uint64_t now_ns)
{
	struct history_span spans[HISTORY_SPANS_MAX], others[HISTORY_SPANS_MAX];
	struct rates rates[8], other[8], sum, other_sum;
	uint64_t counts[4000], more[4000];
	size_t n, i, j;

	assert_int_equal(x->id, y->id);
	assert_int_equal(x->exits, y->exits);
	assert_int_equal(x->alive, y->alive);
	assert_int_equal(x->started_us, y->started_us);
	assert_int_equal(x->ended_us, y->ended_us);
	assert_string_equal(x->name, y->name);
	assert_string_equal(x->uuid, y->uuid);
	assert_string_equal(x->namespace, y->namespace);
	assert_int_equal(x->vmid, y->vmid);
	assert_int_equal(x->n_reasons, y->n_reasons);
	assert_int_equal(x->n_vcpus, y->n_vcpus);
	assert_int_equal(x->storm.active, y->storm.active);
	assert_int_equal(x->details.since_ns, y->details.since_ns);
	assert_int_equal(x->details.n, y->details.n);
	for (i = 0; i < x->details.n; i++) {
		assert_int_equal(x->details.all[i].key, y->details.all[i].key);
		assert_int_equal(x->details.all[i].exits, y->details.all[i].exits);
		assert_int_equal(x->details.all[i].nested, y->details.all[i].nested);
		assert_int_equal(x->details.all[i].rest, y->details.all[i].rest);
	}
	registry_vm_rates(a, x, now_ns, rates, &sum);
	registry_vm_rates(b, y, now_ns, other, &other_sum);
	assert_memory_equal(&sum, &other_sum, sizeof(sum));
	assert_memory_equal(rates, other, x->n_reasons * sizeof(*rates));

	n = registry_vm_history_spans(a, x, now_ns, spans);
	assert_int_equal(n, registry_vm_history_spans(b, y, now_ns, others));
	assert_memory_equal(spans, others, n * sizeof(*spans));
	for (i = 0; i < n; i++) {
		for (j = 0; j < x->n_reasons; j++) {
			memset(counts, 0, sizeof(counts));
			memset(more, 0, sizeof(more));
			vm_reason_history(&x->reasons[j], &spans[i], counts);
			vm_reason_history(&y->reasons[j], &spans[i], more);
			assert_memory_equal(counts, more, sizeof(counts));
		}
	}
}

static void assert_same(const struct registry *a, const struct registry *b, uint64_t now_ns)
{
	const struct vm *x = registry_first_live(a), *y = registry_first_live(b);

	assert_int_equal(registry_n_live(a), registry_n_live(b));
	assert_int_equal(registry_n_dead(a), registry_n_dead(b));
	assert_int_equal(registry_n_vcpus(a), registry_n_vcpus(b));
	assert_int_equal(registry_n_storms(a), registry_n_storms(b));
	for (; x; x = registry_next(x), y = registry_next(y))
		assert_same_vm(a, x, b, y, now_ns);
	x = registry_first_dead(a);
	for (y = registry_first_dead(b); x; x = registry_next(x), y = registry_next(y))
		assert_same_vm(a, x, b, y, now_ns);
}

static void test_random_states(void **state)
{
	uint64_t rng = test_seed(), now_ns;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		struct registry *r = random_registry(&rng, &now_ns), *again;
		struct bytes b = to_bytes(r), second;

		again = from_bytes(&b);
		assert_same(r, again, now_ns);
		second = to_bytes(again);
		assert_int_equal(second.len, b.len);
		assert_memory_equal(second.at, b.at, b.len);
		free(b.at);
		free(second.at);
		registry_free(again);
		registry_free(r);
	}
}

/* Any bytes: an error, or a registry that works. */
static void try(const unsigned char *bytes, size_t len, uint64_t now_ns)
{
	unsigned char *copy = malloc(len ? len : 1);
	struct registry *r = NULL;
	struct bytes b;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	assert_int_equal(registry_new(&r), 0);
	if (state_read(copy, len, r) == 0) {
		settle(r);
		(void)registry_apply(r, &(struct exit_message){ .epoch = 1, .time_ns = now_ns });
		b = to_bytes(r);
		free(b.at);
	}
	registry_free(r);
	free(copy);
}

static void test_any_bytes(void **state)
{
	uint64_t rng = test_seed(), now_ns;
	struct registry *r = random_registry(&rng, &now_ns);
	struct bytes b = to_bytes(r);
	size_t i, n;

	(void)state;
	for (i = 0; i < b.len; i += 1 + test_random_below(&rng, 40)) {
		struct registry *cut = NULL;
		unsigned char *copy = malloc(i ? i : 1);

		memcpy(copy, b.at, i);
		assert_int_equal(registry_new(&cut), 0);
		assert_int_equal(state_read(copy, i, cut), -EBADMSG);
		registry_free(cut);
		free(copy);
	}
	for (i = 0; i < 3000; i++) {
		size_t at = test_random_below(&rng, b.len);
		unsigned char was = b.at[at];

		b.at[at] = (unsigned char)test_random(&rng);
		try(b.at, b.len, now_ns);
		b.at[at] = was;
	}
	for (i = 0; i < 3000; i++) {
		unsigned char noise[200];

		for (n = 0; n < sizeof(noise); n++)
			noise[n] = (unsigned char)(test_random(&rng) >> test_random_below(&rng, 8));
		try(noise, test_random_below(&rng, sizeof(noise)), now_ns);
	}
	free(b.at);
	registry_free(r);
}

/* What was made between the save and the first dump is spread over that time. */
static void test_reconcile(void **state)
{
	struct history_span spans[HISTORY_SPANS_MAX];
	struct registry *r = NULL, *next;
	uint64_t counts[4000] = { 0 }, i, n;
	struct rates rates;
	struct bytes b;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 1000 * S, 0, 1000 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 1000 * S, 0, 1000 * S);
	for (i = 1; i <= 60; i++)
		model_count(r, 1, 0, HLT, false, 100, 100 * i, (1000 + i) * S);
	model_count(r, 2, 0, HLT, false, 7, 7, 1060 * S);
	settle(r);
	b = to_bytes(r);
	registry_free(r);
	next = from_bytes(&b);
	free(b.at);

	/* Batches are there before the dump; VM 2 ended, VM 3 came. */
	model_count(next, 1, 0, HLT, false, 50, 7900, 1079 * S);
	registry_dump_begin(next);
	model_dump(next, 1, 0, HLT, 8000, 1000 * S, 0, 1080 * S);
	model_dump(next, 2, 0, HLT, 9, 1000 * S, 1065 * S, 1080 * S);
	model_dump(next, 3, 0, MSR, 40, 1070 * S, 0, 1080 * S);
	registry_dump_end(next, 1080 * S);

	vm = registry_find(next, 1);
	assert_int_equal(vm->exits, 8000);
	assert_int_equal(registry_vm_history_spans(next, vm, 1080 * S, spans), 1);
	vm_reason_history(&vm->reasons[0], &spans[0], counts);
	for (i = n = 0; i < history_span_n(&spans[0]); i++) {
		assert_in_range(counts[i], i == 0 ? 0 : 90, 110);
		n += counts[i];
	}
	assert_int_equal(n, 8000);
	registry_vm_rates(next, vm, 1080 * S, NULL, &rates);
	assert_true(rates.per_s[RATE_1M] > 95 && rates.per_s[RATE_1M] < 105);

	/* The dead one is told of as dead, the new one as new, and nothing twice. */
	for (i = 0; (vm = registry_next_change(next)); i++) {
		assert_int_equal(vm->is_new, vm->id == 3);
		assert_int_equal(vm->just_ended, vm->id == 2);
		if (vm->id == 1)
			assert_int_equal(vm->reasons[0].delta[COUNT_DIRECT], 2000);
		registry_change_done(next, vm);
	}
	assert_int_equal(i, 3);
	vm = registry_first_dead(next);
	assert_int_equal(vm->exits, 9);
	assert_false(vm->ended_unseen);
	registry_free(next);
}

/* KVM was loaded anew meanwhile: all have ended, with what was known. */
static void test_other_epoch(void **state)
{
	struct registry *r = NULL, *next;
	struct bytes b;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 1000 * S, 0, 1000 * S);
	model_count(r, 1, 0, HLT, false, 100, 100, 1001 * S);
	settle(r);
	b = to_bytes(r);
	registry_free(r);
	next = from_bytes(&b);
	free(b.at);

	model_epoch++;
	registry_dump_begin(next);
	model_dump(next, 1, 0, HLT, 5, 1070 * S, 0, 1080 * S);
	registry_dump_end(next, 1080 * S);
	model_epoch--;
	assert_int_equal(registry_find(next, 1)->exits, 5);
	vm = registry_first_dead(next);
	assert_int_equal(vm->exits, 100);
	assert_true(vm->ended_unseen);
	registry_free(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_states),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_reconcile),
		cmocka_unit_test(test_other_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
