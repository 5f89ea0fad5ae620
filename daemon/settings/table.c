// SPDX-License-Identifier: GPL-2.0-or-later
/* All settings there are. systemd/kvmexitd.conf explains them to admins. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <string.h>

#include "model/detail.h"
#include "model/storm.h"
#include "server/server.h"
#include "settings/settings.h"
#include "source/netlink/genl_socket.h"
#include "source/pick.h"

/* A day: longer ones are mistakes for 0. */
#define SUMMARY_INTERVAL_MAX_S 86400

/* None: births, ends, storms and losses are what is worth an entry. */
#define SUMMARY_INTERVAL_NORMAL 0

/*
 * The kernel's own least, and more than any host's VMs send in a minute: what is
 * wanted beyond that is a mistake.
 */
#define RECEIVE_BUFFER_MIN (4 * 1024)
#define RECEIVE_BUFFER_MAX (1024 * 1024 * 1024)

/* A VM that does a thousandth of its work is idle: all that it does would be a storm. */
#define STORM_FACTOR_MAX 1000

#define FIELD(name) offsetof(struct settings, name)

/* clang-format off */
const struct setting setting_table[] = {
	{ "Journal", "SummaryIntervalSec", SETTING_SECONDS, FIELD(summary_interval_s),
	  SUMMARY_INTERVAL_NORMAL, 0, SUMMARY_INTERVAL_MAX_S },

	{ "Source", "Source", SETTING_SOURCE, FIELD(source), PICK_AUTO, PICK_AUTO, PICK_BPF },

	{ "Kernel", "IntervalMs", SETTING_MILLISECONDS, FIELD(kernel_interval_ms),
	  SETTING_UNSET, KVM_EXITSTAT_INTERVAL_MS_MIN, KVM_EXITSTAT_INTERVAL_MS_MAX },
	{ "Kernel", "BatchExits", SETTING_COUNT, FIELD(kernel_batch_exits),
	  SETTING_UNSET, KVM_EXITSTAT_BATCH_EXITS_MIN, UINT32_MAX },
	{ "Kernel", "MinSpacingMs", SETTING_MILLISECONDS, FIELD(kernel_min_spacing_ms),
	  SETTING_UNSET, KVM_EXITSTAT_MIN_SPACING_MS_MIN, KVM_EXITSTAT_MIN_SPACING_MS_MAX },
	{ "Kernel", "LogExits", SETTING_COUNT, FIELD(kernel_log_exits),
	  SETTING_UNSET, 0, UINT32_MAX },
	{ "Kernel", "Timing", SETTING_BOOL, FIELD(kernel_timing), SETTING_UNSET, 0, 1 },
	{ "Kernel", "Details", SETTING_BOOL, FIELD(kernel_details), SETTING_UNSET, 0, 1 },
	{ "Kernel", "DeadVmsMax", SETTING_COUNT, FIELD(kernel_dead_vms_max),
	  SETTING_UNSET, 0, KVM_EXITSTAT_DEAD_VMS_LIMIT },

	{ "Storms", "Factor", SETTING_COUNT, FIELD(storm_factor), 8, 0, STORM_FACTOR_MAX },
	{ "Storms", "MinRate", SETTING_COUNT, FIELD(storm_min_rate), 10000, 1, UINT32_MAX },
	{ "Storms", "CalmSec", SETTING_SECONDS, FIELD(storm_calm_s), 30, STORM_BUCKET_S, 3600 },
	{ "Storms", "LearnSec", SETTING_SECONDS, FIELD(storm_learn_s), 300, STORM_BUCKET_S, 86400 },

	{ "Metrics", "Details", SETTING_COUNT, FIELD(metrics_details), 0, 0, DETAIL_KEYS_PER_VM_MAX },

	{ "Limits", "Clients", SETTING_COUNT, FIELD(clients),
	  SERVER_CLIENTS, 1, SERVER_CLIENTS_MAX },
	{ "Limits", "ReceiveBufferBytes", SETTING_BYTES, FIELD(receive_buffer),
	  GENL_RCVBUF_BYTES, RECEIVE_BUFFER_MIN, RECEIVE_BUFFER_MAX },

	{ .name = NULL },
};
/* clang-format on */

const struct setting *setting_find(const char *section, const char *name)
{
	const struct setting *setting;

	for (setting = setting_table; setting->name; setting++)
		if (strcmp(setting->section, section) == 0 && strcmp(setting->name, name) == 0)
			return setting;
	return NULL;
}

uint64_t *setting_value(struct settings *settings, const struct setting *setting)
{
	return (uint64_t *)(void *)((char *)settings + setting->offset);
}

void settings_init(struct settings *settings)
{
	const struct setting *setting;

	for (setting = setting_table; setting->name; setting++)
		*setting_value(settings, setting) = setting->normal;
}

void settings_init_unset(struct settings *settings)
{
	const struct setting *setting;

	for (setting = setting_table; setting->name; setting++)
		*setting_value(settings, setting) = SETTING_UNSET;
}

void settings_override(struct settings *settings, const struct settings *overrides)
{
	const struct setting *setting;
	struct settings over = *overrides;

	for (setting = setting_table; setting->name; setting++)
		if (*setting_value(&over, setting) != SETTING_UNSET)
			*setting_value(settings, setting) = *setting_value(&over, setting);
}
