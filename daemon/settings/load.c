// SPDX-License-Identifier: GPL-2.0-or-later
/* Which files the configuration is in, as systemd's programs have it. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "settings/settings.h"
#include "util/array.h"
#include "util/buffer.h"
#include "util/text.h"
#include "util/util.h"

#define FILE_NAME "kvmexitd.conf"
#define SUFFIX	  ".conf"

/* The sample with all its comments has a tenth of it. */
#define FILE_BYTES_MAX (64 * 1024)

/* The admin's, what is so until the next boot, and packages'. The first one wins. */
static const char *const directories[] = {
	SYSCONFDIR,
	"/run",
	"/usr/local/lib",
	"/usr/lib",
};

struct drop_in {
	char *name;
	char *path;
};

struct drop_ins {
	struct drop_in *list;
	size_t n, size;
};

DEFINE_CLEANUP(DIR *, closedir);

static void drop_ins_done(struct drop_ins *drop_ins)
{
	size_t i;

	for (i = 0; i < drop_ins->n; i++) {
		free(drop_ins->list[i].name);
		free(drop_ins->list[i].path);
	}
	free(drop_ins->list);
}

static int __attribute__((format(printf, 2, 3))) explain(char **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(error, format, args) < 0)
		*error = NULL;
	va_end(args);
	return *error ? -EINVAL : -ENOMEM;
}

/* The whole file, which has to be a small one. */
static int read_whole(const char *path, struct buffer *out)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *end;
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	for (;;) {
		r = buffer_reserve(out, FILE_BYTES_MAX + 1, &end);
		if (r < 0)
			return r;
		n = read(fd, end, FILE_BYTES_MAX + 1);
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buffer_commit(out, (size_t)n);
		if (out->len > FILE_BYTES_MAX)
			return -EFBIG;
	}
}

static int load_file(struct settings *settings, const char *path, FILE *report, char **error)
{
	struct setting_error wrong = { 0 };
	struct buffer content = { 0 };
	int r;

	r = read_whole(path, &content);
	if (r < 0) {
		buffer_done(&content);
		return explain(error, "%s: %s", path, strerror(-r));
	}
	r = settings_parse(content.len ? buffer_head(&content) : "", content.len, settings, &wrong);
	buffer_done(&content);
	if (r < 0)
		return explain(error, "%s:%u: %s", path, wrong.line, wrong.text);
	if (report)
		(void)fprintf(report, "%s\n", path);
	return 0;
}

/* NULL without memory. */
static char *join(const char *root, const char *directory, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s%s/%s", root, directory, name) < 0 ? NULL : path;
}

static int load_main(struct settings *settings, const char *root, FILE *report, char **error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = join(root, directories[i], FILE_NAME);

		if (!path)
			return -ENOMEM;
		if (access(path, F_OK) == 0 || errno != ENOENT)
			return load_file(settings, path, report, error);
	}
	return 0;
}

static bool is_known(const struct drop_ins *drop_ins, const char *name)
{
	size_t i;

	for (i = 0; i < drop_ins->n; i++)
		if (strcmp(drop_ins->list[i].name, name) == 0)
			return true;
	return false;
}

static int add_drop_in(struct drop_ins *drop_ins, const char *directory, const char *name)
{
	struct drop_in *list, *drop_in;

	list = array_reserve(drop_ins->list, &drop_ins->size, drop_ins->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	drop_ins->list = list;
	drop_in = &list[drop_ins->n];
	drop_in->name = strdup(name);
	drop_in->path = join("", directory, name);
	if (!drop_in->name || !drop_in->path) {
		free(drop_in->name);
		free(drop_in->path);
		return -ENOMEM;
	}
	drop_ins->n++;
	return 0;
}

static int find_drop_ins(struct drop_ins *drop_ins, const char *directory, char **error)
{
	_cleanup_(closedirp) DIR *dir = opendir(directory);
	const struct dirent *entry;
	size_t len;
	int r;

	if (!dir)
		return errno == ENOENT ? 0 : explain(error, "%s: %s", directory, strerror(errno));
	while ((entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || len <= strlen(SUFFIX) ||
		    strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) != 0 ||
		    is_known(drop_ins, entry->d_name))
			continue;
		r = add_drop_in(drop_ins, directory, entry->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct drop_in *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int load_drop_ins(struct settings *settings, const char *root, FILE *report, char **error)
{
	_cleanup_(drop_ins_done) struct drop_ins drop_ins = { 0 };
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *directory = join(root, directories[i], FILE_NAME ".d");

		if (!directory)
			return -ENOMEM;
		r = find_drop_ins(&drop_ins, directory, error);
		if (r < 0)
			return r;
	}
	if (drop_ins.n)
		qsort(drop_ins.list, drop_ins.n, sizeof(*drop_ins.list), by_name);
	for (i = 0; i < drop_ins.n; i++) {
		r = load_file(settings, drop_ins.list[i].path, report, error);
		if (r < 0)
			return r;
	}
	return 0;
}

int settings_load(struct settings *settings, const char *root, const char *file, FILE *report,
		  char **error)
{
	struct settings loaded;
	int r;

	*error = NULL;
	settings_init(&loaded);
	if (file) {
		r = load_file(&loaded, file, report, error);
	} else {
		r = load_main(&loaded, root, report, error);
		if (r >= 0)
			r = load_drop_ins(&loaded, root, report, error);
	}
	if (r < 0)
		return r;
	*settings = loaded;
	return 0;
}
