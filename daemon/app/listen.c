// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the app listens: on what systemd passed, each descriptor by its name. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "app/internal.h"
#include "app/options.h"
#include "server/server.h"
#include "sink/http/metrics_http.h"
#include "state/store.h"
#include "util/log.h"

/* FileDescriptorName= of kvmexitd-metrics.socket; all others are for varlink. */
#define NAME_METRICS "metrics"

static int write_metrics(void *userdata, enum metrics_format format, struct buffer *out)
{
	const struct app *app = userdata;

	return server_metrics(app->server, format, out);
}

static int listen_metrics(struct app *app, int fd)
{
	int r;

	if (!app->metrics) {
		r = metrics_http_new(&app->metrics, app->event, write_metrics, app);
		if (r < 0)
			return r;
	}
	return metrics_http_listen_fd(app->metrics, fd);
}

static int listen_metrics_address(struct app *app)
{
	_cleanup_close_ int fd = listen_address_open(&app->options->metrics);
	int r = fd < 0 ? fd : listen_metrics(app, fd);

	if (r < 0)
		log_error(
			"cannot serve metrics on --metrics-listen: %s%s", strerror(-r),
			r == -EAFNOSUPPORT ?
				"; kvmexitd.service allows no network, use kvmexitd-metrics.socket" :
				"");
	else
		(void)TAKE_FD(fd);
	return r;
}

static void free_names(char **names)
{
	char **name;

	for (name = names; name && *name; name++)
		free(*name);
	free((void *)names);
}

DEFINE_CLEANUP(char **, free_names);

int app_take_state_fd(void)
{
	_cleanup_(free_namesp) char **names = NULL;
	int n = sd_listen_fds_with_names(false, &names), i, fd = -1;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], STATE_FD_NAME) != 0)
			continue;
		if (fd < 0)
			fd = SD_LISTEN_FDS_START + i;
		else
			(void)close(SD_LISTEN_FDS_START + i);
	}
	return fd;
}

int app_listen(struct app *app)
{
	_cleanup_(free_namesp) char **names = NULL;
	int n = sd_listen_fds_with_names(true, &names), i, r;
	bool served = false;

	if (n < 0)
		return n;
	for (i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (strcmp(names[i], STATE_FD_NAME) == 0)
			continue;
		if (strcmp(names[i], NAME_METRICS) == 0) {
			r = listen_metrics(app, fd);
		} else {
			r = server_listen_fd(app->server, fd);
			served = true;
		}
		if (r < 0) {
			log_error("cannot serve on a socket '%s' that systemd passed: %s", names[i],
				  strerror(-r));
			return r;
		}
	}
	if (app->options->metrics.len) {
		r = listen_metrics_address(app);
		if (r < 0)
			return r;
	}
	if (served)
		return 0;

	r = server_listen_path(app->server, app->socket_path);
	if (r < 0)
		log_error("cannot listen on %s: %s", app->socket_path, strerror(-r));
	return r;
}
