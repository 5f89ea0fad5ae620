// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct setting *setting;
	struct setting_error error = { 0 };
	struct settings settings;
	uint64_t value;

	settings_init(&settings);
	if (settings_parse((const char *)data, size, &settings, &error) < 0) {
		fuzz_assert(error.line > 0);
		fuzz_assert(error.text[0] && strlen(error.text) < sizeof(error.text));
		return 0;
	}
	for (setting = setting_table; setting->name; setting++) {
		value = *setting_value(&settings, setting);
		fuzz_assert(value == setting->normal ||
			    (value >= setting->min && value <= setting->max));
	}
	return 0;
}
