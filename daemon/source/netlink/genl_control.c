// SPDX-License-Identifier: GPL-2.0-or-later
/* What others may have the kernel source change while it runs. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "source/netlink/genl_config.h"
#include "source/netlink/genl_source_internal.h"
#include "util/log.h"

/* One by one: a kernel that does not know one of them still gets the others. */
void source_configure(struct genl_source *s)
{
	char text[GENL_TEXT_BYTES];
	size_t i;
	int r;

	for (i = 0; i < KERNEL_SETTINGS; i++) {
		struct kernel_config one = { 0 };

		if (!s->wanted_config.has[i])
			continue;
		kernel_config_set(&one, (enum kernel_setting)i, s->wanted_config.value[i]);
		r = genl_set_config(s->ops, s->family, &one, text);
		if (r < 0)
			log_warning("the kernel does not take %s=%u: %s%s%s",
				    kernel_setting_name((enum kernel_setting)i), one.value[i],
				    strerror(-r), *text ? ": " : "", text);
	}
}

void genl_source_configure(struct genl_source *s, const struct kernel_config *config)
{
	s->wanted_config = *config;
	if (s->family)
		source_configure(s);
}

int genl_source_set_config(struct genl_source *s, const struct kernel_config *config,
			   char text[static GENL_TEXT_BYTES])
{
	text[0] = '\0';
	return s->family ? genl_set_config(s->ops, s->family, config, text) : -ENODEV;
}

int genl_source_set_receive_buffer(struct genl_source *s, int receive_buffer)
{
	return genl_socket_set_receive_buffer(s->events_fd, receive_buffer);
}
