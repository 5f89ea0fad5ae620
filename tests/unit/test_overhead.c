// SPDX-License-Identifier: GPL-2.0-or-later
/* The part of its vCPUs' time that a VM's exits take, and how long they took lately. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdlib.h>

#include "explain/explain.h"
#include "model/reason.h"
#include "model_build.h"
#include "unit_test.h"

#define S  WINDOW_NS_PER_S
#define MS (S / 1000)

#define VM    7
#define MSR   0x7c
#define HLT   0x78
#define PAUSE 0x77

#define BORN 200

/* A VM with two vCPUs, whose exits were timed from its creation on, and all is known. */
static int setup(void **state)
{
	struct registry *r = NULL;

	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	registry_dump_begin(r);
	registry_dump_end(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, VM, BORN * S, 0, BORN * S);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	registry_free(*state);
	return 0;
}

static size_t bucket_of(uint64_t ns)
{
	size_t bucket = 0;

	while (bucket + 1 < EXIT_TIME_BUCKETS && ns >= (uint64_t)EXIT_TIME_FIRST_NS << bucket)
		bucket++;
	return bucket;
}

/* What the kernel knows of one reason of one vCPU. */
static void add(struct sample_time *time, uint64_t exits, uint64_t ns)
{
	time->time.total_ns += exits * ns;
	time->time.histogram[bucket_of(ns)] += exits;
	if (time->time.max_ns < ns)
		time->time.max_ns = ns;
}

static void tell(struct registry *r, uint32_t vcpu, const struct sample_time *time, uint64_t now_s)
{
	assert_int_equal(model_count_time(r, VM, vcpu, time, 150 * S, (now_s - 1) * S, now_s * S),
			 0);
}

static void assert_share(const struct registry *r, const struct reason_key *reason, uint64_t now_s,
			 int rate, double wanted)
{
	const struct vm *vm = registry_find(r, VM);
	struct rates rates;

	assert_true(registry_overhead(r, vm, reason, now_s * S, &rates));
	assert_float_equal(rates.per_s[rate], wanted, 0.0005);
}

/* 200 ms a second of one of two vCPUs; the other sleeps and spins. */
static void test_share(void **state)
{
	struct sample_time msr = { .code = MSR }, hlt = { .code = HLT }, pause = { .code = PAUSE };
	struct registry *r = *state;
	uint64_t s;

	for (s = BORN + 1; s <= BORN + 100; s++) {
		add(&msr, 1000, 200000);
		add(&hlt, 10, 60 * MS);
		add(&pause, 100, 3 * MS);
		tell(r, 0, &msr, s);
		tell(r, 1, &hlt, s);
		tell(r, 1, &pause, s);
	}
	assert_share(r, NULL, BORN + 100, RATE_1S, 0.1);
	assert_share(r, NULL, BORN + 100, RATE_10S, 0.1);
	assert_share(r, NULL, BORN + 100, RATE_1M, 0.1);
	/* It lived for less than five minutes: its vCPUs had no more time. */
	assert_share(r, NULL, BORN + 100, RATE_5M, 0.1);
	assert_share(r, &(struct reason_key){ .code = MSR }, BORN + 100, RATE_1M, 0.1);
	assert_share(r, &(struct reason_key){ .code = HLT }, BORN + 100, RATE_1M, 0.3);
	assert_share(r, &(struct reason_key){ .code = PAUSE }, BORN + 100, RATE_1M, 0.15);
	assert_false(registry_overhead(r, registry_find(r, VM), &(struct reason_key){ .code = 1 },
				       (BORN + 100) * S, &(struct rates){ { 0 } }));
	/* Nothing since. */
	assert_share(r, NULL, BORN + 112, RATE_10S, 0);
	assert_share(r, NULL, BORN + 500, RATE_5M, 0);
}

/* A VM that only sleeps has none, and one that was not timed is not known to have none. */
static void test_idle(void **state)
{
	struct sample_time hlt = { .code = HLT };
	struct registry *r = *state;
	const struct vm *vm = registry_find(r, VM);
	struct exit_time time;
	struct rates rates;

	assert_false(registry_overhead(r, vm, NULL, (BORN + 10) * S, &rates));
	add(&hlt, 10, 99 * MS);
	tell(r, 0, &hlt, BORN + 9);
	assert_share(r, NULL, BORN + 10, RATE_10S, 0);
	assert_false(registry_recent_time(r, vm, NULL, (BORN + 10) * S, &time));
	assert_true(registry_recent_time(r, vm, &(struct reason_key){ .code = HLT },
					 (BORN + 10) * S, &time));
	assert_int_equal(time.exits, 10);
}

/* An exit of half a minute was half a minute long, and not all in the second that it ended in. */
static void test_long_exit(void **state)
{
	struct sample_time msr = { .code = MSR };
	struct registry *r = *state;

	add(&msr, 1, 30 * S);
	tell(r, 0, &msr, BORN + 100);
	assert_share(r, NULL, BORN + 100, RATE_1S, 0.5);
	assert_share(r, NULL, BORN + 100, RATE_10S, 0.5);
	assert_share(r, NULL, BORN + 100, RATE_1M, 0.25);
}

