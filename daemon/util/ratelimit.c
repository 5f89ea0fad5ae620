// SPDX-License-Identifier: GPL-2.0-or-later
/* So many in so much time, and a count of the rest. */
#include "config.h"

#include "util/ratelimit.h"

static bool is_over(const struct ratelimit *limit, uint64_t now_ns)
{
	return now_ns - limit->since_ns >= limit->interval_ns;
}

bool ratelimit_pass(struct ratelimit *limit, uint64_t now_ns)
{
	if (is_over(limit, now_ns)) {
		limit->since_ns = now_ns;
		limit->used = 0;
	}
	if (limit->used >= limit->burst) {
		limit->suppressed++;
		return false;
	}
	limit->used++;
	return true;
}

uint64_t ratelimit_take_suppressed(struct ratelimit *limit, uint64_t now_ns)
{
	uint64_t suppressed = limit->suppressed;

	if (!suppressed || !is_over(limit, now_ns))
		return 0;
	limit->suppressed = 0;
	return suppressed;
}
