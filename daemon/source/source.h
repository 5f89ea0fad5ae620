/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every source of exit counts gives: the contract between source/ and app/.
 *
 * A source reads exits wherever it has them from and calls these handlers, all
 * from the event loop's one thread, in an order that every source keeps:
 *
 *   traits      before the first state that needs a source, and when they change
 *   trouble     before a state without one: why
 *   state       first, and whenever it changes; it may be the same again
 *   config      after the state is known, where the source has a configuration
 *   dump_begin  message…  dump_end    totals of everything that exists
 *   message     news; also between dump_begin and dump_end, where totals make
 *               the order irrelevant
 *   gap         news was lost: a dump follows
 *   family_gone every VM has ended
 *   drained     after each turn of reading
 *
 * Every count in a message is a total besides its delta, so that a handler that
 * missed one is right again with the next.
 */
#ifndef KVMEXITD_SOURCE_H
#define KVMEXITD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/status.h"

struct exit_message;
struct kernel_config;

/* None may free the source that calls it. */
struct source_handlers {
	/*
	 * Every message that is going to be reported, before it is: len bytes in the
	 * encoding of kernel/spec/kvm-exitstat.yaml, netlink header included. May be
	 * NULL; a recording is made of it.
	 */
	void (*raw)(void *userdata, const void *bytes, size_t len);

	/* Which source reports, and what it can; NULL: none. Text must last. */
	void (*traits)(void *userdata, const struct source_traits *traits);

	/* What stands in the way, and the way out; "": what the state says. */
	void (*trouble)(void *userdata, const char *text);

	void (*state)(void *userdata, enum kernel_state state);

	/* -ENOMEM asks for all totals again; any other error is the handler's own. */
	int (*message)(void *userdata, const struct exit_message *message);

	/* A message that could not be read, and why. */
	void (*malformed)(void *userdata, const char *what);

	/* It did not see so much, in all. */
	void (*losses)(void *userdata, const struct source_losses *losses);

	/* Messages were lost: called once for each gap. A dump follows. */
	void (*gap)(void *userdata);

	/* Around a dump's messages. complete: nothing that exists was left out. */
	void (*dump_begin)(void *userdata);
	void (*dump_end)(void *userdata, bool complete);

	/* With every dump, and when it changed. */
	void (*config)(void *userdata, const struct kernel_config *config);

	/* KVM was unloaded: all VMs are gone. */
	void (*family_gone)(void *userdata);

	/* After every turn of reading, while no dump is half-way: more may wait. */
	void (*drained)(void *userdata);
};

#endif
