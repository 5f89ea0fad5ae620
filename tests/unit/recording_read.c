// SPDX-License-Identifier: GPL-2.0-or-later
/* What a recording has in it, for tests that made it. */
#include "config.h"

#include "recording_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source/recording/recording.h"
#include "unit_test.h"

void read_recording(const char *path, struct recording_content *out)
{
	unsigned char *bytes;
	struct recording_header header;
	struct record record = { 0 };
	uint64_t number, last = 0, left_out;
	size_t len, at = RECORDING_HEADER_BYTES;
	bool marked = false;
	struct stat st;
	FILE *f = fopen(path, "rb");
	int n;

	*out = (struct recording_content){ 0 };
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	len = (size_t)st.st_size;
	bytes = malloc(len + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, len, f), len);
	fclose(f);
	assert_int_equal(recording_parse_header(bytes, len, &header), 0);
	while ((n = recording_parse_record(bytes + at, len - at, &record)) > 0) {
		at += (size_t)n;
		out->last_type = record.type;
		switch (record.type) {
		case RECORD_MESSAGE:
			memcpy(&number, record.content, sizeof(number));
			assert_true(marked ? number > last : number == last + 1);
			last = number;
			marked = false;
			out->messages++;
			out->records++;
			break;
		case RECORD_LEFT_OUT:
			memcpy(&left_out, record.content, sizeof(left_out));
			assert_true(left_out > 0);
			out->left_out += left_out;
			out->marks++;
			marked = true;
			break;
		case RECORD_DUMP_END:
			assert_true(out->n_dump_ends < 4);
			memcpy(&out->dump_ends[out->n_dump_ends++], record.content,
			       sizeof(uint32_t));
			out->records++;
			break;
		case RECORD_END:
			break;
		default:
			out->records++;
			break;
		}
	}
	out->whole = n == 0 && at == len;
	free(bytes);
}
