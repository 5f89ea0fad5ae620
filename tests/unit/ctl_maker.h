/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMs of real processes, for the fixture's server: a process that writes its pid
 * to the file "vms" in the fixture's directory has made one.
 */
#ifndef KVMEXITD_TESTS_CTL_MAKER_H
#define KVMEXITD_TESTS_CTL_MAKER_H

#include "server_fixture.h"

/*
 * Lines: "PID" is a VM of 42 exits that ended, "PID keep" one that goes on, "PID
 * +N" has the process's VM make N exits more. All of them are called "made". With
 * "later" it is later, as by maker_later().
 */
#define MAKER_EXITS 42

/*
 * In the server's process, whose clock stands still from then on, at two hours later on
 * 2023-11-14, and each time at two hours more.
 */
void maker_later(void);

/* In the server's process; in any, once that is gone. */
void maker_start(struct fixture *f);
void maker_remove(struct fixture *f);

#endif
