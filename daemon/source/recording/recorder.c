// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts what a source reports into a file.
 *
 * Whatever happens to the file, counting goes on: a full disk or the limit ends
 * the recording with one line in the log. The writing process gets what there is
 * whenever all that waited was read, so a crash costs at most one batch.
 */
#include "config.h"

#include "source/recording/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/identity.h"
#include "model/status.h"
#include "source/recording/recorder_internal.h"
#include "source/recording/recording.h"
#include "source/source.h"
#include "util/buffer.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/pump.h"
#include "util/util.h"

/* Records are left out until half of what may wait has been written. */
#define RESUME_BYTES (RECORDER_WAITING_BYTES_MAX / 2)

/* A file that is always too slow must not have the kernel asked for totals all the time. */
#define WANTS_ALL_SPACING_NS (10 * NS_PER_S)

DEFINE_CLEANUP(struct recorder *, recorder_free);

/* All of it or nothing: content comes in two parts, of which either may be empty. */
static int append(struct recorder *recorder, enum record_type type, const void *a, size_t a_len,
		  const void *b, size_t b_len)
{
	static const unsigned char zeros[8];
	unsigned char header[RECORD_HEADER_BYTES];
	const struct record record = {
		.type = type,
		.time_ns = clock_boottime_ns(),
		.len = a_len + b_len,
	};
	struct buffer *buffer = &recorder->buffer;
	size_t pad = recording_build_record(&record, header);
	size_t size = sizeof(header) + record.len + pad;
	char *room;
	int r;

	r = buffer_reserve(buffer, size, &room);
	if (r < 0)
		return r;
	(void)buffer_append(buffer, header, sizeof(header));
	(void)buffer_append(buffer, a, a_len);
	(void)buffer_append(buffer, b, b_len);
	(void)buffer_append(buffer, zeros, pad);
	recorder->bytes += size;
	return 0;
}

static int mark_gap(struct recorder *recorder)
{
	int r = append(recorder, RECORD_LEFT_OUT, &recorder->gap, sizeof(recorder->gap), NULL, 0);

	if (r < 0)
		return r;
	recorder->gap = 0;
	recorder->wants_all = true;
	return 0;
}

static void leave_out(struct recorder *recorder)
{
	if (recorder->status->left_out == 0)
		log_warning("the recording's file is too slow: records are left out, and that "
			    "is marked in it");
	recorder->status->left_out++;
	recorder->gap++;
	recorder->dump_whole = false;
}

/* Nothing more gets in, and then the pump gets its end. */
static void close_after(struct recorder *recorder, enum record_end why)
{
	const uint32_t number = why;

	if (recorder->fd < 0 || recorder->closing)
		return;
	if (recorder->gap > 0)
		(void)mark_gap(recorder);
	(void)append(recorder, RECORD_END, &number, sizeof(number), NULL, 0);
	recorder->closing = true;
	recorder_flush(recorder);
}

static void put(struct recorder *recorder, enum record_type type, const void *a, size_t a_len,
		const void *b, size_t b_len)
{
	size_t limit = recorder->gap > 0 ? RESUME_BYTES : RECORDER_WAITING_BYTES_MAX;
	size_t size = RECORD_HEADER_BYTES + a_len + b_len;

	if (recorder->fd < 0 || recorder->closing || a_len + b_len > RECORD_CONTENT_MAX)
		return;
	/* With room for the marks. */
	if (recorder->bytes + 2 * RECORD_BYTES_MAX > RECORDING_BYTES_MAX) {
		log_warning("the recording ends here: it is as long as one may be");
		close_after(recorder, RECORD_END_FULL);
		return;
	}
	if (recorder->buffer.len + size > limit || (recorder->gap > 0 && mark_gap(recorder) < 0) ||
	    append(recorder, type, a, a_len, b, b_len) < 0)
		leave_out(recorder);
}

static void put_number(struct recorder *recorder, enum record_type type, uint32_t number)
{
	put(recorder, type, &number, sizeof(number), NULL, 0);
}

void recorder_identity(struct recorder *recorder, uint64_t vm_id,
		       const struct vm_identity *identity)
{
	struct record_identity record = { .vmid = identity->vmid };

	put(recorder, RECORD_NAME, &vm_id, sizeof(vm_id), identity->name, strlen(identity->name));
	memcpy(record.uuid, identity->uuid, sizeof(identity->uuid));
	memcpy(record.namespace, identity->namespace, sizeof(identity->namespace));
	put(recorder, RECORD_IDENTITY, &vm_id, sizeof(vm_id), &record, sizeof(record));
}

