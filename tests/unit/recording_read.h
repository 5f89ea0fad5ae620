/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording has in it, for tests that made it. */
#ifndef KVMEXITD_TESTS_RECORDING_READ_H
#define KVMEXITD_TESTS_RECORDING_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recording_content {
	uint64_t records, messages, left_out, marks;
	uint32_t dump_ends[4];
	size_t n_dump_ends;
	uint32_t last_type;
	bool whole;
};

/*
 * Messages begin with their numbers: each is the one before it and one more, unless a
 * mark is between.
 */
void read_recording(const char *path, struct recording_content *out);

#endif
