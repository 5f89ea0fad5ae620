// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stream of exit counts from the kernel, kept whole whatever happens.
 *
 * Two sockets: one hears notifications, of the kvm-exitstat family and of the
 * controller family (which tells that a family comes or goes, so that nothing
 * is ever polled); the other asks. First the group is joined, then all totals
 * are read, so that nothing falls between. Batches are taken at all times,
 * also during a dump: totals can be applied in any order.
 *
 *   waiting     asked for the family, or heard that it left
 *       │ family there                       ▲ family gone, from any state
 *       ▼                                    │
 *   resyncing   joined, dump under way; begins anew when it fails, was
 *       │       inconsistent, or something was lost while it ran
 *       │ dump complete      ▲ overrun, gap in the numbers, new epoch
 *       ▼                    │
 *   streaming ───────────────┘
 *
 *   denied      joining or asking was refused: until the family comes anew
 *
 * A dump begins only when the notifications that wait are all read: while they
 * are not, the kernel drops more without telling. Dumps that have to be
 * repeated are so after a pause that grows, so nothing spins; and so is joining,
 * where it failed for the moment only.
 */
#include "config.h"

#include "source/netlink/genl_source.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "model/kernel_config.h"
#include "source/netlink/genl_parse.h"
#include "source/netlink/genl_request.h"
#include "source/netlink/genl_source_internal.h"
#include "util/clock.h"
#include "util/util.h"

/* The controller's one group has the controller's id, in every kernel. */
#define CTRL_NOTIFY_GROUP GENL_ID_CTRL

/*
 * Before clients and timers get their turn, which comes as they have the same
 * priority: some 256 KiB of notifications.
 */
#define DATAGRAMS_PER_TURN 64

#define TIMER_ACCURACY_US US_PER_MS

static void tell_raw(struct genl_source *s, const struct nlmsghdr *header)
{
	if (s->handlers->raw)
		s->handlers->raw(s->userdata, header, header->nlmsg_len);
}

static int parse_stats(struct genl_source *s, const struct nlmsghdr *header)
{
	int r;

	r = genl_parse_stats(header, header->nlmsg_len, &s->message);
	if (r < 0) {
		s->handlers->malformed(s->userdata, strerror(-r));
		return r;
	}

	exit_message_bound(&s->message, clock_boottime_ns());
	return 0;
}

/* False if it is something else. Configurations have no number in the stream. */
static bool take_config(struct genl_source *s, const struct nlmsghdr *header)
{
	struct kernel_config config;
	int r = genl_parse_config(header, header->nlmsg_len, &config);

	if (r == -EOPNOTSUPP)
		return false;
	if (r < 0)
		s->handlers->malformed(s->userdata, strerror(-r));
	else
		s->handlers->config(s->userdata, &config);
	return true;
}

static void on_notification(struct genl_source *s, const struct nlmsghdr *header)
{
	struct genl_family_news news;
	const struct genlmsghdr *genl;

	if (s->family && header->nlmsg_type == s->family) {
		tell_raw(s, header);
		if (take_config(s, header) || parse_stats(s, header) < 0)
			return;
		source_lost(s, stream_notification(&s->stream, s->message.epoch, s->message.seq));
		if (s->handlers->message(s->userdata, &s->message) == -ENOMEM)
			source_lost(s, stream_overrun(&s->stream));
		return;
	}

	if (header->nlmsg_type != GENL_ID_CTRL ||
	    genl_parse_family(header, header->nlmsg_len, KVM_EXITSTAT_FAMILY_NAME,
			      KVM_EXITSTAT_MCGRP_EXITS, &news) < 0)
		return;

	genl = (const void *)((const char *)header + NLMSG_HDRLEN);
	if (genl->cmd == CTRL_CMD_DELFAMILY && news.id == s->family) {
		source_family_gone(s);
	} else if (genl->cmd == CTRL_CMD_NEWFAMILY && news.id != s->family) {
		/* The news may be old, the answer to a question is not. */
		source_family_gone(s);
		source_want(s, PENDING_FAMILY, 0);
	}
}

static void on_answer(struct genl_source *s, const struct nlmsghdr *header)
{
	struct genl_family_news news;
	const char *text = NULL;
	int error;

	if (header->nlmsg_seq == s->config_seq && header->nlmsg_type == s->family && s->family) {
		tell_raw(s, header);
		(void)take_config(s, header);
		return;
	}
	if (s->pending == PENDING_NONE || header->nlmsg_seq != s->pending_seq)
		return;

	if (s->pending == PENDING_DUMP && (header->nlmsg_flags & NLM_F_DUMP_INTR))
		s->dump_interrupted = true;

	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		error = genl_answer_error(header, &text);
		if (error < 0)
			source_request_failed(s, error, text);
		else if (header->nlmsg_type == NLMSG_DONE && s->pending == PENDING_DUMP)
			source_dump_done(s);
		return;
	}

	if (s->pending == PENDING_FAMILY && header->nlmsg_type == GENL_ID_CTRL) {
		error = genl_parse_family(header, header->nlmsg_len, KVM_EXITSTAT_FAMILY_NAME,
					  KVM_EXITSTAT_MCGRP_EXITS, &news);
		if (error == 0)
			source_family_found(s, &news);
		else
			source_request_failed(s, error, NULL);
	} else if (s->pending == PENDING_DUMP && header->nlmsg_type == s->family) {
		source_extend(s);
		tell_raw(s, header);
		if (parse_stats(s, header) < 0) {
			s->dump_failed = true;
			return;
		}
		source_lost(s, stream_dump_message(&s->stream, s->message.epoch, s->message.seq));
		if (s->handlers->message(s->userdata, &s->message) == -ENOMEM)
			s->dump_failed = true;
	}
}

