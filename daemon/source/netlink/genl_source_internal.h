/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel source's files share: its state, and what changes it. */
#ifndef KVMEXITD_GENL_SOURCE_INTERNAL_H
#define KVMEXITD_GENL_SOURCE_INTERNAL_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "model/kernel_config.h"
#include "model/sample.h"
#include "source/netlink/genl_parse.h"
#include "source/netlink/genl_socket.h"
#include "source/netlink/genl_source.h"
#include "source/netlink/stream.h"
#include "util/ratelimit.h"

enum pending {
	PENDING_NONE,
	PENDING_FAMILY,
	PENDING_DUMP,
};

struct genl_source {
	const struct source_handlers *handlers;
	void *userdata;
	const struct genl_socket_ops *ops;

	sd_event *event;
	sd_event_source *events_source;
	sd_event_source *requests_source;
	sd_event_source *timer;
	int events_fd;
	int requests_fd;

	enum kernel_state state;
	bool has_state;
	uint16_t family; /* 0 while there is none */
	struct stream stream;

	uint32_t request_seq;
	enum pending pending; /* the request under way */
	enum pending wanted; /* what the timer is to ask for, if nothing is pending */
	uint32_t pending_seq;
	uint32_t config_seq;
	uint64_t retry_us;
	uint64_t last_dump_us;
	unsigned int failures; /* of requests, in a row */
	struct ratelimit failing;
	unsigned int interruptions;
	bool dump_again; /* something was lost since it began */
	bool dump_failed;
	bool dump_interrupted;

	struct kernel_config wanted_config;

	struct exit_message message;
	char buf[GENL_RECEIVE_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* -- genl_control.c ------------------------------------------------------ */

/* Has the kernel take wanted_config. */
void source_configure(struct genl_source *source);

/* -- genl_state.c -------------------------------------------------------- */

void source_init_state(struct genl_source *source);
void source_set_state(struct genl_source *source, enum kernel_state state);

/* Asks after a pause, instead of what is under way or was to be asked. */
void source_want(struct genl_source *source, enum pending what, uint64_t delay_us);

/* Asks for what is wanted now. */
void source_ask(struct genl_source *source);

/* An answer came, and more are to follow. */
void source_extend(struct genl_source *source);

void source_family_found(struct genl_source *source, const struct genl_family_news *news);
void source_family_gone(struct genl_source *source);
void source_lost(struct genl_source *source, enum stream_verdict verdict);
void source_dump_done(struct genl_source *source);

/* text is what the kernel said, or NULL. */
void source_request_failed(struct genl_source *source, int error, const char *text);

#endif
