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
#include <sys/epoll.h>
#include <unistd.h>

#include "model/kernel_config.h"
#include "model/sample.h"
#include "source/netlink/genl_config.h"
#include "source/netlink/genl_parse.h"
#include "source/recording/recording.h"
#include "source/source.h"
#include "util/clock.h"
#include "util/pump.h"
#include "util/util.h"

/* Before clients get their turn. */
#define RECORDS_PER_TURN 256

/* Several records of any length at a time. */
#define BUFFER_BYTES (4 * RECORD_BYTES_MAX)

struct replay {
	const struct replay_handlers *handlers;
	void *userdata;
	sd_event *event;
	sd_event_source *timer; /* when the next record is due */
	sd_event_source *input; /* on while more of it is needed */
	uint64_t speed;
	struct pump *pump; /* reads the file; NULL where fd can be polled */
	int fd;
	bool at_end; /* of what can be read */

	struct recording_header header;
	uint64_t started_us; /* CLOCK_MONOTONIC */
	uint64_t time_ns; /* of what was told last */
	uint64_t records;
	bool begun, told_end, ended;

	struct exit_message message;
	size_t start, end; /* of what was read and not told */
	char buf[BUFFER_BYTES] __attribute__((aligned(8)));
};

DEFINE_CLEANUP(struct replay *, replay_free);

/* How soon the reading process is gone that has closed its pipe. */
#define GONE_MS 100

/* More behind what is there: how many bytes, 0 at the end, or -errno. */
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

static void tell_left_out(struct replay *replay, const struct record *record)
{
	uint64_t records = 0;

	if (record->len >= sizeof(records))
		memcpy(&records, record->content, sizeof(records));
	replay->handlers->left_out(replay->userdata, records);
}

static void tell(struct replay *replay, const struct record *record)
{
	const struct source_handlers *to = replay->handlers->source;
	uint32_t number = 0;

	set_time(replay, record->time_ns);
	replay->told_end = record->type == RECORD_END;
	if (record->len >= sizeof(number))
		memcpy(&number, record->content, sizeof(number));

	switch (record->type) {
	case RECORD_MESSAGE:
		tell_message(replay, record);
		break;
	case RECORD_STATE:
		if (number <= KERNEL_STREAMING)
			to->state(replay->userdata, (enum kernel_state)number);
		else
			to->malformed(replay->userdata, "unknown state");
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
	case RECORD_LEFT_OUT:
		tell_left_out(replay, record);
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

static int end(struct replay *replay, int error)
{
	replay->ended = true;
	(void)sd_event_source_set_enabled(replay->timer, SD_EVENT_OFF);
	(void)sd_event_source_set_enabled(replay->input, SD_EVENT_OFF);
	replay->handlers->ended(replay->userdata, replay->records, error);
	return 0;
}

/* Why nothing more comes. */
static int end_of_input(struct replay *replay)
{
	int r = replay->pump ? pump_wait(replay->pump, GONE_MS) : 0;

	if (r < 0 && r != -EINPROGRESS)
		return end(replay, r);
	if (!replay->begun)
		return end(replay, -EBADMSG);
	return end(replay, replay->end > replay->start || !replay->told_end ? -ENODATA : 0);
}

/* 1 when the header is behind us, 0 when it is not all there, or -errno. */
static int begin(struct replay *replay)
{
	int r;

	if (replay->begun)
		return 1;
	if (replay->end - replay->start < RECORDING_HEADER_BYTES)
		return 0;
	r = recording_parse_header(replay->buf, replay->end, &replay->header);
	if (r < 0)
		return r;
	replay->start = RECORDING_HEADER_BYTES;
	replay->begun = true;
	(void)sd_event_now(replay->event, CLOCK_MONOTONIC, &replay->started_us);
	set_time(replay, replay->header.boottime_ns);
	replay->handlers->begun(replay->userdata);
	return 1;
}

/* Waits for more of the input, or for the time of the next record. */
static int go_on(struct replay *replay, bool input, uint64_t due_us)
{
	int r;

	if (input && replay->at_end)
		return end_of_input(replay);
	r = sd_event_source_set_enabled(replay->input, input ? SD_EVENT_ON : SD_EVENT_OFF);
	if (r >= 0 && !input)
		r = sd_event_source_set_time(replay->timer, due_us);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(replay->timer, input ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* Tells what is there and due. */
static int tell_due(struct replay *replay)
{
	struct record record;
	uint64_t now_us = 0;
	int r, i;

	r = begin(replay);
	if (r <= 0)
		return r < 0 ? end(replay, r) : go_on(replay, true, 0);

	(void)sd_event_now(replay->event, CLOCK_MONOTONIC, &now_us);
	for (i = 0; i < RECORDS_PER_TURN; i++) {
		r = recording_parse_record(replay->buf + replay->start, replay->end - replay->start,
					   &record);
		if (r < 0)
			return end(replay, r);
		if (r == 0)
			return go_on(replay, true, 0);
		if (due_us(replay, &record) > now_us)
			return go_on(replay, false, due_us(replay, &record));
		replay->start += (size_t)r;
		replay->records++;
		tell(replay, &record);
	}
	return go_on(replay, false, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	return tell_due(userdata);
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct replay *replay = userdata;
	ssize_t n = fill(replay);

	(void)source;
	(void)fd;
	(void)revents;
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return end(replay, (int)n);
	replay->at_end = n == 0;
	return tell_due(replay);
}

/* A FIFO is there at once, and readable when somebody writes to it. */
static int open_input(struct replay *replay, const char *path)
{
	int file, r;

	replay->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (replay->fd < 0)
		return -errno;
	r = sd_event_add_io(replay->event, &replay->input, replay->fd, EPOLLIN, on_input, replay);
	if (r != -EPERM)
		return r;

	/* A file, which is always readable, and may take its time. */
	file = TAKE_FD(replay->fd);
	r = pump_new(&replay->pump, file, PUMP_FROM_FILE, &replay->fd);
	if (r < 0)
		return r;
	return sd_event_add_io(replay->event, &replay->input, replay->fd, EPOLLIN, on_input,
			       replay);
}

int replay_new(struct replay **out, sd_event *event, const char *path, uint64_t speed,
	       const struct replay_handlers *handlers, void *userdata)
{
	_cleanup_(replay_freep) struct replay *replay = calloc(1, sizeof(*replay));
	int r;

	if (!replay)
		return -ENOMEM;
	replay->handlers = handlers;
	replay->userdata = userdata;
	replay->event = sd_event_ref(event);
	replay->speed = speed;
	r = open_input(replay, path);
	if (r >= 0)
		r = sd_event_source_set_enabled(replay->input, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(replay->event, &replay->timer, CLOCK_MONOTONIC, 0, 1,
				      on_timer, replay);
	if (r >= 0)
		r = sd_event_source_set_enabled(replay->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*out = TAKE_PTR(replay);
	return 0;
}

struct replay *replay_free(struct replay *replay)
{
	if (!replay)
		return NULL;

	sd_event_source_disable_unref(replay->timer);
	sd_event_source_disable_unref(replay->input);
	sd_event_unref(replay->event);
	pump_free(replay->pump);
	if (replay->fd >= 0)
		(void)close(replay->fd);
	exit_message_done(&replay->message);
	free(replay);
	return NULL;
}

int replay_start(struct replay *replay)
{
	return go_on(replay, true, 0);
}