/* What is less than a unit adds up. */
static void test_odd(void **state)
{
	struct sample_time msr = { .code = MSR };
	struct registry *r = *state;
	uint64_t i;

	for (i = 1; i <= 1000; i++) {
		add(&msr, 1, 19 * 1000);
		assert_int_equal(model_count_time(r, VM, 0, &msr, 150 * S,
						  (BORN + 9) * S + (i - 1) * MS,
						  (BORN + 9) * S + i * MS),
				 0);
	}
	assert_share(r, NULL, BORN + 10, RATE_1S, 0.0095);
}

/* What is known of exits before anybody looked is of no window. */
static void test_before(void **state)
{
	struct sample_time msr = { .code = MSR };
	struct registry *r = NULL;
	struct exit_time time;
	struct rates rates;
	const struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	/* As after a restart. */
	registry_set_watched(r, 250 * S);
	add(&msr, 1000, 5 * MS);
	registry_dump_begin(r);
	model_dump(r, VM, 0, MSR, 1000, BORN * S, 0, 300 * S);
	assert_int_equal(model_count_time(r, VM, 0, &msr, 150 * S, 0, 300 * S), 0);
	registry_dump_end(r, 300 * S);
	vm = registry_find(r, VM);
	assert_false(registry_overhead(r, vm, NULL, 310 * S, &rates));
	assert_false(registry_recent_time(r, vm, NULL, 310 * S, &time));

	/* One vCPU's 50 ms of two vCPUs' 5 s since then. */
	add(&msr, 1, 50 * MS);
	tell(r, 0, &msr, 305);
	vm = registry_find(r, VM);
	assert_share(r, NULL, 305, RATE_1M, 0.005);
	assert_true(registry_recent_time(r, vm, NULL, 305 * S, &time));
	assert_int_equal(time.exits, 1);
	assert_int_equal(time.total_ns, 50 * MS);
	registry_free(r);
}

/* Percentiles and the longest exit are of the last minute. */
static void test_recent(void **state)
{
	const struct reason_key key = { .code = MSR };
	struct sample_time msr = { .code = MSR };
	struct registry *r = *state;
	const struct vm *vm = registry_find(r, VM);
	struct exit_time time;

	add(&msr, 1, 900 * MS);
	tell(r, 0, &msr, BORN + 1);
	add(&msr, 94, 1000);
	add(&msr, 5, 20000);
	tell(r, 0, &msr, BORN + 2);
	assert_true(registry_recent_time(r, vm, &key, (BORN + 2) * S, &time));
	assert_int_equal(time.exits, 100);
	assert_int_equal(time.max_ns, 900 * MS);
	assert_int_equal(exit_time_percentile(&time, 50), 1024);
	assert_int_equal(exit_time_percentile(&time, 94), 1024);
	assert_int_equal(exit_time_percentile(&time, 95), 32768);
	assert_int_equal(exit_time_percentile(&time, 99), 32768);
	assert_int_equal(exit_time_percentile(&time, 100), 900 * MS);

	/* A minute later the long one is history, and what is longest now is in a bucket. */
	add(&msr, 10, 3000);
	tell(r, 0, &msr, BORN + 70);
	assert_true(registry_recent_time(r, vm, &key, (BORN + 70) * S, &time));
	assert_int_equal(time.exits, 10);
	assert_int_equal(time.total_ns, 30000);
	assert_int_equal(time.max_ns, 4096);
	/* A single one took all the time there was. */
	add(&msr, 1, 3000);
	tell(r, 0, &msr, BORN + 150);
	assert_true(registry_recent_time(r, vm, &key, (BORN + 150) * S, &time));
	assert_int_equal(time.exits, 1);
	assert_int_equal(time.max_ns, 3000);
	assert_int_equal(exit_time_percentile(&time, 99), 3000);
	assert_false(registry_recent_time(r, vm, &key, (BORN + 300) * S, &time));
}

/* Switched on again, times are others. */
static void test_again(void **state)
{
	struct sample_time msr = { .code = MSR };
	struct registry *r = *state;
	struct exit_time time;

	add(&msr, 1, 900 * MS);
	tell(r, 0, &msr, BORN + 1);
	msr = (struct sample_time){ .code = MSR };
	add(&msr, 1, 100 * MS);
	assert_int_equal(model_count_time(r, VM, 0, &msr, (BORN + 9) * S, (BORN + 9) * S,
					  (BORN + 10) * S),
			 0);
	assert_share(r, NULL, BORN + 10, RATE_10S, 0.05);
	assert_true(registry_recent_time(r, registry_find(r, VM), NULL, (BORN + 10) * S, &time));
	assert_int_equal(time.exits, 1);
	assert_int_equal(time.max_ns, 100 * MS);
}

