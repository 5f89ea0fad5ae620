// SPDX-License-Identifier: GPL-2.0-or-later
/* The two clocks: the kernel stamps with the first, people read the second. */
#include "config.h"

#include "util/clock.h"

#include <time.h>

static uint64_t now_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	/* Both clocks exist on every kernel that has KVM. */
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_boottime_ns(void)
{
	return now_ns(CLOCK_BOOTTIME);
}

uint64_t clock_realtime_us(void)
{
	return now_ns(CLOCK_REALTIME) / NS_PER_US;
}

int64_t clock_realtime_offset_ns(void)
{
	return (int64_t)(now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME));
}
