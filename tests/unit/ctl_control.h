/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fixture's server has for a kernel to configure, and a configuration to reload. */
#ifndef KVMEXITD_TESTS_CTL_CONTROL_H
#define KVMEXITD_TESTS_CTL_CONTROL_H

#include "model/kernel_config.h"
#include "server/control.h"

/* Userdata is a struct kernel_config. It takes no interval of less than 10 ms. */
extern const struct server_control ctl_control;

/* The same without a kernel: with a recording's configuration, and with none. */
extern const struct server_control ctl_control_replay, ctl_control_without;

#endif
