// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Show: one VM, its vCPUs as many at a time as fit into a part.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "model/registry.h"
#include "server/methods/json.h"
#include "server/methods/service.h"
#include "server/methods/vm_ref.h"
#include "server/parts.h"
#include "server/server_internal.h"
#include "util/clock.h"

struct show {
	struct parts parts; /* first */
	struct vm_ref vm;
	enum lookup_key matched;
	uint64_t next_id; /* of vCPUs that are still to come, the lowest there may be */
	size_t hint; /* where it may be */
	bool details;
	struct buffer head; /* the VM without its reasons, as it was for the first part */
};

static const struct vm *find_vm(const struct parts *parts)
{
	return vm_ref_find(&((const struct show *)parts)->vm, parts->server->registry);
}

static json_t *json_shown(const struct registry *registry, const struct vm *vm, bool details)
{
	uint64_t now_ns = clock_boottime_ns();
	json_t *json = json_vm_reasons(registry, vm, now_ns);

	return details ? json_with_details(json, registry, vm, now_ns) : json;
}

/* Rates of a VM are sums over all vCPUs: too much to work out for each part. */
static int open_first(struct show *show, const struct vm *vm, struct buffer *text)
{
	json_t *json = json_shown(show->parts.server->registry, vm, show->details);
	int r;

	json = json_matched(json, show->matched);
	r = parts_open_member(text, json_incref(json), "vcpus");
	if (r >= 0 && show->parts.more) {
		(void)json_object_del(json, "reasons");
		(void)json_object_del(json, "rest_time");
		r = parts_open_member(&show->head, json_incref(json), "vcpus");
	}
	json_decref(json);
	show->parts.own_bytes = sizeof(*show) + show->head.size;
	return r;
}

static int open_vm(struct parts *parts, struct buffer *text)
{
	const struct vm *vm = find_vm(parts);
	struct show *show = (struct show *)parts;
	int r;

	r = parts_open_member(text, json_pack("{s:o}", "now", json_now(clock_boottime_ns())), "vm");
	if (r < 0)
		return r;
	if (parts->first && vm)
		r = open_first(show, vm, text);
	else
		r = buffer_append(text, buffer_head(&show->head), show->head.len);
	return r < 0 ? r : parts_put(text, "[");
}

static int next_vcpu(struct parts *parts, struct buffer *text)
{
	struct show *show = (struct show *)parts;
	const struct vm *vm = find_vm(parts);
	const struct vcpu *vcpu;
	size_t i = show->hint;
	int r;

	if (!vm)
		return -ENOENT;
	/* vCPUs are by id, and others may have come between them. */
	while (i > 0 && (i > vm->n_vcpus || vm->vcpus[i - 1]->id >= show->next_id))
		i--;
	while (i < vm->n_vcpus && vm->vcpus[i]->id < show->next_id)
		i++;
	if (i == vm->n_vcpus)
		return 0;
	vcpu = vm->vcpus[i];
	show->next_id = (uint64_t)vcpu->id + 1;
	show->hint = i + 1;
	r = parts_put_json(text, json_vcpu(parts->server->registry, vm, vcpu, clock_boottime_ns()));
	return r < 0 ? r : 1;
}

static json_t *gone(const struct parts *parts)
{
	return vm_ref_gone(&((const struct show *)parts)->vm);
}

static void free_show(struct parts *parts)
{
	buffer_done(&((struct show *)parts)->head);
	free(parts);
}

static const struct parts_kind show_kind = {
	.open = open_vm,
	.next = next_vcpu,
	.separator = ",",
	.close = "]}}",
	.gone = gone,
	.free = free_show,
};

static int reply_vcpus(const struct call *call, const struct lookup_match *match, bool details)
{
	struct show *show = calloc(1, sizeof(*show));

	if (!show)
		return -ENOMEM;
	show->vm = vm_ref(match->vm);
	show->matched = match->key;
	show->details = details;
	show->parts.own_bytes = sizeof(*show);
	return call_reply_parts(call, &show->parts, &show_kind);
}

int run_show(const struct call *call)
{
	const struct registry *registry = call->server->registry;
	const char *text = NULL;
	bool vcpus = false, details = false;
	const struct varlink_param params[] = {
		{ "vm", VARLINK_STRING, false, &text },
		{ "vcpus", VARLINK_BOOL, true, &vcpus },
		{ "details", VARLINK_BOOL, true, &details },
		{ .name = NULL },
	};
	uint64_t now_ns = clock_boottime_ns();
	struct lookup_match match;
	json_t *vm;
	int r;

	r = call_parameters(call, params);
	if (r == 0)
		r = call_find_vm(call, text, true, &match);
	if (r != 0)
		return r;
	if (vcpus)
		return reply_vcpus(call, &match, details);
	vm = json_matched(json_shown(registry, match.vm, details), match.key);
	return call_reply(call, json_pack("{s:o, s:o}", "now", json_now(now_ns), "vm", vm));
}
