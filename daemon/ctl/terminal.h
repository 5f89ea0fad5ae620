/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the terminal can do.
 */
#ifndef KVMEXITD_CTL_TERMINAL_H
#define KVMEXITD_CTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* How wide the terminal is that fd is. */
size_t terminal_columns(int fd);

/* Whether stdin and stdout are one, on which a cursor can be moved. */
bool terminal_can_move(void);

/* Whether it has the block characters of sparklines. */
bool terminal_has_blocks(void);

#endif
