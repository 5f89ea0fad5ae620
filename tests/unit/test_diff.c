// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl diff: what it calls a change is one, and what it calls noise is not; and
 * the command with files and VMs.
 */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/diff/diff.h"
#include "ctl_fixture.h"
#include "server_fixture.h"
#include "unit_test.h"

#define STEPS 600

/* Exits of each second, and half of them again for another reason. */
static json_t *report(const double *rates, size_t n, uint64_t *rng, const char *key, int key_rate)
{
	json_t *exits = json_array(), *msr = json_array(), *hlt = json_array(), *vm;
	size_t i;

	for (i = 0; i < n; i++) {
		double spread = rates[i] / 5;
		json_int_t one =
			(json_int_t)(rates[i] - spread +
				     2 * spread * (double)test_random_below(rng, 1000) / 1000.0);

		(void)json_array_append_new(msr, json_integer(one));
		(void)json_array_append_new(hlt, json_integer(one / 2));
		(void)json_array_append_new(exits, json_integer(one + one / 2));
	}
	vm = json_pack(
		"{s:s, s:i, s:i, s:b, s:i, s:{s:f}, s:[{s:s, s:i, s:{s:f, s:f}, s:[{s:s, s:b, s:i, s:{s:f}}]}, {s:s, s:i, s:{s:f}}]}",
		"name", "vm", "id", 7, "vcpu_count", 2, "alive", 1, "exits", 1000, "rates", "5m",
		100.0, "reasons", "reason", "MSR", "total", 1000, "rates", "5m", 50.0, "1m", 50.0,
		"details", "key", key, "nested", 0, "exits", 1000, "rates", "1m", (double)key_rate,
		"reason", "HLT", "total", 500, "rates", "5m", 50.0);
	assert_non_null(vm);
	return json_pack("{s:o, s:f, s:[{s:f, s:i, s:o, s:[{s:s, s:o}, {s:s, s:o}]}]}", "vm", vm,
			 "seconds", (double)n + 0.5, "spans", "age", 0.0, "step", 1, "exits", exits,
			 "reasons", "reason", "MSR", "exits", msr, "reason", "HLT", "exits", hlt);
}

static json_t *steady(double rate, uint64_t *rng)
{
	double rates[STEPS];
	size_t i;

	for (i = 0; i < STEPS; i++)
		rates[i] = rate;
	return report(rates, STEPS, rng, "0x6e0:W", (int)rate);
}

static struct diff_side side_of(json_t *json)
{
	struct diff_side side = { .vm = json_incref(json_object_get(json, "vm")),
				  .spans = json_incref(json_object_get(json, "spans")),
				  .title = strdup("side"),
				  .life = STEPS + 0.5 };

	json_decref(json);
	return side;
}

static struct diff *compare(json_t *one, json_t *other, struct diff_side *a, struct diff_side *b)
{
	*a = side_of(one);
	*b = side_of(other);
	assert_true(diff_set_time(a, 300, 0));
	assert_true(diff_set_time(b, 300, 0));
	return diff_new(a, b, true);
}

static void done(struct diff_side *a, struct diff_side *b, struct diff *diff)
{
	diff_side_done(a);
	diff_side_done(b);
	diff_free(diff);
}

/* Of the same load, at most one comparison in twenty is a change by chance; allow for two. */
static void test_noise(void **state)
{
	uint64_t rng = test_seed();
	unsigned int changes = 0, i;
	struct diff_side a, b;
	struct diff *diff;

	(void)state;
	for (i = 0; i < 200; i++) {
		diff = compare(steady(1000, &rng), steady(1000, &rng), &a, &b);
		changes += diff_is_change(&diff->all);
		assert_true(diff_noise(&diff->all) > 0);
		done(&a, &b, diff);
	}
	assert_in_range(changes, 0, 30);
}

/* A tenth less of a load that spreads by a fifth is seen every time. */
static void test_change(void **state)
{
	uint64_t rng = test_seed();
	struct diff_side a, b;
	struct diff *diff;
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		diff = compare(steady(1000, &rng), steady(900, &rng), &a, &b);
		assert_true(diff_is_change(&diff->all));
		assert_true(diff->all.b.rate < diff->all.a.rate);
		assert_string_equal(diff->reasons[0].reason, "MSR");
		assert_true(fabs(diff->reasons[0].a.rate - 1000) < 60);
		/* Sleep costs nothing, an MSR 1 us. */
		assert_true(fabs(diff->cost_a - 0.001) < 0.0001);
		assert_false(diff->measured);
		done(&a, &b, diff);
	}
}

