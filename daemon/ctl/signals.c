// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals that end a command, as a descriptor.
 */
#include "config.h"

#include "ctl/signals.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "util/util.h"

int stop_signals_hold(struct stop_signals *signals)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t held;
	size_t i;
	int r;

	sigemptyset(&held);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaddset(&held, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &held, &signals->before) < 0)
		return -errno;
	signals->fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->fd >= 0)
		return 0;
	r = -errno;
	(void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
	return r;
}

int stop_signals_take(struct stop_signals *signals)
{
	struct signalfd_siginfo info;

	return read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ?
		       (int)info.ssi_signo :
		       0;
}

void stop_signals_release(struct stop_signals *signals)
{
	if (signals->fd < 0)
		return;
	while (stop_signals_take(signals))
		;
	(void)close(signals->fd);
	signals->fd = -1;
	(void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}
