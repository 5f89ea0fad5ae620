// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: times and phases, as somebody writes them.
 */
#include "config.h"

#include "ctl/report/phases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "util/util.h"

#define MS_PER_S 1000.0

/* A line for each phase, and as many comments of some length. */
#define FILE_BYTES_MAX (64 * 1024)

/* What a table and a plot have room for, and then some. */
#define NAME_BYTES_MAX 256

#define SPACES " \t\r"

/* -- times ----------------------------------------------------------------- */

/* Whether somebody meant a date. */
static bool is_like_date(const char *text)
{
	return strspn(text, "0123456789") == strlen("2026") && text[strlen("2026")] == '-';
}

/* rest is the place in text that is wrong. */
static void complain(const char *where, const char *text, const char *rest)
{
	_cleanup_free_ char *clean = clean_text(text);
	_cleanup_free_ char *place = clean_text(rest);
	const char *before = "", *behind = "";

	if (rest > text && *rest) {
		before = ": what is '";
		behind = "'?";
	} else if (rest > text) {
		before = ": the end is missing, as Z for UTC or an offset such as +01:00";
	}
	ctl_error("%s: '%s' is not a time such as 12s, 2min or 2026-01-02T03:04:05Z%s%s%s", where,
		  clean ? clean : "", before, rest > text && place ? place : "", behind);
}

bool report_read_time(const char *where, const char *text, const struct report *report, double *age)
{
	int64_t ms, started_ms;
	uint64_t after_ms;
	const char *rest;

	if (is_like_date(text)) {
		if (!parse_time(text, &ms, &rest)) {
			complain(where, text, rest);
			return false;
		}
		started_ms =
			parse_time_ms(json_string_value(json_object_get(report->vm, "started")));
		*age = (double)(ms - started_ms) / MS_PER_S;
		return true;
	}
	if (!option_read_duration(text, &after_ms, &rest)) {
		complain(where, text, *rest ? rest : text);
		return false;
	}
	*age = (double)after_ms / MS_PER_S;
	return true;
}

/* -- phases ---------------------------------------------------------------- */

bool phases_open(struct phases_file *file, const char *path)
{
	_cleanup_free_ char *text = malloc(FILE_BYTES_MAX + 1);
	FILE *stream = fopen(path, "re");
	size_t length;
	bool failed;

	if (!stream || !text) {
		ctl_error("cannot read %s: %s", path, strerror(errno));
		if (stream)
			(void)fclose(stream);
		return false;
	}
	length = fread(text, 1, FILE_BYTES_MAX + 1, stream);
	failed = ferror(stream);
	if (failed)
		ctl_error("cannot read %s: %s", path, strerror(errno));
	else if (length > FILE_BYTES_MAX)
		ctl_error("%s has more than %d bytes", path, FILE_BYTES_MAX);
	(void)fclose(stream);
	if (failed || length > FILE_BYTES_MAX)
		return false;
	text[length] = '\0';
	*file = (struct phases_file){ path, TAKE_PTR(text), length };
	return true;
}

/* A line is cut in place. */
static bool read_mark(const char *where, char *line, const struct report *report,
		      struct report_marks *marks)
{
	struct report_mark *mark = &marks->marks[marks->n];
	size_t length;
	char *name;

	line += strspn(line, SPACES);
	if (!*line || *line == '#')
		return true;
	name = line + strcspn(line, SPACES);
	if (*name)
		*name++ = '\0';
	name += strspn(name, SPACES);
	length = strlen(name);
	while (length > 0 && strchr(SPACES, name[length - 1]))
		name[--length] = '\0';

	if (!report_read_time(where, line, report, &mark->age))
		return false;
	if (!*name) {
		ctl_error("%s: a phase needs a name behind its time", where);
	} else if (length > NAME_BYTES_MAX) {
		ctl_error("%s: the phase's name has more than %d bytes", where, NAME_BYTES_MAX);
	} else if (marks->n == REPORT_PHASES_MAX) {
		ctl_error("%s: more than %d phases", where, REPORT_PHASES_MAX);
	} else if (marks->n > 0 && mark->age < mark[-1].age) {
		ctl_error("%s: the phase begins before the one in front of it", where);
	} else {
		mark->name = strdup(name);
		marks->n += mark->name ? 1 : 0;
		return mark->name != NULL;
	}
	return false;
}

bool phases_read(const struct phases_file *file, const struct report *report,
		 struct report_marks *marks)
{
	const char *end = file->text + file->length;
	char *line = file->text, *newline;
	size_t n;

	for (n = 1; line < end; n++) {
		_cleanup_free_ char *where = NULL;

		if (asprintf(&where, "%s:%zu", file->path, n) < 0)
			return false;
		newline = memchr(line, '\n', (size_t)(end - line));
		if (newline)
			*newline = '\0';
		else
			newline = line + (end - line);
		if (strlen(line) < (size_t)(newline - line)) {
			ctl_error("%s: there is a NUL in the line", where);
			return false;
		}
		if (!read_mark(where, line, report, marks))
			return false;
		line = newline + 1;
	}
	if (marks->n == 0)
		ctl_error("%s has no phases", file->path);
	return marks->n > 0;
}

void report_marks_done(struct report_marks *marks)
{
	size_t i;

	for (i = 0; i < marks->n; i++)
		free(marks->marks[i].name);
	marks->n = 0;
}
