/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/kvm-exitstat.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_KVM_EXITSTAT_GEN_H
#define _LINUX_KVM_EXITSTAT_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/kvm_exitstat.h>

int kvm_exitstat_nl_stats_get_start(struct netlink_callback *cb);

int kvm_exitstat_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int kvm_exitstat_nl_stats_get_dumpit(struct sk_buff *skb,
				     struct netlink_callback *cb);
int kvm_exitstat_nl_config_get_doit(struct sk_buff *skb,
				    struct genl_info *info);
int kvm_exitstat_nl_config_set_doit(struct sk_buff *skb,
				    struct genl_info *info);

enum {
	KVM_EXITSTAT_NLGRP_EXITS,
};

extern struct genl_family kvm_exitstat_nl_family;

#endif /* _LINUX_KVM_EXITSTAT_GEN_H */
