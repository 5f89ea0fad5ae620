/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target is a file with this function, which libFuzzer calls with bytes
 * that it makes up. Built without libFuzzer, feed.c calls it with files.
 */
#ifndef KVMEXITD_FUZZ_H
#define KVMEXITD_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, which libFuzzer takes for a finding, unless the condition holds. */
#define fuzz_assert(condition)            \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

#endif
