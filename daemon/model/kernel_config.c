// SPDX-License-Identifier: GPL-2.0-or-later
/* How the kernel makes batches, and what else it does with exits. */
#include "config.h"

#include "model/kernel_config.h"

const char *kernel_setting_name(enum kernel_setting setting)
{
	switch (setting) {
	case KERNEL_INTERVAL_MS:
		return "interval_ms";
	case KERNEL_BATCH_EXITS:
		return "batch_exits";
	case KERNEL_MIN_SPACING_MS:
		return "min_spacing_ms";
	case KERNEL_LOG_EXITS:
		return "log_exits";
	case KERNEL_TIMING:
		return "timing";
	case KERNEL_DETAILS:
		return "details";
	case KERNEL_DEAD_VMS_MAX:
		return "dead_vms_max";
	case KERNEL_SETTINGS:
		break;
	}
	return "unknown";
}

bool kernel_setting_is_flag(enum kernel_setting setting)
{
	return setting == KERNEL_TIMING || setting == KERNEL_DETAILS;
}

void kernel_config_set(struct kernel_config *config, enum kernel_setting setting, uint32_t value)
{
	config->has[setting] = true;
	config->value[setting] = value;
}
