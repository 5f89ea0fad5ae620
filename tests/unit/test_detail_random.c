// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A simulated kernel counts what exactly caused exits, in tables that are first come
 * first served; the registry sees its messages with some lost, some twice and some
 * late, dumps in between, details switched off and on, and restarts of the daemon. It
 * must never be ahead of the kernel and never go back, and after a dump each key must
 * be exact, and keys and rest must add up to each reason's count.
 */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "state/codec.h"
#include "state/state.h"
#include "unit_test.h"
#include "util/util.h"

#define S     WINDOW_NS_PER_S
#define RUNS  12
#define STEPS 400

#define VMS	   3
#define VCPUS	   3
#define PLACES	   40 /* of a class, for a vCPU and level */
#define KEYS	   150 /* that a guest may have: more than places, for a VM too */
#define CREATED_NS (100 * S)

/* What has keys: two classes are of one reason, as MMIO and faults are of NPF. */
static const struct {
	uint64_t code;
	uint32_t class;
} kinds[] = {
	{ 124, DETAIL_MSR },
	{ 123, DETAIL_PORT },
	{ 1024, DETAIL_MMIO },
	{ 1024, DETAIL_FAULT },
};

#define KINDS ARRAY_SIZE(kinds)

struct table {
	uint64_t key[PLACES];
	uint64_t exits[PLACES], sent[PLACES];
	size_t n;
	uint64_t rest, rest_sent;
};

struct kernel {
	struct table table[VMS][VCPUS][COUNT_KINDS][KINDS];
	bool on;
	uint64_t since_ns, now_ns, told_ns;
};

static void make_exit(struct kernel *k, unsigned int vm, unsigned int vcpu, unsigned int level,
		      size_t kind, uint64_t key, uint64_t n)
{
	struct table *t = &k->table[vm][vcpu][level][kind];
	size_t i;

	if (!k->on)
		return;
	for (i = 0; i < t->n && t->key[i] != key; i++)
		;
	if (i == PLACES) {
		t->rest += n;
		return;
	}
	t->n = i == t->n ? i + 1 : t->n;
	t->key[i] = key;
	t->exits[i] += n;
}

static void put(struct exit_message *m, size_t kind, unsigned int level, bool rest, uint64_t key,
		uint64_t total, uint64_t *sent, bool changes)
{
	if (total == (changes ? *sent : 0))
		return;
	*exit_message_add_detail(m) = (struct sample_detail){
		.code = kinds[kind].code,
		.class = kinds[kind].class,
		.nested = level == COUNT_NESTED,
		.rest = rest,
		.key = rest ? 0 : key,
		.total = total,
	};
	if (changes)
		*sent = total;
}

static void put_vcpu(struct exit_message *m, struct kernel *k, unsigned int vm, unsigned int vcpu,
		     bool changes)
{
	size_t first = m->n_details, kind, i;
	struct sample_vcpu *v;
	unsigned int level;

	for (level = 0; level < COUNT_KINDS; level++) {
		for (kind = 0; kind < KINDS; kind++) {
			struct table *t = &k->table[vm][vcpu][level][kind];

			for (i = 0; i < t->n; i++)
				put(m, kind, level, false, t->key[i], t->exits[i], &t->sent[i],
				    changes);
			put(m, kind, level, true, 0, t->rest, &t->rest_sent, changes);
		}
	}
	v = exit_message_add_vcpu(m);
	*v = (struct sample_vcpu){ .vm_id = vm + 1,
				   .vcpu_id = vcpu,
				   .pid = MODEL_PID,
				   .isa = KVM_EXITSTAT_ISA_SVM,
				   .since_ns = changes ? k->told_ns : 0,
				   .first_detail = first,
				   .n_details = m->n_details - first };
}

static void make(struct exit_message *m, struct kernel *k, bool changes, unsigned int vm)
{
	unsigned int vcpu;

	exit_message_reset(m);
	m->type = changes ? MESSAGE_EXITS : MESSAGE_STATS;
	m->epoch = model_epoch;
	m->time_ns = k->now_ns;
	m->details_since_ns = k->since_ns;
	m->has_vm = true;
	m->vm = (struct sample_vm){ .id = vm + 1,
				    .pid = MODEL_PID,
				    .isa = KVM_EXITSTAT_ISA_SVM,
				    .vcpus = VCPUS,
				    .created_ns = CREATED_NS };
	for (vcpu = 0; vcpu < VCPUS; vcpu++)
		put_vcpu(m, k, vm, vcpu, changes);
}

/* What the kernel counted of one key, or of a whole reason. */
static uint64_t kernel_key(const struct kernel *k, unsigned int vm, const struct vm_detail *d)
{
	uint64_t sum = 0;
	unsigned int vcpu;
	size_t kind, i;

	for (vcpu = 0; vcpu < VCPUS; vcpu++) {
		for (kind = 0; kind < KINDS; kind++) {
			const struct table *t = &k->table[vm][vcpu][d->nested][kind];

			for (i = 0; i < t->n; i++)
				if (kinds[kind].class == d->class && t->key[i] == d->key)
					sum += t->exits[i];
		}
	}
	return sum;
}

static uint64_t kernel_reason(const struct kernel *k, unsigned int vm, uint64_t code,
			      unsigned int level)
{
	uint64_t sum = 0;
	unsigned int vcpu;
	size_t kind, i;

	for (vcpu = 0; vcpu < VCPUS; vcpu++) {
		for (kind = 0; kind < KINDS; kind++) {
			const struct table *t = &k->table[vm][vcpu][level][kind];

			for (i = 0; kinds[kind].code == code && i < t->n; i++)
				sum += t->exits[i];
			if (kinds[kind].code == code)
				sum += t->rest;
		}
	}
	return sum;
}

