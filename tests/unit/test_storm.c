// SPDX-License-Identifier: GPL-2.0-or-later
/* Exit storms: what is one, when it is over, and what never is one. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>

#include "model_build.h"
#include "unit_test.h"
#include "util/util.h"

#define S WINDOW_NS_PER_S

#define HLT 0x78
#define MSR 0x7c

struct fixture {
	struct registry *registry;
	uint64_t now_ns;
	uint64_t hlt, msr;
	unsigned int began, ended;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->now_ns = 1000 * S;
	assert_int_equal(registry_new(&f->registry), 0);
	registry_set_watched(f->registry, 100 * S);
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, 1, f->now_ns, 0, f->now_ns);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	registry_free(f->registry);
	free(f);
	return 0;
}

static struct vm *the_vm(struct fixture *f)
{
	struct vm *vm = registry_find(f->registry, 1);

	return vm ? vm : registry_first_dead(f->registry);
}

static void look(struct fixture *f)
{
	switch (registry_check_storm(f->registry, the_vm(f), f->now_ns)) {
	case STORM_BEGAN:
		f->began++;
		break;
	case STORM_ENDED:
		f->ended++;
		break;
	case STORM_NONE:
		break;
	}
}

/* So many exits a second, a batch a second. */
static void go(struct fixture *f, unsigned int seconds, uint64_t hlt, uint64_t msr)
{
	while (seconds--) {
		f->now_ns += S;
		f->hlt += hlt;
		f->msr += msr;
		if (hlt)
			model_count(f->registry, 1, 0, HLT, false, hlt, f->hlt, f->now_ns);
		if (msr)
			model_count(f->registry, 1, 0, MSR, false, msr, f->msr, f->now_ns);
		look(f);
	}
}

static void test_reason(void **state)
{
	struct fixture *f = *state;
	const struct storm *storm;

	go(f, 600, 40000, 500);
	assert_int_equal(f->began, 0);

	/* All exits together are not even twice the usual. */
	go(f, 25, 40000, 30000);
	storm = &the_vm(f)->storm;
	assert_int_equal(f->began, 1);
	assert_int_equal(registry_n_storms(f->registry), 1);
	assert_true(storm->active && !storm->whole);
	assert_int_equal(the_vm(f)->reasons[storm->reason].code, MSR);
	assert_in_range((uint64_t)storm->usual, 499, 501);
	assert_in_range(storm->since_ns, f->now_ns - 30 * S, f->now_ns - 10 * S);

	go(f, 60, 40000, 30000);
	assert_in_range((uint64_t)storm->rate, 29999, 30001);
	/* A pause of two buckets does not end it, nor does it begin again. */
	go(f, 15, 40000, 500);
	go(f, 30, 40000, 60000);
	assert_int_equal(f->began, 1);
	assert_int_equal(f->ended, 0);
	go(f, 60, 40000, 500);
	assert_int_equal(f->began, 1);
	assert_int_equal(f->ended, 1);
	assert_in_range((uint64_t)storm->peak, 59999, 60001);
	assert_int_equal(registry_n_storms(f->registry), 0);
}

/* Each reason is below what is worth a word, together they are not. */
static void test_whole(void **state)
{
	struct fixture *f = *state;

	go(f, 600, 400, 400);
	go(f, 30, 7000, 7000);
	assert_int_equal(f->began, 1);
	assert_true(the_vm(f)->storm.whole);
	assert_in_range((uint64_t)the_vm(f)->storm.rate, 13999, 14001);
}

static void test_none(void **state)
{
	struct fixture *f = *state;

	/* Booting, then little, then more, but not much more, or not much. */
	go(f, 200, 90000, 90000);
	go(f, 1000, 4000, 0);
	go(f, 100, 30000, 0);
	go(f, 1000, 10, 0);
	go(f, 100, 9000, 0);
	assert_int_equal(f->began, 0);
}

/* What stays becomes usual, so a storm ends in any case, and once. */
static void test_new_usual(void **state)
{
	struct fixture *f = *state;

	go(f, 3600, 1000, 0);
	go(f, 3600, 50000, 0);
	assert_int_equal(f->began, 1);
	assert_int_equal(f->ended, 1);
	assert_in_range(the_vm(f)->storm.until_ns - the_vm(f)->storm.since_ns, 500 * S, 1000 * S);
}

