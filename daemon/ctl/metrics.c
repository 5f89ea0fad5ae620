// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl metrics: what Prometheus would scrape.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/connect.h"
#include "ctl/output.h"

/* Where it is written to a file, node_exporter has to take it. */
#define FORMAT_DEFAULT "textfile"

static int run(struct ctl *ctl, int argc, char **argv)
{
	const char *format = argc > 0 ? argv[0] : FORMAT_DEFAULT;
	json_t *metrics = NULL, *text;
	enum ctl_exit result;

	if (strcmp(format, "prometheus") != 0 && strcmp(format, "openmetrics") != 0 &&
	    strcmp(format, "textfile") != 0) {
		ctl_error("FORMAT is textfile, prometheus or openmetrics");
		return (int)CTL_USAGE;
	}
	result = ctl_call(ctl, CTL_METHOD("GetMetrics"), json_pack("{s:s}", "format", format),
			  &metrics);
	if (result != CTL_OK)
		return (int)result;

	text = json_object_get(metrics, "text");
	if (ctl->json)
		output_json(ctl, metrics);
	else if (json_is_string(text))
		/* Names in it are clean, as kvmexitd made them. */
		(void)fwrite(json_string_value(text), 1, json_string_length(text), stdout);
	json_decref(metrics);
	return (int)result;
}

const struct ctl_command ctl_metrics = {
	.name = "metrics",
	.args = "[FORMAT]",
	.help = "all counts as text: textfile, prometheus or openmetrics",
	.args_max = 1,
	.run = run,
};
