/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's process events connector: who forks whom, as it happens. The event
 * is in the socket before the new process runs, so that what a process did is
 * known later than the process, always.
 */
#ifndef KVMEXITD_CTL_PROCEVENTS_H
#define KVMEXITD_CTL_PROCEVENTS_H

#include <stdbool.h>

struct proctree;

/*
 * A socket that forks of all processes come in on from now on. Errors are those
 * of socket() and bind(): the kernel has no connector, or before Linux 6.6 wants
 * CAP_NET_ADMIN. In a pid or user namespace nothing ever comes in.
 */
int procevents_open(int *out);

/* Closes the socket, if fd is not -1, and returns -1. */
int procevents_close(int fd);

/*
 * Takes in what is there. *lost is set when events were: the socket was too
 * small, or we too slow.
 */
int procevents_read(int fd, struct proctree *tree, bool *lost);

#endif
