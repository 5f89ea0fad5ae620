// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: plain, and on a terminal, which tmux is.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

#define PATIENCE_S 30
#define SCREEN_MAX 65536

static void test_plain(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "top", "--count", "2", "--interval", "1ms", NULL);
	json_t *json;
	char *second;

	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	assert_null(strchr(result.out, '\033'));
	assert_non_null(strstr(result.out, " 2 VMs, 3 vCPUs, "));
	assert_non_null(strstr(result.out, " web01 "));
	second = strstr(result.out, "\n\n");
	assert_non_null(second);
	assert_non_null(strstr(second, " web01 "));
	result_done(&result);

	result = ctl(p, "top", "--plain", "-n1", "--sort=name", "--all", NULL);
	assert_true(strstr(result.out, " db ") < strstr(result.out, " old "));
	assert_true(strstr(result.out, " old ") < strstr(result.out, " web01 "));
	result_done(&result);

	result = ctl(p, "top", "web01", "-n", "1", NULL);
	assert_non_null(strstr(result.out, "web01  id 1, pid 812, svm, 1.55k exits"));
	assert_non_null(strstr(result.out, "\n  MSR "));
	assert_non_null(strstr(result.out, " 1.52k "));
	result_done(&result);

	/* Whatever else is called as the VM's id. */
	process_command(p, COMMAND_MASKED);
	result = ctl(p, "top", "--json", "-n", "1", "db", NULL);
	json = result_json(&result);
	assert_text(json, "name", "db");
	json_decref(json);
}

static void test_errors(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "top", "--sort", "x", NULL);

	assert_int_equal(result.status, 2);
	result_done(&result);
	result = ctl(p, "top", "--interval", "0", NULL);
	assert_int_equal(result.status, 2);
	result_done(&result);
	result = ctl(p, "top", "wbe01", NULL);
	assert_int_equal(result.status, 1);
	assert_non_null(strstr(result.err, "near it: web01"));
	result_done(&result);
	process_command(p, COMMAND_QUIT);
	result = ctl(p, "top", NULL);
	assert_int_equal(result.status, 3);
	result_done(&result);
}

/* -- on a terminal ----------------------------------------------------------- */

/* What a command prints; its status must be 0. */
static char *output_of(const char *command)
{
	char *text = calloc(1, SCREEN_MAX);
	FILE *pipe = popen(command, "r");

	assert_non_null(text);
	assert_non_null(pipe);
	(void)!fread(text, 1, SCREEN_MAX - 1, pipe);
	assert_int_equal(pclose(pipe), 0);
	return text;
}

/* A server that is told to end is there for a moment still: each has its own socket. */
static int servers;

static char *tmux(struct process *p, const char *arguments)
{
	char command[1024];

	snprintf(command, sizeof(command), "tmux -u -f /dev/null -S %s/tmux%d %s", p->fixture->dir,
		 servers, arguments);
	return output_of(command);
}

static void tell(struct process *p, const char *arguments)
{
	free(tmux(p, arguments));
}

/*
 * The leak sanitizer waits for ever for a thread of its own where a terminal that
 * goes away has killed that: leaks are looked for without a terminal.
 */
#define NO_LEAKS "ASAN_OPTIONS=detect_leaks=0 "

/* top in a terminal of 80 columns and 24 lines, with variables set before it. */
static void start(struct process *p, const char *variables)
{
	char arguments[512];

	snprintf(arguments, sizeof(arguments),
		 "new-session -d -x 80 -y 24 '" NO_LEAKS "XDG_CONFIG_HOME=%s %s " KVMEXITCTL
		 " -s %s top --interval 500ms; echo status=$?; exec sleep 60'",
		 p->fixture->dir, variables, p->fixture->path);
	tell(p, arguments);
}

static void stop(struct process *p)
{
	tell(p, "kill-server");
	servers++;
}

/* Waits until the screen, with its escapes if they matter, has a text, or has it no more. */
static void await(struct process *p, const char *text, bool there, const char *escapes)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	time_t end = time(NULL) + PATIENCE_S;
	char arguments[64], *screen;

	snprintf(arguments, sizeof(arguments), "capture-pane -p %s", escapes);
	for (;;) {
		screen = tmux(p, arguments);
		if ((strstr(screen, text) != NULL) == there)
			break;
		if (time(NULL) > end)
			fail_msg("'%s' %s on: %s", text, there ? "is not" : "is still", screen);
		free(screen);
		nanosleep(&pause, NULL);
	}
	free(screen);
}

static void sees(struct process *p, const char *text)
{
	await(p, text, true, "");
}

