// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel source does next; the states are told of in genl_source.c. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <string.h>

#include "source/netlink/genl_request.h"
#include "source/netlink/genl_source_internal.h"
#include "util/clock.h"
#include "util/log.h"

/* The kernel answers at once, or, if KVM's lock is held, a moment later. */
#define ANSWER_TIMEOUT_US (5 * US_PER_S)

/* The pause before a failed request is repeated doubles from one to the other. */
#define RETRY_FIRST_US (20 * US_PER_MS)
#define RETRY_LAST_US  (10 * US_PER_S)

/* A busy moment needs no words; what goes on after so many failures does. */
#define FAILURES_QUIET	    5
#define FAILURE_INTERVAL_NS (600 * NS_PER_S)

/* Gaps that come fast, as on a host that is overloaded, share their dumps. */
#define DUMP_SPACING_US (500 * US_PER_MS)

/*
 * Dumps that VMs' coming and going made inconsistent are repeated this often.
 * Then one is as good as the next: VMs that live all the while are in it, and
 * all others have been notified of.
 */
#define DUMP_INTERRUPTED_MAX 5

void source_init_state(struct genl_source *s)
{
	s->retry_us = RETRY_FIRST_US;
	s->failing = (struct ratelimit){ .interval_ns = FAILURE_INTERVAL_NS, .burst = 1 };
	source_want(s, PENDING_FAMILY, 0);
}

void source_set_state(struct genl_source *s, enum kernel_state state)
{
	if (s->has_state && s->state == state)
		return;

	s->has_state = true;
	s->state = state;
	s->handlers->state(s->userdata, state);
}

static void set_timer(struct genl_source *s, uint64_t delay_us)
{
	uint64_t now_us = 0;
	int r;

	(void)sd_event_now(s->event, CLOCK_BOOTTIME, &now_us);
	r = sd_event_source_set_time(s->timer, now_us + delay_us);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("cannot set the request timer: %s", strerror(-r));
}