/* It sends nothing, and is looked at all the same. */
static void test_falls_idle(void **state)
{
	struct fixture *f = *state;

	go(f, 600, 100, 0);
	go(f, 30, 50000, 0);
	assert_int_equal(f->began, 1);
	f->now_ns += 60 * S;
	look(f);
	assert_int_equal(f->ended, 1);
}

static void test_dies(void **state)
{
	struct fixture *f = *state;

	go(f, 600, 100, 0);
	go(f, 30, 50000, 0);
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 1000 * S, f->now_ns,
		    f->now_ns);
	look(f);
	look(f);
	assert_int_equal(f->ended, 1);
	assert_int_equal(registry_n_storms(f->registry), 0);
}

/* Silence for hours, then one burst: there is no tick that would know of it. */
static void test_after_idle(void **state)
{
	struct fixture *f = *state;

	go(f, 600, 100, 0);
	f->now_ns += 7200 * S;
	go(f, 25, 20000, 0);
	assert_int_equal(f->began, 1);
}

static void test_params(void **state)
{
	struct storm_params params = STORM_PARAMS_DEFAULT;
	struct fixture *f = *state;

	storm_params_set(&params, 4, 100, 10, 60);
	registry_set_storm_params(f->registry, &params);
	go(f, 100, 100, 0);
	go(f, 25, 350, 0);
	assert_int_equal(f->began, 0);
	go(f, 25, 1000, 0);
	assert_int_equal(f->began, 1);
	/* Calm is what is below three eighths of that. */
	go(f, 20, 800, 0);
	assert_int_equal(f->ended, 0);
	go(f, 25, 60, 0);
	assert_int_equal(f->ended, 1);
}

/* The defaults in an admin's words, none at all, and the end of one that is on. */
static void test_settings(void **state)
{
	const struct storm_params normal = STORM_PARAMS_DEFAULT;
	struct storm_params params = normal;
	struct fixture *f = *state;

	storm_params_set(&params, 8, 10000, 30, 300);
	assert_true(params.begin_factor == normal.begin_factor);
	assert_true(params.end_factor == normal.end_factor);
	assert_true(params.min_rate == normal.min_rate);
	assert_int_equal(params.calm_s, normal.calm_s);
	assert_int_equal(params.learn_s, normal.learn_s);
	assert_int_equal(params.memory_s, normal.memory_s);

	go(f, 600, 100, 0);
	go(f, 30, 50000, 0);
	assert_int_equal(f->began, 1);
	storm_params_set(&params, 0, 10000, 30, 300);
	registry_set_storm_params(f->registry, &params);
	go(f, 60, 500000, 0);
	assert_int_equal(f->ended, 1);
	go(f, 60, 5000000, 0);
	assert_int_equal(f->began, 1);
}

/*
 * Whatever it does: beginnings and ends alternate, a storm begins only with a
 * bucket above the least rate, and the next one not before the calm.
 */
static void test_any(void **state)
{
	struct fixture *f = *state;
	uint64_t rng = test_seed(), last_end_ns = 0;
	unsigned int i, began, ended;

	for (i = 0; i < 3000; i++) {
		began = f->began;
		ended = f->ended;
		go(f, 1 + (unsigned int)test_random_below(&rng, 30),
		   test_random(&rng) >> (44 + test_random_below(&rng, 20)),
		   test_random(&rng) >> (44 + test_random_below(&rng, 20)));
		if (test_random_below(&rng, 20) == 0)
			f->now_ns += test_random_below(&rng, 600) * S;
		assert_true(f->began - f->ended <= 1);
		assert_int_equal(registry_n_storms(f->registry), f->began - f->ended);
		if (f->began > began && f->ended == ended) {
			assert_true(the_vm(f)->storm.peak >= 10000);
			assert_true(the_vm(f)->storm.since_ns >= last_end_ns);
		}
		if (f->ended > ended)
			last_end_ns = the_vm(f)->storm.until_ns;
	}
	assert_true(f->began > 10);
}

/* The same of a reference that looks back over all buckets each time: HLT, MSR, both together. */
enum {
	KINDS = 3,
	WHOLE = 2,
	REFERENCE_BUCKETS = 6000,
};

struct reference {
	double rate[KINDS][REFERENCE_BUCKETS];
	size_t n;
	int kind; /* of the storm, -1 while there is none */
	unsigned int calm;
	unsigned int began, ended;
};

