/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries for journald that never wait for it.
 *
 * sd_journal_sendv() does: when journald hangs or is stopped, the socket's queue
 * fills, and then the caller stands still until its watchdog ends it. So entries go
 * to the socket here, by the protocol that systemd.io/JOURNAL_NATIVE_PROTOCOL
 * promises to keep, and what finds no room is counted and left out.
 */
#ifndef KVMEXITD_JOURNAL_SOCKET_H
#define KVMEXITD_JOURNAL_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Longer ones are none of ours; journald wants those in a file of their own. */
#define JOURNAL_ENTRY_BYTES_MAX (32 * 1024)

/* Each field is "NAME=value"; the value may be any bytes. 0 or -errno. */
int journal_socket_send(const struct iovec *fields, size_t n);

/* How many entries could not be sent. */
uint64_t journal_socket_dropped(void);

/* For tests: another socket than journald's. */
void journal_socket_set_path(const char *path);

#endif
