// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts what the kernel source tells into a file.
 *
 * Whatever happens to the file, counting goes on: a full disk or the limit ends
 * the recording with one line in the log. Written is whenever all that waited was
 * read, so a crash costs at most one batch.
 */
#include "config.h"

#include "source/recording/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "model/identity.h"
#include "source/recording/recording.h"
#include "source/source.h"
#include "util/buffer.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/util.h"

/* It has others' command lines in it, as names. */
#define FILE_MODE 0600

/* What is kept in memory until it is written: one turn of the source, and some. */
#define BUFFER_BYTES_MAX (1024 * 1024)

struct recorder {
	const struct source_handlers *handlers;
	void *userdata;
	int fd; /* -1 when the recording has ended */
	uint64_t written;
	struct buffer buffer;
};

DEFINE_CLEANUP(struct recorder *, recorder_free);

static void stop(struct recorder *recorder, const char *why)
{
	log_warning("the recording ends here: %s", why);
	(void)close(recorder->fd);
	recorder->fd = -1;
	buffer_done(&recorder->buffer);
	recorder->buffer = (struct buffer){ 0 };
}

static void flush(struct recorder *recorder)
{
	ssize_t n;

	while (recorder->fd >= 0 && recorder->buffer.len > 0) {
		n = write(recorder->fd, buffer_head(&recorder->buffer), recorder->buffer.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			stop(recorder, strerror(errno));
			return;
		}
		recorder->written += (uint64_t)n;
		buffer_consume(&recorder->buffer, (size_t)n);
	}
}

/* Content comes in two parts, of which either may be empty. */
static void put(struct recorder *recorder, enum record_type type, const void *a, size_t a_len,
		const void *b, size_t b_len)
{
	static const unsigned char zeros[8];
	unsigned char header[RECORD_HEADER_BYTES];
	const struct record record = {
		.type = type,
		.time_ns = clock_boottime_ns(),
		.len = a_len + b_len,
	};
	size_t pad;

	if (recorder->fd < 0 || record.len > RECORD_CONTENT_MAX)
		return;
	if (recorder->written + recorder->buffer.len + RECORD_BYTES_MAX > RECORDING_BYTES_MAX) {
		flush(recorder);
		if (recorder->fd >= 0)
			stop(recorder, "it is as long as one may be");
		return;
	}
	pad = recording_build_record(&record, header);
	if (buffer_append(&recorder->buffer, header, sizeof(header)) < 0 ||
	    (a_len && buffer_append(&recorder->buffer, a, a_len) < 0) ||
	    (b_len && buffer_append(&recorder->buffer, b, b_len) < 0) ||
	    (pad && buffer_append(&recorder->buffer, zeros, pad) < 0)) {
		stop(recorder, strerror(ENOMEM));
		return;
	}
	if (recorder->buffer.len > BUFFER_BYTES_MAX)
		flush(recorder);
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

	put(recorder, RECORD_DUMP_BEGIN, NULL, 0, NULL, 0);
	recorder->handlers->dump_begin(recorder->userdata);
}

static void on_dump_end(void *userdata, bool complete)
{
	struct recorder *recorder = userdata;

	put_number(recorder, RECORD_DUMP_END, complete);
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
	flush(recorder);
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

int recorder_new(struct recorder **out, const char *path, const struct source_handlers *handlers,
		 void *userdata)
{
	_cleanup_(recorder_freep) struct recorder *recorder = calloc(1, sizeof(*recorder));
	const struct recording_header header = {
		.boottime_ns = clock_boottime_ns(),
		.realtime_offset_ns = clock_realtime_offset_ns(),
	};
	unsigned char bytes[RECORDING_HEADER_BYTES];

	if (!recorder)
		return -ENOMEM;
	recorder->handlers = handlers;
	recorder->userdata = userdata;
	recorder->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, FILE_MODE);
	if (recorder->fd < 0)
		return -errno;
	recording_build_header(&header, bytes);
	if (buffer_append(&recorder->buffer, bytes, sizeof(bytes)) < 0)
		return -ENOMEM;
	flush(recorder);
	if (recorder->fd < 0)
		return -EIO;
	*out = TAKE_PTR(recorder);
	return 0;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;

	flush(recorder);
	if (recorder->fd >= 0)
		(void)close(recorder->fd);
	buffer_done(&recorder->buffer);
	free(recorder);
	return NULL;
}
