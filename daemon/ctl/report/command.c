// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: the life of one VM.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "ctl/report/phases.h"
#include "ctl/report/report.h"
#include "util/util.h"

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

/* Puts the steps into phases as was asked for. */
static enum ctl_exit divide(const struct ctl *ctl, struct report *report,
			    const struct phases_file *file)
{
	const char *boot_end = ctl->given[OPTION_BOOT_END];
	struct report_marks marks = { .n = 0 };
	double age;
	int r = 0;

	if (boot_end && !report_read_time("--boot-end", boot_end, report, &age))
		return CTL_USAGE;
	if (boot_end && (age <= 0 || age > report->life)) {
		ctl_error("--boot-end is not in the VM's life of %.1f s", report->life);
		return CTL_USAGE;
	}
	report_set_boot(report, boot_end ? &age : NULL);
	if (file->text && !phases_read(file, report, &marks)) {
		report_marks_done(&marks);
		return CTL_FAILED;
	}
	r = report_set_phases(report, marks.marks, marks.n);
	report_marks_done(&marks);
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
		output_json(ctl, json);
		json_decref(json);
	} else {
		report_print_text(ctl, report);
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
	(void)json_object_set_new(parameters, "details", json_true());
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, shown);
	if (result != CTL_OK)
		return result;
	(void)snprintf(id, sizeof(id), "id:%lld", get_int(json_object_get(*shown, "vm"), "id"));
	return ctl_call(ctl, CTL_METHOD("GetHistory"), ctl_vm_parameters(id), history);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	const char *path = ctl->given[OPTION_HTML], *phases = ctl->given[OPTION_PHASES];
	struct phases_file file = { 0 };
	json_t *shown = NULL, *history = NULL;
	struct output_file page = { 0 };
	struct report *report = NULL;
	enum ctl_exit result;
	int r;

	(void)argc;
	if (phases && !phases_open(&file, phases))
		return CTL_FAILED;
	if (path && !output_open(&page, path)) {
		free(file.text);
		return CTL_FAILED;
	}
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
		result = divide(ctl, report, &file);
	if (result == CTL_OK)
		result = print(ctl, report, &page);
	output_abandon(&page);
	free(file.text);
	report_free(report);
	return (int)result;
}

const struct ctl_command ctl_report = {
	.name = "report",
	.args = "VM",
	.help = "the life of a VM: what boot took, and since then",
	.about = "Boot ends where the rate falls or other reasons prevail, unless told. CV is\n"
		 "the coefficient of variation of the exits per step of a second, or of ten in an\n"
		 "older phase: the smaller, the steadier. TIME is one after the VM's start (12s,\n"
		 "2min), or an RFC 3339 one.",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
