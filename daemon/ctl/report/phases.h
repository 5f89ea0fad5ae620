/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl report: times and phases, as somebody writes them.
 */
#ifndef KVMEXITD_CTL_REPORT_PHASES_H
#define KVMEXITD_CTL_REPORT_PHASES_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/report/report.h"

/*
 * The age of the VM at a time: "12s", "2min" after its start, or RFC 3339. False if text
 * is none, which is reported of where: an option, or a file with the line.
 */
bool report_read_time(const char *where, const char *text, const struct report *report,
		      double *age);

/* All of a file. */
struct phases_file {
	const char *path;
	char *text; /* to be freed */
	size_t length;
};

/* False if it cannot be read, which is reported. */
bool phases_open(struct phases_file *file, const char *path);

struct report_marks {
	struct report_mark marks[REPORT_PHASES_MAX];
	size_t n;
};

/*
 * Lines of 'TIME NAME', and comments; the text is cut up. False if one is wrong, which is
 * reported with its place. marks are to be given to report_marks_done() in any case.
 */
bool phases_read(const struct phases_file *file, const struct report *report,
		 struct report_marks *marks);
void report_marks_done(struct report_marks *marks);

#endif
