// SPDX-License-Identifier: GPL-2.0-or-later
/* The app's settings: where they come from, and who takes them. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "app/app.h"
#include "app/internal.h"
#include "app/options.h"
#include "model/kernel_config.h"
#include "model/registry.h"
#include "server/control.h"
#include "server/server.h"
#include "util/clock.h"
#include "util/log.h"

/* Those of the kernel, as settings have them. */
static const struct {
	enum kernel_setting kernel;
	size_t offset;
} kernel_settings[] = {
	{ KERNEL_INTERVAL_MS, offsetof(struct settings, kernel_interval_ms) },
	{ KERNEL_BATCH_EXITS, offsetof(struct settings, kernel_batch_exits) },
	{ KERNEL_MIN_SPACING_MS, offsetof(struct settings, kernel_min_spacing_ms) },
	{ KERNEL_LOG_EXITS, offsetof(struct settings, kernel_log_exits) },
	{ KERNEL_TIMING, offsetof(struct settings, kernel_timing) },
	{ KERNEL_DETAILS, offsetof(struct settings, kernel_details) },
	{ KERNEL_DEAD_VMS_MAX, offsetof(struct settings, kernel_dead_vms_max) },
};

/* report is told the files. -EBADMSG with *error, -ENOMEM. */
static int load(const struct options *options, struct settings *settings, FILE *report,
		char **error)
{
	int r = settings_load(settings, "", options->config, report, error);

	if (r < 0)
		return *error ? -EBADMSG : r;
	settings_override(settings, &options->overrides);
	return 0;
}

int app_check_config(const struct options *options)
{
	_cleanup_free_ char *error = NULL;
	struct settings settings;
	int r = load(options, &settings, stdout, &error);

	if (r < 0)
		log_error("%s", error ? error : strerror(-r));
	return r;
}

int app_load_settings(struct app *app)
{
	_cleanup_free_ char *error = NULL;
	int r = load(app->options, &app->settings, NULL, &error);

	if (error)
		log_error("%s", error);
	return r;
}

void app_schedule_summary(struct app *app)
{
	uint64_t us = app->replay ? 0 : app->settings.summary_interval_s * US_PER_S;

	if (us)
		(void)sd_event_source_set_time_relative(app->summary_timer, us);
	(void)sd_event_source_set_enabled(app->summary_timer, us ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void app_apply_settings(struct app *app)
{
	struct storm_params storms = STORM_PARAMS_DEFAULT;
	struct kernel_config config = { 0 };
	const uint64_t *value;
	size_t i;

	app_schedule_summary(app);
	storm_params_set(&storms, app->settings.storm_factor, app->settings.storm_min_rate,
			 app->settings.storm_calm_s, app->settings.storm_learn_s);
	registry_set_storm_params(app->registry, &storms);
	server_set_clients(app->server, app->settings.clients);
	server_set_metrics_details(app->server, app->settings.metrics_details);
	for (i = 0; i < ARRAY_SIZE(kernel_settings); i++) {
		value = (const void *)((const char *)&app->settings + kernel_settings[i].offset);
		if (*value != SETTING_UNSET)
			kernel_config_set(&config, kernel_settings[i].kernel, (uint32_t)*value);
	}
	if (app->source)
		pick_configure(app->source, &config);
}

/* *error, to be freed, is what is wrong. */
static int read_anew(struct app *app, char **error)
{
	struct settings settings;
	int r = load(app->options, &settings, NULL, error);

	if (r < 0)
		return r;
	if (app->source)
		r = pick_set(app->source, (enum pick_mode)settings.source,
			     (int)settings.receive_buffer);
	if (r < 0)
		log_warning("cannot change the source or its receive buffer: %s, keeping it",
			    strerror(-r));
	app->settings = settings;
	app_apply_settings(app);
	return 0;
}

static int reload(void *userdata, char **error)
{
	struct app *app = userdata;
	uint64_t now_us = 0;
	int r;

	(void)sd_event_now(app->event, CLOCK_MONOTONIC, &now_us);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us);
	r = read_anew(app, error);
	if (r < 0)
		journal_reload_failed(app->journal, *error ? *error : strerror(-r));
	else
		journal_reloaded(app->journal);
	(void)sd_notify(0, "READY=1");
	return r;
}

static const struct kernel_config *kernel_config(void *userdata)
{
	const struct app *app = userdata;

	return app->has_kernel_config ? &app->kernel_config : NULL;
}

static int set_kernel_config(void *userdata, const struct kernel_config *config, char *text,
			     size_t size)
{
	const struct app *app = userdata;

	return app->source ? pick_set_config(app->source, config, text, size) : -ENODEV;
}

const struct server_control app_control = {
	.kernel_config = kernel_config,
	.set_kernel_config = set_kernel_config,
	.reload = reload,
};

static int on_sighup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	_cleanup_free_ char *error = NULL;

	(void)source;
	(void)info;
	(void)reload(userdata, &error);
	return 0;
}

int app_add_reload(struct app *app)
{
	return sd_event_add_signal(app->event, NULL, SIGHUP, on_sighup, app);
}
