/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an admin can set, in kvmexitd.conf or on the command line. A setting is a
 * member here and a row of the table in table.c, which is all that it needs to be
 * read, checked, listed and overridden.
 */
#ifndef KVMEXITD_SETTINGS_H
#define KVMEXITD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Not given; with the kernel's: as the kernel has it. */
#define SETTING_UNSET UINT64_MAX

struct settings {
	/* [Journal] */
	uint64_t summary_interval_s; /* 0: none */

	/* [Source] */
	uint64_t source; /* enum pick_mode */

	/* [Kernel], applied when its family is there */
	uint64_t kernel_interval_ms;
	uint64_t kernel_batch_exits;
	uint64_t kernel_min_spacing_ms;
	uint64_t kernel_log_exits; /* 0: none */
	uint64_t kernel_timing; /* 0 or 1 */
	uint64_t kernel_details; /* 0 or 1 */
	uint64_t kernel_dead_vms_max;

	/* [Storms] */
	uint64_t storm_factor; /* times the usual rate; 0: none */
	uint64_t storm_min_rate; /* exits per second */
	uint64_t storm_calm_s;
	uint64_t storm_learn_s;

	/* [Metrics] */
	uint64_t metrics_details; /* of each VM; 0: none */

	/* [Limits] */
	uint64_t clients;
	uint64_t receive_buffer; /* bytes of messages from the kernel that may wait */
};

enum setting_type {
	SETTING_COUNT,
	SETTING_BYTES, /* also with K, M, G */
	SETTING_SECONDS, /* spans of time: "90", "90s", "1min 30s" */
	SETTING_MILLISECONDS,
	SETTING_BOOL,
	SETTING_SOURCE, /* enum pick_mode by its name */
};

/* One row of the table. */
struct setting {
	const char *section;
	const char *name;
	enum setting_type type;
	size_t offset; /* in struct settings, of a uint64_t */
	uint64_t normal; /* what it is unless set */
	uint64_t min, max;
};

/* A nameless one ends them. */
extern const struct setting setting_table[];

const struct setting *setting_find(const char *section, const char *name);
uint64_t *setting_value(struct settings *settings, const struct setting *setting);

/* What is wrong with a line or value, cut when it is long. */
#define SETTING_ERROR_BYTES 256

struct setting_error {
	unsigned int line; /* 0 where there is none */
	char text[SETTING_ERROR_BYTES];
};

/* Everything as it is normally, or as not given. */
void settings_init(struct settings *settings);
void settings_init_unset(struct settings *settings);

/* Puts what overrides has over settings. */
void settings_override(struct settings *settings, const struct settings *overrides);

/*
 * text as a value of the setting. "" is its normal one. -EINVAL with what is wrong
 * with it: "takes a number from 1 to 5, not 'x'". Pure.
 */
int setting_parse(const struct setting *setting, const char *text, uint64_t *out,
		  struct setting_error *error);

/*
 * Puts what buf, the content of a file, says over settings. -EINVAL with the first
 * line that is wrong, and settings are then as they were. Pure.
 */
int settings_parse(const char *buf, size_t len, struct settings *settings,
		   struct setting_error *error);

/*
 * Reads the configuration. file, if not NULL, is the only file read; else it is
 * kvmexitd.conf of the first directory that has one, with the drop-ins from
 * kvmexitd.conf.d in all of them: by name, and of one name only the first. root is
 * put before all directories, "" on a live system. -EINVAL and others with text in
 * *error, to be freed, that begins with the file's name. report, if not NULL, is
 * told the files, one a line.
 */
int settings_load(struct settings *settings, const char *root, const char *file, FILE *report,
		  char **error);

#endif
