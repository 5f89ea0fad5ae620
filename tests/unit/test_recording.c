// SPDX-License-Identifier: GPL-2.0-or-later
/* The format of recordings, byte by byte. */
#include "config.h"

#include <string.h>

#include "source/recording/recording.h"
#include "unit_test.h"

static void test_format(void **state)
{
	const struct recording_header header = { .boottime_ns = 7, .realtime_offset_ns = -9 };
	const struct record record = { .type = RECORD_NAME, .time_ns = 12, .len = 3 };
	unsigned char buf[RECORDING_HEADER_BYTES + 64] __attribute__((aligned(8))) = { 0 };
	struct recording_header h;
	struct record r;
	size_t i;

	(void)state;
	recording_build_header(&header, buf);
	assert_int_equal(recording_parse_header(buf, RECORDING_HEADER_BYTES, &h), 0);
	assert_int_equal(h.boottime_ns, 7);
	assert_int_equal(h.realtime_offset_ns, -9);
	assert_true(recording_parse_header(buf, RECORDING_HEADER_BYTES - 1, &h) < 0);

	assert_int_equal(recording_build_record(&record, buf), 5);
	memcpy(buf + RECORD_HEADER_BYTES, "abc\0\0\0\0\0", 8);
	for (i = 0; i < 24; i++)
		assert_int_equal(recording_parse_record(buf, i, &r), 0);
	assert_int_equal(recording_parse_record(buf, 24, &r), 24);
	assert_int_equal(r.type, RECORD_NAME);
	assert_int_equal(r.time_ns, 12);
	assert_int_equal(r.len, 3);
	assert_memory_equal(r.content, "abc", 3);

	buf[2] = 2; /* 128 KiB */
	assert_true(recording_parse_record(buf, 24, &r) < 0);
	memset(buf, 0, sizeof(buf));
	assert_true(recording_parse_record(buf, 24, &r) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
