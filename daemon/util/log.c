// SPDX-License-Identifier: GPL-2.0-or-later
/* Plain log lines, to stderr. */
#include "config.h"

#include "util/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool debug_wanted;

/* The variable is inherited; the device and inode in it tell whether it is about us. */
static bool detect_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uint64_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

bool log_is_journal(void)
{
	static int journal = -1;

	if (journal < 0)
		journal = detect_journal();
	return journal;
}

void log_set_debug(bool debug)
{
	debug_wanted = debug;
}

void log_write(int priority, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (priority == LOG_DEBUG && !debug_wanted)
		return;

	/* One line at a time, or another process's may get between. */
	flockfile(stderr);
	if (log_is_journal())
		(void)fprintf(stderr, "<%d>", priority);
	else
		(void)fputs("kvmexitd: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	funlockfile(stderr);
	errno = saved;
}