/* A load that comes and goes differs by chance as well. */
static void test_bursts(void **state)
{
	uint64_t rng = test_seed();
	unsigned int changes = 0, i, j;
	double rates[2][STEPS];
	struct diff_side a, b;
	struct diff *diff;

	(void)state;
	for (i = 0; i < 100; i++) {
		for (j = 0; j < 2 * STEPS; j++)
			rates[j / STEPS][j % STEPS] =
				j % 10 ? rates[(j - 1) / STEPS][(j - 1) % STEPS] :
					 100 + (double)test_random_below(&rng, 2) * 5000;
		diff = compare(report(rates[0], STEPS, &rng, "1", 1),
			       report(rates[1], STEPS, &rng, "1", 1), &a, &b);
		changes += diff_is_change(&diff->all);
		done(&a, &b, diff);
	}
	assert_in_range(changes, 0, 20);
}

/* Keys of either side; one that is gone, one that is new. */
static void test_keys(void **state)
{
	uint64_t rng = test_seed();
	double rates[STEPS] = { 0 };
	struct diff_side a, b;
	struct diff *diff;
	size_t i;

	(void)state;
	diff = compare(report(rates, STEPS, &rng, "0x10:R", 30),
		       report(rates, STEPS, &rng, "0x6e0:W", 50), &a, &b);
	assert_int_equal(diff->n_keys, 2);
	for (i = 0; i < 2; i++) {
		const char *key = json_string_value(json_object_get(diff->keys[i].detail, "key"));

		if (strcmp(key, "0x10:R") == 0) {
			assert_true(diff->keys[i].a.rate > 0);
			assert_true(diff->keys[i].b.rate <= 0);
		} else {
			assert_true(diff->keys[i].b.rate > 0);
		}
		assert_true(diff_noise(&diff->keys[i]) < 0);
	}
	done(&a, &b, diff);
}

/* Two times of one VM: 100 a second, and 300 for the last five minutes. */
static void test_times(void **state)
{
	uint64_t rng = test_seed();
	struct diff_side a, b;
	double rates[STEPS];
	struct diff *diff;
	size_t i;

	(void)state;
	for (i = 0; i < STEPS; i++)
		rates[i] = i < STEPS / 2 ? 100 : 300;
	a = side_of(report(rates, STEPS, &rng, "1", 1));
	assert_int_equal(diff_side_copy(&a, &b), 0);
	assert_true(diff_set_time(&a, 300, 300));
	assert_true(diff_set_time(&b, 300, 0));
	diff = diff_new(&a, &b, false);
	assert_true(fabs(diff->all.a.rate - 150) < 10);
	assert_true(fabs(diff->all.b.rate - 450) < 30);
	assert_int_equal(diff->n_keys, 0);
	/* Nothing is known of the time before it was made. */
	assert_false(diff_set_time(&a, 300, STEPS + 10));
	done(&a, &b, diff);
}

/* -- the command ----------------------------------------------------------------- */

static void write_report(struct process *p, const char *name, double rate, char path[static 128])
{
	uint64_t rng = test_seed();
	json_t *json = steady(rate, &rng);

	(void)snprintf(path, 128, "%s/%s", p->fixture->dir, name);
	assert_int_equal(json_dump_file(json, path, 0), 0);
	json_decref(json);
}

static void test_command(void **state)
{
	struct process *p = *state;
	char before[128], after[128];
	struct result result;
	json_t *json;

	write_report(p, "before.json", 1000, before);
	write_report(p, "after.json", 500, after);
	result_expect(ctl_run("diff", before, after, NULL), 0, "\nExits: -", "");
	result_expect(ctl_run("diff", before, after, NULL), 0, "more than the noise of", "");
	result_expect(ctl_run("diff", before, after, NULL), 0, "0x6e0:W", "");
	result_expect(ctl_run("diff", before, before, NULL), 0, "+0.0%, from 1", "");
	result = ctl_run("diff", "--json", before, after, NULL);
	json = result_json(&result);
	assert_text(json, "reasons.0.reason", "MSR");
	assert_true(json_is_true(at(json, "exits.significant")));
	assert_text(json, "keys.0.key", "0x6e0:W");
	json_decref(json);

	/* A VM with itself has nothing to compare before a step of its life is over. */
	result_expect(ctl(p, "diff", "nothere", after, NULL), 1, "", "nothere");
	result_expect(ctl_run("diff", before, "--ago", "2h", NULL), 1, "", "nothing is known of");
	result_expect(ctl_run("diff", before, after, "--ago", "5min", NULL), 2, "",
		      "two times of one");
	result_expect(ctl_run("diff", before, "--for", "x", NULL), 2, "", "--for");
	unlink(before);
	assert_int_equal(json_dump_file(json = json_pack("{s:s}", "a", "b"), after, 0), 0);
	json_decref(json);
	result_expect(ctl_run("diff", after, after, NULL), 1, "",
		      "has no VM: it takes the output of");
	unlink(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_times),
		cmocka_unit_test_setup_teardown(test_command, process_setup, process_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
