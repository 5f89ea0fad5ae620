// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl stat: which VMs are measured, and what the daemon tells of them.
 *
 * A VM belongs to the command if the process that made it is a descendant of
 * ours. The kernel tells of every fork before the new process runs, the daemon of
 * a VM after it was made: so when we hear of a VM, the forks that led to it have
 * been in our socket for long, whether or not any of these processes still is.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/output.h"
#include "ctl/stat/measure.h"
#include "ctl/stat/procevents.h"
#include "ctl/stat/proctree.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/util.h"

/* A host with more is no host, and a daemon that tells of more is none. */
#define VMS_MAX 65536

/* A VMM that is gone has its VM's end told of in milliseconds. */
#define FINISH_NS (5 * NS_PER_S)
#define LOOK_MS	  50

/*
 * Each takes a turn of the daemon's loop at least, in which whatever else waits
 * there gets its turn, too: what the kernel had sent before has been read then.
 */
#define SETTLE_CALLS 3

static struct stat_vm *find(const struct stat_measure *measure, long long id)
{
	struct stat_result *result = measure->result;
	size_t i;

	for (i = 0; i < result->n_vms; i++)
		if (result->vms[i].id == id)
			return &result->vms[i];
	return NULL;
}

/* Whatever the daemon says, it says when. */
static void note_time(struct stat_measure *measure, const json_t *reply)
{
	int64_t now_us = reply_now_us(reply);

	if (now_us >= 0)
		measure->now_us = now_us;
}

/* Parameters of Show; gives them. */
static json_t *as_wanted(const struct stat_measure *measure, json_t *parameters)
{
	if (parameters && measure->result->details)
		(void)json_object_set_new(parameters, "details", json_true());
	return parameters;
}

/*
 * The VM as the daemon has it now, which is measure->now_us; NULL if it has it no
 * more. After KVM was loaded anew, another may have its id.
 */
static json_t *show(struct stat_measure *measure, long long id, long long pid)
{
	struct varlink_reply reply = { 0 };
	enum ctl_exit result;
	json_t *vm = NULL;

	result = ctl_ask(measure->ctl, CTL_METHOD("Show"),
			 as_wanted(measure, ctl_id_parameters(id)), &reply);
	/* What does not answer once is not asked again for each VM. */
	if (result == CTL_UNREACHABLE)
		measure->watch = varlink_free(measure->watch);
	if (result != CTL_OK)
		return NULL;
	if (!reply.error && get_int(json_object_get(reply.parameters, "vm"), "id") == id &&
	    get_int(json_object_get(reply.parameters, "vm"), "pid") == pid)
		vm = json_incref(json_object_get(reply.parameters, "vm"));
	note_time(measure, reply.parameters);
	varlink_reply_done(&reply);
	return vm;
}

/* The last state of a VM. */
static void show_last(struct stat_measure *measure, struct stat_vm *vm)
{
	vm->last = show(measure, vm->id, vm->pid);
	vm->last_us = measure->now_us;
	if (!vm->last)
		measure->result->complete = false;
}

/* Takes over base, which is as of now. */
static struct stat_vm *add(struct stat_measure *measure, long long id, long long pid, json_t *base)
{
	struct stat_result *result = measure->result;
	struct stat_vm *vms = NULL;

	if (result->n_vms < VMS_MAX)
		vms = array_reserve(result->vms, &result->size, result->n_vms + 1, sizeof(*vms));
	if (!vms) {
		json_decref(base);
		result->complete = false;
		return NULL;
	}
	result->vms = vms;
	vms[result->n_vms] = (struct stat_vm){
		.id = id,
		.pid = pid,
		.base = base,
		.base_us = measure->now_us,
		.base_exits = get_int(base, "exits"),
		.exits = get_int(base, "exits"),
	};
	return &vms[result->n_vms++];
}

static bool is_wanted(struct stat_measure *measure, long long pid)
{
	bool lost = false;

	if (measure->scope != STAT_TREE)
		return measure->scope == STAT_ALL;
	if (procevents_read(measure->forks, measure->tree, &lost) < 0 || lost)
		measure->result->complete = false;
	return pid > 0 && pid <= UINT32_MAX && proctree_has(measure->tree, (uint32_t)pid);
}

