/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two clocks: the kernel stamps with the first, people read the second. */
#ifndef KVMEXITD_CLOCK_H
#define KVMEXITD_CLOCK_H

#include <stdint.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)
#define US_PER_S  UINT64_C(1000000)
#define US_PER_MS UINT64_C(1000)

uint64_t clock_boottime_ns(void);
uint64_t clock_realtime_us(void);

/* Has both of these stand still at this time, until it is called again. */
void clock_simulate(uint64_t boottime_ns, int64_t realtime_offset_ns);

/* For deadlines: it stands still while the host is suspended, as everybody else does. */
uint64_t clock_monotonic_ns(void);

/* CLOCK_REALTIME minus CLOCK_BOOTTIME, now. */
int64_t clock_realtime_offset_ns(void);

#endif
