// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * List: the VMs, as many at a time as fit into a part.
 *
 * Which VMs these are is settled by the call: each is listed once, as it is when its
 * part is made, whatever begins or ends meanwhile.
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

struct list {
	struct parts parts; /* first */
	size_t next, n;
	struct vm_ref vms[];
};

static int open_list(struct parts *parts, struct buffer *text)
{
	int r = parts_open_member(text, json_pack("{s:o}", "now", json_now(clock_boottime_ns())),
				  "vms");

	(void)parts;
	return r < 0 ? r : parts_put(text, "[");
}

static int next_vm(struct parts *parts, struct buffer *text)
{
	const struct registry *registry = parts->server->registry;
	struct list *list = (struct list *)parts;
	const struct vm *vm = NULL;
	int r;

	/* One that ended may have been forgotten. */
	while (!vm && list->next < list->n)
		vm = vm_ref_find(&list->vms[list->next++], registry);
	if (!vm)
		return 0;
	r = parts_put_json(text, json_vm(registry, vm, clock_boottime_ns()));
	return r < 0 ? r : 1;
}

static void free_list(struct parts *parts)
{
	free(parts);
}

static const struct parts_kind list_kind = {
	.open = open_list,
	.next = next_vm,
	.separator = ",",
	.close = "]}",
	.free = free_list,
};

static void append_vms(struct list *list, const struct vm *vm, bool all)
{
	for (; vm; vm = registry_next(vm))
		if (all || vm_has_run(vm))
			list->vms[list->n++] = vm_ref(vm);
}

int run_list(const struct call *call)
{
	const struct registry *registry = call->server->registry;
	bool all = false;
	const struct varlink_param params[] = {
		{ "all", VARLINK_BOOL, true, &all },
		{ .name = NULL },
	};
	struct list *list;
	size_t bytes;
	int r;

	r = call_parameters(call, params);
	if (r != 0)
		return r;

	bytes = sizeof(*list) +
		(registry_n_live(registry) + registry_n_dead(registry)) * sizeof(list->vms[0]);
	list = calloc(1, bytes);
	if (!list)
		return -ENOMEM;
	list->parts.own_bytes = bytes;
	append_vms(list, registry_first_live(registry), all);
	if (all)
		append_vms(list, registry_first_dead(registry), all);
	return call_reply_parts(call, &list->parts, &list_kind);
}
