/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of exit counts from the kernel, kept whole whatever happens: see
 * the top of genl_source.c.
 */
#ifndef KVMEXITD_GENL_SOURCE_H
#define KVMEXITD_GENL_SOURCE_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "model/status.h"
#include "source/netlink/genl_config.h"

struct exit_message;
struct genl_socket_ops;
struct genl_source;
struct kernel_config;
struct nlmsghdr;

/* What the source tells. None may free the source. */
struct genl_source_handlers {
	/* Every message of the family that is going to be told, before; may be NULL. */
	void (*raw)(void *userdata, const struct nlmsghdr *header);

	void (*state)(void *userdata, enum kernel_state state);

	/* -ENOMEM where it has to be told again; any other error is the handler's. */
	int (*message)(void *userdata, const struct exit_message *message);
	void (*malformed)(void *userdata, const char *what);

	/* Messages were lost, once a gap. A dump follows. */
	void (*gap)(void *userdata);

	/* Around a dump's messages. complete: nothing that exists was left out. */
	void (*dump_begin)(void *userdata);
	void (*dump_end)(void *userdata, bool complete);

	/* With every dump, and when it changed. */
	void (*config)(void *userdata, const struct kernel_config *config);

	/* KVM was unloaded: there are no VMs any more. */
	void (*family_gone)(void *userdata);

	/* After every turn of reading, while no dump is half-way: more may wait. */
	void (*drained)(void *userdata);
};

/* handlers must outlive the source; event is referenced. */
int genl_source_new(struct genl_source **out, sd_event *event,
		    const struct genl_source_handlers *handlers, void *userdata);
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

/* As genl_source_start() with these descriptors, which the source then owns, and operations. */
int genl_source_start_fds(struct genl_source *source, int events_fd, int requests_fd,
			  const struct genl_socket_ops *ops);

#endif
