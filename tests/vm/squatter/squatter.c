// SPDX-License-Identifier: GPL-2.0
/*
 * Has a generic netlink family of the name that KVM wants for its own, so that KVM
 * cannot register it.
 */
#include <linux/module.h>
#include <net/genetlink.h>

static struct genl_family squatter = {
	.name = "kvm-exitstat",
	.version = 1,
	.module = THIS_MODULE,
};

static int __init squatter_init(void)
{
	return genl_register_family(&squatter);
}
module_init(squatter_init);

static void __exit squatter_exit(void)
{
	genl_unregister_family(&squatter);
}
module_exit(squatter_exit);

MODULE_DESCRIPTION("Takes the name of the kvm-exitstat family");
MODULE_LICENSE("GPL");
