// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kvm-exitstat.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "exitstat_nl_gen.h"

#include <uapi/linux/kvm_exitstat.h>

/* Integer value ranges */
static const struct netlink_range_validation kvm_exitstat_a_config_interval_ms_range = {
	.min	= KVM_EXITSTAT_INTERVAL_MS_MIN,
	.max	= KVM_EXITSTAT_INTERVAL_MS_MAX,
};

static const struct netlink_range_validation kvm_exitstat_a_config_min_spacing_ms_range = {
	.min	= KVM_EXITSTAT_MIN_SPACING_MS_MIN,
	.max	= KVM_EXITSTAT_MIN_SPACING_MS_MAX,
};

/* KVM_EXITSTAT_CMD_STATS_GET - do */
static const struct nla_policy kvm_exitstat_stats_get_do_nl_policy[KVM_EXITSTAT_A_STATS_VCPU_ID + 1] = {
	[KVM_EXITSTAT_A_STATS_VM_ID] = { .type = NLA_U64, },
	[KVM_EXITSTAT_A_STATS_VCPU_ID] = { .type = NLA_U32, },
};

/* KVM_EXITSTAT_CMD_STATS_GET - dump */
static const struct nla_policy kvm_exitstat_stats_get_dump_nl_policy[KVM_EXITSTAT_A_STATS_VM_ID + 1] = {
	[KVM_EXITSTAT_A_STATS_VM_ID] = { .type = NLA_U64, },
};

/* KVM_EXITSTAT_CMD_CONFIG_SET - do */
static const struct nla_policy kvm_exitstat_config_set_nl_policy[KVM_EXITSTAT_A_CONFIG_DEAD_VMS_MAX + 1] = {
	[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &kvm_exitstat_a_config_interval_ms_range),
	[KVM_EXITSTAT_A_CONFIG_BATCH_EXITS] = NLA_POLICY_MIN(NLA_U32, KVM_EXITSTAT_BATCH_EXITS_MIN),
	[KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &kvm_exitstat_a_config_min_spacing_ms_range),
	[KVM_EXITSTAT_A_CONFIG_LOG_EXITS] = { .type = NLA_U32, },
	[KVM_EXITSTAT_A_CONFIG_TIMING] = NLA_POLICY_MAX(NLA_U8, 1),
	[KVM_EXITSTAT_A_CONFIG_DETAILS] = NLA_POLICY_MAX(NLA_U8, 1),
	[KVM_EXITSTAT_A_CONFIG_DEAD_VMS_MAX] = NLA_POLICY_MAX(NLA_U32, KVM_EXITSTAT_DEAD_VMS_LIMIT),
};

/* Ops table for kvm_exitstat */
static const struct genl_split_ops kvm_exitstat_nl_ops[] = {
	{
		.cmd		= KVM_EXITSTAT_CMD_STATS_GET,
		.doit		= kvm_exitstat_nl_stats_get_doit,
		.policy		= kvm_exitstat_stats_get_do_nl_policy,
		.maxattr	= KVM_EXITSTAT_A_STATS_VCPU_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KVM_EXITSTAT_CMD_STATS_GET,
		.start		= kvm_exitstat_nl_stats_get_start,
		.dumpit		= kvm_exitstat_nl_stats_get_dumpit,
		.policy		= kvm_exitstat_stats_get_dump_nl_policy,
		.maxattr	= KVM_EXITSTAT_A_STATS_VM_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd	= KVM_EXITSTAT_CMD_CONFIG_GET,
		.doit	= kvm_exitstat_nl_config_get_doit,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= KVM_EXITSTAT_CMD_CONFIG_SET,
		.doit		= kvm_exitstat_nl_config_set_doit,
		.policy		= kvm_exitstat_config_set_nl_policy,
		.maxattr	= KVM_EXITSTAT_A_CONFIG_DEAD_VMS_MAX,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group kvm_exitstat_nl_mcgrps[] = {
	[KVM_EXITSTAT_NLGRP_EXITS] = { "exits", },
};

struct genl_family kvm_exitstat_nl_family __ro_after_init = {
	.name		= KVM_EXITSTAT_FAMILY_NAME,
	.version	= KVM_EXITSTAT_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= kvm_exitstat_nl_ops,
	.n_split_ops	= ARRAY_SIZE(kvm_exitstat_nl_ops),
	.mcgrps		= kvm_exitstat_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(kvm_exitstat_nl_mcgrps),
};