static void on_event(struct stat_measure *measure, const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "event"));
	long long id = get_int(event, "id"), pid = get_int(event, "pid");
	struct stat_vm *vm = find(measure, id);

	note_time(measure, event);
	if (!vm && kind && strcmp(kind, "created") == 0 && is_wanted(measure, pid))
		vm = add(measure, id, pid, NULL);
	if (!vm || vm->ended)
		return;

	vm->exits = get_int(event, "exits");
	if (kind && strcmp(kind, "ended") == 0) {
		vm->ended = true;
		/* Now, since the daemon remembers so many of the dead. */
		ctl_begin(measure->ctl);
		show_last(measure, vm);
	}
}

void stat_measure_read(struct stat_measure *measure)
{
	const struct varlink_wait now = { .stop = -1, .fd = -1 };
	struct varlink_reply reply = { 0 };
	bool lost = false;
	int r;

	if (measure->forks >= 0 &&
	    (procevents_read(measure->forks, measure->tree, &lost) < 0 || lost))
		measure->result->complete = false;
	while (measure->watch) {
		r = varlink_receive(measure->watch, &now, &reply);
		if (r == -ETIMEDOUT || r == -EINTR)
			return;
		if (r < 0)
			(void)ctl_report_lost(r);
		else if (reply.error)
			(void)ctl_report_error(measure->ctl, &reply);
		else
			on_event(measure, reply.parameters);
		if (r < 0 || reply.error) {
			measure->watch = varlink_free(measure->watch);
			measure->result->complete = false;
		}
		if (r >= 0)
			varlink_reply_done(&reply);
	}
}

/* See SETTLE_CALLS. The first reply says when that began. out may be NULL. */
static enum ctl_exit settle(struct stat_measure *measure, int64_t *began_us, json_t **out)
{
	enum ctl_exit result = CTL_OK;
	json_t *status = NULL;
	int i;

	for (i = 0; i < SETTLE_CALLS && result == CTL_OK; i++) {
		json_decref(status);
		status = NULL;
		result = ctl_call(measure->ctl, CTL_METHOD("Status"), NULL, &status);
		note_time(measure, status);
		if (i == 0)
			*began_us = measure->now_us;
	}
	if (out && result == CTL_OK)
		*out = json_incref(status);
	json_decref(status);
	return result;
}

static enum ctl_exit note_vm(struct stat_measure *measure, json_t *parameters)
{
	json_t *reply = NULL, *vm;
	enum ctl_exit result =
		ctl_call(measure->ctl, CTL_METHOD("Show"), as_wanted(measure, parameters), &reply);
	struct stat_vm *added;

	if (result != CTL_OK)
		return result;
	note_time(measure, reply);
	vm = json_object_get(reply, "vm");
	added = add(measure, get_int(vm, "id"), get_int(vm, "pid"), json_incref(vm));
	if (added && !json_is_true(json_object_get(vm, "alive"))) {
		ctl_error("the VM has ended: 'kvmexitctl show' has the exits of its life");
		result = CTL_FAILED;
	}
	json_decref(reply);
	return result;
}

static enum ctl_exit note_all(struct stat_measure *measure)
{
	enum ctl_exit result;
	json_t *reply = NULL, *vm, *base;
	size_t i;

	/* Those that have not run yet may do so meanwhile. */
	result = ctl_call(measure->ctl, CTL_METHOD("List"), json_pack("{s:b}", "all", 1), &reply);
	json_array_foreach(json_object_get(reply, "vms"), i, vm) {
		if (!json_is_true(json_object_get(vm, "alive")))
			continue;
		base = show(measure, get_int(vm, "id"), get_int(vm, "pid"));
		if (base)
			(void)add(measure, get_int(vm, "id"), get_int(vm, "pid"), base);
	}
	json_decref(reply);
	return result;
}

static enum ctl_exit follow_forks(struct stat_measure *measure)
{
	int r = procevents_open(&measure->forks);

	if (r >= 0)
		r = proctree_new(&measure->tree, (uint32_t)getpid());
	if (r >= 0)
		return CTL_OK;
	ctl_error("cannot follow the processes of a command: %s: say which VM with --vm",
		  strerror(-r));
	return CTL_FAILED;
}

