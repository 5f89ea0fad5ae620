// SPDX-License-Identifier: GPL-2.0-or-later
/* Random numbers for tests. */
#include "config.h"

#include "unit_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t test_seed(void)
{
	const char *text = getenv("KVMEXITD_TEST_SEED");
	struct timespec now = { 0 };
	uint64_t seed;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	seed = text ? strtoull(text, NULL, 0) :
		      (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec;
	if (!seed)
		seed = 1;
	printf("KVMEXITD_TEST_SEED=%" PRIu64 "\n", seed);
	return seed;
}

uint64_t test_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}
