/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of exit counts from the kernel, kept whole whatever happens: see
 * the top of genl_source.c.
 */
#ifndef KVMEXITD_GENL_SOURCE_H
#define KVMEXITD_GENL_SOURCE_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "source/netlink/genl_config.h"
#include "source/source.h"

struct genl_socket_ops;
struct genl_source;
struct kernel_config;

/* handlers must outlive the source; event is referenced. */
int genl_source_new(struct genl_source **out, sd_event *event,
		    const struct source_handlers *handlers, void *userdata);
struct genl_source *genl_source_free(struct genl_source *source);

/*
 * Opens the sockets and asks the kernel. A missing family is no error. Up to
 * receive_buffer bytes of notifications may wait to be read.
 */
int genl_source_start(struct genl_source *source, int receive_buffer);

/* The same for a source that runs. */
int genl_source_set_receive_buffer(struct genl_source *source, int receive_buffer);

/*
 * What the kernel is to be set to, now and whenever the family comes anew; it
 * keeps all else as it is. What it refuses is logged.
 */
void genl_source_configure(struct genl_source *source, const struct kernel_config *config);

/*
 * Sets it for now, all or nothing: 0, -ENODEV where there is no family, or the
 * kernel's error, with text what it said about it or "".
 */
int genl_source_set_config(struct genl_source *source, const struct kernel_config *config,
			   char text[static GENL_TEXT_BYTES]);

/* Reads all totals again, where they can be read. Nothing was lost. */
void genl_source_resync(struct genl_source *source);

/* As genl_source_start() with these descriptors, which the source then owns, and operations. */
int genl_source_start_fds(struct genl_source *source, int events_fd, int requests_fd,
			  const struct genl_socket_ops *ops);

#endif
