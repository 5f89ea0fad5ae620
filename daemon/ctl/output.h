/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that kvmexitctl prints on stdout: JSON, header blocks and tables.
 */
#ifndef KVMEXITD_CTL_OUTPUT_H
#define KVMEXITD_CTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl/ctl.h"

struct libscols_line;
struct libscols_table;

/* Indented, if it was not asked for short. Failures to write are kept for output_finish(). */
void output_json(const struct ctl *ctl, const json_t *json);

/* To elsewhere, flushed; false when that failed. */
bool output_json_to(const struct ctl *ctl, const json_t *json, FILE *out);

/*
 * A file to write to, which is opened before the work whose result goes there, so
 * that the work is not lost to a wrong path. What goes wrong is reported.
 */
struct output_file {
	const char *path;
	FILE *stream;
	bool created; /* it was not there before */
};

bool output_open(struct output_file *file, const char *path);

/* What was in the file until now goes; gives the stream. */
FILE *output_begin(struct output_file *file);

/* False when something was not written. */
bool output_close(struct output_file *file);

/* There is no result: the file is as before. */
void output_abandon(struct output_file *file);

/* On one line, if it was not asked for pretty, and flushed; false when that failed. */
bool output_json_line(const struct ctl *ctl, const json_t *json);

/* Writes what is left, and reports failures: CTL_OK or CTL_FAILED. */
enum ctl_exit output_finish(void);

/* Breaks text between words, each line behind indent spaces. */
void output_wrapped(const char *text, size_t indent);

/* Marks text that stands out; "" where there are no colours. */
enum output_mark {
	MARK_GOOD,
	MARK_BAD,
	MARK_HEAD,
	MARK_NONE,
};

const char *output_mark(bool colour, enum output_mark mark);

/* Safe for a terminal. */
char *clean_text(const char *text);

/* Reads a member of a reply, whatever it is; text is clean, "-" if there is none. */
char *get_text(const json_t *object, const char *key);
long long get_int(const json_t *object, const char *key);
double get_rate(const json_t *object, const char *window);

/* The windows of rates and shares, as replies call them; NULL after the last. */
#define OUTPUT_WINDOWS 4
extern const char *const output_windows[OUTPUT_WINDOWS + 1];

/* The step of a span of history in seconds; 0 for what none can be. */
int get_step(const json_t *span);

/* "45s", "3min 20s", "2h 5min", "12d 3h"; "-" for what is not known, which is negative. */
char *format_duration(long long seconds);
char *format_us(int64_t us);
char *format_rate(double rate);

/* "999", "1.23k", "39.3M": a count or rate for people, in five columns. */
char *format_short(double value);

/* "812ns", "12.3us", "4.6ms", "17.0s" */
char *format_nanoseconds(double ns);
char *format_percent(double part, double whole);

/* Whether any of these was taken while a guest of a guest ran. */
bool has_nested(const json_t *reasons);

/* Whether the kernel measured how long any of these took. */
bool has_times(const json_t *reasons);

/* -- tables -------------------------------------------------------------- */

/*
 * On a terminal, tables fit: first the columns with the highest drop are left out,
 * then what may be cut is; and counts are short. Elsewhere all is there as it is.
 */
struct column {
	const char *name;
	bool right;
	bool count; /* numbers */
	enum {
		COLUMN_WHOLE,
		COLUMN_CUT, /* at its end */
		COLUMN_CUT_NAME, /* in its middle */
	} cut;
	unsigned int drop; /* 0 for never */
};

/* What is told of reasons only where there is something to tell. */
struct more {
	size_t column; /* where it begins, behind what all have */
	bool nested;
	bool times;
};

/* The columns end with a nameless one. Everything gives NULL without memory. */
struct libscols_table *table_new(const struct column *columns, bool colour);
struct libscols_line *table_row(struct libscols_table *table);

/* The same with columns for what some reasons have, which table_more() fills. */
struct libscols_table *table_new_more(const struct column *columns, const struct more *more,
				      bool colour);

/* Takes over text; NULL is an empty cell. */
void table_text(struct libscols_line *line, size_t column, char *text);
void table_int(struct libscols_line *line, size_t column, long long value);

/* The four rates of object, from column on. */
void table_rates(struct libscols_line *line, size_t column, const json_t *object);

/* The part that is nested, and the sum, mean and longest of a time, which may be missing. */
void table_more(struct libscols_line *line, const struct more *more, const json_t *reason);

/* A row for the times of reasons that have none of their own; NULL for none. */
void table_rest(struct libscols_table *table, const struct more *more, const json_t *rest);

/* Prints and frees it. */
void table_print(struct libscols_table *table);
void table_print_to(struct libscols_table *table, FILE *out);

/* The column of that name, if there is one, is not left out. */
void table_keep(struct column *columns, const char *name);

/* 10s stays longest: it is neither a moment nor the past. */
#define RATE_COLUMNS                                                        \
	{ .name = "1s", .right = true, .count = true, .drop = 7 },          \
		{ .name = "10s", .right = true, .count = true, .drop = 2 }, \
		{ .name = "1m", .right = true, .count = true, .drop = 5 },  \
	{                                                                   \
		"5m", true, true, .drop = 8                                 \
	}

#endif
