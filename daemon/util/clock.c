// SPDX-License-Identifier: GPL-2.0-or-later
/* The two clocks: the kernel stamps with the first, people read the second. */
#include "config.h"

#include "util/clock.h"

#include <stdbool.h>
#include <time.h>

/* The process has one time, be it that of a recording. */
static struct {
	bool active;
	uint64_t boottime_ns;
	int64_t realtime_offset_ns;
} simulated;

static uint64_t now_ns(clockid_t id)
{
	struct timespec ts = { 0 };

	/* Both clocks exist on every kernel that has KVM. */
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

uint64_t clock_boottime_ns(void)
{
	return simulated.active ? simulated.boottime_ns : now_ns(CLOCK_BOOTTIME);
}

int64_t clock_realtime_offset_ns(void)
{
	if (simulated.active)
		return simulated.realtime_offset_ns;
	return (int64_t)(now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME));
}

uint64_t clock_realtime_us(void)
{
	if (simulated.active)
		return (simulated.boottime_ns + (uint64_t)simulated.realtime_offset_ns) / NS_PER_US;
	return now_ns(CLOCK_REALTIME) / NS_PER_US;
}

void clock_simulate(uint64_t boottime_ns, int64_t realtime_offset_ns)
{
	simulated.active = true;
	simulated.boottime_ns = boottime_ns;
	simulated.realtime_offset_ns = realtime_offset_ns;
}
