/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording in the kernel's place: tells the handlers what the kernel source told
 * when it was made, and sets all clocks to the time of what it tells.
 *
 * The loop waits for the recording as for any other descriptor: for a pipe or FIFO
 * itself, for a file with util/pump.h, since a disk may be slow.
 */
#ifndef KVMEXITD_REPLAY_H
#define KVMEXITD_REPLAY_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct record_identity;
struct source_handlers;
struct replay;

struct replay_handlers {
	const struct source_handlers *source;

	/* The header is read: clocks have the time of the recording's beginning. */
	void (*begun)(void *userdata);

	/* The VM's name from now on, of len bytes, as the recording has it. */
	void (*name)(void *userdata, uint64_t vm_id, const char *name, size_t len);

	/* The same of what else it is known by. */
	void (*identity)(void *userdata, uint64_t vm_id, const struct record_identity *identity);

	/* So many records are not in it: its file was too slow when it was made. */
	void (*left_out)(void *userdata, uint64_t records);

	/*
	 * All is told that can be. error is 0; or -ENODATA: the recording's end is
	 * missing; -EBADMSG: what follows is damaged, or before begun() no recording;
	 * -EPROTONOSUPPORT: it is of another version; or what reading it gave.
	 */
	void (*ended)(void *userdata, uint64_t records, int error);
};

/*
 * Opens the recording. speed is how many times faster than it was, 0 as fast as can
 * be. handlers must outlive the replay; event is referenced.
 */
int replay_new(struct replay **out, sd_event *event, const char *path, uint64_t speed,
	       const struct replay_handlers *handlers, void *userdata);
struct replay *replay_free(struct replay *replay);

/* From now on the loop reads it. */
int replay_start(struct replay *replay);

#endif
