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

static void on_ended(void *userdata, uint64_t records, int error)
{
	struct app *app = userdata;

	app->status.replay = REPLAY_ENDED;
	if (error < 0)
		log_warning("the recording is damaged behind record %" PRIu64 ": %s", records,
			    strerror(-error));
	log_info("the replay has ended after %" PRIu64 " records; time stands still", records);
	(void)sd_notify(0, "STATUS=The replay has ended");
}

static const struct replay_handlers replay_handlers = {
	.source = &app_source_handlers,
	.name = on_name,
	.identity = on_identity,
	.ended = on_ended,
};

int app_new_replay(struct app *app)
{
	const char *path = app->options->replay;
	int r = replay_new(&app->replay, app->event, path, app->options->replay_speed,
			   &replay_handlers, app);

	if (r == -EBADMSG)
		log_error("%s is no recording of kvmexitd", path);
	else if (r == -EPROTONOSUPPORT)
		log_error("%s is a recording of another version of kvmexitd", path);
	else if (r < 0)
		log_error("cannot replay %s: %s", path, strerror(-r));
	if (r >= 0)
		r = registry_new(&app->registry);
	app->status.replay = REPLAY_RUNNING;
	app->summary_ns = clock_boottime_ns();
	/* Said already, and none of the configuration's. */
	return r == -EBADMSG ? -EINVAL : r;
}

void app_replay_summary(struct app *app, uint64_t now_ns)
{
	uint64_t interval_ns = app->settings.summary_interval_s * NS_PER_S;

	if (!interval_ns || now_ns - app->summary_ns < interval_ns)
		return;
	app->summary_ns = now_ns;
	journal_summary(app->journal, now_ns);
}