bool recorder_take_wants_all(struct recorder *recorder)
{
	uint64_t now_ns = clock_boottime_ns();

	if (!recorder->wants_all || recorder->fd < 0 || recorder->closing ||
	    (recorder->wanted_all_ns && now_ns < recorder->wanted_all_ns + WANTS_ALL_SPACING_NS))
		return false;
	recorder->wants_all = false;
	recorder->wanted_all_ns = now_ns;
	return true;
}

static void on_raw(void *userdata, const void *bytes, size_t len)
{
	put(userdata, RECORD_MESSAGE, bytes, len, NULL, 0);
}

/* Which source it was is not in recordings. */
static void on_traits(void *userdata, const struct source_traits *traits)
{
	struct recorder *recorder = userdata;

	recorder->handlers->traits(recorder->userdata, traits);
}

static void on_trouble(void *userdata, const char *text)
{
	struct recorder *recorder = userdata;

	recorder->handlers->trouble(recorder->userdata, text);
}

static void on_losses(void *userdata, const struct source_losses *losses)
{
	struct recorder *recorder = userdata;

	recorder->handlers->losses(recorder->userdata, losses);
}

/* Where VMs are named meanwhile, the names have to come first. */
static void on_state(void *userdata, enum kernel_state state)
{
	struct recorder *recorder = userdata;

	recorder->handlers->state(recorder->userdata, state);
	put_number(recorder, RECORD_STATE, state);
}

static int on_message(void *userdata, const struct exit_message *message)
{
	struct recorder *recorder = userdata;

	return recorder->handlers->message(recorder->userdata, message);
}

static void on_malformed(void *userdata, const char *what)
{
	struct recorder *recorder = userdata;

	recorder->handlers->malformed(recorder->userdata, what);
}

static void on_gap(void *userdata)
{
	struct recorder *recorder = userdata;

	put(recorder, RECORD_GAP, NULL, 0, NULL, 0);
	recorder->handlers->gap(recorder->userdata);
}

static void on_dump_begin(void *userdata)
{
	struct recorder *recorder = userdata;

	recorder->dump_whole = true;
	put(recorder, RECORD_DUMP_BEGIN, NULL, 0, NULL, 0);
	recorder->handlers->dump_begin(recorder->userdata);
}

/* A dump that misses a part here would end VMs when it is replayed. */
static void on_dump_end(void *userdata, bool complete)
{
	struct recorder *recorder = userdata;

	put_number(recorder, RECORD_DUMP_END, complete && recorder->dump_whole);
	recorder->handlers->dump_end(recorder->userdata, complete);
}

static void on_config(void *userdata, const struct kernel_config *config)
{
	struct recorder *recorder = userdata;

	recorder->handlers->config(recorder->userdata, config);
}

static void on_family_gone(void *userdata)
{
	struct recorder *recorder = userdata;

	put(recorder, RECORD_FAMILY_GONE, NULL, 0, NULL, 0);
	recorder->handlers->family_gone(recorder->userdata);
}

static void on_drained(void *userdata)
{
	struct recorder *recorder = userdata;

	recorder->handlers->drained(recorder->userdata);
	put(recorder, RECORD_DRAINED, NULL, 0, NULL, 0);
	recorder_flush(recorder);
}

const struct source_handlers recorder_handlers = {
	.raw = on_raw,
	.traits = on_traits,
	.trouble = on_trouble,
	.state = on_state,
	.message = on_message,
	.malformed = on_malformed,
	.losses = on_losses,
	.gap = on_gap,
	.dump_begin = on_dump_begin,
	.dump_end = on_dump_end,
	.config = on_config,
	.family_gone = on_family_gone,
	.drained = on_drained,
};

int recorder_new(struct recorder **out, sd_event *event, const char *path,
		 struct recording_status *status, const struct source_handlers *handlers,
		 void *userdata)
{
	_cleanup_(recorder_freep) struct recorder *recorder = calloc(1, sizeof(*recorder));
	const struct recording_header header = {
		.boottime_ns = clock_boottime_ns(),
		.realtime_offset_ns = clock_realtime_offset_ns(),
	};
	unsigned char bytes[RECORDING_HEADER_BYTES];
	int r;

	if (!recorder)
		return -ENOMEM;
	recorder->handlers = handlers;
	recorder->userdata = userdata;
	recorder->status = status;
	recorder->fd = -1;
	recording_build_header(&header, bytes);
	r = buffer_append(&recorder->buffer, bytes, sizeof(bytes));
	if (r >= 0)
		r = recorder_open(recorder, event, path);
	if (r < 0)
		return r;
	recorder->bytes = sizeof(bytes);
	status->state = RECORDING_RUNNING;
	recorder_flush(recorder);
	*out = TAKE_PTR(recorder);
	return 0;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;

	if (recorder->status->state != RECORDING_NONE)
		close_after(recorder, RECORD_END_STOPPED);
	recorder_close(recorder);
	buffer_done(&recorder->buffer);
	free(recorder);
	return NULL;
}
