// SPDX-License-Identifier: GPL-2.0-or-later
/* The two text formats of metrics. */
#include "config.h"

#include "sink/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/buffer.h"

static void put(struct metrics_text *text, const char *s, size_t len)
{
	if (text->error == 0)
		text->error = buffer_append(text->out, s, len);
}

static void put_string(struct metrics_text *text, const char *s)
{
	put(text, s, strlen(s));
}

static void put_header(struct metrics_text *text, const char *kind, const char *what)
{
	put_string(text, kind);
	put_string(text, text->family);
	if (text->type == METRICS_COUNTER && text->format != METRICS_OPENMETRICS)
		put_string(text, "_total");
	put_string(text, " ");
	put_string(text, what);
	put_string(text, "\n");
}

void metrics_family(struct metrics_text *text, const char *name, enum metrics_type type,
		    const char *help)
{
	text->family = name;
	text->type = type;
	put_header(text, "# TYPE ", type == METRICS_COUNTER ? "counter" : "gauge");
	put_header(text, "# HELP ", help);
}

static void put_sample(struct metrics_text *text, const char *suffix, const char *labels,
		       const char *value, int len)
{
	put_string(text, text->family);
	put_string(text, suffix);
	if (labels) {
		put_string(text, "{");
		put_string(text, labels);
		put_string(text, "}");
	}
	put(text, value, (size_t)len);
}

static const char *suffix_of(const struct metrics_text *text)
{
	return text->type == METRICS_COUNTER ? "_total" : "";
}

void metrics_sample(struct metrics_text *text, const char *labels, uint64_t value)
{
	char number[32];
	int len = snprintf(number, sizeof(number), " %" PRIu64 "\n", value);

	put_sample(text, suffix_of(text), labels, number, len);
}

static int format_milli(char *number, size_t size, uint64_t value)
{
	return snprintf(number, size, " %" PRIu64 ".%03u\n", value / 1000,
			(unsigned int)(value % 1000));
}

void metrics_sample_milli(struct metrics_text *text, const char *labels, uint64_t value)
{
	char number[32];
	int len = format_milli(number, sizeof(number), value);

	put_sample(text, suffix_of(text), labels, number, len);
}

void metrics_sample_nano(struct metrics_text *text, const char *labels, uint64_t value)
{
	char number[40];
	int len = snprintf(number, sizeof(number), " %" PRIu64 ".%09u\n", value / 1000000000,
			   (unsigned int)(value % 1000000000));

	put_sample(text, suffix_of(text), labels, number, len);
}

void metrics_created(struct metrics_text *text, const char *labels, uint64_t created_us)
{
	char number[32];
	int len;

	if (text->format != METRICS_OPENMETRICS)
		return;
	len = format_milli(number, sizeof(number), created_us / 1000);
	put_sample(text, "_created", labels, number, len);
}

void metrics_end(struct metrics_text *text)
{
	if (text->format == METRICS_OPENMETRICS)
		put_string(text, "# EOF\n");
}

void metrics_escape(char *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			*to++ = '\\';
		*to++ = *value == '\n' ? 'n' : *value;
	}
	*to = '\0';
}
