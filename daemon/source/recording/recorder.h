/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts what a source reports into a file, and passes it on.
 *
 * It never waits for the file. A process of its own writes it (util/pump.h), and what
 * that has not taken yet waits in memory, up to a limit. Beyond it records are left
 * out: whole ones, counted, reported once, and marked in the recording.
 */
#ifndef KVMEXITD_RECORDER_H
#define KVMEXITD_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct recording_status;
struct source_handlers;
struct recorder;
struct vm_identity;

/*
 * A host with 10,000 busy vCPUs fills it in some minutes, one with 300 in a day.
 * The beginning is what is kept: it has the totals that all else adds to.
 */
#define RECORDING_BYTES_MAX (UINT64_C(1) << 30)

/*
 * What may wait to be written: all totals of 10,000 vCPUs, or some seconds of what
 * they do, which is more than a disk that works pauses for.
 */
#define RECORDER_WAITING_BYTES_MAX (12 * 1024 * 1024)

/*
 * Replaces the file at path, which no other user may read or own, and logs what
 * fails: -ENXIO for a FIFO that nobody reads, -EPERM for somebody else's file. What
 * is reported goes on to handlers, with userdata. These and status, which is kept up
 * to date, must outlive the recorder; event is referenced.
 */
int recorder_new(struct recorder **out, sd_event *event, const char *path,
		 struct recording_status *status, const struct source_handlers *handlers,
		 void *userdata);

/*
 * Writes what is left, for half a second at most; what is not written then is gone.
 * NULL is fine.
 */
struct recorder *recorder_free(struct recorder *recorder);

/* For genl_source_new(), with the recorder as userdata. */
extern const struct source_handlers recorder_handlers;

/* Who the VM is from now on; there is no /proc to ask when it is replayed. */
void recorder_identity(struct recorder *recorder, uint64_t vm_id,
		       const struct vm_identity *identity);

/*
 * Whether records were left out since the last time and there is room again: then
 * all totals and all names should be reported once more. Says so once.
 */
bool recorder_take_wants_all(struct recorder *recorder);

#endif