/* Hands each message of a datagram to handle. */
static void split(struct genl_source *s, size_t len,
		  void (*handle)(struct genl_source *s, const struct nlmsghdr *header))
{
	const char *at = s->buf;

	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *header = (const void *)at;
		size_t size = header->nlmsg_len;

		if (size < NLMSG_HDRLEN || size > len) {
			s->handlers->malformed(s->userdata, "bad message length");
			return;
		}
		handle(s, header);

		size = NLMSG_ALIGN(size);
		if (size >= len)
			return;
		at += size;
		len -= size;
	}
}

/* True when all that waited was read. */
static bool drain_events(struct genl_source *s)
{
	ssize_t n;
	int i;

	for (i = 0; i < DATAGRAMS_PER_TURN; i++) {
		n = s->ops->receive(s->events_fd, s->buf, sizeof(s->buf));
		if (n == -EAGAIN)
			return true;
		if (n > 0) {
			split(s, (size_t)n, on_notification);
			continue;
		}
		if (n == 0)
			continue;
		if (n != -ENOBUFS)
			s->handlers->malformed(s->userdata, strerror((int)-n));
		source_lost(s, stream_overrun(&s->stream));
	}
	return false;
}

static void tell_drained(struct genl_source *s)
{
	if (s->pending != PENDING_DUMP)
		s->handlers->drained(s->userdata);
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct genl_source *s = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	(void)drain_events(s);
	tell_drained(s);
	return 0;
}

/*
 * Notifications first: they are older than the answers, and must not bring
 * back an epoch that an answer has ended.
 */
static int on_requests(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct genl_source *s = userdata;
	ssize_t n;
	int i;

	(void)source;
	(void)revents;
	if (!drain_events(s))
		return 0;

	for (i = 0; i < DATAGRAMS_PER_TURN; i++) {
		n = s->ops->receive(fd, s->buf, sizeof(s->buf));
		if (n == -EAGAIN)
			break;
		if (n > 0)
			split(s, (size_t)n, on_answer);
		else if (n < 0 && s->pending != PENDING_NONE)
			source_request_failed(s, (int)n, NULL);
	}
	tell_drained(s);
	return 0;
}

/* Either it is time to ask, or the answer to what was asked did not come. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct genl_source *s = userdata;

	(void)source;
	(void)usec;
	if (s->pending != PENDING_NONE) {
		source_request_failed(s, -ETIMEDOUT, NULL);
		return 0;
	}

	/* What is lost until the socket is empty is lost silently. */
	if (!drain_events(s)) {
		source_want(s, s->wanted, 0);
		return 0;
	}

	source_ask(s);
	return 0;
}

int genl_source_new(struct genl_source **out, sd_event *event,
		    const struct source_handlers *handlers, void *userdata)
{
	struct genl_source *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;

	s->event = sd_event_ref(event);
	s->handlers = handlers;
	s->userdata = userdata;
	s->events_fd = -1;
	s->requests_fd = -1;
	*out = s;
	return 0;
}

struct genl_source *genl_source_free(struct genl_source *s)
{
	if (!s)
		return NULL;

	sd_event_source_disable_unref(s->events_source);
	sd_event_source_disable_unref(s->requests_source);
	sd_event_source_disable_unref(s->timer);
	if (s->events_fd >= 0)
		(void)close(s->events_fd);
	if (s->requests_fd >= 0)
		(void)close(s->requests_fd);
	sd_event_unref(s->event);
	exit_message_done(&s->message);
	free(s);
	return NULL;
}

int genl_source_start_fds(struct genl_source *s, int events_fd, int requests_fd,
			  const struct genl_socket_ops *ops)
{
	int r;

	s->ops = ops;
	s->events_fd = events_fd;
	s->requests_fd = requests_fd;

	r = sd_event_add_io(s->event, &s->events_source, events_fd, EPOLLIN, on_events, s);
	if (r < 0)
		return r;
	r = sd_event_add_io(s->event, &s->requests_source, requests_fd, EPOLLIN, on_requests, s);
	if (r < 0)
		return r;
	r = sd_event_add_time(s->event, &s->timer, CLOCK_BOOTTIME, 0, TIMER_ACCURACY_US, on_timer,
			      s);
	if (r < 0)
		return r;

	/* First the news, then the question: nothing can fall between. */
	r = s->ops->join(s->events_fd, CTRL_NOTIFY_GROUP);
	if (r < 0)
		return r;
	source_init_state(s);
	return 0;
}

int genl_source_start(struct genl_source *s, int receive_buffer)
{
	_cleanup_close_ int events_fd = -1, requests_fd = -1;

	events_fd = genl_socket_open(receive_buffer);
	if (events_fd < 0)
		return events_fd;
	requests_fd = genl_socket_open(0);
	if (requests_fd < 0)
		return requests_fd;
	return genl_source_start_fds(s, TAKE_FD(events_fd), TAKE_FD(requests_fd), &genl_socket_ops);
}
