/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel makes batches, and what else it does with exits. */
#ifndef KVMEXITD_KERNEL_CONFIG_H
#define KVMEXITD_KERNEL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* kernel/spec/kvm-exitstat.yaml says what each one is, in its set "config". */
enum kernel_setting {
	KERNEL_INTERVAL_MS,
	KERNEL_BATCH_EXITS,
	KERNEL_MIN_SPACING_MS,
	KERNEL_LOG_EXITS,
	KERNEL_TIMING, /* a flag: 0 or 1 */
	KERNEL_DETAILS, /* so is this */
	KERNEL_DEAD_VMS_MAX,
	KERNEL_SETTINGS,
};

/* All zero says nothing. */
struct kernel_config {
	bool has[KERNEL_SETTINGS];
	uint32_t value[KERNEL_SETTINGS];
};

/* As in the varlink interface: "interval_ms". */
const char *kernel_setting_name(enum kernel_setting setting);

bool kernel_setting_is_flag(enum kernel_setting setting);

void kernel_config_set(struct kernel_config *config, enum kernel_setting setting, uint32_t value);

#endif
