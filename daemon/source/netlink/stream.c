// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether anything is missing in the stream of notifications. */
#include "config.h"

#include "source/netlink/stream.h"

/* One loss often shows twice: as an overrun, then as a jump in the numbers. */
static enum stream_verdict open_gap(struct stream *s)
{
	if (s->gap_open)
		return STREAM_OK;

	s->gap_open = true;
	return STREAM_GAP;
}

static void start_epoch(struct stream *s, uint64_t epoch)
{
	*s = (struct stream){ .has_epoch = true, .epoch = epoch };
}

enum stream_verdict stream_notification(struct stream *s, uint64_t epoch, uint64_t seq)
{
	enum stream_verdict verdict = STREAM_OK;

	if (!s->has_epoch || s->epoch != epoch) {
		if (s->has_epoch)
			verdict = STREAM_NEW_EPOCH;
		if (verdict == STREAM_NEW_EPOCH || !s->dumping)
			start_epoch(s, epoch);
		s->has_epoch = true;
		s->epoch = epoch;
		if (verdict == STREAM_NEW_EPOCH)
			s->gap_open = true;
	} else if (s->has_next && seq > s->next) {
		if (s->dumping && !s->has_covered)
			s->missing = seq - 1;
		else
			verdict = open_gap(s);
	}

	if (!s->has_next || seq >= s->next) {
		s->has_next = true;
		s->next = seq + 1;
	}
	return verdict;
}

enum stream_verdict stream_overrun(struct stream *s)
{
	return open_gap(s);
}

void stream_dump_begin(struct stream *s)
{
	s->gap_open = false;
	s->dumping = true;
	s->has_covered = false;
	s->missing = 0;
}

enum stream_verdict stream_dump_message(struct stream *s, uint64_t epoch, uint64_t seq)
{
	if (s->has_epoch && s->epoch != epoch) {
		start_epoch(s, epoch);
		s->gap_open = true;
		return STREAM_NEW_EPOCH;
	}
	s->has_epoch = true;
	s->epoch = epoch;

	if (s->has_covered)
		return STREAM_OK;

	s->has_covered = true;
	if (!s->has_next || s->next <= seq) {
		s->has_next = true;
		s->next = seq + 1;
	}
	return s->missing > seq ? open_gap(s) : STREAM_OK;
}

enum stream_verdict stream_dump_end(struct stream *s)
{
	s->dumping = false;
	return s->missing && !s->has_covered ? open_gap(s) : STREAM_OK;
}
