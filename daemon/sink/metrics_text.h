/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two text formats: what is the same in both is written once here.
 *
 * They differ in that OpenMetrics names a counter's family without the _total
 * that its samples have, and ends with a mark.
 */
#ifndef KVMEXITD_METRICS_TEXT_H
#define KVMEXITD_METRICS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/metrics.h"

struct buffer;

enum metrics_type {
	METRICS_COUNTER,
	METRICS_GAUGE,
};

struct metrics_text {
	struct buffer *out;
	enum metrics_format format;
	const char *family;
	enum metrics_type type;
	int error; /* of any call so far; what comes after it does nothing */
};

/*
 * Begins a family; name is without _total, and both are kept. All samples till
 * the next one are its.
 */
void metrics_family(struct metrics_text *text, const char *name, enum metrics_type type,
		    const char *help);

/* labels is what stands in the braces, NULL for none. */
void metrics_sample(struct metrics_text *text, const char *labels, uint64_t value);

/* A thousandth; a billionth. */
void metrics_sample_milli(struct metrics_text *text, const char *labels, uint64_t value);
void metrics_sample_nano(struct metrics_text *text, const char *labels, uint64_t value);

/*
 * When the counter whose sample was the last one was 0: CLOCK_REALTIME in us. Only
 * OpenMetrics has that.
 */
void metrics_created(struct metrics_text *text, const char *labels, uint64_t created_us);

void metrics_end(struct metrics_text *text);

/* As much as value takes, with its NUL, where every byte needs another. */
#define METRICS_ESCAPED_SIZE(size) (2 * (size))

/* A label's value. to has room for METRICS_ESCAPED_SIZE(strlen(value) + 1). */
void metrics_escape(char *to, const char *value);

#endif
