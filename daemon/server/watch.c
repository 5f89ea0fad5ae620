// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What watchers are told: each event is put into words once for all of them.
 */
#include "config.h"

#include <errno.h>
#include <utlist.h>

#include "model/registry.h"
#include "server/client.h"
#include "server/methods/json.h"
#include "server/server.h"
#include "server/server_internal.h"
#include "util/log.h"

static bool watches(const struct client *client, const struct vm *vm)
{
	const struct watch *watch = &client->watch;

	return watch->active &&
	       (!watch->one_vm || (watch->vm_id == vm->id && watch->epoch == vm->epoch));
}

/* Tells those whose watch goes on after it, or those whose watch it ends. */
static int tell(struct server *server, enum vm_event event, const struct vm *vm, uint64_t time_us,
		bool last)
{
	struct message *message = NULL;
	struct client *client, *next;
	int r = 0;

	DL_FOREACH_SAFE(server->clients, client, next) {
		if (!watches(client, vm) || (event == VM_ENDED && client->watch.one_vm) != last)
			continue;
		if (!message) {
			json_t *parameters = json_event(event, vm, time_us);

			r = parameters ? message_new(&message, &server->queued_bytes, NULL,
						     parameters, !last) :
					 -ENOMEM;
			if (r < 0)
				break;
		}
		client_event(client, message, last);
	}
	message_unref(message);
	server_limit_memory(server);
	return r;
}

void server_vm_event(struct server *server, const struct vm *vm, uint64_t time_us)
{
	int r = 0;

	if (server->stats.watchers == 0)
		return;
	if (vm->is_new)
		r = tell(server, VM_CREATED, vm, time_us, false);
	if (r >= 0 && vm->has_exits && !vm->just_ended)
		r = tell(server, VM_EXITS, vm, time_us, false);
	if (r >= 0 && vm->just_ended)
		r = tell(server, VM_ENDED, vm, time_us, false);
	if (r >= 0 && vm->just_ended)
		r = tell(server, VM_ENDED, vm, time_us, true);
	if (r < 0)
		log_warning("cannot tell watchers of VM %s: out of memory", vm->name);
}
