// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a client sent, as a struct.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "server/varlink_parse.h"

/*
 * A string with an embedded NUL is legal JSON; as a C string it would silently
 * become another one.
 */
static bool is_c_string(const json_t *value)
{
	return json_is_string(value) &&
	       strlen(json_string_value(value)) == json_string_length(value);
}

static bool parse_flag(const json_t *root, const char *name, bool *out)
{
	const json_t *value = json_object_get(root, name);

	*out = json_is_true(value);
	return !value || json_is_boolean(value);
}

/* NULL, or the member that is wrong. */
static const char *parse_call(struct varlink_request *request)
{
	const json_t *method = json_object_get(request->root, "method");
	json_t *parameters = json_object_get(request->root, "parameters");

	if (!is_c_string(method) || json_string_length(method) == 0)
		return "method";
	request->method = json_string_value(method);

	if (parameters && !json_is_null(parameters)) {
		if (!json_is_object(parameters))
			return "parameters";
		request->parameters = parameters;
	}

	if (!parse_flag(request->root, "more", &request->more))
		return "more";
	if (!parse_flag(request->root, "oneway", &request->oneway))
		return "oneway";
	if (!parse_flag(request->root, "upgrade", &request->upgrade))
		return "upgrade";
	/* No reply and several replies, or none and a new protocol after it. */
	if (request->oneway && (request->more || request->upgrade))
		return "oneway";
	return NULL;
}

int varlink_parse_request(const char *buf, size_t len, struct varlink_request *out,
			  const char **bad)
{
	struct varlink_request request = { 0 };
	const char *wrong = "call";

	request.root = json_loadb(buf, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (json_is_object(request.root))
		wrong = parse_call(&request);
	if (wrong) {
		varlink_request_done(&request);
		*bad = wrong;
		return -EBADMSG;
	}
	*out = request;
	return 0;
}

void varlink_request_done(struct varlink_request *request)
{
	json_decref(request->root);
	*request = (struct varlink_request){ 0 };
}

static const struct varlink_param *find_param(const struct varlink_param *params, const char *name)
{
	for (; params->name; params++)
		if (strcmp(params->name, name) == 0)
			return params;
	return NULL;
}

static bool are_c_strings(const json_t *value)
{
	const json_t *element;
	size_t i;

	json_array_foreach((json_t *)value, i, element) {
		if (!is_c_string(element))
			return false;
	}
	return json_is_array(value);
}

static bool read_value(const struct varlink_param *param, const json_t *value)
{
	switch (param->type) {
	case VARLINK_BOOL:
		if (!json_is_boolean(value))
			return false;
		*(bool *)param->value = json_is_true(value);
		return true;
	case VARLINK_STRING:
		if (!is_c_string(value))
			return false;
		*(const char **)param->value = json_string_value(value);
		return true;
	case VARLINK_STRINGS:
		if (!are_c_strings(value))
			return false;
		*(const json_t **)param->value = value;
		return true;
	case VARLINK_UINT:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return false;
		*(uint64_t *)param->value = (uint64_t)json_integer_value(value);
		return true;
	}
	return false;
}

int varlink_parse_parameters(const json_t *parameters, const struct varlink_param *params,
			     const char **bad)
{
	const struct varlink_param *param;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)parameters, key, value) {
		if (!find_param(params, key)) {
			*bad = key;
			return -EINVAL;
		}
	}

	for (param = params; param->name; param++) {
		value = json_object_get(parameters, param->name);
		if (param->nullable && (!value || json_is_null(value)))
			continue;
		if (!value || !read_value(param, value)) {
			*bad = param->name;
			return -EINVAL;
		}
	}
	return 0;
}
