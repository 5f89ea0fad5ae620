/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl top on a terminal, by ncurses.
 */
#ifndef KVMEXITD_CTL_TOP_SCREEN_H
#define KVMEXITD_CTL_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/top/source.h"

/* Until q, a signal, or count refreshes. */
int top_screen_run(struct top_source *source, struct top *top, bool colour, uint64_t count);

#endif
