/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvmexitd's command line. */
#ifndef KVMEXITD_OPTIONS_H
#define KVMEXITD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "settings/settings.h"
#include "sink/http/listen_address.h"

struct options {
	const char *socket;
	const char *config; /* the only file to read, or NULL */
	const char *record; /* a file to record to, or NULL */
	const char *replay; /* a recording in the kernel's place, or NULL */
	uint64_t replay_speed; /* 0: as fast as can be */
	struct listen_address metrics; /* where to serve metrics, besides systemd's sockets */
	bool check_config; /* and nothing else */
	struct settings overrides; /* what stands over the files */
};

enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_EXIT, /* help or version was asked for, and given */
	OPTIONS_WRONG, /* stderr was told why */
};

enum options_verdict options_parse(struct options *options, int argc, char *argv[]);

#endif
