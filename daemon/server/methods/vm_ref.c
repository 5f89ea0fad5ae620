// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VM to come back to in a later turn.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/registry.h"
#include "server/methods/vm_ref.h"

struct vm_ref vm_ref(const struct vm *vm)
{
	return (struct vm_ref){ .epoch = vm->epoch, .id = vm->id };
}

const struct vm *vm_ref_find(const struct vm_ref *ref, const struct registry *registry)
{
	const struct vm *vm = registry_find(registry, ref->id);

	if (vm && vm->epoch == ref->epoch)
		return vm;
	vm = registry_first_dead(registry);
	while (vm && (vm->id != ref->id || vm->epoch != ref->epoch))
		vm = registry_next(vm);
	return vm;
}

json_t *vm_ref_gone(const struct vm_ref *ref)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "id:%" PRIu64, ref->id);
	return json_pack("{s:s, s:[]}", "vm", text, "near");
}
