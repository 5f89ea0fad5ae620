// SPDX-License-Identifier: GPL-2.0-or-later
/* What a kvmexitd leaves to the next one: what was read works, and can be written again. */
#include "config.h"

#include "fuzz.h"
#include "model/registry.h"
#include "read_registry.h"
#include "state/codec.h"
#include "state/state.h"

/* What the clock says: a day after boot. */
#define NOW_NS (UINT64_C(86400) * WINDOW_NS_PER_S)

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
		fuzz_read_registry(registry, NOW_NS);
		registry_dump_begin(registry);
		registry_dump_end(registry, NOW_NS);
		fuzz_read_registry(registry, NOW_NS);
		state_write(&writer, registry);
		fuzz_assert(state_flush(&writer) == 0);
		fuzz_assert(written > 0);
	}
	registry_free(registry);
	return 0;
}
