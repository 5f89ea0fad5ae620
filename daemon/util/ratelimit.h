/* SPDX-License-Identifier: GPL-2.0-or-later */
/* So many in so much time, and a count of the rest. Time is an argument. */
#ifndef KVMEXITD_RATELIMIT_H
#define KVMEXITD_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	uint64_t interval_ns;
	unsigned int burst;

	uint64_t since_ns;
	unsigned int used;
	uint64_t suppressed;
};

/* Whether one more is fine. */
bool ratelimit_pass(struct ratelimit *limit, uint64_t now_ns);

/* How many were not, once the interval is over; then counting begins anew. */
uint64_t ratelimit_take_suppressed(struct ratelimit *limit, uint64_t now_ns);

#endif
