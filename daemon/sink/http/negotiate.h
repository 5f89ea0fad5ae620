/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of what is on offer a client prefers: RFC 9110, "Accept" and
 * "Accept-Encoding". Pure.
 */
#ifndef KVMEXITD_NEGOTIATE_H
#define KVMEXITD_NEGOTIATE_H

#include <stdbool.h>

#include "sink/metrics.h"

/* Valid when all zero: a client that asked for nothing in particular. */
struct negotiation {
	struct preference {
		unsigned int rank; /* how exactly it was named; 0: not at all */
		unsigned int q; /* in thousandths */
		unsigned int order; /* of those named: the first has 1 */
	} formats[METRICS_HTTP_FORMATS], gzip, identity;
	unsigned int named;
};

/*
 * Takes in the value of one header. A request may have several of a name, which
 * are one list. An element that is malformed is ignored.
 */
void negotiate_accept(struct negotiation *negotiation, const char *value);
void negotiate_encoding(struct negotiation *negotiation, const char *value);

/* METRICS_PROMETHEUS where the client prefers nothing, or accepts neither. */
enum metrics_format negotiation_format(const struct negotiation *negotiation);

bool negotiation_gzip(const struct negotiation *negotiation);

#endif
