// SPDX-License-Identifier: GPL-2.0-or-later
/* Rolling rates against a reference that keeps every exit's second. */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/window.h"
#include "unit_test.h"

#define S     WINDOW_NS_PER_S
#define RUNS  300
#define STEPS 400

/* The reference: a bucket for every second there is, and no ring. */
#define REFERENCE_S 8192

static uint64_t reference[REFERENCE_S];

static uint64_t reference_sum(uint64_t from_s, uint64_t to_s)
{
	uint64_t sum = 0;

	for (; from_s < to_s && from_s < REFERENCE_S; from_s++)
		sum += reference[from_s];
	return sum;
}

static void reference_add(uint64_t from_ns, uint64_t to_ns, uint64_t exits)
{
	uint64_t s, before = 0, share;

	if (from_ns >= to_ns) {
		reference[to_ns / S] += exits;
		return;
	}
	for (s = from_ns / S; s * S < to_ns; s++) {
		uint64_t end = (s + 1) * S < to_ns ? (s + 1) * S : to_ns;

		share = (uint64_t)((unsigned __int128)exits * (end - from_ns) / (to_ns - from_ns));
		reference[s] += share - before;
		before = share;
	}
}

static uint64_t round_down(uint64_t s)
{
	return s - s % WINDOW_COARSE_S;
}

static void check(const struct window *w, uint64_t end_s)
{
	uint64_t sums[RATE_COUNT] = { 0 };

	window_sum(w, end_s, sums);
	assert_int_equal(sums[RATE_1S], reference_sum(end_s - 1, end_s));
	assert_int_equal(sums[RATE_10S], reference_sum(end_s - 10, end_s));
	assert_int_equal(sums[RATE_1M], reference_sum(round_down(end_s - 60), end_s));
	assert_int_equal(sums[RATE_5M], reference_sum(round_down(end_s - 300), end_s));
}

/* Time goes on by less than a second, some seconds, or so far that all is past. */
static uint64_t step_ns(uint64_t *rng)
{
	switch (test_random_below(rng, 8)) {
	case 0:
		return test_random_below(rng, 30 * S);
	case 1:
		return test_random_below(rng, 20) == 0 ? test_random_below(rng, 400 * S) : 0;
	default:
		return test_random_below(rng, 2 * S);
	}
}

static void test_against_reference(void **state)
{
	uint64_t rng = test_seed();
	int run, step;

	(void)state;
	for (run = 0; run < RUNS; run++) {
		uint64_t now_ns = 400 * S + test_random_below(&rng, 100 * S);
		struct window w = { 0 };

		memset(reference, 0, sizeof(reference));
		for (step = 0; step < STEPS; step++) {
			uint64_t from_ns = now_ns, exits = test_random_below(&rng, 100000);

			now_ns += step_ns(&rng);
			if (now_ns / S + 2 >= REFERENCE_S)
				break;
			/* Ones that were made lately, and so spread over few seconds. */
			if (now_ns - from_ns > 10 * S)
				from_ns = now_ns - test_random_below(&rng, 10 * S);
			window_add(&w, from_ns, now_ns, exits);
			reference_add(from_ns, now_ns, exits);
			check(&w, now_ns / S);
			check(&w, now_ns / S + 1);
			check(&w, now_ns / S + test_random_below(&rng, 400));
		}
	}
}

/* What was missed for long keeps its number, and is even in ten-second buckets. */
static void test_long_spread(void **state)
{
	uint64_t rng = test_seed();
	int run;

	(void)state;
	for (run = 0; run < RUNS; run++) {
		uint64_t from_ns = 1000 * S + test_random_below(&rng, 10 * S);
		uint64_t to_ns = from_ns + test_random_below(&rng, 290 * S) + 1;
		uint64_t exits = test_random_below(&rng, 1000000000);
		uint64_t sums[RATE_COUNT] = { 0 };
		struct window w = { 0 };

		memset(reference, 0, sizeof(reference));
		window_add(&w, from_ns, to_ns, exits);
		reference_add(from_ns, to_ns, exits);
		window_sum(&w, (to_ns + S - 1) / S, sums);
		assert_int_equal(sums[RATE_5M], exits);
		check(&w, (to_ns + S - 1) / S);
	}
}

