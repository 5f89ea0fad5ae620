/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reply says about time. What the daemon measures is measured by the
 * daemon's clock: kvmexitctl has none of its own for it.
 */
#ifndef KVMEXITD_CTL_CLOCK_H
#define KVMEXITD_CTL_CLOCK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ctl/ctl.h"

/* When the reply was made, in microseconds of the daemon's CLOCK_BOOTTIME; -1 if not known. */
int64_t reply_now_us(const json_t *reply);

/* The same as a local time of day; false if not known. */
bool reply_local_time(const json_t *reply, struct tm *out);

/* A member of a reply in the same microseconds; -1 if not known. */
int64_t get_boottime_us(const json_t *object, const char *member);

/* How long a VM had lived at that time, or lived at all; -1 if not known. */
int64_t vm_life_us(const json_t *vm, int64_t now_us);

/*
 * A member that is a time, as systemctl prints it for people, and how long ago it was by
 * the reply's clock: "Sat 2026-11-28 18:40:12 UTC, 17 min ago". As it is for programs;
 * "-" if there is none. To be freed.
 */
char *format_when(const struct ctl *ctl, const json_t *reply, const json_t *object,
		  const char *member);

/* "12 s", "17 min", "3 h", "2 days", of milliseconds; to be freed. */
char *format_span(int64_t ms);

/*
 * Reads the whole of text as an RFC 3339 time, in milliseconds since 1970. False if
 * it is none: *rest is then the place in text that is wrong.
 */
bool parse_time(const char *text, int64_t *out_ms, const char **rest);

/* A time that the daemon says; -1 if it is none. */
int64_t parse_time_ms(const char *text);

#endif
