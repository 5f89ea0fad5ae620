// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: where boot ends by the mix of reasons, and what is said where it
 * is not known.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/report/report.h"

#define STEPS_MAX 400

/* What a VM did, second by second: so many exits for each of three reasons. */
struct life {
	struct report report;
	struct report_step steps[STEPS_MAX];
	struct report_reason reasons[3];
	uint64_t exits[3][STEPS_MAX];
};

static int setup(void **state)
{
	static char io[] = "IO_INSTRUCTION", msr[] = "MSR_WRITE", fault[] = "EPT_VIOLATION";
	struct life *life = calloc(1, sizeof(*life));
	char *const names[] = { io, msr, fault };
	size_t i;

	assert_non_null(life);
	for (i = 0; i < 3; i++)
		life->reasons[i] =
			(struct report_reason){ .name = names[i], .exits = life->exits[i] };
	life->report = (struct report){ .vm = json_pack("{s:b}", "alive", 1),
					.steps = life->steps,
					.reasons = life->reasons,
					.n_reasons = 3 };
	*state = life;
	return 0;
}

static int teardown(void **state)
{
	struct life *life = *state;

	json_decref(life->report.vm);
	free(life);
	return 0;
}

static void go_on(struct life *life, size_t seconds, uint64_t io, uint64_t msr, uint64_t fault)
{
	size_t i;

	for (; seconds--; life->report.n_steps++) {
		i = life->report.n_steps;
		assert_true(i < STEPS_MAX);
		life->steps[i] = (struct report_step){ (double)i, 1, 1, io + msr + fault };
		life->exits[0][i] = io;
		life->exits[1][i] = msr;
		life->exits[2][i] = fault;
		life->report.life = (double)(i + 1);
		life->report.exits += io + msr + fault;
	}
}

static void check_boot(struct life *life, enum report_boot how, double end, uint64_t exits)
{
	report_set_boot(&life->report, NULL);
	assert_int_equal(life->report.boot, how);
	if (how == BOOT_UNKNOWN)
		return;
	assert_float_equal(life->report.boot_end, end, 0.01);
	assert_int_equal(life->report.boot_exits, exits);
}

static void check_said(char *text, const char *wanted)
{
	assert_non_null(text);
	if (!strstr(text, wanted))
		fail_msg("not '%s' in: %s", wanted, text);
	free(text);
}

/* A database that starts at once: as many exits as before, but others. */
static void test_busy(void **state)
{
	struct life *life = *state;

	go_on(life, 6, 8000, 1000, 1000);
	go_on(life, 6, 3000, 3000, 4000);
	check_boot(life, BOOT_UNKNOWN, 0, 0);
	/* So short a time may be one within boot. */
	go_on(life, 9, 300, 8000, 200);
	check_boot(life, BOOT_UNKNOWN, 0, 0);
	go_on(life, 40, 300, 8000, 200);
	check_boot(life, BOOT_MIX, 12, 120000);
	check_said(
		report_say_boot(&life->report),
		"Boot: 120000 exits in 12.0s, until the reasons changed, though not the rate: I/O "
		"and page faults were 80% of exits in boot and 6% afterwards.");
	/* What comes later is no boot: neither a backup nor quiet. */
	go_on(life, 60, 20000, 1000, 0);
	check_boot(life, BOOT_MIX, 12, 120000);
}

/* A loader's menu is not the end: what follows it is more of the same. */
static void test_menu(void **state)
{
	struct life *life = *state;

	go_on(life, 3, 9000, 500, 500);
	go_on(life, 5, 10, 4000, 0);
	go_on(life, 8, 7000, 2000, 1000);
	go_on(life, 40, 200, 6000, 0);
	check_boot(life, BOOT_MIX, 16, 3 * 10000 + 5 * 4010 + 8 * 10000);
}

/* A service that reads its files when others run already is part of the boot. */
static void test_late(void **state)
{
	struct life *life = *state;

	go_on(life, 10, 10000, 0, 0);
	go_on(life, 2, 0, 8000, 0);
	go_on(life, 2, 10000, 0, 0);
	go_on(life, 40, 0, 8000, 0);
	check_boot(life, BOOT_MIX, 14, 136000);
}

/* Where the rate tells, it does: the mix is not asked. */
static void test_rate_first(void **state)
{
	struct life *life = *state;

	go_on(life, 5, 8000, 1000, 1000);
	go_on(life, 10, 100, 9900, 0);
	go_on(life, 40, 0, 100, 0);
	check_boot(life, BOOT_SETTLED, 15, 150000);
	check_said(report_say_boot(&life->report), "until the rate levelled off.");
}

/* A guest without devices, or one that uses them all the time: nobody can tell. */
static void test_neither(void **state)
{
	struct life *life = *state;

	go_on(life, 60, 9000, 500, 500);
	check_boot(life, BOOT_UNKNOWN, 0, 0);
	check_said(
		report_say_boot(&life->report),
		"Boot: not known. In the VM's first minutes, the rate did not fall to a quarter for ten "
		"seconds, and exits for I/O and page faults did not give way to others. --boot-end ");
	life->report.n_steps = 0;
	life->report.exits = 0;
	go_on(life, 12, 1000, 9000, 0);
	go_on(life, 60, 0, 9000, 0);
	check_boot(life, BOOT_UNKNOWN, 0, 0);
	/* No exits at all are no others. */
	life->report.n_steps = 0;
	go_on(life, 12, 0, 0, 0);
	check_boot(life, BOOT_UNKNOWN, 0, 0);
}

/* It was gone before anything could be told, or is that young. */
static void test_short(void **state)
{
	struct life *life = *state;
	char *text;

	go_on(life, 1, 300, 100, 21);
	life->steps[0].seconds = 0.8;
	life->report.life = 0.8;
	check_boot(life, BOOT_UNKNOWN, 0, 0);
	check_said(
		report_say_boot(&life->report),
		"Boot: not known yet, as the VM is 0.8s old. Its end can be seen 10 s later at the "
		"earliest.");
	json_object_set_new(life->report.vm, "alive", json_false());
	check_said(
		report_say_boot(&life->report),
		"Boot: the VM lived for only 0.8s, too short to tell boot from what it did then. All "
		"of its 421 exits are in one phase.");
	assert_int_equal(report_set_phases(&life->report, NULL, 0), 0);
	/* Numbers in parentheses are explained only where there are any. */
	text = report_say_rate(&life->report);
	assert_string_equal(text, "The rate: not known in life.");
	free(text);
	free(life->report.phases[0].name);
	free(life->report.phases);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_busy), TEST(test_menu),    TEST(test_rate_first),
		TEST(test_late), TEST(test_neither), TEST(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
