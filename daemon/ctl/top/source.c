// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: what the daemon says.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/join.h"
#include "ctl/output.h"
#include "ctl/top/source.h"
#include "util/clock.h"
#include "util/util.h"

/* A sparkline moves on every so often; on each refresh would be work for nothing. */
#define HISTORY_NS (TOP_CELL_S * NS_PER_S / 2)

/* What explains a VM takes a call; a screen has fewer rows, a table through a pipe may not. */
#define WHY_MAX 200

/* Thousands of vCPUs are much to ask for on each refresh. */
#define BELOW_VCPUS_MAX 128

struct top_source {
	struct ctl *ctl;
	struct varlink *link; /* NULL while the daemon is away */
	uint64_t history_ns; /* when histories were asked for */
	enum top_view history_view;
	size_t history_first, history_n;
};

int top_source_new(struct top_source **out, struct ctl *ctl)
{
	struct top_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->ctl = ctl;
	*out = source;
	return 0;
}

struct top_source *top_source_free(struct top_source *source)
{
	if (!source)
		return NULL;
	source->link = varlink_free(source->link);
	free(source);
	return NULL;
}

/* One call, with a deadline of its own; an error that is answered is -ENOENT. */
static int ask(struct top_source *source, const char *method, json_t *parameters, json_t **out)
{
	struct varlink_reply reply = { 0 };
	struct varlink_wait wait;
	int r = 0;

	ctl_begin(source->ctl);
	wait = ctl_wait(source->ctl);
	if (!source->link)
		r = varlink_new(&source->link, source->ctl->socket, &wait);
	if (r < 0) {
		json_decref(parameters);
		return r;
	}
	r = varlink_ask(source->link, &wait, method, parameters, &reply);
	if (r < 0) {
		source->link = varlink_free(source->link);
		return r;
	}
	if (reply.error)
		r = -ENOENT;
	else
		*out = json_incref(reply.parameters);
	varlink_reply_done(&reply);
	return r;
}

/* Best effort: a daemon that keeps none has a top without sparklines. */
static void fetch_history(struct top_source *source, struct top *top, long long id, bool reasons)
{
	json_t *parameters = ctl_id_parameters(id), *reply = NULL;

	(void)json_object_set_new(parameters, "seconds", json_integer(TOP_CELLS * TOP_CELL_S));
	if (!reasons)
		(void)json_object_set_new(parameters, "reasons", json_array());
	if (ask(source, CTL_METHOD("GetHistory"), parameters, &reply) < 0)
		return;
	if (get_int(json_object_get(reply, "vm"), "id") == id)
		top_set_history(top, id, reply);
	json_decref(reply);
}

/* A VM with its reasons, to be given back; NULL if there is none. */
static json_t *ask_vm(struct top_source *source, long long id, bool vcpus, bool details)
{
	json_t *parameters = ctl_id_parameters(id), *reply = NULL, *vm;

	if (parameters && vcpus)
		(void)json_object_set_new(parameters, "vcpus", json_true());
	if (parameters && details)
		(void)json_object_set_new(parameters, "details", json_true());
	if (ask(source, CTL_METHOD("Show"), parameters, &reply) < 0)
		return NULL;
	vm = json_object_get(reply, "vm");
	vm = get_int(vm, "id") == id ? json_incref(vm) : NULL;
	json_decref(reply);
	return vm;
}

static void fetch_why(struct top_source *source, struct top *top, long long id)
{
	json_t *vm = ask_vm(source, id, false, true);

	if (!vm)
		return;
	top_set_why(top, id, vm);
	json_decref(vm);
}

