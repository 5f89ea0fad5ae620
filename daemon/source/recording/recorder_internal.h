/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the recorder's files share: recorder.c makes records, recorder_file.c has them written. */
#ifndef KVMEXITD_RECORDER_INTERNAL_H
#define KVMEXITD_RECORDER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "source/recording/recorder.h"
#include "util/buffer.h"

struct recorder {
	const struct source_handlers *handlers;
	void *userdata;
	struct recording_status *status;

	struct pump *pump;
	sd_event_source *ended; /* the pump has */
	sd_event_source *room; /* in the pipe; on while something waits */
	int fd; /* the pipe to the pump; -1 when the recording has ended */
	bool closing; /* nothing more is put in */
	struct buffer buffer;
	uint64_t bytes; /* of all records, with those that wait */

	uint64_t gap; /* records that were left out and are not marked yet */
	bool dump_whole; /* nothing was left out since it began */
	bool wants_all;
	uint64_t wanted_all_ns;
};

/* Opens the file and starts the process that writes it. Logs what fails. */
int recorder_open(struct recorder *recorder, sd_event *event, const char *path);

/* Hands over what the pipe takes now. With closing, and all handed over, closes it. */
void recorder_flush(struct recorder *recorder);

/* The end, within the time that there is for it. */
void recorder_close(struct recorder *recorder);

#endif
