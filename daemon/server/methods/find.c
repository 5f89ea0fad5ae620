// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The VM that a call is about, and what the caller is told if there is not one.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "model/registry.h"
#include "server/methods/json.h"
#include "server/methods/lookup.h"
#include "server/methods/service.h"
#include "server/server.h"
#include "server/server_internal.h"

/* "vmid:" and a name. */
#define SAY_BYTES (VM_NAME_MAX + 8)

/* Text that means this match and no other. */
static void say(const struct lookup *lookup, const struct lookup_match *match,
		char out[static SAY_BYTES])
{
	const struct vm *vm = match->vm;
	enum lookup_key key = lookup->by_key[match->key] == 1 ? match->key : LOOKUP_ID;
	const char *name = lookup_key_name(key);

	if (key == LOOKUP_NAME)
		(void)snprintf(out, SAY_BYTES, "%s:%s", name, vm->name);
	else if (key == LOOKUP_UUID)
		(void)snprintf(out, SAY_BYTES, "%s:%s", name, vm->uuid);
	else
		(void)snprintf(out, SAY_BYTES, "%s:%" PRIu64, name,
			       key == LOOKUP_VMID ? vm->vmid :
			       key == LOOKUP_PID  ? vm->pid :
						    vm->id);
}

static json_t *json_candidate(const struct lookup *lookup, const struct lookup_match *match)
{
	const struct vm *vm = match->vm;
	char text[SAY_BYTES];
	json_t *json;

	say(lookup, match, text);
	json = json_pack("{s:o, s:s, s:I, s:o, s:I, s:b}", "vm", json_text(text), "matched",
			 lookup_key_name(match->key), "id", (json_int_t)vm->id, "name",
			 json_text(vm->name), "pid", (json_int_t)vm->pid, "alive", (int)vm->alive);
	if (json_set_identity(json, vm) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static int no_such_vm(const struct call *call, const char *text, bool dead)
{
	const char *near[LOOKUP_NEAR_MAX];
	size_t i, n = lookup_near(call->server->registry, text, dead, near);
	json_t *names = json_array();

	for (i = 0; i < n; i++)
		if (json_array_append_new(names, json_text(near[i])) < 0) {
			json_decref(names);
			return -ENOMEM;
		}
	return call_error(call, VARLINK_EXITS ".NoSuchVm",
			  json_pack("{s:s, s:o}", "vm", text, "near", names));
}

static int ambiguous_vm(const struct call *call, const char *text, const struct lookup *lookup)
{
	json_t *ids = json_array(), *candidates = json_array();
	size_t i;

	for (i = 0; i < lookup->n && i < LOOKUP_MATCHES_MAX; i++) {
		const struct lookup_match *match = &lookup->matches[i];

		if (json_array_append_new(ids, json_integer((json_int_t)match->vm->id)) < 0 ||
		    json_array_append_new(candidates, json_candidate(lookup, match)) < 0) {
			json_decref(ids);
			json_decref(candidates);
			return -ENOMEM;
		}
	}
	return call_error(call, VARLINK_EXITS ".AmbiguousVm",
			  json_pack("{s:s, s:o, s:o, s:I}", "vm", text, "matches", ids,
				    "candidates", candidates, "count", (json_int_t)lookup->n));
}

int call_find_vm(const struct call *call, const char *text, bool dead, struct lookup_match *out)
{
	struct lookup lookup;
	size_t n = lookup_vm(&lookup, call->server->registry, text, dead);
	int r;

	if (n == 1) {
		*out = lookup.matches[0];
		return 0;
	}
	r = n ? ambiguous_vm(call, text, &lookup) : no_such_vm(call, text, dead);
	return r < 0 ? r : 1;
}

json_t *json_matched(json_t *vm, enum lookup_key key)
{
	if (json_object_set_new(vm, "matched", json_string(lookup_key_name(key))) < 0) {
		json_decref(vm);
		return NULL;
	}
	return vm;
}