/* More reasons than there are make nothing wrong: the sum is not known any more. */
static void test_bound(void **state)
{
	struct registry *r = *state;
	struct rates rates;
	uint64_t code;

	for (code = 0; code <= TIMES_PER_VM_MAX; code++) {
		struct sample_time time = { .code = code };

		if (code == TIMES_PER_VM_MAX)
			assert_share(r, NULL, BORN + 2, RATE_1S, 0);
		add(&time, 1, 1000);
		assert_int_equal(model_count_time(r, VM, (uint32_t)(code % 4), &time, 150 * S,
						  BORN * S, (BORN + 1) * S),
				 0);
	}
	assert_int_equal(registry_find(r, VM)->times.n, TIMES_PER_VM_MAX);
	assert_false(registry_overhead(r, registry_find(r, VM), NULL, (BORN + 2) * S, &rates));
}

/* The dead have no time, and take none. */
static void test_dead(void **state)
{
	struct sample_time msr = { .code = MSR };
	struct registry *r = *state;
	struct rates rates;

	add(&msr, 1, 900 * MS);
	tell(r, 0, &msr, BORN + 1);
	model_destroyed(r, VM, MSR, 1, BORN * S, (BORN + 2) * S);
	assert_false(registry_overhead(r, registry_find_dead(r, VM), NULL, (BORN + 2) * S, &rates));
	add(&msr, 1, 900 * MS);
	tell(r, 0, &msr, BORN + 2);
	assert_int_equal(registry_find_dead(r, VM)->times.n, 0);
}

/* -- whatever happens --------------------------------------------------------- */

#define RANDOM_S     400
#define RANDOM_VCPUS 3

/* How long one second's exits took, and how many there were, as its batch says. */
struct second {
	uint64_t ns, exits;
};

static void check_random(const struct registry *r, const struct second *seconds, uint64_t now)
{
	static const struct {
		int rate;
		uint64_t s, step;
	} windows[] = { { RATE_1S, 1, 1 },
			{ RATE_10S, 10, 1 },
			{ RATE_1M, 60, 10 },
			{ RATE_5M, 300, 10 } };
	const struct vm *vm = registry_find(r, VM);
	uint64_t from, s, sum, exits = 0, first = (now - 60) / 10 * 10;
	struct exit_time time;
	size_t i;

	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		from = now > windows[i].s ? now - windows[i].s : 0;
		from -= from % windows[i].step;
		if (from < BORN)
			from = BORN;
		for (sum = 0, s = from + 1; s <= now; s++)
			sum += seconds[s - BORN].ns;
		assert_share(r, NULL, now, windows[i].rate,
			     (double)sum / (double)(S * RANDOM_VCPUS * (now - from)));
	}
	for (sum = 0, s = first > BORN ? first : BORN; s <= now; s++) {
		sum += seconds[s - BORN].ns;
		exits += seconds[s - BORN].exits;
	}
	assert_int_equal(registry_recent_time(r, vm, NULL, now * S, &time), exits > 0);
	assert_int_equal(time.exits, exits);
	assert_int_equal(time.total_ns, sum);
	assert_true(exit_time_percentile(&time, 99) <= time.max_ns);
}

static void test_sums(void **state)
{
	static const uint64_t codes[] = { MSR, HLT, 0x7b, PAUSE };
	static struct second seconds[RANDOM_S + 1];
	struct sample_time times[RANDOM_VCPUS][4] = { 0 };
	uint64_t seed = test_seed(), s, n, ns;
	struct registry *r = *state;
	uint32_t vcpu;
	size_t i;

	for (s = 1; s <= RANDOM_S; s++) {
		seconds[s] = (struct second){ 0 };
		for (vcpu = 0; vcpu < RANDOM_VCPUS; vcpu++) {
			for (i = 0; i < 4; i++) {
				/* None, some, or as long as there is time for one of four. */
				n = test_random_below(&seed, 3) ? test_random_below(&seed, 50) : 0;
				ns = test_random_below(&seed, S / 4 / 50);
				times[vcpu][i].code = codes[i];
				add(&times[vcpu][i], n, ns);
				if (i % 2 == 0 && n > 0 && ns > 0) {
					seconds[s].ns += n * ns;
					seconds[s].exits += n;
				}
				tell(r, vcpu, &times[vcpu][i], BORN + s);
			}
		}
		check_random(r, seconds, BORN + s);
	}
}

/* The table that explains reasons says the same of what is waiting. */
static void test_waits(void **state)
{
	static const uint32_t isas[] = { KVM_EXITSTAT_ISA_VMX, KVM_EXITSTAT_ISA_SVM };
	char buf[REASON_NAME_MAX];
	unsigned int waits = 0;
	uint64_t code;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (code = 0; code < 0x500; code++) {
			const char *name = reason_name(isas[i], code, false, buf);

			assert_int_equal(reason_waits(isas[i], code, false), explain_waits(name));
			waits += reason_waits(isas[i], code, false);
		}
		assert_false(reason_waits(isas[i], 0, true));
	}
	/* Six of each. */
	assert_int_equal(waits, 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_share),  TEST(test_idle),   TEST(test_long_exit), TEST(test_odd),
		TEST(test_before), TEST(test_recent), TEST(test_again),	    TEST(test_bound),
		TEST(test_sums),   TEST(test_dead),   TEST(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
