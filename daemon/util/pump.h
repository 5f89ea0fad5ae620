/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies bytes between a file and a pipe, in a process of its own.
 *
 * Opening a file O_NONBLOCK changes nothing for a regular one: reading and writing it
 * waits for the disk, or for a server that is gone. A process that does nothing but
 * copy may wait, and whoever has the other end of the pipe polls it. Of what does the
 * same, this is the simplest: a thread would share memory and descriptors with the
 * daemon and could not be killed alone, and io_uring is forbidden on many hosts.
 *
 * SIGPIPE and SIGXFSZ are errors of the file in that process, and signals that end
 * the daemon leave it alone: it ends with its input.
 */
#ifndef KVMEXITD_PUMP_H
#define KVMEXITD_PUMP_H

struct pump;

enum pump_direction {
	PUMP_TO_FILE,
	PUMP_FROM_FILE,
};

/*
 * Takes over file, also on failure. *pipe is the other end, non-blocking, for the
 * caller to close.
 */
int pump_new(struct pump **out, int file, enum pump_direction direction, int *pipe);

/* Becomes readable when the copying has ended. */
int pump_fd(const struct pump *pump);

/*
 * Waits for its end: 0, what was wrong with reading or writing as -errno, or
 * -EINPROGRESS when it goes on after timeout_ms.
 */
int pump_wait(struct pump *pump, int timeout_ms);

/* Ends it, wherever it is. NULL is fine. */
struct pump *pump_free(struct pump *pump);

#endif