static void stop_timer(struct genl_source *s)
{
	(void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
}

/* Gives up what is under way: its answers are known by their number and dropped. */
static void cancel_pending(struct genl_source *s)
{
	if (s->pending == PENDING_DUMP) {
		if (stream_dump_end(&s->stream) != STREAM_OK)
			s->handlers->gap(s->userdata);
		s->handlers->dump_end(s->userdata, false);
	}
	s->pending = PENDING_NONE;
}

void source_want(struct genl_source *s, enum pending what, uint64_t delay_us)
{
	cancel_pending(s);
	s->wanted = what;
	if (what == PENDING_NONE)
		stop_timer(s);
	else
		set_timer(s, delay_us);
}

/* why is what failed, and text what the kernel said of it or NULL. */
static void want_again(struct genl_source *s, enum pending what, const char *why, const char *text)
{
	int priority = LOG_DEBUG;

	if (++s->failures > FAILURES_QUIET && ratelimit_pass(&s->failing, clock_boottime_ns()))
		priority = LOG_WARNING;
	log_write(priority, "cannot read %s from the kernel, attempt %u: %s%s%s, trying again",
		  what == PENDING_DUMP ? "totals" : "about " KVM_EXITSTAT_FAMILY_NAME, s->failures,
		  why, text ? ": " : "", text ? text : "");

	source_want(s, what, s->retry_us);
	s->retry_us *= 2;
	if (s->retry_us > RETRY_LAST_US)
		s->retry_us = RETRY_LAST_US;
}

static void want_dump(struct genl_source *s)
{
	uint64_t now_us = 0, due_us = s->last_dump_us + DUMP_SPACING_US;

	source_set_state(s, KERNEL_RESYNCING);
	(void)sd_event_now(s->event, CLOCK_BOOTTIME, &now_us);
	source_want(s, PENDING_DUMP, s->last_dump_us && due_us > now_us ? due_us - now_us : 0);
}

void genl_source_resync(struct genl_source *s)
{
	if (s->family && s->state == KERNEL_STREAMING)
		want_dump(s);
}

void source_lost(struct genl_source *s, enum stream_verdict verdict)
{
	if (verdict == STREAM_OK)
		return;

	if (!s->family) {
		/* Then it may be news of the family that were lost. */
		s->stream.gap_open = false;
		source_want(s, PENDING_FAMILY, 0);
		return;
	}

	s->handlers->gap(s->userdata);
	if (s->state == KERNEL_DENIED)
		return;

	/* A dump that is let finish gives totals, even if there is no end of losses. */
	if (s->pending == PENDING_DUMP && verdict == STREAM_GAP)
		s->dump_again = true;
	else
		want_dump(s);
}

void source_family_gone(struct genl_source *s)
{
	if (s->family) {
		s->family = 0;
		s->stream = (struct stream){ 0 };
		source_want(s, PENDING_NONE, 0);
		s->handlers->family_gone(s->userdata);
	}
	s->failures = 0;
	source_set_state(s, KERNEL_WAITING);
}

static void deny(struct genl_source *s)
{
	source_want(s, PENDING_NONE, 0);
	source_set_state(s, KERNEL_DENIED);
}

void source_family_found(struct genl_source *s, const struct genl_family_news *news)
{
	bool known = s->family == news->id;
	int r;

	source_want(s, PENDING_NONE, 0);
	if (s->family && s->family != news->id)
		source_family_gone(s);
	s->family = news->id;

	r = s->ops->join(s->events_fd, news->exits_group);
	if (r == -EPERM || r == -EACCES) {
		deny(s);
		return;
	}
	if (r < 0 && r != -ENOENT && r != -EINVAL) {
		if (!known)
			s->family = 0;
		source_set_state(s, KERNEL_RESYNCING);
		want_again(s, PENDING_FAMILY, strerror(-r), NULL);
		return;
	}
	if (r < 0) {
		/* It left again meanwhile, or has no group: its next news tell. */
		log_warning("cannot join the %s group %s: %s", KVM_EXITSTAT_FAMILY_NAME,
			    KVM_EXITSTAT_MCGRP_EXITS, strerror(-r));
		source_family_gone(s);
		return;
	}

	s->retry_us = RETRY_FIRST_US;
	s->interruptions = 0;
	source_configure(s);
	want_dump(s);
}

void source_extend(struct genl_source *s)
{
	set_timer(s, ANSWER_TIMEOUT_US);
}

static void ask_family(struct genl_source *s)
{
	int r;

	s->pending_seq = ++s->request_seq;
	r = genl_request_family(s->ops, s->requests_fd, s->pending_seq, KVM_EXITSTAT_FAMILY_NAME);
	if (r < 0) {
		want_again(s, PENDING_FAMILY, strerror(-r), NULL);
		return;
	}
	s->pending = PENDING_FAMILY;
	set_timer(s, ANSWER_TIMEOUT_US);
}

static void ask_dump(struct genl_source *s)
{
	int r;

	s->config_seq = ++s->request_seq;
	(void)genl_request_config(s->ops, s->requests_fd, s->config_seq, s->family);

	s->pending_seq = ++s->request_seq;
	r = genl_request_dump(s->ops, s->requests_fd, s->pending_seq, s->family);
	if (r < 0) {
		want_again(s, PENDING_DUMP, strerror(-r), NULL);
		return;
	}
	(void)sd_event_now(s->event, CLOCK_BOOTTIME, &s->last_dump_us);
	s->pending = PENDING_DUMP;
	s->dump_again = false;
	s->dump_failed = false;
	s->dump_interrupted = false;
	stream_dump_begin(&s->stream);
	s->handlers->dump_begin(s->userdata);
	set_timer(s, ANSWER_TIMEOUT_US);
}

void source_dump_done(struct genl_source *s)
{
	enum stream_verdict verdict;
	bool repeat = s->dump_failed;

	if (s->dump_interrupted && ++s->interruptions <= DUMP_INTERRUPTED_MAX)
		repeat = true;
	if (repeat) {
		want_again(s, PENDING_DUMP,
			   s->dump_failed ? "part of them could not be taken in" :
					    "VMs came or went meanwhile",
			   NULL);
		return;
	}

	stop_timer(s);
	s->pending = PENDING_NONE;
	s->wanted = PENDING_NONE;
	s->retry_us = RETRY_FIRST_US;
	s->failures = 0;
	s->interruptions = 0;
	verdict = stream_dump_end(&s->stream);
	s->handlers->dump_end(s->userdata, true);
	if (verdict != STREAM_OK)
		source_lost(s, verdict);
	else if (s->dump_again)
		want_dump(s);
	else
		source_set_state(s, KERNEL_STREAMING);
}

void source_request_failed(struct genl_source *s, int error, const char *text)
{
	enum pending what = s->pending;

	if (error == -EPERM || error == -EACCES) {
		deny(s);
		return;
	}
	if (what == PENDING_FAMILY && error == -ENOENT) {
		source_want(s, PENDING_NONE, 0);
		source_family_gone(s);
		return;
	}
	/* A dump of a family that is gone; its successor may be there already. */
	if (what == PENDING_DUMP && (error == -ENOENT || error == -EOPNOTSUPP))
		what = PENDING_FAMILY;
	want_again(s, what, strerror(-error), text);
}

void source_ask(struct genl_source *s)
{
	switch (s->wanted) {
	case PENDING_FAMILY:
		ask_family(s);
		break;
	case PENDING_DUMP:
		ask_dump(s);
		break;
	case PENDING_NONE:
		break;
	}
}