static void fetch_histories(struct top_source *source, struct top *top)
{
	uint64_t now_ns = clock_boottime_ns();
	size_t first, n = top_visible(top, &first), i;

	/* It went away meanwhile: that is known the next time. */
	if (!source->link)
		return;
	if (source->history_ns && now_ns < source->history_ns + HISTORY_NS &&
	    source->history_view == top->view && source->history_first == first &&
	    source->history_n == n)
		return;
	source->history_ns = now_ns;
	source->history_view = top->view;
	source->history_first = first;
	source->history_n = n;
	if (top->view != TOP_VMS) {
		if (top->view == TOP_REASONS)
			fetch_history(source, top, top->vm_id, true);
		return;
	}
	for (i = first; i < first + n && source->link; i++) {
		fetch_history(source, top, top->rows[i].id, false);
		if (i < first + WHY_MAX)
			fetch_why(source, top, top->rows[i].id);
	}
}

/* The selected VM, of which the screen has more. */
static void fetch_below(struct top_source *source, struct top *top)
{
	const struct top_row *row = top_selected(top);
	json_t *vm;

	if (top_below_lines(top) == 0 || !row)
		return;
	vm = ask_vm(source, row->id, row->vcpus <= BELOW_VCPUS_MAX, top->details);
	if (!vm)
		return;
	(void)top_set_below(top, vm);
	json_decref(vm);
}

/* What a person should know: no exits come in, or none are to be seen. */
static void fetch_message(struct top_source *source, struct top *top)
{
	_cleanup_free_ char *advice = NULL;
	json_t *status = NULL;

	top->message[0] = '\0';
	if (ask(source, CTL_METHOD("Status"), NULL, &status) < 0)
		return;
	advice = get_text(status, "advice");
	if (json_is_string(json_object_get(status, "advice")))
		(void)snprintf(top->message, sizeof(top->message), "%s", advice);
	else if (top->view == TOP_VMS && top->n_rows == 0)
		(void)snprintf(top->message, sizeof(top->message), "No VMs.");
	json_decref(status);
}

/* The daemon's, who measures. */
static void set_clock(struct top *top, const json_t *reply)
{
	int64_t now_us = reply_now_us(reply);
	struct tm tm;

	top->now_ns = now_us < 0 ? 0 : (uint64_t)now_us * NS_PER_US;
	if (!reply_local_time(reply, &tm) ||
	    strftime(top->clock, sizeof(top->clock), "%H:%M:%S", &tm) == 0)
		top->clock[0] = '\0';
}

static int fetch_rows(struct top_source *source, struct top *top, json_t **out)
{
	json_t *parameters, *vm;
	int r;

	if (top->view == TOP_VMS) {
		r = ask(source, CTL_METHOD("List"), json_pack("{s:b}", "all", top->show_ended),
			out);
		if (r < 0)
			return r;
		set_clock(top, *out);
		return top_set_vms(top, json_object_get(*out, "vms"));
	}
	parameters = ctl_id_parameters(top->vm_id);
	if (parameters && top->details)
		(void)json_object_set_new(parameters, "details", json_true());
	if (parameters && top->view == TOP_VCPUS)
		(void)json_object_set_new(parameters, "vcpus", json_true());
	r = ask(source, CTL_METHOD("Show"), parameters, out);
	if (r < 0)
		return r;
	set_clock(top, *out);
	vm = json_object_get(*out, "vm");
	return get_int(vm, "id") == top->vm_id ? top_set_vm(top, vm) : -ENOENT;
}

int top_source_fetch(struct top_source *source, struct top *top, json_t **json)
{
	json_t *reply = NULL;
	int r;

	r = fetch_rows(source, top, &reply);
	if (r == -ENOENT && source->link) {
		(void)snprintf(top->message, sizeof(top->message),
			       "The VM is forgotten: kvmexitd remembers the last that ended.");
	} else if (r < 0) {
		(void)snprintf(top->message, sizeof(top->message),
			       "kvmexitd cannot be reached%s: %s",
			       top->tries_again ? ", trying again" : "", strerror(-r));
	} else {
		fetch_message(source, top);
		fetch_histories(source, top);
		fetch_below(source, top);
		if (json)
			*json = json_incref(top->view == TOP_VMS ? reply :
								   json_object_get(reply, "vm"));
	}
	json_decref(reply);
	return r;
}