static void test_older_than_all(void **state)
{
	uint64_t sums[RATE_COUNT] = { 0 };
	struct window w = { 0 };

	(void)state;
	/* One a second for an hour: the last 300 and some are left. */
	window_add(&w, 1000 * S, 4600 * S, 3600);
	window_sum(&w, 4600, sums);
	assert_int_equal(sums[RATE_1S], 1);
	assert_int_equal(sums[RATE_10S], 10);
	assert_int_equal(sums[RATE_1M], 60);
	assert_int_equal(sums[RATE_5M], 300);

	/* An hour ago now, and older ones that come late change nothing. */
	memset(sums, 0, sizeof(sums));
	window_add(&w, 100 * S, 101 * S, 77);
	window_sum(&w, 8200, sums);
	assert_int_equal(sums[RATE_5M], 0);
}

static void test_late(void **state)
{
	uint64_t sums[RATE_COUNT] = { 0 };
	struct window w = { 0 };

	(void)state;
	window_add(&w, 0, 100 * S + 1, 0);
	window_add(&w, 100 * S, 100 * S + 5, 10);
	window_add(&w, 95 * S, 95 * S + 5, 1);
	window_sum(&w, 101, sums);
	assert_int_equal(sums[RATE_1S], 10);
	assert_int_equal(sums[RATE_10S], 11);
	assert_int_equal(sums[RATE_5M], 11);
}

/* A steady kernel whose batches are a millisecond late makes a steady rate. */
static void test_no_flicker(void **state)
{
	uint64_t now_ns = 1000 * S, last_ns, s = 0;
	struct window w = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		uint64_t sums[RATE_COUNT] = { 0 };

		last_ns = now_ns;
		now_ns += 1001000000;
		window_add(&w, last_ns, now_ns, 1001);
		if (i < 3 || now_ns / S == s)
			continue;
		s = now_ns / S;
		window_sum(&w, s, sums);
		assert_in_range(sums[RATE_1S], 999, 1001);
		if (i > 20)
			assert_in_range(sums[RATE_10S], 9999, 10001);
	}
}

static void test_overflow(void **state)
{
	uint64_t sums[RATE_COUNT] = { 0 };
	struct window w = { 0 };

	(void)state;
	window_add(&w, 100 * S, 100 * S, UINT64_MAX);
	window_add(&w, 100 * S, 100 * S, UINT64_MAX);
	window_sum(&w, 101, sums);
	assert_int_equal(sums[RATE_1S], UINT32_MAX);

	/* A time that no clock shows is not one. */
	window_add(&w, 0, UINT64_MAX, UINT64_MAX);
	window_add(&w, UINT64_MAX, UINT64_MAX, 1);
	assert_int_equal(w.head, 100);
	window_add(&w, 0, (UINT32_MAX - UINT64_C(1)) * S, 1);
	assert_int_equal(w.head, UINT32_MAX - 2);
}

static void test_rates(void **state)
{
	const uint64_t sums[RATE_COUNT] = { 5, 50, 690, 3090 };
	struct rates rates;

	(void)state;
	/* At 1009 s the minute began at 940, the five at 700. */
	window_rates(sums, 1009, 0, &rates);
	assert_true(rates.per_s[RATE_1S] == 5.0);
	assert_true(rates.per_s[RATE_10S] == 5.0);
	assert_true(rates.per_s[RATE_1M] == 10.0);
	assert_true(rates.per_s[RATE_5M] == 10.0);

	/* Known for 5 seconds only. */
	window_rates(sums, 1009, 1004, &rates);
	assert_true(rates.per_s[RATE_1S] == 5.0);
	assert_true(rates.per_s[RATE_10S] == 10.0);
	assert_true(rates.per_s[RATE_5M] == 618.0);

	/* Not known at all. */
	window_rates(sums, 1009, 2000, &rates);
	assert_true(rates.per_s[RATE_1S] == 5.0);
}

/* Four of five in 64 MiB: 10,000 vCPUs with 8 reasons each. */
static void test_size(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct window), 180);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_reference),
		cmocka_unit_test(test_long_spread),
		cmocka_unit_test(test_older_than_all),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_no_flicker),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