static void sees_no(struct process *p, const char *text)
{
	await(p, text, false, "");
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static bool has_tmux(void)
{
	return system("command -v tmux >/dev/null") == 0;
}

static void test_terminal(void **state)
{
	struct process *p = *state;

	if (!has_tmux())
		skip();
	start(p, "TERM=screen-256color LC_ALL=C.UTF-8");
	sees(p, "2 VMs, 3 vCPUs");
	sees(p, "Enter reasons");
	sees(p, " >EXITS/s ");
	sees(p, "█");
	/* By exits, the second row, its reasons below the list. */
	tell(p, "send-keys e");
	sees(p, ">EXITS ");
	tell(p, "send-keys Down");
	sees(p, "db  id 2, 1 vCPU");
	sees(p, "guest asks for CPU features");
	/* By themselves, and what one of them means. */
	tell(p, "send-keys Enter");
	sees(p, "db  id 2, pid 900");
	sees(p, "CPUID");
	tell(p, "send-keys Enter");
	sees(p, "Usual causes");
	tell(p, "send-keys x");
	sees_no(p, "Usual causes");
	tell(p, "send-keys v");
	sees(p, "vCPU 0");
	tell(p, "send-keys w");
	sees(p, "over 1 min");
	tell(p, "send-keys Escape");
	sees(p, "web01");
	sees_no(p, "pid 900");
	tell(p, "send-keys a");
	sees(p, "- old");
	tell(p, "send-keys / web Enter");
	sees(p, "Only names with 'web': 1 of 3");
	sees_no(p, "old");
	tell(p, "send-keys Escape");
	sees(p, "old");
	tell(p, "send-keys ?");
	sees(p, "Sparklines are on one scale");
	tell(p, "send-keys x");
	sees_no(p, "Sparklines are on one scale");
	/* What happens shows without a key. */
	process_command(p, COMMAND_TWINS);
	sees(p, "twin");

	tell(p, "resize-window -x 40 -y 10");
	sees_no(p, "/VCPU");
	sees(p, "WHY");
	tell(p, "resize-window -x 120 -y 30");
	sees(p, "VCPUS");
	tell(p, "resize-window -x 200 -y 30");
	sees(p, " 5m ");
	/* What is bad news stands out. */
	process_command(p, COMMAND_WAITING);
	sees(p, "The kernel has no kvm-exitstat");
	await(p, "33m", true, "-e");
	tell(p, "send-keys q");
	sees(p, "status=0");
	stop(p);
	start(p, "TERM=screen-256color NO_COLOR=1 LC_ALL=C.UTF-8");
	sees(p, "The kernel has no kvm-exitstat");
	await(p, "33m", false, "-e");
	stop(p);
}

/* Neither colours nor block characters where they are not wanted or not to be had. */
static void test_terminals(void **state)
{
	static const char *const variables[] = {
		"TERM=vt100 LC_ALL=C.UTF-8",
		"TERM=linux LC_ALL=C.UTF-8 NO_COLOR=1",
		"TERM=screen-256color LC_ALL=C",
	};
	struct process *p = *state;
	size_t i;

	if (!has_tmux())
		skip();
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		start(p, variables[i]);
		sees(p, "web01");
		sees(p, "#");
		sees_no(p, "█");
		tell(p, "send-keys C-c");
		sees(p, "status=0");
		stop(p);
	}
	/* No cursor to move: one table after the other. */
	start(p, "TERM=dumb LC_ALL=C.UTF-8");
	sees(p, "2 VMs, 3 vCPUs");
	sees_no(p, "q quit");
	stop(p);
}

/* What somebody likes is there the next time, and for no program. */
static void test_saved(void **state)
{
	struct process *p = *state;
	struct result result;
	static const char variables[] = "TERM=screen";
	char path[128];

	if (!has_tmux())
		skip();
	start(p, variables);
	sees(p, ">EXITS/s");
	tell(p, "send-keys n 3 n W");
	sees(p, "Saved for the next time in ");
	tell(p, "send-keys q");
	sees(p, "status=0");
	stop(p);
	start(p, variables);
	sees(p, ">NAME");
	sees(p, "over 1 min");
	tell(p, "send-keys q");
	sees(p, "status=0");
	stop(p);

	assert_int_equal(setenv("XDG_CONFIG_HOME", p->fixture->dir, 1), 0);
	result = ctl(p, "top", "-n1", NULL);
	assert_non_null(strstr(result.out, "over 10s"));
	result_done(&result);
	/* What is not understood does no harm. */
	snprintf(path, sizeof(path), "%s/kvmexitctl/top", p->fixture->dir);
	write_text(path, "sort=nothing\nwindow=1h\ninterval_ms=-1\n=\n[[\nnew=thing\n");
	start(p, variables);
	sees(p, ">EXITS/s");
	sees(p, "over 10s");
	tell(p, "send-keys q");
	stop(p);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

/* A daemon that goes away is no reason to go, too. */
static void test_lost(void **state)
{
	struct process *p = *state;

	if (!has_tmux())
		skip();
	start(p, "TERM=screen");
	sees(p, "web01");
	process_command(p, COMMAND_QUIT);
	sees(p, "kvmexitd cannot be reached, trying again");
	sees(p, "web01");
	tell(p, "send-keys q");
	sees(p, "status=0");
	stop(p);
}

static int teardown(void **state)
{
	struct process *p = *state;
	char command[128];

	/* Of a test that failed; else it is gone. */
	snprintf(command, sizeof(command),
		 "tmux -S %s/tmux%d kill-server 2>/dev/null; rm -f %s/tmux*", p->fixture->dir,
		 servers++, p->fixture->dir);
	(void)!system(command);
	return process_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),     TEST(test_errors), TEST(test_terminal),
		TEST(test_terminals), TEST(test_saved),	 TEST(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
