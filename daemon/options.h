/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvmexitd's command line. */
#ifndef KVMEXITD_OPTIONS_H
#define KVMEXITD_OPTIONS_H

#include <stdint.h>

/*
 * The kernel's own least, and more than any host's VMs send in a minute: what is
 * wanted beyond that is a mistake.
 */
#define RECEIVE_BUFFER_MIN (4 * 1024)
#define RECEIVE_BUFFER_MAX (1024 * 1024 * 1024)

/* A day: longer ones are mistakes for 0. */
#define SUMMARY_INTERVAL_MAX_S	   86400
#define SUMMARY_INTERVAL_DEFAULT_S 60

struct options {
	const char *socket;
	uint64_t summary_interval_s; /* 0: none */
	int receive_buffer; /* bytes of messages from the kernel that may wait */
};

enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_EXIT, /* help or version was asked for, and given */
	OPTIONS_WRONG, /* stderr was told why */
};

enum options_verdict options_parse(struct options *options, int argc, char *argv[]);

#endif