/* The mean over the life; once that is longer than the memory, what is older fades. */
static double usual(const struct reference *ref, int kind)
{
	const double memory_s = STORM_PARAMS_DEFAULT.memory_s + STORM_BUCKET_S;
	double mean = 0;
	size_t i, known = ref->n - 1;

	for (i = 0; i < known && (double)(i + 1) * STORM_BUCKET_S <= memory_s; i++)
		mean += ref->rate[kind][i];
	mean /= i ? (double)i : 1;
	for (; i < known; i++)
		mean = mean * (1 - STORM_BUCKET_S / memory_s) +
		       ref->rate[kind][i] * STORM_BUCKET_S / memory_s;
	return mean;
}

static bool is_reference_storm(const struct reference *ref, int kind)
{
	const struct storm_params params = STORM_PARAMS_DEFAULT;
	double rate = ref->rate[kind][ref->n - 1];

	return rate >= params.min_rate && rate >= usual(ref, kind) * params.begin_factor;
}

static void reference_look(struct reference *ref, uint64_t hlt, uint64_t msr)
{
	const struct storm_params params = STORM_PARAMS_DEFAULT;
	size_t last = ref->n++;
	double rate;
	int kind;

	ref->rate[0][last] = (double)hlt / STORM_BUCKET_S;
	ref->rate[1][last] = (double)msr / STORM_BUCKET_S;
	ref->rate[WHOLE][last] = (double)(hlt + msr) / STORM_BUCKET_S;
	if (ref->kind >= 0) {
		rate = ref->rate[ref->kind][last];
		if (rate < params.min_rate / 2 || rate < usual(ref, ref->kind) * params.end_factor)
			ref->calm++;
		else
			ref->calm = 0;
		if (ref->calm * STORM_BUCKET_S >= params.calm_s) {
			ref->kind = -1;
			ref->ended++;
		}
		return;
	}
	if (ref->n * STORM_BUCKET_S < params.learn_s)
		return;
	for (kind = 0; kind < WHOLE; kind++)
		if (is_reference_storm(ref, kind) &&
		    (ref->kind < 0 || ref->rate[kind][last] > ref->rate[ref->kind][last]))
			ref->kind = kind;
	if (ref->kind < 0 && is_reference_storm(ref, WHOLE))
		ref->kind = WHOLE;
	if (ref->kind >= 0) {
		ref->calm = 0;
		ref->began++;
	}
}

/* No quotient of two is one of the factors. */
static uint64_t some_rate(uint64_t *rng, bool high)
{
	static const uint64_t low_rates[] = { 11, 101, 503, 997 };
	static const uint64_t high_rates[] = { 4001, 9001, 12007, 40009, 90001 };

	return high ? high_rates[test_random_below(rng, ARRAY_SIZE(high_rates))] :
		      low_rates[test_random_below(rng, ARRAY_SIZE(low_rates))];
}

static void test_reference(void **state)
{
	struct reference *ref = calloc(1, sizeof(*ref));
	struct fixture *f = *state;
	uint64_t rng = test_seed(), hlt = 0, msr = 0;
	const struct storm *storm;
	unsigned int left = 0;
	bool high = false;

	assert_non_null(ref);
	ref->kind = -1;
	/* The bucket that the VM was made in does not count. */
	go(f, STORM_BUCKET_S, 100, 100);
	while (ref->n < REFERENCE_BUCKETS) {
		if (!left--) {
			left = (unsigned int)test_random_below(&rng, 20);
			high = test_random_below(&rng, high ? 2 : 15) == 0;
			hlt = some_rate(&rng, high);
			msr = some_rate(&rng, high);
		}
		go(f, STORM_BUCKET_S, hlt, msr);
		reference_look(ref, hlt * STORM_BUCKET_S, msr * STORM_BUCKET_S);
		assert_int_equal(f->began, ref->began);
		assert_int_equal(f->ended, ref->ended);
		storm = &the_vm(f)->storm;
		assert_int_equal(storm->active, ref->kind >= 0);
		if (storm->active) {
			assert_int_equal(storm->whole, ref->kind == WHOLE);
			if (!storm->whole)
				assert_int_equal(the_vm(f)->reasons[storm->reason].code,
						 ref->kind ? MSR : HLT);
		}
	}
	assert_true(ref->began > 1 && ref->ended > 1);
	free(ref);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reason),     TEST(test_whole),      TEST(test_none),
		TEST(test_new_usual),  TEST(test_falls_idle), TEST(test_dies),
		TEST(test_after_idle), TEST(test_params),     TEST(test_any),
		TEST(test_settings),   TEST(test_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
