/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain log lines: to the journal with their priority, where stderr is the journal, or
 * else to stderr. Where that cannot be written to without waiting, a line is left out, and
 * the next one says how many were. Called from app, source, server and sink only.
 */
#ifndef KVMEXITD_LOG_H
#define KVMEXITD_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Whether stderr is the journal, so that structured entries find their reader. */
bool log_is_journal(void);

/* Debug messages are dropped unless asked for. */
void log_set_debug(bool debug);

void log_write(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_write(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_write(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_DEBUG, __VA_ARGS__)

#endif
