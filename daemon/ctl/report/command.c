// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: the life of one VM.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/util.h"

#define MS_PER_S 1000.0

enum {
	OPTION_BOOT_END,
	OPTION_HTML,
	OPTION_PHASES,
};

static const struct ctl_option options[] = {
	[OPTION_BOOT_END] = { "boot-end", "TIME", "boot took so long, or ended then", 0 },
	[OPTION_HTML] = { "html", "FILE", "write a page with plots there", 0 },
	[OPTION_PHASES] = { "phases", "FILE",
			    "phases other than boot and what follows it:\n"
			    "lines of 'TIME NAME' for where each begins",
			    0 },
	{ .name = NULL },
};

/* Phases as they were given. */
struct marks {
	struct report_mark marks[REPORT_PHASES_MAX];
	size_t n;
};

static void marks_done(struct marks *marks)
{
	size_t i;

	for (i = 0; i < marks->n; i++)
		free(marks->marks[i].name);
	marks->n = 0;
}

/* A time after the VM's start, or one of the day: "12s", "2min", "2026-01-02T03:04:05.678Z". */
static bool read_time(const char *option, const char *text, const struct report *report,
		      double *age)
{
	int64_t ms = parse_time_ms(text);
	uint64_t after_ms;

	if (ms >= 0) {
		*age = (double)(ms - parse_time_ms(json_string_value(
					     json_object_get(report->vm, "started")))) /
		       MS_PER_S;
		return true;
	}
	if (strcmp(text, "0") == 0 || strcmp(text, "0s") == 0) {
		*age = 0;
		return true;
	}
	if (!option_duration(option, text, &after_ms))
		return false;
	*age = (double)after_ms / MS_PER_S;
	return true;
}

/* A line is cut in place. */
static bool read_mark(char *line, const struct report *report, struct marks *marks)
{
	char *name = line + strcspn(line, " \t");
	struct report_mark *mark = &marks->marks[marks->n];

	if (*name)
		*name++ = '\0';
	name += strspn(name, " \t");
	name[strcspn(name, "\r\n")] = '\0';
	if (!*name) {
		ctl_error("a phase needs a time and a name");
		return false;
	}
	if (marks->n == REPORT_PHASES_MAX) {
		ctl_error("more than %d phases", REPORT_PHASES_MAX);
		return false;
	}
	if (!read_time("phases", line, report, &mark->age))
		return false;
	if (marks->n > 0 && mark->age < mark[-1].age) {
		ctl_error("a phase begins before the one in front of it");
		return false;
	}
	mark->name = strdup(name);
	marks->n += mark->name ? 1 : 0;
	return mark->name != NULL;
}

static bool read_marks(const char *path, const struct report *report, struct marks *marks)
{
	FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0, n = 0;
	bool good = true;

	if (!file) {
		ctl_error("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	while (good && getline(&line, &size, file) >= 0) {
		n++;
		if (line[strspn(line, " \t\r\n")] == '\0' || *line == '#')
			continue;
		good = read_mark(line, report, marks);
		if (!good)
			ctl_error("%s:%zu: that is no phase", path, n);
	}
	if (good && (ferror(file) || marks->n == 0)) {
		ctl_error("%s has no phases", path);
		good = false;
	}
	(void)fclose(file);
	return good;
}

/* Puts the steps into phases as was asked for. */
static enum ctl_exit divide(const struct ctl *ctl, struct report *report)
{
	const char *boot_end = ctl->given[OPTION_BOOT_END], *path = ctl->given[OPTION_PHASES];
	struct marks marks = { .n = 0 };
	double age;
	int r = 0;

	if (boot_end && !read_time("boot-end", boot_end, report, &age))
		return CTL_USAGE;
	if (boot_end && (age <= 0 || age > report->life)) {
		ctl_error("--boot-end is not in the VM's life of %.1f s", report->life);
		return CTL_USAGE;
	}
	report_set_boot(report, boot_end ? &age : NULL);
	if (path && !read_marks(path, report, &marks)) {
		marks_done(&marks);
		return CTL_FAILED;
	}
	r = report_set_phases(report, marks.marks, marks.n);
	marks_done(&marks);
	if (r < 0)
		ctl_error("cannot make a report: %s", strerror(-r));
	return r < 0 ? CTL_FAILED : CTL_OK;
}

static enum ctl_exit print(const struct ctl *ctl, const struct report *report,
			   struct output_file *page)
{
	json_t *json;

	if (page->stream) {
		report_print_html(report, output_begin(page));
		return output_close(page) ? CTL_OK : CTL_FAILED;
	}
	if (ctl->json) {
		json = report_json(report);
		output_json(json);
		json_decref(json);
	} else {
		report_print_text(report, ctl->colour);
	}
	return CTL_OK;
}

/* By its id from the second call on: names may change hands. */
static enum ctl_exit ask(const struct ctl *ctl, const char *name, json_t **shown, json_t **history)
{
	json_t *parameters = ctl_vm_parameters(name);
	enum ctl_exit result;
	char id[32];

	if (!parameters)
		return CTL_FAILED;
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, shown);
	if (result != CTL_OK)
		return result;
	(void)snprintf(id, sizeof(id), "id:%lld", get_int(json_object_get(*shown, "vm"), "id"));
	return ctl_call(ctl, CTL_METHOD("GetHistory"), ctl_vm_parameters(id), history);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	const char *path = ctl->given[OPTION_HTML];
	json_t *shown = NULL, *history = NULL;
	struct output_file page = { 0 };
	struct report *report = NULL;
	enum ctl_exit result;
	int r;

	(void)argc;
	if (path && !output_open(&page, path))
		return CTL_FAILED;
	result = ask(ctl, argv[0], &shown, &history);
	if (result == CTL_OK) {
		r = report_new(&report, json_object_get(shown, "vm"), history);
		if (r < 0) {
			ctl_error("cannot make a report: %s", strerror(-r));
			result = CTL_FAILED;
		}
	}
	json_decref(shown);
	json_decref(history);
	if (result == CTL_OK)
		result = divide(ctl, report);
	if (result == CTL_OK)
		result = print(ctl, report, &page);
	output_abandon(&page);
	report_free(report);
	return (int)result;
}

const struct ctl_command ctl_report = {
	.name = "report",
	.args = "VM",
	.help = "the life of a VM: what boot took, and since then",
	.about = "Boot ends where the rate settles, unless told. CV is the coefficient of\n"
		 "variation of the exits per step of a second, or of ten in an older phase: the\n"
		 "smaller, the steadier. TIME is one after the VM's start (12s, 2min), or an\n"
		 "RFC 3339 one.",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
