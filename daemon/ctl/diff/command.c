// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitctl diff: the command. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "ctl/diff/diff.h"
#include "ctl/options.h"
#include "ctl/output.h"

#define MS_PER_SECOND 1000.0

/* Long enough for a minute's noise to even out, short enough to be one state of a VM. */
#define SPAN_DEFAULT_S 300.0

enum {
	OPTION_AGO,
	OPTION_FOR,
};

static const struct ctl_option options[] = {
	[OPTION_AGO] = { "ago", "TIME", "of one VM: A ended so long before B did (as --for)", 0 },
	[OPTION_FOR] = { "for", "TIME", "compare the last so much of each (5min)", 0 },
	{ .name = NULL },
};

static bool read_duration(const struct ctl *ctl, size_t option, double *out)
{
	uint64_t ms;

	if (!option_given(ctl, option))
		return true;
	if (!option_duration(options[option].name, ctl->given[option], &ms))
		return false;
	*out = (double)ms / MS_PER_SECOND;
	return true;
}

static enum ctl_exit set_time(struct diff_side *side, double seconds, double ago)
{
	if (diff_set_time(side, seconds, ago))
		return CTL_OK;
	ctl_error("nothing is known of %s then: it has to have lived, and kvmexitd to have run",
		  side->title);
	return CTL_FAILED;
}

static enum ctl_exit compare(const struct ctl *ctl, const struct diff_side *a,
			     const struct diff_side *b, bool keys)
{
	struct diff *diff = diff_new(a, b, keys);
	json_t *json;

	if (!diff) {
		ctl_error("cannot compare: %s", strerror(ENOMEM));
		return CTL_FAILED;
	}
	if (ctl->json) {
		json = diff_json(a, b, diff);
		output_json(ctl, json);
		json_decref(json);
	} else {
		diff_print(ctl, a, b, diff);
	}
	diff_free(diff);
	return CTL_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct diff_side a = { 0 }, b = { 0 };
	double seconds = SPAN_DEFAULT_S, ago;
	enum ctl_exit result;

	if (!read_duration(ctl, OPTION_FOR, &seconds))
		return CTL_USAGE;
	ago = seconds;
	if (!read_duration(ctl, OPTION_AGO, &ago))
		return CTL_USAGE;
	if (argc > 1 && option_given(ctl, OPTION_AGO)) {
		ctl_error("--ago is for two times of one VM");
		return CTL_USAGE;
	}
	result = diff_read_side(ctl, argv[0], &a);
	if (result == CTL_OK && argc > 1)
		result = diff_read_side(ctl, argv[1], &b);
	else if (result == CTL_OK && diff_side_copy(&a, &b) < 0)
		result = CTL_FAILED;
	if (result == CTL_OK && argc == 1 && !a.spans) {
		ctl_error("'%s' has rates of one time only", argv[0]);
		result = CTL_FAILED;
	}
	if (result == CTL_OK)
		result = set_time(&a, seconds, argc > 1 ? 0 : ago);
	if (result == CTL_OK)
		result = set_time(&b, seconds, 0);
	/* Of keys there is no history. */
	if (result == CTL_OK)
		result = compare(ctl, &a, &b, argc > 1);
	diff_side_done(&a);
	diff_side_done(&b);
	return (int)result;
}

const struct ctl_command ctl_diff = {
	.name = "diff",
	.args = "A [B]",
	.help = "what changed: two VMs, two reports, or two times of one",
	.about = "A and B are VMs, or files with the output of 'report --json' or 'show --json'.\n"
		 "With A alone, its last five minutes are compared with the five before them.\n"
		 "The noise is how much rates differ by chance, by their spread over the time.",
	.options = options,
	.args_min = 1,
	.args_max = 2,
	.run = run,
};
