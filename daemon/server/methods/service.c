// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces and their methods.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "server/methods/json.h"
#include "server/methods/service.h"

/* A manual page has an address, too, and is there where the service is. */
#define SERVICE_URL "man:kvmexitd(8)"

struct interface {
	const char *name;
	const char *description;
	const struct method *methods;
};

/* The .varlink files as string literals, made by the build. */
static const char service_description[] =
#include "server/org.varlink.service.varlink.inc"
	;
static const char exits_description[] =
#include "server/io.kvmexit.Exits.varlink.inc"
	;

static int get_info(const struct call *call);
static int get_interface_description(const struct call *call);

static const struct method service_methods[] = {
	{ "GetInfo", get_info, false },
	{ "GetInterfaceDescription", get_interface_description, false },
	{ .name = NULL },
};

static const struct interface interfaces[] = {
	{ VARLINK_SERVICE, service_description, service_methods },
	{ VARLINK_EXITS, exits_description, exits_methods },
	{ NULL, NULL, NULL },
};

/* len is that of name. */
static const struct interface *find_interface(const char *name, size_t len)
{
	const struct interface *interface;

	for (interface = interfaces; interface->name; interface++)
		if (strlen(interface->name) == len && memcmp(interface->name, name, len) == 0)
			return interface;
	return NULL;
}

static int get_info(const struct call *call)
{
	static const struct varlink_param none[] = { { .name = NULL } };
	const struct interface *interface;
	json_t *names;
	int r;

	r = call_parameters(call, none);
	if (r != 0)
		return r;

	names = json_array();
	for (interface = interfaces; interface->name; interface++)
		if (json_array_append_new(names, json_string(interface->name)) < 0) {
			json_decref(names);
			return -ENOMEM;
		}
	return call_reply(call, json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", PACKAGE_NAME,
					  "product", PACKAGE_NAME, "version", PACKAGE_VERSION,
					  "url", SERVICE_URL, "interfaces", names));
}

static int get_interface_description(const struct call *call)
{
	const char *name = NULL;
	const struct varlink_param params[] = {
		{ "interface", VARLINK_STRING, false, &name },
		{ .name = NULL },
	};
	const struct interface *interface;
	int r;

	r = call_parameters(call, params);
	if (r != 0)
		return r;
	interface = find_interface(name, strlen(name));
	if (!interface)
		return call_error(call, VARLINK_SERVICE ".InterfaceNotFound",
				  json_pack("{s:s}", "interface", name));
	return call_reply(call, json_pack("{s:s}", "description", interface->description));
}

int call_parameters(const struct call *call, const struct varlink_param *params)
{
	const char *bad;
	int r;

	if (varlink_parse_parameters(call->request->parameters, params, &bad) == 0)
		return 0;
	r = call_error(call, VARLINK_SERVICE ".InvalidParameter",
		       json_pack("{s:s}", "parameter", bad));
	return r < 0 ? r : 1;
}

/* A reading call whose answer nobody will get. */
static bool is_pointless(const struct call *call, const struct method *method)
{
	return (call->request->oneway || call->client->gone) && !method->changes;
}

int service_dispatch(const struct call *call)
{
	const char *name = call->request->method;
	const char *dot = strrchr(name, '.');
	const struct interface *interface;
	const struct method *method;

	/* After such a call the client would speak something else. */
	if (call->request->upgrade)
		return call_error(call, VARLINK_SERVICE ".InvalidParameter",
				  json_pack("{s:s}", "parameter", "upgrade"));

	interface = dot ? find_interface(name, (size_t)(dot - name)) : NULL;
	if (!interface)
		return call_error(call, VARLINK_SERVICE ".InterfaceNotFound",
				  json_pack("{s:s%}", "interface", name,
					    dot ? (size_t)(dot - name) : strlen(name)));

	for (method = interface->methods; method->name; method++)
		if (strcmp(method->name, dot + 1) == 0)
			return is_pointless(call, method) ? 0 : method->run(call);
	return call_error(call, VARLINK_SERVICE ".MethodNotFound",
			  json_pack("{s:s}", "method", name));
}
