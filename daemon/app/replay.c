// SPDX-License-Identifier: GPL-2.0-or-later
/* The app without a kernel: what it does while a recording is replayed. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "app/internal.h"
#include "app/options.h"
#include "source/recording/recording.h"
#include "source/recording/replay.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"

/* What a VM was called may come behind its end, if that was all in one turn. */
static struct vm *find(const struct app *app, uint64_t vm_id)
{
	struct vm *vm = registry_find(app->registry, vm_id);

	return vm ? vm : registry_find_dead(app->registry, vm_id);
}

static void on_name(void *userdata, uint64_t vm_id, const char *name, size_t len)
{
	struct app *app = userdata;
	struct vm *vm = find(app, vm_id);
	char clean[VM_NAME_MAX];
	int r;

	if (!vm || text_clean(clean, sizeof(clean), name, len) == 0)
		return;
	r = vm_set_name(vm, clean);
	if (r < 0)
		log_warning("cannot name a VM: %s, ignoring", strerror(-r));
}

static void on_identity(void *userdata, uint64_t vm_id, const struct record_identity *record)
{
	struct app *app = userdata;
	struct vm *vm = find(app, vm_id);
	struct vm_identity identity;
	int r;

	if (!vm)
		return;
	vm_get_identity(vm, &identity);
	vm_identity_set(&identity, record->uuid, record->namespace, record->vmid);
	r = vm_set_identity(vm, &identity);
	if (r < 0)
		log_warning("cannot tell who a VM is: %s, ignoring", strerror(-r));
}

static void on_begun(void *userdata)
{
	struct app *app = userdata;

	app_set_started(app);
	app->summary_ns = clock_boottime_ns();
	/* Which has had another time so far, and nothing to tell. */
	journal_summary(app->journal, clock_boottime_ns());
}

static void on_left_out(void *userdata, uint64_t records)
{
	struct app *app = userdata;

	if (app->status.replay_left_out == 0)
		log_warning("the recording lacks records here: its file was too slow when it was "
			    "made");
	app->status.replay_left_out += records;
	registry_gap(app->registry);
}

/* False where it is none that could be replayed. */
static bool report_damage(struct app *app, uint64_t records, int error)
{
	const char *path = app->options->replay;

	switch (error) {
	case 0:
		break;
	case -ENODATA:
		app->status.replay_damage = REPLAY_CUT;
		log_warning("%s is cut off behind record %" PRIu64
			    ": its recorder was killed, or it was copied in part",
			    path, records);
		break;
	case -EBADMSG:
		if (records == 0) {
			log_error("%s is no recording of kvmexitd", path);
			return false;
		}
		app->status.replay_damage = REPLAY_DAMAGED;
		log_warning("%s is damaged behind record %" PRIu64 ", which ends the replay", path,
			    records);
		break;
	case -EPROTONOSUPPORT:
		log_error("%s is a recording of another version of kvmexitd", path);
		return false;
	default:
		app->status.replay_damage = REPLAY_UNREADABLE;
		log_error("cannot read %s behind record %" PRIu64 ": %s", path, records,
			  strerror(-error));
		return records > 0;
	}
	return true;
}

static void on_ended(void *userdata, uint64_t records, int error)
{
	struct app *app = userdata;

	app->status.replay = REPLAY_ENDED;
	if (!report_damage(app, records, error)) {
		(void)sd_event_exit(app->event, -EINVAL);
		return;
	}
	log_info("the replay has ended after %" PRIu64 " records; time stands still", records);
	(void)sd_notify(0, "STATUS=The replay has ended");
}

static const struct replay_handlers replay_handlers = {
	.source = &app_source_handlers,
	.begun = on_begun,
	.name = on_name,
	.identity = on_identity,
	.left_out = on_left_out,
	.ended = on_ended,
};

int app_new_replay(struct app *app)
{
	const char *path = app->options->replay;
	int r = replay_new(&app->replay, app->event, path, app->options->replay_speed,
			   &replay_handlers, app);

	if (r < 0) {
		log_error("cannot replay %s: %s", path, strerror(-r));
		return r;
	}
	app->status.replay = REPLAY_RUNNING;
	return registry_new(&app->registry);
}

void app_replay_summary(struct app *app, uint64_t now_ns)
{
	uint64_t interval_ns = app->settings.summary_interval_s * NS_PER_S;

	if (!interval_ns || now_ns - app->summary_ns < interval_ns)
		return;
	app->summary_ns = now_ns;
	journal_summary(app->journal, now_ns);
}
