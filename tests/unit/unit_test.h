/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test includes, in the order that cmocka wants, and random numbers. */
#ifndef KVMEXITD_UNIT_TEST_H
#define KVMEXITD_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * Reproducible: KVMEXITD_TEST_SEED sets the seed, else it is new every time, and
 * printed. The rest is xorshift64*.
 */
uint64_t test_seed(void);
uint64_t test_random(uint64_t *state);

/* One of 0 … n-1. */
static inline uint64_t test_random_below(uint64_t *state, uint64_t n)
{
	return test_random(state) % n;
}

#endif
