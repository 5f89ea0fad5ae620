// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitd: main(), and nothing else, so that tests can link all the rest. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "app/app.h"
#include "app/options.h"
#include "util/log.h"
#include "util/util.h"

/* As getopt's users have it since ever. */
#define EXIT_USAGE 2

DEFINE_CLEANUP(struct app *, app_free);

int main(int argc, char *argv[])
{
	_cleanup_(app_freep) struct app *app = NULL;
	struct options options;
	int r;

	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_EXIT:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}

	if (options.check_config)
		return app_check_config(&options) < 0 ? EX_CONFIG : EXIT_SUCCESS;

	r = app_new(&app, &options);
	if (r == -EBADMSG)
		return EX_CONFIG;
	if (r >= 0)
		r = app_run(app);
	if (r < 0)
		log_error("stopping: %s", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