enum ctl_exit stat_measure_start(struct stat_measure *measure, const char *vm)
{
	json_t *parameters = NULL, *status = NULL;
	struct varlink_wait wait = ctl_wait(measure->ctl);
	enum ctl_exit result;
	int r;

	if (vm) {
		parameters = ctl_vm_parameters(vm);
		if (!parameters)
			return CTL_FAILED;
	}
	if (measure->scope == STAT_TREE) {
		result = follow_forks(measure);
		if (result != CTL_OK)
			return result;
	}
	result = ctl_connect(measure->ctl, &measure->watch);
	if (result == CTL_OK) {
		r = varlink_send(measure->watch, &wait, CTL_METHOD("Watch"), NULL, true);
		result = r < 0 ? ctl_report_lost(r) :
				 settle(measure, &measure->result->started_us, &status);
	}
	if (result == CTL_OK && !json_is_true(json_object_get(status, "synced"))) {
		_cleanup_free_ char *advice = get_text(status, "advice");

		ctl_error("kvmexitd gets no exits from the kernel. %s", advice);
		result = CTL_NO_KERNEL;
	}
	if (result == CTL_OK && measure->scope == STAT_ONE)
		result = note_vm(measure, json_incref(parameters));
	else if (result == CTL_OK && measure->scope == STAT_ALL)
		result = note_all(measure);
	json_decref(parameters);
	json_decref(status);
	return result;
}

uint64_t stat_measure_exits(const struct stat_measure *measure)
{
	const struct stat_result *result = measure->result;
	uint64_t exits = 0;
	size_t i;

	for (i = 0; i < result->n_vms; i++)
		exits += (uint64_t)(result->vms[i].exits - result->vms[i].base_exits);
	return exits;
}

bool stat_measure_over(const struct stat_measure *measure)
{
	const struct stat_result *result = measure->result;

	return !measure->watch ||
	       (measure->scope == STAT_ONE && result->n_vms > 0 && result->vms[0].ended);
}

/* Whether there is a VM that must end, for its process has. */
static bool is_ending(const struct stat_measure *measure)
{
	const struct stat_result *result = measure->result;
	size_t i;

	for (i = 0; i < result->n_vms; i++)
		if (!result->vms[i].ended && kill((pid_t)result->vms[i].pid, 0) < 0 &&
		    errno == ESRCH)
			return true;
	return false;
}

void stat_measure_go(struct stat_measure *measure)
{
	json_t *status = NULL;

	if (ctl_call(measure->ctl, CTL_METHOD("Status"), NULL, &status) == CTL_OK)
		note_time(measure, status);
	measure->result->started_us = measure->now_us;
	json_decref(status);
}

void stat_measure_finish(struct stat_measure *measure)
{
	struct stat_result *result = measure->result;
	uint64_t end_ns = clock_monotonic_ns() + FINISH_NS;
	size_t i;

	if (measure->watch && settle(measure, &result->ended_us, NULL) != CTL_OK) {
		result->complete = false;
		measure->watch = varlink_free(measure->watch);
	}
	stat_measure_read(measure);
	while (measure->watch && measure->scope == STAT_TREE && is_ending(measure) &&
	       clock_monotonic_ns() < end_ns) {
		struct pollfd fds[] = {
			{ varlink_fd(measure->watch), POLLIN, 0 },
			{ measure->ctl->stop, POLLIN, 0 },
		};

		if (poll(fds, ARRAY_SIZE(fds), LOOK_MS) > 0 && fds[1].revents)
			break;
		stat_measure_read(measure);
	}
	for (i = 0; measure->watch && i < result->n_vms; i++)
		if (!result->vms[i].last)
			show_last(measure, &result->vms[i]);
	for (i = 0; i < result->n_vms; i++)
		if (!result->vms[i].last)
			result->complete = false;
	/* A daemon that went away said last when it was. */
	if (result->ended_us < 0)
		result->ended_us = measure->now_us;
}

void stat_measure_done(struct stat_measure *measure)
{
	struct stat_result *result = measure->result;
	size_t i;

	for (i = 0; i < result->n_vms; i++) {
		json_decref(result->vms[i].base);
		json_decref(result->vms[i].last);
	}
	free(result->vms);
	measure->watch = varlink_free(measure->watch);
	measure->tree = proctree_free(measure->tree);
	measure->forks = procevents_close(measure->forks);
}
