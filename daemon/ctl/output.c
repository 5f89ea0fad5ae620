// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kvmexitctl prints on stdout, tables aside.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/output.h"
#include "util/clock.h"
#include "util/text.h"

/* kvmexitd has steps of 1 and 10 s; what is computed of this does not overflow. */
#define STEP_MAX_S 86400

/* The daemon sends rates with three decimals: print them as it meant them. */
#define JSON_PRECISION JSON_REAL_PRECISION(15)
#define JSON_STEP      2

#define LINE_WIDTH 79

#define NS_THOUSAND 1000
#define PERCENT	    100.0

#define MINUTE_S 60
#define HOUR_S	 3600
#define DAY_S	 86400

/* Enough digits to be told from zero, and no more than say something. */
#define RATE_THOUSANDTHS_MAX 0.1
#define RATE_DECIMAL_MAX     100.0

/* Three digits are shown; these are rounded to more than 9.99, 99.9 and 999. */
#define SHORT_STEP     1000
#define SHORT_TEN      9.995
#define SHORT_HUNDRED  99.95
#define SHORT_THOUSAND 999.5

void ctl_error(const char *format, ...)
{
	va_list args;

	fputs("kvmexitctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static bool write_json(const json_t *json, FILE *out, bool pretty)
{
	size_t layout = pretty ? JSON_INDENT(JSON_STEP) : JSON_COMPACT;

	return json_dumpf(json, out, layout | JSON_PRECISION) == 0 && putc('\n', out) != EOF &&
	       fflush(out) == 0;
}

bool output_json_to(const struct ctl *ctl, const json_t *json, FILE *out)
{
	return write_json(json, out, ctl->json != CTL_JSON_SHORT);
}

void output_json(const struct ctl *ctl, const json_t *json)
{
	(void)output_json_to(ctl, json, stdout);
}

bool output_json_line(const struct ctl *ctl, const json_t *json)
{
	return write_json(json, stdout, ctl->json == CTL_JSON_PRETTY);
}

enum ctl_exit output_finish(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CTL_OK;
	ctl_error("cannot write to standard output%s%s", errno ? ": " : "",
		  errno ? strerror(errno) : "");
	return CTL_FAILED;
}

void output_wrapped(const char *text, size_t indent)
{
	size_t at = 0, word;

	while (*(text += strspn(text, " "))) {
		word = strcspn(text, " ");
		if (at > 0 && at + 1 + word > LINE_WIDTH) {
			putchar('\n');
			at = 0;
		}
		at += at > 0 ? 1 + word : indent + word;
		printf("%*s%.*s", (int)(at == indent + word ? indent : 1), "", (int)word, text);
		text += word;
	}
	putchar('\n');
}

const char *output_mark(bool colour, enum output_mark mark)
{
	static const char *const sequences[] = {
		[MARK_GOOD] = "\033[32m",
		[MARK_BAD] = "\033[1;31m",
		[MARK_HEAD] = "\033[1m",
		[MARK_NONE] = "\033[0m",
	};

	return colour ? sequences[mark] : "";
}

char *clean_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *clean = malloc(size);

	if (clean)
		text_clean(clean, size, text, size - 1);
	return clean;
}

char *get_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return clean_text(json_is_string(value) ? json_string_value(value) : "-");
}

long long get_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

int get_step(const json_t *span)
{
	long long step = get_int(span, "step");

	return step >= 1 && step <= STEP_MAX_S ? (int)step : 0;
}

const char *const output_windows[] = { "1s", "10s", "1m", "5m", NULL };

double get_rate(const json_t *object, const char *window)
{
	return json_number_value(json_object_get(json_object_get(object, "rates"), window));
}

static char *format(const char *form, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *form, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, form);
	n = vasprintf(&text, form, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

char *format_duration(long long seconds)
{
	if (seconds < 0)
		return strdup("-");
	if (seconds < MINUTE_S)
		return format("%llds", seconds);
	if (seconds < HOUR_S)
		return format("%lldmin %llds", seconds / MINUTE_S, seconds % MINUTE_S);
	if (seconds < DAY_S)
		return format("%lldh %lldmin", seconds / HOUR_S, seconds % HOUR_S / MINUTE_S);
	return format("%lldd %lldh", seconds / DAY_S, seconds % DAY_S / HOUR_S);
}

char *format_us(int64_t us)
{
	return format_duration(us < 0 ? -1 : us / (int64_t)US_PER_S);
}

char *format_rate(double rate)
{
	if (rate > 0 && rate < RATE_THOUSANDTHS_MAX)
		return format("%.3f", rate);
	if (rate > 0 && rate < RATE_DECIMAL_MAX)
		return format("%.1f", rate);
	return format("%.0f", rate);
}

char *format_short(double value)
{
	static const char units[] = "kMGTPE";
	size_t unit = 0;

	if (value < SHORT_THOUSAND)
		return format_rate(value);
	value /= SHORT_STEP;
	while (value >= SHORT_THOUSAND && unit + 2 < sizeof(units)) {
		value /= SHORT_STEP;
		unit++;
	}
	return format("%.*f%c",
		      value < SHORT_TEN	    ? 2 :
		      value < SHORT_HUNDRED ? 1 :
					      0,
		      value, units[unit]);
}

char *format_nanoseconds(double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	size_t unit = 0;

	if (ns < NS_THOUSAND)
		return format("%.0fns", ns);
	while (ns >= NS_THOUSAND && unit + 1 < sizeof(units) / sizeof(units[0])) {
		ns /= NS_THOUSAND;
		unit++;
	}
	return format("%.1f%s", ns, units[unit]);
}

bool has_times(const json_t *reasons)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
		if (json_object_get(reason, "time"))
			return true;
	return false;
}

bool has_nested(const json_t *reasons)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
		if (get_int(reason, "nested") > 0)
			return true;
	return false;
}

char *format_percent(double part, double whole)
{
	return format("%.1f", whole > 0 ? part / whole * PERCENT : 0);
}
