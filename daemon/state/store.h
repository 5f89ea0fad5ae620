/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a kvmexitd leaves what it knows to the next one: a memfd that systemd
 * keeps for it while it is restarted.
 *
 * The file has two places. What is saved goes to the one that is not in use,
 * first what it is, then a header that says how long it is and has its checksum;
 * then the other one's memory is given back. Killed at any instant, one of them
 * is whole.
 */
#ifndef KVMEXITD_STATE_STORE_H
#define KVMEXITD_STATE_STORE_H

#include "state/state.h"

struct registry;
struct state_store;

/* Of each place: a page, so that all of it can be given back, and what is saved. */
#define STATE_HEADER_BYTES 4096
#define STATE_SLOT_BYTES   (STATE_HEADER_BYTES + STATE_BYTES_MAX)

/* The name of the descriptor among those that systemd passes. */
#define STATE_FD_NAME "kvmexitd-state"

/* With one that systemd kept, which it then owns, or -1: makes one. */
int state_store_new(struct state_store **out, int fd);
struct state_store *state_store_free(struct state_store *store);

/*
 * Gives it to systemd to keep. 1, or 0 where there is no systemd to do so, and
 * saving would be of no use; or -errno.
 */
int state_store_keep(struct state_store *store);

/*
 * What was saved last, as a new registry. -ENODATA if nothing was; -ESTALE
 * where it is of another version of this program; -EBADMSG where it is damaged.
 * It is of this boot: no memfd outlives the kernel.
 */
int state_store_load(struct state_store *store, struct registry **out);

/* 0 or -errno; what was saved before is then still there. */
int state_store_save(struct state_store *store, const struct registry *registry);

#endif
