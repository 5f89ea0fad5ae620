// SPDX-License-Identifier: GPL-2.0-or-later
/* What the app does about VMs that changed. */
#include "config.h"

#include <string.h>

#include "app/internal.h"
#include "server/server.h"
#include "source/recording/recorder.h"
#include "source/vm_identity.h"
#include "util/clock.h"
#include "util/log.h"

#define PROC "/proc"

/*
 * A VMM may have its process named, or itself registered with machined, a
 * moment after it made the VM.
 */
#define NAME_SETTLED_NS NS_PER_S

#define STORM_CHECK_US (STORM_BUCKET_S * US_PER_S)

/* How much was left out is told when its time is over, or this much later. */
#define FLUSH_US (30 * US_PER_S)

static void look_up_name(struct app *app, struct vm *vm)
{
	struct vm_identity identity, known;
	int r;

	/* The process is another's by now; the recording has the name. */
	if (app->replay)
		return;
	/* Of a process that has left there may be a name already, from the kernel. */
	if (!vm_identity_read(PROC, (pid_t)vm->pid, vm->created_ns, &identity) && *vm->name)
		return;
	vm_get_identity(vm, &known);
	if (vm_identity_is_same(&identity, &known))
		return;

	r = vm_set_identity(vm, &identity);
	if (r < 0)
		log_warning("cannot name a VM: %s, ignoring", strerror(-r));
	else if (app->recorder)
		recorder_identity(app->recorder, vm->id, &identity);
}

void app_record_all(struct app *app)
{
	struct vm_identity identity;
	struct vm *vm;

	for (vm = registry_first_live(app->registry); vm; vm = registry_next(vm)) {
		vm_get_identity(vm, &identity);
		recorder_identity(app->recorder, vm->id, &identity);
	}
	pick_resync(app->source);
}

void app_start_timer(sd_event_source *timer, uint64_t delay_us)
{
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(timer, delay_us);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void check_storm(struct app *app, struct vm *vm, uint64_t now_ns)
{
	enum storm_news news = registry_check_storm(app->registry, vm, now_ns);

	if (news == STORM_NONE)
		return;
	journal_storm(app->journal, vm, news, now_ns);
	if (news == STORM_BEGAN)
		app_start_timer(app->storms_timer, STORM_CHECK_US);
}

/* Who stopped making exits sends nothing, so it has to be looked at. */
static int on_storms(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct app *app = userdata;
	uint64_t now_ns = clock_boottime_ns();
	struct vm *vm;

	(void)usec;
	for (vm = registry_first_live(app->registry); vm; vm = registry_next(vm)) {
		if (vm->storm.active)
			check_storm(app, vm, now_ns);
	}
	if (registry_n_storms(app->registry) > 0)
		app_start_timer(source, STORM_CHECK_US);
	return 0;
}

static int on_flush(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct app *app = userdata;

	(void)usec;
	journal_flush(app->journal, clock_boottime_ns());
	if (journal_has_more(app->journal))
		app_start_timer(source, FLUSH_US);
	return 0;
}

void app_tell_changes(struct app *app)
{
	uint64_t now_ns = clock_boottime_ns(), now_us = clock_realtime_us();
	bool changed = false;
	struct vm *vm;

	while ((vm = registry_next_change(app->registry))) {
		if (vm->is_new) {
			look_up_name(app, vm);
			app_start_timer(app->names_timer, NAME_SETTLED_NS / NS_PER_US);
		}
		check_storm(app, vm, now_ns);
		journal_vm(app->journal, vm, now_ns);
		server_vm_event(app->server, vm, now_us);
		registry_change_done(app->registry, vm);
		changed = true;
	}
	/* A replay's time is not that of timers. */
	if (!app->replay && journal_has_more(app->journal))
		app_start_timer(app->flush_timer, FLUSH_US);
	if (changed && app->store)
		app_start_timer(app->save_timer, app->save_delay_us);
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
		look_up_name(app, vm);
		if (now_ns >= vm->created_ns + NAME_SETTLED_NS)
			vm_settle_name(vm);
		else
			unsettled = true;
	}

	(void)sd_event_source_set_time_relative(source, NAME_SETTLED_NS / NS_PER_US);
	(void)sd_event_source_set_enabled(source, unsettled ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	return 0;
}

int app_add_timer(struct app *app, sd_event_source **out, sd_event_time_handler_t handler)
{
	int r = sd_event_add_time_relative(app->event, out, CLOCK_BOOTTIME, 0, 0, handler, app);

	return r < 0 ? r : sd_event_source_set_enabled(*out, SD_EVENT_OFF);
}

int app_add_change_timers(struct app *app)
{
	int r = app_add_timer(app, &app->names_timer, on_names);

	if (r >= 0)
		r = app_add_timer(app, &app->storms_timer, on_storms);
	if (r >= 0)
		r = app_add_timer(app, &app->flush_timer, on_flush);
	if (r >= 0 && app->restored) {
		/* Names may be unsettled, and storms be on: these see, and stop. */
		app_start_timer(app->names_timer, NAME_SETTLED_NS / NS_PER_US);
		app_start_timer(app->storms_timer, STORM_CHECK_US);
	}
	return r;
}
