// SPDX-License-Identifier: GPL-2.0-or-later
/* What the app does about VMs that changed. */
#include "config.h"

#include <string.h>

#include "app_internal.h"
#include "server/server.h"
#include "source/vm_name.h"
#include "util/clock.h"
#include "util/log.h"

#define PROC "/proc"

/*
 * A VMM may have its process named, or itself registered with machined, a
 * moment after it made the VM.
 */
#define NAME_SETTLED_NS NS_PER_S

static void look_up_name(struct vm *vm)
{
	char name[VM_NAME_MAX];
	int r;

	/* Of a process that has left there may be a name already, from the kernel. */
	if (!vm_name_read(PROC, (pid_t)vm->pid, vm->created_ns, name) && *vm->name)
		return;
	if (strcmp(name, vm->name) == 0)
		return;

	r = vm_set_name(vm, name);
	if (r < 0)
		log_warning("cannot name a VM: %s, ignoring", strerror(-r));
}

/* Off, it is set to when it was due last, which is over. */
static void start_names_timer(struct app *app)
{
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(app->names_timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(app->names_timer, NAME_SETTLED_NS / NS_PER_US);
	(void)sd_event_source_set_enabled(app->names_timer, SD_EVENT_ONESHOT);
}

void app_tell_changes(struct app *app)
{
	uint64_t now_ns = clock_boottime_ns(), now_us = clock_realtime_us();
	struct vm *vm;

	while ((vm = registry_next_change(app->registry))) {
		if (vm->is_new) {
			look_up_name(vm);
			start_names_timer(app);
		}
		journal_vm(app->journal, vm, now_ns);
		server_vm_event(app->server, vm, now_us);
		registry_change_done(app->registry, vm);
	}
}

static int on_names(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct app *app = userdata;
	uint64_t now_ns = clock_boottime_ns();
	bool unsettled = false;
	struct vm *vm;

	(void)usec;
	for (vm = registry_first_live(app->registry); vm; vm = registry_next(vm)) {
		if (vm->name_settled)
			continue;
		look_up_name(vm);
		if (now_ns >= vm->created_ns + NAME_SETTLED_NS)
			vm_settle_name(vm);
		else
			unsettled = true;
	}

	(void)sd_event_source_set_time_relative(source, NAME_SETTLED_NS / NS_PER_US);
	(void)sd_event_source_set_enabled(source, unsettled ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	return 0;
}

int app_add_names_timer(struct app *app)
{
	int r;

	r = sd_event_add_time_relative(app->event, &app->names_timer, CLOCK_BOOTTIME,
				       NAME_SETTLED_NS / NS_PER_US, 0, on_names, app);
	return r < 0 ? r : sd_event_source_set_enabled(app->names_timer, SD_EVENT_OFF);
}
