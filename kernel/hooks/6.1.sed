# SPDX-License-Identifier: GPL-2.0
#
# Linux 6.1 has one operation for do and dump, with one policy: that of the do.
s@/\* [A-Z_]+ - dump \*/\nstatic const struct nla_policy [^;]*;\n\n@@g
s@(\n\t\t\.cmd\t+= \w+,)(\n\t\t\.doit[^}]*)\t\},\n\t\{\1((\n\t\t\.start[^\n]*)?\n\t\t\.dumpit[^\n]*)\n[^}]*@\1\3\2\t@g
s@\bgenl_split_ops\b@genl_ops@g
s@\.(n_)?split_ops\t@.\1ops\t\t@g
s@\bgenl_info_dump\(@genl_dumpit_info(@g
s@\bstatic const (struct netlink_range_validation)\b@static \1@g
s@<linux/unaligned\.h>@<asm/unaligned.h>@g
# Its multicast has no filter.
s@genlmsg_multicast_netns_filtered\(([^;]*),\n\t+may_not_hear, NULL\)@genlmsg_multicast_netns(\1)@g
s@static int may_not_hear@static int __maybe_unused may_not_hear@g
