/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl top on a terminal, by ncurses.
 */
#ifndef KVMEXITD_CTL_TOP_SCREEN_H
#define KVMEXITD_CTL_TOP_SCREEN_H

#include <stdint.h>

#include "ctl/ctl.h"
#include "ctl/top/source.h"

/* Until q, a signal, or count refreshes. */
int top_screen_run(struct ctl *ctl, struct top_source *source, struct top *top, uint64_t count);

#endif
