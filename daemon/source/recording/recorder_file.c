// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of a recorder: opened safely, written by a process that may wait for it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "model/status.h"
#include "source/recording/recorder_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/pump.h"
#include "util/util.h"

/* It has others' command lines in it, as names. */
#define FILE_MODE 0600

/* Of one turn of the loop; the rest is for the next, so that clients get theirs. */
#define FLUSH_BYTES (1024 * 1024)

/* systemd and people wait for the end: the file gets half of the second that it may take. */
#define END_MS 500

/* How soon the writing process is gone that has closed its pipe. */
#define GONE_MS 100

static void stop(struct recorder *recorder, int error)
{
	if (recorder->fd < 0)
		return;
	if (error < 0)
		log_warning("the recording ends here: %s", strerror(-error));
	sd_event_source_disable_unref(recorder->room);
	recorder->room = NULL;
	(void)close(recorder->fd);
	recorder->fd = -1;
	buffer_done(&recorder->buffer);
	recorder->status->state = RECORDING_ENDED;
	recorder->status->error = error;
}

/* The pump is gone, or will be in a moment, and knows why. */
static void stop_with_pump(struct recorder *recorder)
{
	int r = pump_wait(recorder->pump, GONE_MS);

	stop(recorder, r == 0 || r == -EINPROGRESS ? -EPIPE : r);
}

void recorder_flush(struct recorder *recorder)
{
	size_t written = 0;
	ssize_t n;

	while (recorder->fd >= 0 && recorder->buffer.len > 0 && written < FLUSH_BYTES) {
		n = write(recorder->fd, buffer_head(&recorder->buffer), recorder->buffer.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			stop_with_pump(recorder);
			return;
		}
		buffer_consume(&recorder->buffer, (size_t)n);
		written += (size_t)n;
	}
	if (recorder->fd < 0)
		return;
	if (recorder->closing && recorder->buffer.len == 0)
		stop(recorder, 0);
	else
		(void)sd_event_source_set_enabled(
			recorder->room, recorder->buffer.len > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_room(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	recorder_flush(userdata);
	return 0;
}

static int on_pump_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct recorder *recorder = userdata;

	(void)fd;
	(void)revents;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (recorder->fd >= 0)
		stop_with_pump(recorder);
	return 0;
}

static const char *explain(int error)
{
	switch (error) {
	case -ENXIO:
		return "nobody reads from it";
	case -EPERM:
		return "the file is another user's";
	case -EINVAL:
		return "it is neither a file nor a pipe";
	default:
		return strerror(-error);
	}
}

/* A file that others could open before is not one that they cannot read from now on. */
static int prepare(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		return 0;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & 07777) != FILE_MODE && fchmod(fd, FILE_MODE) < 0)
		return -errno;
	return ftruncate(fd, 0) < 0 ? -errno : 0;
}

/* A FIFO opens at once, or not at all where nobody reads from it. */
static int open_file(const char *path)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, FILE_MODE);
	int r;

	if (fd < 0)
		return -errno;
	r = prepare(fd);
	return r < 0 ? r : TAKE_FD(fd);
}

int recorder_open(struct recorder *recorder, sd_event *event, const char *path)
{
	int fd = open_file(path), r = fd;

	if (r >= 0)
		r = pump_new(&recorder->pump, fd, PUMP_TO_FILE, &recorder->fd);
	if (r >= 0)
		r = sd_event_add_io(event, &recorder->room, recorder->fd, EPOLLOUT, on_room,
				    recorder);
	if (r >= 0)
		r = sd_event_add_io(event, &recorder->ended, pump_fd(recorder->pump), EPOLLIN,
				    on_pump_ended, recorder);
	if (r < 0)
		log_error("cannot record to %s: %s", path, explain(r));
	return r;
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

static int left_ms(uint64_t deadline_ms)
{
	uint64_t now_ms = monotonic_ms();

	return now_ms < deadline_ms ? (int)(deadline_ms - now_ms) : 0;
}

/* Gives the file a moment to take what is left. */
static void finish(struct recorder *recorder)
{
	uint64_t deadline_ms = monotonic_ms() + END_MS;
	struct pollfd room = { .events = POLLOUT };
	bool late;
	int r;

	recorder_flush(recorder);
	while (recorder->fd >= 0 && left_ms(deadline_ms) > 0) {
		room.fd = recorder->fd;
		(void)poll(&room, 1, left_ms(deadline_ms));
		recorder_flush(recorder);
	}
	late = recorder->fd >= 0;
	stop(recorder, 0);
	r = pump_wait(recorder->pump, left_ms(deadline_ms));
	if (late || r == -EINPROGRESS)
		log_warning("the recording lacks its end: its file was too slow");
	else if (r < 0 && recorder->status->error == 0)
		log_warning("the recording lacks its end: %s", strerror(-r));
	if (recorder->status->left_out > 0)
		log_warning("the recording lacks %" PRIu64
			    " records that its file was too slow for",
			    recorder->status->left_out);
}

void recorder_close(struct recorder *recorder)
{
	if (recorder->status->state != RECORDING_NONE)
		finish(recorder);
	sd_event_source_disable_unref(recorder->room);
	sd_event_source_disable_unref(recorder->ended);
	pump_free(recorder->pump);
	if (recorder->fd >= 0)
		(void)close(recorder->fd);
}
