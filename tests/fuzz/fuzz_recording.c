// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings: from the file's bytes to each record. */
#include "config.h"

#include "fuzz.h"
#include "source/recording/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recording_header header;
	volatile uint8_t sum = 0;
	struct record record;
	size_t i;
	int r;

	if (recording_parse_header(data, size, &header) < 0)
		return 0;
	data += RECORDING_HEADER_BYTES;
	size -= RECORDING_HEADER_BYTES;

	while ((r = recording_parse_record(data, size, &record)) > 0) {
		fuzz_assert((size_t)r <= size && r % 8 == 0);
		fuzz_assert(record.type != 0 && record.len <= RECORD_CONTENT_MAX);
		for (i = 0; i < record.len; i++)
			sum = (uint8_t)(sum + ((const uint8_t *)record.content)[i]);
		data += r;
		size -= (size_t)r;
	}
	return 0;
}
