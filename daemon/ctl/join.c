// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls whose answer comes in parts.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/connect.h"
#include "ctl/join.h"
#include "util/util.h"

/* More than thousands of vCPUs need, if each takes one. */
#define PARTS_MAX 16384

static const char *const in_parts[] = {
	CTL_METHOD("GetMetrics"),
	CTL_METHOD("List"),
	CTL_METHOD("Show"),
};

static bool comes_in_parts(const char *method)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(in_parts); i++)
		if (strcmp(in_parts[i], method) == 0)
			return true;
	return false;
}

/* Appends to the array owner[key] that of part, which may have none. */
static int extend(json_t *owner, const json_t *part, const char *key)
{
	json_t *more = json_object_get(part, key), *list = json_object_get(owner, key);

	if (!json_is_array(more))
		return 0;
	if (!json_is_array(list))
		return json_object_set(owner, key, more) < 0 ? -ENOMEM : 0;
	return json_array_extend(list, more) < 0 ? -ENOMEM : 0;
}

/* All texts of the parts as one, made at once: they may be thousands. */
static int join_text(json_t *whole, const json_t *parts)
{
	_cleanup_free_ char *text = NULL;
	const json_t *part;
	size_t i, len = 0;

	json_array_foreach(parts, i, part)
		len += json_string_length(json_object_get(part, "text"));
	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	len = 0;
	json_array_foreach(parts, i, part) {
		const json_t *more = json_object_get(part, "text");

		if (!json_is_string(more))
			continue;
		memcpy(text + len, json_string_value(more), json_string_length(more));
		len += json_string_length(more);
	}
	return json_object_set_new(whole, "text", json_stringn(text, len)) < 0 ? -ENOMEM : 0;
}

/* Makes of the first part the answer. */
static int join(const json_t *parts)
{
	json_t *whole = json_array_get(parts, 0);
	const json_t *part;
	int r = 0;
	size_t i;

	if (json_array_size(parts) < 2)
		return 0;
	if (json_is_string(json_object_get(whole, "text")))
		r = join_text(whole, parts);
	for (i = 1; i < json_array_size(parts) && r >= 0; i++) {
		part = json_array_get(parts, i);
		r = extend(whole, part, "vms");
		if (r >= 0)
			r = extend(json_object_get(whole, "vm"), json_object_get(part, "vm"),
				   "vcpus");
	}
	return r;
}

int varlink_ask(struct varlink *link, const struct varlink_wait *wait, const char *method,
		json_t *parameters, struct varlink_reply *out)
{
	struct varlink_reply reply = { 0 };
	json_t *parts = json_array();
	bool more = true;
	int r;

	r = varlink_send(link, wait, method, parameters, comes_in_parts(method));
	while (r >= 0 && more) {
		varlink_reply_done(&reply);
		r = varlink_receive(link, wait, &reply);
		more = r >= 0 && reply.continues;
		if (r >= 0 && json_array_size(parts) == PARTS_MAX)
			r = -EBADMSG;
		if (r >= 0 && json_array_append(parts, reply.parameters) < 0)
			r = -ENOMEM;
	}
	/* An error is the answer, whatever came before it. */
	if (r >= 0 && !reply.error) {
		r = join(parts);
		json_decref(reply.parameters);
		reply.parameters = json_incref(json_array_get(parts, 0));
	}
	json_decref(parts);
	if (r < 0)
		varlink_reply_done(&reply);
	else
		*out = reply;
	return r;
}
