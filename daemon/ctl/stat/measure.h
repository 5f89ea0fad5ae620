/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl stat: which VMs are measured, and what the daemon tells of them.
 */
#ifndef KVMEXITD_CTL_STAT_MEASURE_H
#define KVMEXITD_CTL_STAT_MEASURE_H

#include "ctl/client.h"
#include "ctl/stat/stat.h"

struct proctree;

/* Which VMs. */
enum stat_scope {
	STAT_TREE, /* those that the command's processes make */
	STAT_ONE,
	STAT_ALL,
};

struct stat_measure {
	struct ctl *ctl;
	enum stat_scope scope;
	struct varlink *watch; /* NULL once the daemon went away */
	struct proctree *tree; /* with STAT_TREE */
	int forks; /* its socket, else -1 */
	int64_t now_us; /* what the daemon said last, CLOCK_BOOTTIME; -1 before */
	struct stat_result *result;
};

/*
 * Opens all that is needed, and notes how the VMs are now: vm, or all that there
 * are. What goes wrong is said.
 */
enum ctl_exit stat_measure_start(struct stat_measure *measure, const char *vm);

/* The measurement begins only now, as a command is about to run. */
void stat_measure_go(struct stat_measure *measure);

/* Takes in what has come. A daemon that went away is said, and the result incomplete. */
void stat_measure_read(struct stat_measure *measure);

/* The exits of all measured VMs, as far as they have been told of. */
uint64_t stat_measure_exits(const struct stat_measure *measure);

/* Whether all VMs that were there have ended. */
bool stat_measure_over(const struct stat_measure *measure);

/* Waits until the daemon has told of all that happened, and reads the last state of the VMs. */
void stat_measure_finish(struct stat_measure *measure);

void stat_measure_done(struct stat_measure *measure);

#endif
