// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The methods that show and change how things are done.
 */
#include "config.h"

#include "server/control.h"

#include <errno.h>
#include <string.h>

#include "model/kernel_config.h"
#include "server/methods/json.h"
#include "server/methods/service.h"
#include "server/server_internal.h"
#include "util/util.h"

/* As long as what the kernel says. */
#define TEXT_BYTES 256

/* Not given: more than a u32 can be. */
#define NOT_GIVEN UINT64_MAX

void server_set_control(struct server *server, const struct server_control *control, void *userdata)
{
	server->control = control;
	server->control_userdata = userdata;
}

/* Reading needs a connection, changing needs root. 1 when the call was told so. */
static int require_root(const struct call *call)
{
	int r;

	if (client_may_change(call->client))
		return 0;
	r = call_error(call, VARLINK_SERVICE ".PermissionDenied", json_object());
	return r < 0 ? r : 1;
}

static int no_kernel(const struct call *call)
{
	return call_error(call, VARLINK_EXITS ".NoKernel", json_object());
}

/* A setting as JSON. */
static json_t *json_setting(const struct kernel_config *config, enum kernel_setting setting)
{
	if (!config->has[setting])
		return json_null();
	if (kernel_setting_is_flag(setting))
		return json_boolean(config->value[setting]);
	return json_integer(config->value[setting]);
}

int run_get_config(const struct call *call)
{
	static const struct varlink_param none[] = { { .name = NULL } };
	const struct server *server = call->server;
	const struct kernel_config *config = NULL;
	json_t *reply;
	size_t i;
	int r;

	r = call_parameters(call, none);
	if (r != 0)
		return r;
	if (server->control)
		config = server->control->kernel_config(server->control_userdata);
	if (!config)
		return no_kernel(call);

	reply = json_object();
	for (i = 0; i < KERNEL_SETTINGS; i++)
		if (json_object_set_new(reply, kernel_setting_name((enum kernel_setting)i),
					json_setting(config, (enum kernel_setting)i)) < 0) {
			json_decref(reply);
			return -ENOMEM;
		}
	return call_reply(call, reply);
}

/* As call_parameters(). */
static int read_config(const struct call *call, struct kernel_config *config)
{
	struct varlink_param params[KERNEL_SETTINGS + 1] = { 0 };
	uint64_t values[KERNEL_SETTINGS];
	bool flags[KERNEL_SETTINGS];
	const json_t *given;
	size_t i;
	int r;

	for (i = 0; i < KERNEL_SETTINGS; i++) {
		values[i] = NOT_GIVEN;
		params[i] = (struct varlink_param){ kernel_setting_name((enum kernel_setting)i),
						    VARLINK_UINT, true, &values[i] };
		if (kernel_setting_is_flag((enum kernel_setting)i)) {
			params[i].type = VARLINK_BOOL;
			params[i].value = &flags[i];
		}
	}
	r = call_parameters(call, params);
	for (i = 0; i < KERNEL_SETTINGS && r == 0; i++) {
		given = json_object_get(call->request->parameters, params[i].name);
		if (params[i].type == VARLINK_BOOL && json_is_boolean(given))
			values[i] = flags[i];
		if (values[i] == NOT_GIVEN)
			continue;
		if (values[i] > UINT32_MAX) {
			r = call_error(call, VARLINK_SERVICE ".InvalidParameter",
				       json_pack("{s:s}", "parameter", params[i].name));
			return r < 0 ? r : 1;
		}
		kernel_config_set(config, (enum kernel_setting)i, (uint32_t)values[i]);
	}
	return r;
}

int run_set_config(const struct call *call)
{
	const struct server *server = call->server;
	struct kernel_config config = { 0 };
	char text[TEXT_BYTES] = "";
	int r;

	r = read_config(call, &config);
	if (r == 0)
		r = require_root(call);
	if (r != 0)
		return r;

	r = -ENODEV;
	if (server->control)
		r = server->control->set_kernel_config(server->control_userdata, &config, text,
						       sizeof(text));
	if (r == -ENODEV)
		return no_kernel(call);
	if (r < 0)
		return call_error(call, VARLINK_EXITS ".KernelRefused",
				  json_pack("{s:o}", "reason",
					    json_text(*text ? text : strerror(-r))));
	return call_reply(call, json_object());
}

int run_reload_config(const struct call *call)
{
	static const struct varlink_param none[] = { { .name = NULL } };
	const struct server *server = call->server;
	_cleanup_free_ char *error = NULL;
	int r;

	r = call_parameters(call, none);
	if (r == 0)
		r = require_root(call);
	if (r != 0)
		return r;
	if (server->control)
		r = server->control->reload(server->control_userdata, &error);
	if (r < 0)
		return call_error(call, VARLINK_EXITS ".ConfigWrong",
				  json_pack("{s:o}", "reason",
					    json_text(error ? error : strerror(-r))));
	return call_reply(call, json_object());
}
