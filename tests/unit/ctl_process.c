// SPDX-License-Identifier: GPL-2.0-or-later
/* The server of the fixture, in a process of its own. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_control.h"
#include "ctl_fixture.h"
#include "ctl_maker.h"
#include "server_fixture.h"
#include "util/clock.h"

/* What is broken must not hang for ever: alarm()'s signal ends the test. */
#define PATIENCE_S 60

struct serving {
	struct fixture *f;
	int control;
	char command; /* that is waited with, or 0 */
	uint64_t total; /* of db */
	struct kernel_config *kernel;
};

static void answer(struct serving *s)
{
	assert_int_equal(write(s->control, &s->command, 1), 1);
	s->command = 0;
}

static void carry_out(struct serving *s)
{
	struct server_limits limits = server_default_limits;
	struct fixture *f = s->f;

	switch (s->command) {
	case COMMAND_NONE:
		break;
	case COMMAND_WAITING:
		f->status.kernel = KERNEL_WAITING;
		f->status.has_epoch = false;
		break;
	case COMMAND_STALE:
		f->status.kernel = KERNEL_RESYNCING;
		f->status.resyncing_ns = clock_boottime_ns() - 60 * NS_PER_S;
		break;
	case COMMAND_TWINS:
		fixture_create(f, 8, 880, "twin");
		fixture_create(f, 9, 990, "twin");
		break;
	case COMMAND_LONG:
		fixture_create(f, 11, 1101, "web-frontend-01");
		fixture_create(f, 12, 1102, "web-frontend-02");
		fixture_create(f, 13, 1103, "kubevirt_a-namespace-that-is-long_with-a-name-1");
		fixture_count(f, 11, 0, CODE_MSR, false, 12345678);
		fixture_count(f, 12, 0, CODE_MSR, false, 5);
		fixture_count(f, 13, 0, CODE_MSR, false, 5);
		break;
	case COMMAND_MASKED:
		fixture_create(f, 20, 920, "2");
		fixture_create(f, 21, 2, "pid-2");
		break;
	case COMMAND_HOSTILE:
		fixture_create(f, 6, 666, "\033[2Jevil\nname");
		break;
	case COMMAND_TIMED:
		fixture_time(f, 1, 0, CODE_MSR, 1000, 2000);
		fixture_time(f, 1, 0, CODE_HLT, 30, 1000000);
		break;
	case COMMAND_DETAILS:
		fixture_fill_details(f);
		break;
	case COMMAND_BLIND:
		registry_set_blind(f->registry, CTL_BLIND);
		break;
	case COMMAND_STORM:
		fixture_storm(f, 1);
		break;
	case COMMAND_LATER:
		maker_later();
		break;
	case COMMAND_REPLAY:
		s->kernel->has[KERNEL_TIMING] = false;
		server_set_control(f->server, &ctl_control_replay, s->kernel);
		break;
	case COMMAND_RELOADS:
		server_set_control(f->server, &ctl_control_without, NULL);
		break;
	case COMMAND_FULL:
		limits.clients = 0;
		limits.root_clients = 0;
		server_set_limits(f->server, &limits);
		break;
	case COMMAND_EMPTY:
		registry_end_all(f->registry, clock_boottime_ns());
		break;
	case COMMAND_EXITS:
	case COMMAND_END:
		if (f->server->stats.watchers == 0)
			return;
		if (s->command == COMMAND_EXITS)
			fixture_count(f, 2, 0, CODE_CPUID, false, ++s->total);
		else
			fixture_destroy(f, 2);
		break;
	case COMMAND_QUIT:
		f->server = server_free(f->server);
		answer(s);
		_exit(0);
	default:
		return;
	}
	fixture_publish(f);
	answer(s);
}

static int on_control(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct serving *s = userdata;

	(void)source;
	(void)revents;
	/* The test ended without a word. */
	if (read(fd, &s->command, 1) != 1)
		_exit(1);
	return 0;
}

static void serve(struct fixture *f, int control)
{
	struct kernel_config kernel = { 0 };
	struct serving s = { .f = f, .control = control, .total = 7, .kernel = &kernel };

	kernel_config_set(&kernel, KERNEL_INTERVAL_MS, 1000);
	kernel_config_set(&kernel, KERNEL_BATCH_EXITS, 10000);
	kernel_config_set(&kernel, KERNEL_TIMING, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	maker_start(f);
	server_set_control(f->server, &ctl_control, &kernel);
	if (sd_event_add_io(f->event, NULL, control, EPOLLIN, on_control, &s) < 0)
		_exit(1);
	for (;;) {
		if (sd_event_run(f->event, UINT64_MAX) < 0)
			_exit(1);
		carry_out(&s);
	}
}

int process_setup(void **state)
{
	struct process *p = calloc(1, sizeof(*p));
	struct fixture *f;
	int pair[2];

	assert_non_null(p);
	/* tests/valgrind says so; all goes twenty times slower then. */
	alarm(getenv("KVMEXITD_TEST_VALGRIND") ? 20 * PATIENCE_S : PATIENCE_S);
	p->fixture = f = fixture_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		close(pair[0]);
		free(p);
		fixture_start(f);
		fixture_fill(f);
		serve(f, pair[1]);
	}
	close(pair[1]);
	p->control = pair[0];
	/* It listens from then on. */
	process_command(p, COMMAND_NONE);
	*state = p;
	return 0;
}

int process_teardown(void **state)
{
	struct process *p = *state;
	void *inner = p->fixture;

	(void)kill(p->pid, SIGKILL);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	close(p->control);
	free(p);
	alarm(0);
	maker_remove(inner);
	return fixture_teardown(&inner);
}

void process_begin(struct process *p, enum command command)
{
	char byte = (char)command;

	assert_int_equal(write(p->control, &byte, 1), 1);
}

void process_end(struct process *p, enum command command)
{
	char byte;

	assert_int_equal(read(p->control, &byte, 1), 1);
	assert_int_equal(byte, command);
}

void process_command(struct process *p, enum command command)
{
	process_begin(p, command);
	process_end(p, command);
}

/* -- kvmexitctl ------------------------------------------------------------ */
