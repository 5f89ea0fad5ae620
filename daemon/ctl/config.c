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

/* text as a value of what is like now, in the words of kvmexitd.conf; NULL if it is none. */
static json_t *parse_value(const json_t *now, const char *text)
{
	uint64_t number;
	bool flag;

	if (json_is_boolean(now))
		return text_to_bool(text, &flag) ? json_boolean(flag) : NULL;
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
	else if (json_object_set_new(parameters, name, parse_value(old, equals + 1)) < 0)
		ctl_error("%s takes %s: '%s'", name,
			  json_is_boolean(old) ? "yes or no" : "a number of up to 32 bits",
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

static int run(struct ctl *ctl, int argc, char **argv)
{
	enum ctl_exit result = CTL_OK;
	json_t *config = NULL;

	if (option_given(ctl, OPTION_RELOAD)) {
		result = ctl_call(ctl, CTL_METHOD("ReloadConfig"), NULL, &config);
		json_decref(config);
	}
	if (result == CTL_OK && argc > 0)
		result = change(ctl, argc, argv);
	if (result == CTL_OK)
		result = ctl_call(ctl, CTL_METHOD("GetConfig"), NULL, &config);
	if (result != CTL_OK)
		return (int)result;

	if (ctl->json)
		output_json(config);
	else
		print_text(config);
	json_decref(config);
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
