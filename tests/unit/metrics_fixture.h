/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A registry, and the metrics of it as text. */
#ifndef KVMEXITD_METRICS_FIXTURE_H
#define KVMEXITD_METRICS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/registry.h"
#include "model/status.h"
#include "sink/metrics.h"
#include "util/clock.h"

#define CODE_MSR 0x7c
#define CODE_HLT 0x78
#define NOW_NS	 (1000 * NS_PER_S)

struct metrics_world {
	struct registry *registry;
	struct daemon_status status;
	size_t details; /* wanted of each VM */
	uint64_t now_ns;
};

int metrics_setup(void **state);
int metrics_teardown(void **state);

/* VM 1 lives, was named by somebody hostile, and runs a nested guest. */
void metrics_fill(struct metrics_world *w);

char *metrics_text(const struct metrics_world *w, enum metrics_format format);

/* Whether there is such a line; how many lines begin so. */
bool text_has(const char *text, const char *line);
size_t text_count(const char *text, const char *prefix);

#define assert_has(text, line)                                  \
	do {                                                    \
		if (!text_has(text, line))                      \
			fail_msg("no '%s' in\n%s", line, text); \
	} while (0)

#endif
