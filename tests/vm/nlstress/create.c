// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it takes to make a VM, as who makes it sees it. With real-time priority, so
 * that others who want the CPU do not count, and what they hold while they are made
 * to wait does.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nlstress.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void mode_create(void)
{
	uint64_t nr = opt.times ? opt.times : 200;
	struct sched_param param = { .sched_priority = 10 };
	uint64_t *ns = calloc(nr, sizeof(*ns));
	struct timespec pause = { .tv_nsec = 1000000 };

	check(ns, "no memory");
	check(!sched_setscheduler(0, SCHED_FIFO, &param), "SCHED_FIFO: %m");
	for (uint64_t i = 0; i < nr; i++) {
		struct guest guest;
		uint64_t start;
		int r;

		/* At another moment of what the others do. */
		pause.tv_nsec = 1000000 + random() % 3000000;
		nanosleep(&pause, NULL);
		start = now_ns();
		r = guest_create(&guest);
		check(!r, "creating a VM: %s", strerror(-r));
		check(!guest_add_vcpu(&guest), "adding a vCPU: %m");
		ns[i] = now_ns() - start;
		guest_destroy(&guest, 0);
	}
	qsort(ns, nr, sizeof(*ns), by_size);
	printf("create: median %lu p99 %lu max %lu ns\n", ns[nr / 2], ns[nr * 99 / 100],
	       ns[nr - 1]);
	free(ns);
}
