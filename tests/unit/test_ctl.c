// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl as a user has it: the binary, against a server in a process of
 * its own.
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

static void test_usage(void **state)
{
	static const char *const wrong[][5] = {
		{ "nothing" },
		{ "" },
		{ "--nothing" },
		{ "-x", "list" },
		{ "--socket" },
		{ "--socket=", "status" },
		{ "show" },
		{ "show", "a", "b" },
		{ "list", "a", "b" },
		{ "watch", "a", "b" },
		{ "status", "now" },
		{ "list", "--vcpus" },
		{ "show", "a", "--all" },
		{ "status", "--all" },
		{ "--json=yes", "list" },
		{ "--all", "list" },
		{ "list", "--sort", "nothing" },
		{ "list", "--sort" },
		{ "show", "a", "--first", "0" },
		{ "show", "a", "--vcpu=x" },
		{ "watch", "--event", "none" },
		{ "metrics", "text" },
		{ "metrics", "--all" },
	};
	struct result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		result = ctl_run(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], NULL);
		assert_int_equal(result.status, 2);
		assert_string_equal(result.out, "");
		assert_non_null(strstr(result.err, "Try 'kvmexitctl "));
		assert_non_null(strstr(result.err, "--help'.\n"));
		result_done(&result);
	}
}

static void test_status(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, NULL);
	json_t *json;

	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "Kernel   streaming, epoch 7\n"));
	assert_non_null(strstr(result.out, "VMs      2 with 3 vCPUs, 1 ended\n"));
	/* No terminal, no colours. */
	assert_null(strchr(result.out, '\033'));
	result_done(&result);

	result = ctl(p, "status", "-j", NULL);
	assert_int_equal(result.status, 0);
	json = result_json(&result);
	assert_text(json, "kernel", "streaming");
	json_decref(json);

	/* On one line, or indented. */
	result = ctl(p, "status", "--json=short", NULL);
	assert_ptr_equal(strchr(result.out, '\n') + 1, result.out + strlen(result.out));
	json = result_json(&result);
	assert_text(json, "kernel", "streaming");
	json_decref(json);
	result = ctl(p, "--json=pretty", "status", NULL);
	assert_non_null(strstr(result.out, "\n  \"kernel\": \"streaming\",\n"));
	result_done(&result);

	process_command(p, COMMAND_STALE);
	result = ctl(p, "status", NULL);
	assert_int_equal(result.status, 4);
	assert_non_null(strstr(result.out, "Kernel   resyncing, epoch 7\n         "));
	result_done(&result);

	process_command(p, COMMAND_WAITING);
	result = ctl(p, "status", NULL);
	assert_int_equal(result.status, 4);
	assert_non_null(strstr(result.out, "Kernel   waiting\n         The kernel has no"));
	result_done(&result);
	result = ctl(p, "--json", NULL);
	assert_int_equal(result.status, 4);
	json = result_json(&result);
	assert_text(json, "kernel", "waiting");
	json_decref(json);
	/* That concerns status alone. */
	result = ctl(p, "list", NULL);
	assert_int_equal(result.status, 0);
	result_done(&result);
}

static void test_list(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "list", NULL);
	json_t *json;

	assert_int_equal(result.status, 0);
	assert_int_equal(strncmp(result.out, "ID NAME  PID ISA VCPUS EXITS ", 29), 0);
	assert_non_null(strstr(result.out, "\n 1 web01 812 svm     2  1555 "));
	assert_null(strstr(result.out, "old"));
	result_done(&result);

	result = ctl(p, "list", "--all", NULL);
	assert_non_null(strstr(result.out, " 3 old "));
	assert_non_null(strstr(result.out, "ended after 0s\n"));
	result_done(&result);

	result = ctl(p, "list", "--json", NULL);
	json = result_json(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 2);
	assert_number(json, "vms.0.exits", 1555);
	json_decref(json);
	result = ctl(p, "--json", "list", "--all", NULL);
	json = result_json(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 3);
	json_decref(json);
}

static void test_show(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "show", "web01", NULL);
	json_t *json;

	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "Process  812\n"));
	assert_non_null(strstr(result.out, "\nREASON TOTAL %TOTAL "));
	assert_non_null(strstr(result.out, "\nMSR     1525   98.1 "));
	assert_non_null(strstr(result.out, " NESTED\n"));
	assert_null(strstr(result.out, "vCPU 1 "));
	result_done(&result);

	result = ctl(p, "show", "--vcpus", "812", NULL);
	assert_non_null(strstr(result.out, "\nvCPU 1  525, "));
	assert_non_null(strstr(result.out, "\nMSR      525  100.0 "));
	result_done(&result);

	/* Nothing nested, no column for it. */
	result = ctl(p, "show", "db", NULL);
	assert_null(strstr(result.out, "NESTED"));
	result_done(&result);

	result = ctl(p, "show", "1", "--json", "--vcpus", NULL);
	json = result_json(&result);
	assert_text(json, "name", "web01");
	assert_number(json, "reasons.0.nested", 25);
	assert_number(json, "vcpus.1.exits", 525);
	json_decref(json);

	/* A name that looks like an option. */
	result = ctl(p, "show", "--", "-x", NULL);
	assert_int_equal(result.status, 1);
	result_done(&result);
}

static void test_unknown(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "show", "wbe01", NULL);

	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_string_equal(result.err, "kvmexitctl: no VM matches 'wbe01'; near it: web01\n");
	result_done(&result);

	result = ctl(p, "show", "\033[2Jxyz\xff", "--json", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_string_equal(result.err, "kvmexitctl: no VM matches '?[2Jxyz?'\n");
	result_done(&result);

	result = ctl(p, "watch", "old", NULL);
	assert_int_equal(result.status, 1);
	result_done(&result);

	process_command(p, COMMAND_TWINS);
	result = ctl(p, "show", "twin", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.err, "kvmexitctl: 'twin' can mean several VMs; say which:\n"
					"  id:8           twin, pid 880, id 8\n"
					"  id:9           twin, pid 990, id 9\n");
	result_done(&result);
}