static uint64_t known_reason(const struct vm *vm, uint64_t code, unsigned int level, size_t *keys)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < vm->details.n; i++) {
		const struct vm_detail *d = &vm->details.all[i];

		if (d->code != code)
			continue;
		*keys += !d->rest;
		if (d->nested == (level == COUNT_NESTED))
			sum += d->exits;
	}
	return sum;
}

static void check_vm(const struct kernel *k, const struct vm *vm, uint64_t *before, bool exact)
{
	unsigned int id = (unsigned int)vm->id - 1, level;
	size_t kind, i, keys;
	uint64_t known, real;

	for (kind = 0; kind < KINDS; kind++) {
		for (level = 0; level < COUNT_KINDS; level++) {
			keys = 0;
			known = known_reason(vm, kinds[kind].code, level, &keys);
			real = kernel_reason(k, id, kinds[kind].code, level);
			assert_true(keys <= DETAIL_KEYS_PER_REASON_MAX);
			assert_true(known <= real);
			assert_true(known >= before[kind * COUNT_KINDS + level]);
			if (exact)
				assert_int_equal(known, real);
			before[kind * COUNT_KINDS + level] = known;
		}
	}
	for (i = 0; i < vm->details.n; i++) {
		const struct vm_detail *d = &vm->details.all[i];

		if (!d->rest && exact)
			assert_int_equal(d->exits, kernel_key(k, id, d));
	}
}

static void check(struct registry *r, const struct kernel *k,
		  uint64_t before[VMS][KINDS * COUNT_KINDS], bool exact)
{
	struct vm *vm;

	for (vm = registry_first_live(r); vm; vm = registry_next(vm))
		check_vm(k, vm, before[vm->id - 1], exact);
}

static void dump(struct registry *r, struct kernel *k, struct exit_message *m)
{
	unsigned int vm;

	registry_dump_begin(r);
	for (vm = 0; vm < VMS; vm++) {
		make(m, k, false, vm);
		assert_int_equal(registry_apply(r, m), 0);
	}
	registry_dump_end(r, k->now_ns);
}

static void count(struct kernel *k, uint64_t *rng)
{
	unsigned int n = (unsigned int)test_random_below(rng, 60);

	while (n--)
		make_exit(k, (unsigned int)test_random_below(rng, VMS),
			  (unsigned int)test_random_below(rng, VCPUS),
			  (unsigned int)test_random_below(rng, COUNT_KINDS),
			  (size_t)test_random_below(rng, KINDS), test_random_below(rng, KEYS),
			  1 + test_random_below(rng, 1000));
	k->now_ns += 1 + test_random_below(rng, 2 * S);
}

struct bytes {
	unsigned char at[1 << 20];
	size_t len;
};

static int collect(void *userdata, const void *data, size_t len)
{
	struct bytes *b = userdata;

	assert_true(len <= sizeof(b->at) - b->len);
	memcpy(b->at + b->len, data, len);
	b->len += len;
	return 0;
}

/* Another daemon goes on with what this one left. */
static struct registry *restart(struct registry *r)
{
	struct bytes *b = calloc(1, sizeof(*b));
	struct state_writer *w = calloc(1, sizeof(*w));
	struct registry *next = NULL;

	w->write = collect;
	w->userdata = b;
	state_write(w, r);
	assert_int_equal(state_flush(w), 0);
	registry_free(r);
	assert_int_equal(registry_new(&next), 0);
	assert_int_equal(state_read(b->at, b->len, next), 0);
	free(w);
	free(b);
	return next;
}

static void switch_details(struct kernel *k)
{
	k->on = !k->on;
	if (!k->on)
		return;
	memset(k->table, 0, sizeof(k->table));
	k->since_ns = k->now_ns;
}

static void run(uint64_t *rng)
{
	uint64_t before[VMS][KINDS * COUNT_KINDS] = { 0 };
	struct exit_message m = { 0 }, old = { 0 };
	struct kernel *k = calloc(1, sizeof(*k));
	struct registry *r = NULL;
	unsigned int i, vm;

	k->now_ns = CREATED_NS;
	switch_details(k);
	assert_int_equal(registry_new(&r), 0);
	dump(r, k, &m);
	make(&old, k, false, 0);
	for (i = 0; i < STEPS; i++) {
		bool lost = test_random_below(rng, 10) == 0;

		count(k, rng);
		for (vm = 0; vm < VMS; vm++) {
			make(&m, k, true, vm);
			if (!lost)
				assert_int_equal(registry_apply(r, &m), 0);
			if (!lost && test_random_below(rng, 10) == 0)
				assert_int_equal(registry_apply(r, &m), 0);
		}
		k->told_ns = k->now_ns;
		if (lost)
			registry_gap(r);
		check(r, k, before, false);

		switch (test_random_below(rng, 30)) {
		case 0:
		case 1:
			dump(r, k, &m);
			check(r, k, before, true);
			break;
		case 2:
			assert_int_equal(registry_apply(r, &old), 0);
			check(r, k, before, false);
			make(&old, k, false, (unsigned int)test_random_below(rng, VMS));
			break;
		case 3:
			r = restart(r);
			check(r, k, before, false);
			break;
		case 4:
			switch_details(k);
			k->now_ns++;
			dump(r, k, &m);
			memset(before, 0, sizeof(before));
			check(r, k, before, true);
			break;
		default:
			break;
		}
	}
	dump(r, k, &m);
	check(r, k, before, true);
	exit_message_done(&m);
	exit_message_done(&old);
	registry_free(r);
	free(k);
}

static void test_random_details(void **state)
{
	uint64_t rng = test_seed();
	int i;

	(void)state;
	for (i = 0; i < RUNS; i++)
		run(&rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
