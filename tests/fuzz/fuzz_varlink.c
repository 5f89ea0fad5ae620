// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client sends: the call, and its parameters as methods read them. */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "server/varlink_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct varlink_request request = { 0 };
	const char *vm = NULL, *bad = NULL;
	bool vcpus = false;
	const struct varlink_param params[] = {
		{ "vm", VARLINK_STRING, false, &vm },
		{ "vcpus", VARLINK_BOOL, true, &vcpus },
		{ .name = NULL },
	};

	if (varlink_parse_request((const char *)data, size, &request, &bad) < 0) {
		fuzz_assert(!request.root && bad && *bad);
		return 0;
	}
	fuzz_assert(*request.method);
	fuzz_assert(!(request.oneway && request.more));
	if (varlink_parse_parameters(request.parameters, params, &bad) == 0)
		fuzz_assert(vm && strlen(vm) <= size);
	else
		fuzz_assert(bad && strlen(bad) <= size);
	varlink_request_done(&request);
	return 0;
}
