/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to the daemon, with what a person is told when they fail.
 */
#ifndef KVMEXITD_CTL_CONNECT_H
#define KVMEXITD_CTL_CONNECT_H

#include <jansson.h>
#include <stdbool.h>

#include "ctl/client.h"
#include "ctl/ctl.h"

#define CTL_INTERFACE	 "io.kvmexit.Exits."
#define CTL_METHOD(name) CTL_INTERFACE name

/*
 * A command waits no longer than that for the daemon, however many calls it takes: it
 * answers in milliseconds, on a loaded host in a second or two, and people give up soon.
 * What goes on for long has so much time for each thing that it asks.
 */
#define CTL_DEADLINE_S 10

/* From now on; ctl_main() has done so when a command is run. */
void ctl_begin(struct ctl *ctl);

/* What all waits for the daemon have in common. */
struct varlink_wait ctl_wait(const struct ctl *ctl);

/* Reports what went wrong, as ctl_call() does. */
enum ctl_exit ctl_connect(const struct ctl *ctl, struct varlink **out);

/*
 * The parameters that say which VM. NULL where no VM can be called so, and that
 * was reported.
 */
json_t *ctl_vm_parameters(const char *vm);

/* The same for the VM of that id, whatever others are called. NULL without memory. */
json_t *ctl_id_parameters(long long id);

/*
 * One call and its answer, whose parameters are *out. Takes over parameters, of
 * which NULL is none.
 */
enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, json_t *parameters, json_t **out);

/* The same, for who makes something of an error that is answered: see reply->error. */
enum ctl_exit ctl_ask(const struct ctl *ctl, const char *method, json_t *parameters,
		      struct varlink_reply *reply);

/* Why there was no reply, of which a signal is not reported; or the error that the reply is. */
enum ctl_exit ctl_report_lost(int error);
enum ctl_exit ctl_report_error(const struct ctl *ctl, const struct varlink_reply *reply);

#endif
