// SPDX-License-Identifier: GPL-2.0-or-later
/* What a kvmexitd leaves to the next one; what was read can be written again. */
#include "config.h"

#include "fuzz.h"
#include "model/registry.h"
#include "state/codec.h"
#include "state/state.h"

static int count(void *userdata, const void *data, size_t len)
{
	(void)data;
	*(size_t *)userdata += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registry *registry = NULL;
	size_t written = 0;
	struct state_writer writer = { .write = count, .userdata = &written };

	if (registry_new(&registry) < 0)
		return 0;
	if (state_read(data, size, registry) == 0) {
		state_write(&writer, registry);
		fuzz_assert(state_flush(&writer) == 0);
		fuzz_assert(written > 0);
	}
	registry_free(registry);
	return 0;
}
