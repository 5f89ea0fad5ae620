/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the registry knows, as bytes: what a kvmexitd leaves to the next one
 * that the kernel could not tell it. Pure.
 *
 * Totals of VMs that live are in it, too, since it takes them to know what was
 * made since: the first dump has more, and that much is spread over the time
 * from then to the dump, as after a loss. VMs that came or went meanwhile are in
 * the dump. Where KVM was loaded anew meanwhile, the first message has another
 * epoch, and all VMs of the old one end, with the totals known last.
 */
#ifndef KVMEXITD_STATE_H
#define KVMEXITD_STATE_H

#include <stddef.h>

struct registry;
struct state_writer;

/* Any change of what is written, or of what it means, makes a new one. */
#define STATE_VERSION 5

/*
 * A reader of these bytes may see anything; what they say is bounded as what
 * the kernel says is. More is not written: of 10,000 vCPUs, with an hour of
 * history, it is a quarter.
 */
#define STATE_BYTES_MAX (64 * 1024 * 1024)

void state_write(struct state_writer *writer, const struct registry *registry);

/*
 * Into a registry that is new. 0, -EBADMSG or -ENOMEM; then the registry has
 * part of it, and is to be freed.
 */
int state_read(const void *buf, size_t len, struct registry *registry);

#endif
