// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: how a person likes to see it, kept from one time to the next in
 * ~/.config/kvmexitctl/top, as lines of key=value. What is not understood in there
 * is passed over: it may be of a newer version.
 */
#include "config.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/top/top.h"
#include "util/text.h"
#include "util/util.h"

/* The folder, or with a name the file in it; to be freed, NULL if nobody's home is known. */
static char *path_of(const char *name)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path;
	int n;

	if (config && *config == '/')
		n = asprintf(&path, "%s/kvmexitctl%s%s", config, *name ? "/" : "", name);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.config/kvmexitctl%s%s", home, *name ? "/" : "", name);
	else
		return NULL;
	return n < 0 ? NULL : path;
}

static bool find_name(const char *const *names, const char *name, size_t *out)
{
	size_t i;

	for (i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static void read_sort(struct top *top, enum top_view view, const char *value)
{
	size_t sort;

	if (find_name(top_sort_names, value, &sort))
		top->looks[view].sort = (enum top_sort)sort;
}

static int on_line(void *userdata, const char *section, const char *name, const char *value)
{
	struct top *top = userdata;
	uint64_t number;
	size_t window;

	(void)section;
	if (strcmp(name, "sort") == 0)
		read_sort(top, TOP_VMS, value);
	else if (strcmp(name, "reasons_sort") == 0)
		read_sort(top, TOP_REASONS, value);
	else if (strcmp(name, "window") == 0 && find_name(output_windows, value, &window))
		top->window = (enum top_window)window;
	else if (strcmp(name, "reverse") == 0)
		(void)text_to_bool(value, &top->looks[TOP_VMS].reverse);
	else if (strcmp(name, "times") == 0)
		(void)text_to_bool(value, &top->times);
	else if (strcmp(name, "details") == 0)
		(void)text_to_bool(value, &top->details);
	else if (strcmp(name, "ended") == 0)
		(void)text_to_bool(value, &top->show_ended);
	else if (strcmp(name, "interval_ms") == 0 &&
		 option_read_number(value, TOP_INTERVAL_MIN_MS, TOP_INTERVAL_MAX_MS, &number))
		top->interval_ms = number;
	return 1;
}

void top_load(struct top *top)
{
	_cleanup_free_ char *path = path_of("top");

	if (path)
		(void)ini_parse(path, on_line, top);
}

/* Of the four times, one has a name. */
static const char *sort_name(enum top_sort sort)
{
	return top_sort_names[sort < TOP_BY_SHARE ? sort : TOP_BY_SHARE];
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

static int write_to(const struct top *top, const char *path)
{
	FILE *out = fopen(path, "we");
	int r;

	if (!out)
		return -errno;
	fprintf(out,
		"; Written by the key W in kvmexitctl top.\n"
		"sort=%s\nreverse=%s\nreasons_sort=%s\nwindow=%s\ntimes=%s\ndetails=%s\nended=%s\n"
		"interval_ms=%llu\n",
		sort_name(top->looks[TOP_VMS].sort), yes_no(top->looks[TOP_VMS].reverse),
		sort_name(top->looks[TOP_REASONS].sort), output_windows[top->window],
		yes_no(top->times), yes_no(top->details), yes_no(top->show_ended),
		(unsigned long long)top->interval_ms);
	r = fflush(out) == 0 && !ferror(out) ? 0 : -errno;
	(void)fclose(out);
	return r;
}

/* As a whole: what was there stays until the new one is. */
static int save(const struct top *top, const char *path)
{
	_cleanup_free_ char *folder = path_of(""), *temporary = NULL, *parent = NULL;
	int r;

	if (!folder || asprintf(&temporary, "%s.new", path) < 0)
		return -ENOMEM;
	parent = strdup(folder);
	if (!parent)
		return -ENOMEM;
	*strrchr(parent, '/') = '\0';
	/* Where one cannot be made, the file cannot either. */
	(void)mkdir(parent, 0700);
	(void)mkdir(folder, 0755);
	r = write_to(top, temporary);
	if (r >= 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		(void)remove(temporary);
	return r;
}

void top_save(struct top *top)
{
	_cleanup_free_ char *path = path_of("top");
	int r = path ? save(top, path) : -ENOENT;

	if (r < 0)
		(void)snprintf(top->message, sizeof(top->message), "Not saved: %s", strerror(-r));
	else
		(void)snprintf(top->message, sizeof(top->message), "Saved for the next time in %s",
			       path);
}
