/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clients may have changed: the server asks, whoever owns it does it. */
#ifndef KVMEXITD_SERVER_CONTROL_H
#define KVMEXITD_SERVER_CONTROL_H

#include <stddef.h>

struct kernel_config;
struct server;

struct server_control {
	/* As the kernel told last, or NULL where there is none. */
	const struct kernel_config *(*kernel_config)(void *userdata);

	/*
	 * Has the kernel change what config has, all or nothing. -ENODEV where there
	 * is none, or its error, with text what it said of it or "".
	 */
	int (*set_kernel_config)(void *userdata, const struct kernel_config *config, char *text,
				 size_t size);

	/* Reads the configuration anew; with -EBADMSG *error, to be freed, is what is wrong. */
	int (*reload)(void *userdata, char **error);
};

/* control must outlive the server. Without it there is no kernel, and nothing to reload. */
void server_set_control(struct server *server, const struct server_control *control,
			void *userdata);

#endif
