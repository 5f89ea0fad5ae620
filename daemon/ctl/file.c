// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that a command writes its result to.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/output.h"
#include "util/util.h"

/* As fopen() has it, less what the umask takes away. */
#define FILE_MODE 0666

static void report(const struct output_file *file, int error)
{
	_cleanup_free_ char *clean = clean_text(file->path);

	ctl_error("cannot write to %s%s%s", clean ? clean : "", error ? ": " : "",
		  error ? strerror(error) : "");
}

bool output_open(struct output_file *file, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, FILE_MODE);

	*file = (struct output_file){ .path = path, .created = fd >= 0 };
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	file->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (file->stream)
		return true;
	report(file, errno);
	if (fd >= 0)
		(void)close(fd);
	return false;
}

FILE *output_begin(struct output_file *file)
{
	/* A pipe or a device has nothing to be rid of. */
	(void)ftruncate(fileno(file->stream), 0);
	return file->stream;
}

bool output_close(struct output_file *file)
{
	bool failed = ferror(file->stream);
	int error = 0;

	if (fclose(file->stream) != 0) {
		failed = true;
		error = errno;
	}
	file->stream = NULL;
	if (failed)
		report(file, error);
	return !failed;
}

void output_abandon(struct output_file *file)
{
	if (!file->stream)
		return;
	(void)fclose(file->stream);
	file->stream = NULL;
	if (file->created)
		(void)unlink(file->path);
}
