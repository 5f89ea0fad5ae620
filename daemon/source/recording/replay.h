/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording in the kernel's place: tells the handlers what the kernel source told
 * when it was made, and sets all clocks to the time of what it tells.
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

	/* The VM's name from now on, of len bytes, as the recording has it. */
	void (*name)(void *userdata, uint64_t vm_id, const char *name, size_t len);

	/* The same of what else it is known by. */
	void (*identity)(void *userdata, uint64_t vm_id, const struct record_identity *identity);

	/* All is told. error is 0, or -EBADMSG: the rest of the file is damaged. */
	void (*ended)(void *userdata, uint64_t records, int error);
};

/*
 * Opens the recording and sets the clocks to its beginning. speed is how many times
 * faster than it was, 0 as fast as can be. handlers must outlive the replay; event
 * is referenced. -EBADMSG and -EPROTONOSUPPORT where it is no such file.
 */
int replay_new(struct replay **out, sd_event *event, const char *path, uint64_t speed,
	       const struct replay_handlers *handlers, void *userdata);
struct replay *replay_free(struct replay *replay);

int replay_start(struct replay *replay);

#endif
