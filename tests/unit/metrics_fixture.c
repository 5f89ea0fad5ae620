// SPDX-License-Identifier: GPL-2.0-or-later
/* A registry, and the metrics of it as text. */
#include "config.h"

#include "metrics_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "model_build.h"
#include "unit_test.h"
#include "util/buffer.h"

int metrics_setup(void **state)
{
	struct metrics_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(registry_new(&w->registry), 0);
	w->status = (struct daemon_status){
		.kernel = KERNEL_STREAMING,
		.complete = true,
		.has_epoch = true,
		.epoch = model_epoch,
		.started_us = 1700000000123456,
		.batches = 5,
		.lost = 2,
		.failed_dumps = 3,
	};
	w->now_ns = NOW_NS;
	*state = w;
	return 0;
}

int metrics_teardown(void **state)
{
	struct metrics_world *w = *state;

	registry_free(w->registry);
	free(w);
	return 0;
}

void metrics_fill(struct metrics_world *w)
{
	registry_dump_begin(w->registry);
	model_dump(w->registry, 1, 0, CODE_MSR, 1000, NS_PER_S, 0, NOW_NS);
	registry_dump_end(w->registry, NOW_NS);
	model_count(w->registry, 1, 1, CODE_HLT, false, 30, 30, NOW_NS);
	model_count(w->registry, 1, 0, CODE_MSR, true, 25, 25, NOW_NS);
	model_count_other(w->registry, 1, 0, 2, 2, NOW_NS);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "a\"b\\c\n\xff"), 0);
}

char *metrics_text(const struct metrics_world *w, enum metrics_format format)
{
	const struct metrics_input input = {
		.registry = w->registry,
		.status = &w->status,
		.clients = { .connected = 3,
			     .watching = 1,
			     .slow = 4,
			     .bad = 5,
			     .idle = 6,
			     .refused = 7,
			     .accept_failures = 8 },
		.details = w->details,
		.now_ns = w->now_ns,
		.cpu_ns = 1234567890,
	};
	struct buffer out = { 0 };

	assert_int_equal(metrics_write(&out, &input, format), 0);
	assert_int_equal(buffer_append(&out, "", 1), 0);
	return out.data;
}

/* The next line; a string function of a sanitizer would read all of the text each time. */
static const char *next_line(const char *line)
{
	const char *end = rawmemchr(line, '\n');

	return end[1] ? end + 1 : NULL;
}

bool text_has(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (; text; text = next_line(text))
		if (strncmp(text, line, len) == 0 && text[len] == '\n')
			return true;
	return false;
}

size_t text_count(const char *text, const char *prefix)
{
	size_t n = 0, len = strlen(prefix);

	for (; text; text = next_line(text))
		n += strncmp(text, prefix, len) == 0;
	return n;
}
