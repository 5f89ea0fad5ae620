// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of settings: numbers, sizes, spans of time, yes and no. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "settings/settings.h"
#include "source/pick.h"
#include "util/text.h"
#include "util/util.h"

#define VALUE_TEXT_BYTES 64

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit sizes[] = {
	{ "K", UINT64_C(1) << 10 },
	{ "M", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 },
	{ NULL, 0 },
};

#define MS_PER_S UINT64_C(1000)

/* In milliseconds, by the names that systemd.time(7) has. */
static const struct unit times[] = {
	{ "ms", 1 },
	{ "msec", 1 },
	{ "s", MS_PER_S },
	{ "sec", MS_PER_S },
	{ "second", MS_PER_S },
	{ "seconds", MS_PER_S },
	{ "m", 60 * MS_PER_S },
	{ "min", 60 * MS_PER_S },
	{ "minute", 60 * MS_PER_S },
	{ "minutes", 60 * MS_PER_S },
	{ "h", 3600 * MS_PER_S },
	{ "hr", 3600 * MS_PER_S },
	{ "hour", 3600 * MS_PER_S },
	{ "hours", 3600 * MS_PER_S },
	{ "d", 86400 * MS_PER_S },
	{ "day", 86400 * MS_PER_S },
	{ "days", 86400 * MS_PER_S },
	{ NULL, 0 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads digits off *text; false where there are none or too many. */
static bool take_number(const char **text, uint64_t *out)
{
	uint64_t n = 0;
	const char *at = *text;

	for (; is_digit(*at); at++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*at - '0'), &n))
			return false;
	if (at == *text)
		return false;
	*text = at;
	*out = n;
	return true;
}

/* Reads a unit off *text; that may be none, which is one of normal. */
static bool take_unit(const char **text, const struct unit *units, uint64_t normal, uint64_t *out)
{
	const char *at = *text;
	size_t len = 0;

	while (is_letter(at[len]))
		len++;
	*text += len;
	*out = normal;
	if (len == 0)
		return true;
	for (; units->name; units++) {
		if (strlen(units->name) != len || strncmp(units->name, at, len) != 0)
			continue;
		*out = units->factor;
		return true;
	}
	return false;
}

static bool parse_count(const char *text, uint64_t *out)
{
	return take_number(&text, out) && !*text;
}

static bool parse_bytes(const char *text, uint64_t *out)
{
	uint64_t factor;

	return take_number(&text, out) && take_unit(&text, sizes, 1, &factor) && !*text &&
	       !__builtin_mul_overflow(*out, factor, out);
}

/* "1min 30s" is the sum. unit_ms is what is counted, and what a bare number means. */
static bool parse_span(const char *text, uint64_t unit_ms, uint64_t *out)
{
	uint64_t n, factor, sum = 0;

	do {
		if (!take_number(&text, &n))
			return false;
		text += strspn(text, " \t");
		if (!take_unit(&text, times, unit_ms, &factor) ||
		    __builtin_mul_overflow(n, factor, &n) || __builtin_add_overflow(sum, n, &sum))
			return false;
		text += strspn(text, " \t");
	} while (*text);

	*out = sum / unit_ms;
	return sum % unit_ms == 0;
}

static bool parse_bool(const char *text, uint64_t *out)
{
	bool flag;

	if (!text_to_bool(text, &flag))
		return false;
	*out = flag;
	return true;
}

static const char *const sources[] = {
	[PICK_AUTO] = "auto",
	[PICK_NETLINK] = "netlink",
	[PICK_BPF] = "bpf",
};

static bool parse_source(const char *text, uint64_t *out)
{
	uint64_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		if (strcmp(sources[i], text) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool parse(enum setting_type type, const char *text, uint64_t *out)
{
	switch (type) {
	case SETTING_COUNT:
		return parse_count(text, out);
	case SETTING_BYTES:
		return parse_bytes(text, out);
	case SETTING_SECONDS:
		return parse_span(text, MS_PER_S, out);
	case SETTING_MILLISECONDS:
		return parse_span(text, 1, out);
	case SETTING_BOOL:
		return parse_bool(text, out);
	case SETTING_SOURCE:
		return parse_source(text, out);
	}
	return false;
}

static void explain(const struct setting *setting, const char *text, struct setting_error *error)
{
	static const char *const what[][2] = {
		[SETTING_COUNT] = { "a number", "" },
		[SETTING_BYTES] = { "bytes", "" },
		[SETTING_SECONDS] = { "a time", "s" },
		[SETTING_MILLISECONDS] = { "a time", "ms" },
	};
	char clean[VALUE_TEXT_BYTES];

	(void)text_clean(clean, sizeof(clean), text, strlen(text));
	if (setting->type == SETTING_SOURCE)
		(void)snprintf(error->text, sizeof(error->text),
			       "takes auto, netlink or bpf, not '%s'", clean);
	else if (setting->type == SETTING_BOOL)
		(void)snprintf(error->text, sizeof(error->text), "takes yes or no, not '%s'",
			       clean);
	else
		(void)snprintf(error->text, sizeof(error->text),
			       "takes %s from %" PRIu64 "%s to %" PRIu64 "%s, not '%s'",
			       what[setting->type][0], setting->min, what[setting->type][1],
			       setting->max, what[setting->type][1], clean);
}

int setting_parse(const struct setting *setting, const char *text, uint64_t *out,
		  struct setting_error *error)
{
	uint64_t value = 0;

	if (!*text) {
		*out = setting->normal;
		return 0;
	}
	if (!parse(setting->type, text, &value) || value < setting->min || value > setting->max) {
		error->line = 0;
		explain(setting, text, error);
		return -EINVAL;
	}
	*out = value;
	return 0;
}
