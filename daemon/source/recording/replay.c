// SPDX-License-Identifier: GPL-2.0-or-later
/* A recording in the kernel's place. */
#include "config.h"

#include "source/recording/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel_config.h"
#include "model/sample.h"
#include "source/netlink/genl_config.h"
#include "source/netlink/genl_parse.h"
#include "source/recording/recording.h"
#include "source/source.h"
#include "util/clock.h"
#include "util/util.h"

/* Before clients get their turn. */
#define RECORDS_PER_TURN 256

/* Several records of any length at a time. */
#define BUFFER_BYTES (4 * RECORD_BYTES_MAX)

struct replay {
	const struct replay_handlers *handlers;
	void *userdata;
	sd_event *event;
	sd_event_source *timer;
	uint64_t speed;
	int fd;

	struct recording_header header;
	uint64_t started_us; /* CLOCK_MONOTONIC */
	uint64_t time_ns; /* of what was told last */
	uint64_t records;
	bool ended;

	struct exit_message message;
	size_t start, end; /* of what was read and not told */
	char buf[BUFFER_BYTES] __attribute__((aligned(8)));
};

DEFINE_CLEANUP(struct replay *, replay_free);

/* More of the file behind what is there: how many bytes, 0 at its end, or -errno. */
static ssize_t fill(struct replay *replay)
{
	ssize_t n;

	/* Records are multiples of 8 bytes, so that they stay aligned. */
	memmove(replay->buf, replay->buf + replay->start, replay->end - replay->start);
	replay->end -= replay->start;
	replay->start = 0;
	do
		n = read(replay->fd, replay->buf + replay->end, BUFFER_BYTES - replay->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	replay->end += (size_t)n;
	return n;
}

/* 1 with the next record in *out, 0 at the end, or -errno. */
static int peek(struct replay *replay, struct record *out, size_t *bytes)
{
	ssize_t n;
	int r;

	for (;;) {
		r = recording_parse_record(replay->buf + replay->start, replay->end - replay->start,
					   out);
		if (r != 0) {
			*bytes = (size_t)r;
			return r < 0 ? r : 1;
		}
		n = fill(replay);
		if (n <= 0)
			return (int)n;
	}
}

static void set_time(struct replay *replay, uint64_t time_ns)
{
	/* Time does not go back, whatever the file says. */
	if (time_ns > replay->time_ns)
		replay->time_ns = time_ns;
	clock_simulate(replay->time_ns, replay->header.realtime_offset_ns);
}

static void tell_message(struct replay *replay, const struct record *record)
{
	const struct source_handlers *to = replay->handlers->source;
	const struct nlmsghdr *header = record->content;
	struct kernel_config config;
	int r = -EBADMSG;

	if (record->len >= NLMSG_HDRLEN && header->nlmsg_len == record->len)
		r = genl_parse_config(record->content, record->len, &config);
	if (r == 0) {
		to->config(replay->userdata, &config);
		return;
	}
	if (r == -EOPNOTSUPP)
		r = genl_parse_stats(record->content, record->len, &replay->message);
	if (r < 0) {
		to->malformed(replay->userdata, strerror(-r));
		return;
	}
	exit_message_bound(&replay->message, replay->time_ns);
	(void)to->message(replay->userdata, &replay->message);
}

static void tell_name(struct replay *replay, const struct record *record)
{
	uint64_t vm_id;

	if (record->len <= sizeof(vm_id))
		return;
	memcpy(&vm_id, record->content, sizeof(vm_id));
	replay->handlers->name(replay->userdata, vm_id,
			       (const char *)record->content + sizeof(vm_id),
			       record->len - sizeof(vm_id));
}

static void tell_identity(struct replay *replay, const struct record *record)
{
	struct record_identity identity;
	uint64_t vm_id;

	if (record->len < sizeof(vm_id) + sizeof(identity))
		return;
	memcpy(&vm_id, record->content, sizeof(vm_id));
	memcpy(&identity, (const char *)record->content + sizeof(vm_id), sizeof(identity));
	if (!memchr(identity.uuid, '\0', sizeof(identity.uuid)) ||
	    !memchr(identity.namespace, '\0', sizeof(identity.namespace)))
		return;
	replay->handlers->identity(replay->userdata, vm_id, &identity);
}

static void tell(struct replay *replay, const struct record *record)
{
	const struct source_handlers *to = replay->handlers->source;
	uint32_t number = 0;

	set_time(replay, record->time_ns);
	if (record->len >= sizeof(number))
		memcpy(&number, record->content, sizeof(number));

	switch (record->type) {
	case RECORD_MESSAGE:
		tell_message(replay, record);
		break;
	case RECORD_STATE:
		if (number <= KERNEL_STREAMING)
			to->state(replay->userdata, (enum kernel_state)number);
		break;
	case RECORD_GAP:
		to->gap(replay->userdata);
		break;
	case RECORD_DUMP_BEGIN:
		to->dump_begin(replay->userdata);
		break;
	case RECORD_DUMP_END:
		to->dump_end(replay->userdata, number);
		break;
	case RECORD_FAMILY_GONE:
		to->family_gone(replay->userdata);
		break;
	case RECORD_DRAINED:
		to->drained(replay->userdata);
		break;
	case RECORD_NAME:
		tell_name(replay, record);
		break;
	case RECORD_IDENTITY:
		tell_identity(replay, record);
		break;
	default:
		break;
	}
}

/* When the record is due, on CLOCK_MONOTONIC. */
static uint64_t due_us(const struct replay *replay, const struct record *record)
{
	if (!replay->speed || record->time_ns <= replay->header.boottime_ns)
		return 0;
	return replay->started_us +
	       (record->time_ns - replay->header.boottime_ns) / NS_PER_US / replay->speed;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct replay *replay = userdata;
	struct record record;
	uint64_t now_us = 0;
	size_t bytes = 0;
	int r, i;

	(void)usec;
	(void)sd_event_now(replay->event, CLOCK_MONOTONIC, &now_us);
	for (i = 0; i < RECORDS_PER_TURN; i++) {
		r = peek(replay, &record, &bytes);
		if (r <= 0) {
			replay->ended = true;
			replay->handlers->ended(replay->userdata, replay->records, r);
			return 0;
		}
		if (due_us(replay, &record) > now_us)
			break;
		replay->start += bytes;
		replay->records++;
		tell(replay, &record);
	}
	r = sd_event_source_set_time(source, i < RECORDS_PER_TURN ? due_us(replay, &record) : 0);
	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int replay_new(struct replay **out, sd_event *event, const char *path, uint64_t speed,
	       const struct replay_handlers *handlers, void *userdata)
{
	_cleanup_(replay_freep) struct replay *replay = calloc(1, sizeof(*replay));
	ssize_t n;
	int r;

	if (!replay)
		return -ENOMEM;
	replay->handlers = handlers;
	replay->userdata = userdata;
	replay->event = sd_event_ref(event);
	replay->speed = speed;
	replay->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (replay->fd < 0)
		return -errno;

	do
		n = fill(replay);
	while (n > 0 && replay->end < RECORDING_HEADER_BYTES);
	if (n < 0)
		return (int)n;
	r = recording_parse_header(replay->buf, replay->end, &replay->header);
	if (r < 0)
		return r;
	replay->start = RECORDING_HEADER_BYTES;
	set_time(replay, replay->header.boottime_ns);
	*out = TAKE_PTR(replay);
	return 0;
}

struct replay *replay_free(struct replay *replay)
{
	if (!replay)
		return NULL;

	sd_event_source_disable_unref(replay->timer);
	sd_event_unref(replay->event);
	if (replay->fd >= 0)
		(void)close(replay->fd);
	exit_message_done(&replay->message);
	free(replay);
	return NULL;
}

int replay_start(struct replay *replay)
{
	(void)sd_event_now(replay->event, CLOCK_MONOTONIC, &replay->started_us);
	return sd_event_add_time(replay->event, &replay->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
				 replay);
}
