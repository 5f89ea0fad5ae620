// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl stat: which VMs it measures, and what it prints of them.
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/stat/procevents.h"
#include "ctl/stat/proctree.h"
#include "ctl_fixture.h"
#include "ctl_maker.h"

/* A container does not hear of its processes; kvmexitctl says so, and there is no test. */
static bool can_follow(void)
{
	struct proctree *tree;
	bool lost, can = false;
	pid_t child;
	int fd;

	if (procevents_open(&fd) < 0)
		return false;
	if (proctree_new(&tree, (uint32_t)getpid()) == 0) {
		child = fork();
		if (child == 0)
			_exit(0);
		if (procevents_read(fd, tree, &lost) == 0)
			can = proctree_has(tree, (uint32_t)child);
		tree = proctree_free(tree);
	}
	close(fd);
	return can;
}

/* A shell that runs script, in which $VMS is where VMs are made. */
static struct result stat_shell(struct process *p, const char *option, const char *value,
				const char *script)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "VMS=%s/vms; %s", p->fixture->dir, script);
	if (option)
		return ctl(p, "stat", "--json", option, value, "--", "sh", "-c", text, NULL);
	return ctl(p, "stat", "--json", "--", "sh", "-c", text, NULL);
}

/* What stat says is on stderr, where the command is free to write, too. */
static json_t *stat_json_of(struct result *result)
{
	json_t *json = json_loads(result->err, 0, NULL);

	if (!json)
		fail_msg("no JSON: %s", result->err);
	result_done(result);
	return json;
}

static void test_command(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	if (!can_follow())
		skip();
	result = stat_shell(p, NULL, NULL, "echo said; echo $$ >$VMS; exit 7");
	assert_int_equal(result.status, 7);
	assert_string_equal(result.out, "said\n");
	json = stat_json_of(&result);
	assert_number(json, "status", 7);
	assert_text(json, "command.0", "sh");
	assert_true(json_is_true(at(json, "complete")));
	assert_int_equal(json_array_size(at(json, "vms")), 1);
	assert_text(json, "vms.0.name", "made");
	assert_number(json, "vms.0.exits", MAKER_EXITS);
	assert_text(json, "vms.0.reasons.0.reason", "CPUID");
	assert_true(json_real_value(at(json, "vms.0.rates.measured")) > 0);
	json_decref(json);
}

/*
 * A process that nobody waits for, whose parents are gone before anybody looks;
 * more of them than a daemon remembers would be too slow to make here.
 */
static void test_descendants(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	if (!can_follow())
		skip();
	result = stat_shell(p, NULL, NULL,
			    "(sh -c '(sh -c \"echo \\$\\$ >$0\") & wait' $VMS) & wait;"
			    "for i in 1 2 3; do sh -c 'echo $$ >$0' $VMS; done;"
			    "setsid sh -c 'echo $$ >$0' $VMS");
	assert_int_equal(result.status, 0);
	json = stat_json_of(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 5);
	assert_true(json_is_true(at(json, "complete")));
	json_decref(json);
}

/* A VM of somebody else, meanwhile. */
static void test_strangers(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	if (!can_follow())
		skip();
	result = stat_shell(p, NULL, NULL, "echo 1 >$VMS; echo 2 >$VMS; echo $PPID keep >$VMS");
	json = stat_json_of(&result);
	/* That of kvmexitctl itself is none: who would make one in its name? */
	assert_int_equal(json_array_size(at(json, "vms")), 1);
	assert_true(json_is_true(at(json, "vms.0.alive")));
	json_decref(json);

	result = stat_shell(p, NULL, NULL, ":");
	assert_int_equal(result.status, 0);
	json = stat_json_of(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 0);
	json_decref(json);
}

/* With --vm, what the VM did while the command ran, and no more. */
static void test_vm(void **state)
{
	struct process *p = *state;
	struct result result = stat_shell(p, "--vm", "db", "echo 900 +5 >$VMS");
	json_t *json;

	assert_int_equal(result.status, 0);
	json = stat_json_of(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 1);
	assert_text(json, "vms.0.name", "db");
	assert_number(json, "vms.0.exits", 5);
	assert_number(json, "vms.0.reasons.0.total", 5);
	json_decref(json);

	result = stat_shell(p, "--vm", "bd", "echo ran");
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "no VM matches 'bd'"));
	result_done(&result);
}

static void test_ends(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	/* By time, of all VMs. */
	result = ctl(p, "stat", "--json", "--for", "10ms", NULL);
	assert_int_equal(result.status, 0);
	json = result_json(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 2);
	assert_number(json, "vms.0.exits", 0);
	assert_true(json_real_value(at(json, "seconds")) >= 0.009);
	json_decref(json);

	/* By exits: the command is told to end, and how it ended is passed on. */
	result = stat_shell(p, "--vm=db", "--until-exits=3", "echo 900 +5 >$VMS; exec sleep 60");
	assert_int_equal(result.status, 128 + SIGTERM);
	json = stat_json_of(&result);
	assert_number(json, "vms.0.exits", 5);
	json_decref(json);
}

/* Ids are not mistaken for names and pids that look like them. */
static void test_masked(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_MASKED);
	result = ctl(p, "stat", "--json", "--for", "1ms", NULL);
	assert_int_equal(result.status, 0);
	json = result_json(&result);
	assert_true(json_is_true(at(json, "complete")));
	assert_int_equal(json_array_size(at(json, "vms")), 4);
	assert_text(json, "vms.1.name", "db");
	json_decref(json);
}

static void test_cannot_run(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "stat", "--vm", "db", "--", "/no/such/program", NULL);

	assert_int_equal(result.status, 127);
	assert_non_null(strstr(result.err, "cannot run /no/such/program: No such file"));
	result_done(&result);
	result = ctl(p, "stat", "--vm", "db", "--", "/", NULL);
	assert_int_equal(result.status, 126);
	result_done(&result);

	process_command(p, COMMAND_WAITING);
	result = stat_shell(p, NULL, NULL, "echo ran");
	assert_int_equal(result.status, 4);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "gets no exits from the kernel"));
	result_done(&result);
	process_command(p, COMMAND_QUIT);
	result = stat_shell(p, NULL, NULL, "echo ran");
	assert_int_equal(result.status, 3);
	assert_string_equal(result.out, "");
	result_done(&result);
}

static void test_text(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "stat", "--vm", "web01", "--for", "1ms", NULL);

	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	assert_non_null(strstr(result.out, "\nweb01  id 1, pid 812, svm: 0 exits in "));
	assert_non_null(strstr(result.out, "\n1 VM, 0 exits in "));
	result_done(&result);

	if (!can_follow())
		return;
	char text[128];

	(void)snprintf(text, sizeof(text), "echo $$ >%s/vms", p->fixture->dir);
	result = ctl(p, "stat", "sh", "-c", text, NULL);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, ": 42 exits in "));
	assert_non_null(strstr(result.err, "\nREASON EXITS     % "));
	assert_non_null(strstr(result.err, "\nCPUID     42 100.0 "));
	result_done(&result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_command), TEST(test_descendants), TEST(test_strangers), TEST(test_vm),
		TEST(test_ends),    TEST(test_cannot_run),  TEST(test_text),	  TEST(test_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
