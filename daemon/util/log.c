// SPDX-License-Identifier: GPL-2.0-or-later
/* Plain log lines, to the journal or to stderr. */
#include "config.h"

#include "util/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/journal_socket.h"
#include "util/util.h"

/* A line with a file name in it; what does not fit is cut. */
#define LOG_LINE_BYTES 8192

#define LEVEL_BYTES 32

static bool debug_wanted;
static unsigned int lines_left_out;

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

/* stderr is a stream to journald that waits when journald does not read. */
static void write_journal(int priority, const char *format, va_list args)
{
	char message[LOG_LINE_BYTES] = "MESSAGE=", level[LEVEL_BYTES];
	char identifier[] = "SYSLOG_IDENTIFIER=kvmexitd";
	const size_t start = strlen(message);
	struct iovec fields[] = {
		{ message, 0 },
		{ level, 0 },
		{ identifier, strlen(identifier) },
	};

	(void)vsnprintf(message + start, sizeof(message) - start, format, args);
	fields[0].iov_len = strlen(message);
	fields[1].iov_len = (size_t)snprintf(level, sizeof(level), "PRIORITY=%d", priority);
	(void)journal_socket_send(fields, ARRAY_SIZE(fields));
}

/*
 * A pipe or a terminal that nobody reads must not hold anything up. What poll() calls
 * writable takes PIPE_BUF bytes at once, so a line is no longer than that.
 */
static void write_stderr(const char *format, va_list args)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[PIPE_BUF];
	size_t n = 0;

	if (poll(&out, 1, 0) == 0) {
		lines_left_out++;
		return;
	}
	if (lines_left_out > 0)
		n = (size_t)snprintf(text, sizeof(text),
				     "kvmexitd: nobody read the log: %u lines are missing\n",
				     lines_left_out);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "kvmexitd: ");
	(void)vsnprintf(text + n, sizeof(text) - n, format, args);
	n += strlen(text + n);
	/* In place of the final NUL, if need be of what does not fit. */
	text[n] = '\n';
	lines_left_out = write(STDERR_FILENO, text, n + 1) < 0 ? lines_left_out + 1 : 0;
}

void log_write(int priority, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (priority == LOG_DEBUG && !debug_wanted)
		return;

	va_start(args, format);
	if (log_is_journal())
		write_journal(priority, format, args);
	else
		write_stderr(format, args);
	va_end(args);
	errno = saved;
}