/* A VM's name is its owner's choice; the terminal is the admin's. */
static void test_hostile_name(void **state)
{
	struct process *p = *state;
	struct result result;

	process_command(p, COMMAND_HOSTILE);
	result = ctl(p, "list", "--all", NULL);
	assert_int_equal(result.status, 0);
	assert_null(strchr(result.out, '\033'));
	assert_non_null(strstr(result.out, "?[2Jevil?name"));
	result_done(&result);
	result = ctl(p, "show", "666", NULL);
	assert_null(strchr(result.out, '\033'));
	result_done(&result);
	result = ctl(p, "list", "--json", NULL);
	assert_null(strchr(result.out, '\033'));
	result_done(&result);
}

static void test_not_running(void **state)
{
	struct process *p = *state;
	struct result result;

	process_command(p, COMMAND_QUIT);
	result = ctl(p, "list", NULL);
	assert_int_equal(result.status, 3);
	assert_non_null(strstr(result.err, "kvmexitd is not running"));
	assert_non_null(strstr(result.err, "systemctl start"));
	result_done(&result);

	result = ctl_run("-s", "/dev/null", "status", NULL);
	assert_int_equal(result.status, 3);
	result_done(&result);
	result = ctl_run("--socket=/a/path/that/is/much/longer/than/the/hundred/and/eight/bytes/"
			 "that/the/address/of/a/unix/socket/has/room/for/is/no/place/to/listen/on",
			 NULL);
	assert_int_equal(result.status, 3);
	result_done(&result);
}

/* One that was killed leaves its socket behind. */
static void test_crashed(void **state)
{
	struct process *p = *state;
	struct result result;
	siginfo_t info;

	assert_int_equal(kill(p->pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT), 0);
	result = ctl(p, "list", NULL);
	assert_int_equal(result.status, 3);
	assert_non_null(strstr(result.err, "kvmexitd is not running"));
	result_done(&result);
}

static void test_too_many(void **state)
{
	struct process *p = *state;
	struct result result;

	process_command(p, COMMAND_FULL);
	result = ctl(p, "list", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.err, "kvmexitctl: kvmexitd has too many clients, try again "
					"later\n");
	result_done(&result);
	result = ctl(p, "watch", NULL);
	assert_int_equal(result.status, 1);
	result_done(&result);
}

/* Nothing to see may mean that nothing can be seen. */
static void test_no_vms(void **state)
{
	struct process *p = *state;
	struct result result;
	json_t *json;

	process_command(p, COMMAND_EMPTY);
	result = ctl(p, "list", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "No VMs are running. 'kvmexitctl list --all' shows those "
					"that ended.\n");
	result_done(&result);
	result = ctl(p, "list", "--all", "no*", NULL);
	assert_string_equal(result.out, "No VM matches 'no*' (3 VMs in all).\n");
	result_done(&result);
	process_command(p, COMMAND_WAITING);
	result = ctl(p, "list", NULL);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "that ended.\nThe kernel has no kvm-exitstat"));
	result_done(&result);
	/* Names are not what is wrong then. */
	result = ctl(p, "show", "web01x", NULL);
	assert_int_equal(result.status, 4);
	assert_non_null(strstr(result.err, "gets no exits from the kernel, so it knows no VM. The "
					   "kernel has no kvm-exitstat"));
	assert_null(strstr(result.err, "matches"));
	result_done(&result);
	result = ctl(p, "list", "--json", NULL);
	json = result_json(&result);
	assert_int_equal(json_array_size(at(json, "vms")), 0);
	json_decref(json);
}

static void test_no_permission(void **state)
{
	struct process *p = *state;
	struct result result;

	if (!ctl_can_be_nobody())
		skip();
	/* The socket is root's and 0660, the directory lets everybody through. */
	assert_int_equal(chmod(p->fixture->dir, 0755), 0);
	result = ctl_as_nobody(p, "list", NULL);
	assert_int_equal(result.status, 3);
	assert_non_null(strstr(result.err, "you are not in group kvmexit: join it with "
					   "'usermod -aG kvmexit "));
	result_done(&result);
}

static void test_full(void **state)
{
	struct process *p = *state;
	struct result result = ctl_to_file(p, "/dev/full", "list", NULL);

	assert_int_equal(result.status, 1);
	assert_non_null(strstr(result.err, "cannot write"));
	result_done(&result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

static void test_metrics(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "metrics", NULL);
	json_t *json;

	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "# TYPE kvmexitd_batches_total counter\n"));
	assert_null(strstr(result.out, "process_"));
	result_done(&result);
	result = ctl(p, "metrics", "prometheus", NULL);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "# TYPE process_cpu_seconds_total counter\n"));
	result_done(&result);
	result = ctl(p, "metrics", "openmetrics", NULL);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "# TYPE kvmexitd_batches counter\n"));
	result_done(&result);
	result = ctl(p, "--json", "metrics", NULL);
	json = result_json(&result);
	assert_text(json, "content_type", "text/plain; version=0.0.4; charset=utf-8");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		TEST(test_status),
		TEST(test_list),
		TEST(test_show),
		TEST(test_metrics),
		TEST(test_unknown),
		TEST(test_hostile_name),
		TEST(test_not_running),
		TEST(test_crashed),
		TEST(test_too_many),
		TEST(test_no_vms),
		TEST(test_no_permission),
		TEST(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
