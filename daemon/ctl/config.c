// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl config: how the kernel makes batches.
 */
#include "config.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "util/text.h"
#include "util/util.h"

enum {
	OPTION_RELOAD,
};

static const struct ctl_option options[] = {
	[OPTION_RELOAD] = { "reload", NULL, "first have kvmexitd read kvmexitd.conf anew", 0 },
	{ .name = NULL },
};

/* By name, as the daemon may not know the value: in a replay, or of an older kernel. */
static bool is_flag(const char *name, const json_t *now)
{
	return strcmp(name, "timing") == 0 || json_is_boolean(now);
}

/* text as a value, in the words of kvmexitd.conf; NULL if it is none. */
static json_t *parse_value(bool flag, const char *text)
{
	uint64_t number;
	bool on;

	if (flag)
		return text_to_bool(text, &on) ? json_boolean(on) : NULL;
	return option_read_number(text, 0, UINT32_MAX, &number) ? json_integer((json_int_t)number) :
								  NULL;
}

/* Adds NAME=VALUE. False if that is none, and it was said. */
static bool add(json_t *parameters, const json_t *now, const char *argument)
{
	_cleanup_free_ char *clean = clean_text(argument), *name = NULL;
	const char *equals = strchr(argument, '=');
	const json_t *old;

	if (!equals || equals == argument) {
		ctl_error("'%s' is no NAME=VALUE", clean ? clean : "");
		return false;
	}
	name = strndup(argument, (size_t)(equals - argument));
	old = name ? json_object_get(now, name) : NULL;
	if (!old)
		ctl_error("'%s' is no setting: 'kvmexitctl config' has them all",
			  clean ? clean : "");
	else if (json_object_set_new(parameters, name,
				     parse_value(is_flag(name, old), equals + 1)) < 0)
		ctl_error("%s takes %s: '%s'", name,
			  is_flag(name, old) ? "yes or no" : "a number of up to 32 bits",
			  clean ? clean : "");
	else
		return true;
	return false;
}

static enum ctl_exit change(struct ctl *ctl, int argc, char **argv)
{
	json_t *parameters = json_object(), *reply = NULL;
	enum ctl_exit result;
	int i;

	result = ctl_call(ctl, CTL_METHOD("GetConfig"), NULL, &reply);
	for (i = 0; result == CTL_OK && i < argc; i++)
		if (!add(parameters, reply, argv[i]))
			result = CTL_USAGE;
	json_decref(reply);
	if (result != CTL_OK) {
		json_decref(parameters);
		return result;
	}
	reply = NULL;
	result = ctl_call(ctl, CTL_METHOD("SetConfig"), parameters, &reply);
	json_decref(reply);
	return result;
}

static void print_text(const json_t *config)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)config, name, value) {
		_cleanup_free_ char *clean = clean_text(name);

		if (json_is_integer(value))
			printf("%s=%lld\n", clean, (long long)json_integer_value(value));
		else if (json_is_boolean(value))
			printf("%s=%s\n", clean, json_is_true(value) ? "yes" : "no");
	}
}

/* What is set now. After a reload there need not be a kernel that has settings. */
static enum ctl_exit show(const struct ctl *ctl, bool reloaded)
{
	struct varlink_reply reply = { 0 };
	enum ctl_exit result = ctl_ask(ctl, CTL_METHOD("GetConfig"), NULL, &reply);

	if (result != CTL_OK)
		return result;
	if (reply.error && !(reloaded && strcmp(reply.error, CTL_METHOD("NoKernel")) == 0))
		result = ctl_report_error(ctl, &reply);
	else if (ctl->json)
		output_json(ctl, reply.parameters);
	else
		print_text(reply.parameters);
	varlink_reply_done(&reply);
	return result;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	bool reload = option_given(ctl, OPTION_RELOAD);
	enum ctl_exit result = CTL_OK;
	json_t *reply = NULL;

	if (reload) {
		result = ctl_call(ctl, CTL_METHOD("ReloadConfig"), NULL, &reply);
		json_decref(reply);
	}
	if (result == CTL_OK && argc > 0)
		result = change(ctl, argc, argv);
	if (result == CTL_OK)
		result = show(ctl, reload && argc == 0);
	return (int)result;
}

const struct ctl_command ctl_config = {
	.name = "config",
	.args = "[SETTING...]",
	.help = "how the kernel makes batches; changing it needs root",
	.about = "SETTING is NAME=VALUE, a number, yes or no. What is set so stays until\n"
		 "kvmexitd is started or reloaded, or KVM's module is loaded anew:\n"
		 "kvmexitd.conf is for good. All of the values are taken, or none.",
	.options = options,
	.args_max = INT_MAX,
	.run = run,
};
