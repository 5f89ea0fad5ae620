// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the fixture's server has for a kernel to configure.
 */
#include "config.h"

#include "ctl_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INTERVAL_MS_MIN 10

static const struct kernel_config *kernel_config(void *userdata)
{
	return userdata;
}

static int set_kernel_config(void *userdata, const struct kernel_config *config, char *text,
			     size_t size)
{
	struct kernel_config *kernel = userdata;
	size_t i;

	if (config->has[KERNEL_INTERVAL_MS] &&
	    config->value[KERNEL_INTERVAL_MS] < INTERVAL_MS_MIN) {
		(void)snprintf(text, size, "integer out of range");
		return -ERANGE;
	}
	for (i = 0; i < KERNEL_SETTINGS; i++)
		if (config->has[i])
			kernel_config_set(kernel, (enum kernel_setting)i, config->value[i]);
	return 0;
}

static int reload(void *userdata, char **error)
{
	(void)userdata;
	*error = strdup("kvmexitd.conf:3: wrong");
	return -EBADMSG;
}

static const struct kernel_config *no_config(void *userdata)
{
	(void)userdata;
	return NULL;
}

static int set_nothing(void *userdata, const struct kernel_config *config, char *text, size_t size)
{
	(void)userdata;
	(void)config;
	(void)text;
	(void)size;
	return -ENODEV;
}

static int reload_well(void *userdata, char **error)
{
	(void)userdata;
	(void)error;
	return 0;
}

const struct server_control ctl_control_replay = {
	.kernel_config = kernel_config,
	.set_kernel_config = set_nothing,
	.reload = reload_well,
};

const struct server_control ctl_control_without = {
	.kernel_config = no_config,
	.set_kernel_config = set_nothing,
	.reload = reload_well,
};

const struct server_control ctl_control = {
	.kernel_config = kernel_config,
	.set_kernel_config = set_kernel_config,
	.reload = reload,
};
