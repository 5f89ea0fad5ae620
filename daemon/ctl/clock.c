// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a reply says about time, and times as text.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/output.h"
#include "util/util.h"

/* A date, a time and any zone's name. */
#define WHEN_MAX 64

#define MS_PER_S      1000
#define MS_PER_MIN    (60 * MS_PER_S)
#define MS_PER_H      (60 * MS_PER_MIN)
#define MS_PER_DAY    (24 * MS_PER_H)
#define MIN_PER_H     60
#define HOUR_MAX      23
#define MINUTE_MAX    59
#define LEAP_SECOND   60
#define TM_YEAR_FIRST 1900

int64_t get_boottime_us(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	return json_is_integer(value) && json_integer_value(value) >= 0 ?
		       json_integer_value(value) :
		       -1;
}

int64_t reply_now_us(const json_t *reply)
{
	return get_boottime_us(json_object_get(reply, "now"), "boottime_us");
}

static int64_t reply_realtime_ms(const json_t *reply)
{
	const json_t *realtime = json_object_get(json_object_get(reply, "now"), "realtime");

	return parse_time_ms(json_string_value(realtime));
}

bool reply_local_time(const json_t *reply, struct tm *out)
{
	int64_t ms = reply_realtime_ms(reply);
	time_t s = (time_t)(ms / MS_PER_S);

	return ms >= 0 && localtime_r(&s, out);
}

char *format_span(int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {
		{ 2 * MS_PER_DAY, "days" },
		{ 2 * MS_PER_H, "h" },
		{ 2 * MS_PER_MIN, "min" },
	};
	char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (ms >= units[i].ms)
			return asprintf(&text, "%" PRId64 " %s", ms / (units[i].ms / 2),
					units[i].name) < 0 ?
				       NULL :
				       text;
	return asprintf(&text, "%" PRId64 " s", ms < 0 ? 0 : ms / MS_PER_S) < 0 ? NULL : text;
}

char *format_when(const struct ctl *ctl, const json_t *reply, const json_t *object,
		  const char *member)
{
	int64_t ms = parse_time_ms(json_string_value(json_object_get(object, member)));
	int64_t now_ms = reply_realtime_ms(reply);
	_cleanup_free_ char *span = format_span(now_ms - ms);
	time_t s = (time_t)(ms / MS_PER_S);
	char date[WHEN_MAX], *text;
	struct tm tm;

	if (!ctl->people || ms < 0 || !localtime_r(&s, &tm) ||
	    strftime(date, sizeof(date), "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
		return get_text(object, member);
	if (now_ms < ms)
		return strdup(date);
	return asprintf(&text, "%s, %s ago", date, span) < 0 ? NULL : text;
}

int64_t vm_life_us(const json_t *vm, int64_t now_us)
{
	int64_t from_us = get_boottime_us(vm, "started_boottime_us");
	int64_t to_us = get_boottime_us(vm, "ended_boottime_us");

	if (to_us < 0 && json_is_true(json_object_get(vm, "alive")))
		to_us = now_us;
	if (from_us < 0 || to_us < 0)
		return -1;
	/* The kernel's stamps and the daemon's clock differ a little. */
	return to_us > from_us ? to_us - from_us : 0;
}

/* -- RFC 3339 -------------------------------------------------------------- */

/* Takes n digits off *at, or as many as there are, which is not enough. */
static bool take_digits(const char **at, int n, int *out)
{
	*out = 0;
	for (; n > 0 && **at >= '0' && **at <= '9'; n--, (*at)++)
		*out = *out * 10 + (**at - '0');
	return n == 0;
}

/* Takes one character off *at, if it is one of these. */
static bool take_one(const char **at, const char *these)
{
	if (!**at || !strchr(these, **at))
		return false;
	(*at)++;
	return true;
}

static bool take_date(const char **at, struct tm *tm)
{
	if (!take_digits(at, 4, &tm->tm_year) || !take_one(at, "-") ||
	    !take_digits(at, 2, &tm->tm_mon) || !take_one(at, "-") ||
	    !take_digits(at, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= TM_YEAR_FIRST;
	tm->tm_mon--;
	return true;
}

static bool take_hours(const char **at, int *hours, int *minutes)
{
	const char *from = *at;

	if (!take_digits(at, 2, hours) || !take_one(at, ":") || !take_digits(at, 2, minutes))
		return false;
	if (*hours <= HOUR_MAX && *minutes <= MINUTE_MAX)
		return true;
	*at = from;
	return false;
}

/* Seconds with decimals, of which those behind the third say nothing here. */
static bool take_seconds(const char **at, int *ms)
{
	const char *from = *at;
	int seconds, weight = MS_PER_S / 10, digit;

	if (!take_digits(at, 2, &seconds))
		return false;
	if (seconds > LEAP_SECOND) {
		*at = from;
		return false;
	}
	*ms = seconds * MS_PER_S;
	if (!take_one(at, "."))
		return true;
	if (!take_digits(at, 1, &digit))
		return false;
	do {
		*ms += digit * weight;
		weight /= 10;
	} while (take_digits(at, 1, &digit));
	return true;
}

static bool take_offset(const char **at, int *minutes)
{
	bool west = **at == '-';
	int hours;

	*minutes = 0;
	if (take_one(at, "Zz"))
		return true;
	if (!take_one(at, "+-") || !take_hours(at, &hours, minutes))
		return false;
	*minutes += hours * MIN_PER_H;
	if (west)
		*minutes = -*minutes;
	return true;
}

bool parse_time(const char *text, int64_t *out_ms, const char **rest)
{
	struct tm tm = { 0 }, real;
	int ms, offset_min;
	time_t s;

	*rest = text;
	if (!take_date(rest, &tm) || !take_one(rest, "Tt ") ||
	    !take_hours(rest, &tm.tm_hour, &tm.tm_min) || !take_one(rest, ":") ||
	    !take_seconds(rest, &ms) || !take_offset(rest, &offset_min) || **rest)
		return false;
	/* There is no 30th of February. */
	real = tm;
	s = timegm(&real);
	if (real.tm_mday != tm.tm_mday || real.tm_mon != tm.tm_mon) {
		*rest = text;
		return false;
	}
	*out_ms = (int64_t)s * MS_PER_S + ms - (int64_t)offset_min * MS_PER_MIN;
	return true;
}

int64_t parse_time_ms(const char *text)
{
	const char *rest;
	int64_t ms;

	return text && parse_time(text, &ms, &rest) && ms >= 0 ? ms : -1;
}
