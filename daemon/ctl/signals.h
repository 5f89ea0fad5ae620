/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that end a command, as a descriptor that a wait can see: none can come
 * between looking for one and waiting.
 */
#ifndef KVMEXITD_CTL_SIGNALS_H
#define KVMEXITD_CTL_SIGNALS_H

#include <signal.h>

struct stop_signals {
	int fd; /* a signalfd, non-blocking */
	sigset_t before; /* signals that were blocked */
};

/* Holds back SIGHUP, SIGINT, SIGQUIT and SIGTERM. 0 or -errno. */
int stop_signals_hold(struct stop_signals *signals);

/* The next that came, or 0. */
int stop_signals_take(struct stop_signals *signals);

/* Whatever came until now has had its effect; from now on they end the process. */
void stop_signals_release(struct stop_signals *signals);

#endif
