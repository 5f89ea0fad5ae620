/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls whose answer comes in parts, which are put together here.
 */
#ifndef KVMEXITD_CTL_JOIN_H
#define KVMEXITD_CTL_JOIN_H

#include <jansson.h>

#include "ctl/client.h"

/*
 * Calls and waits for the whole answer; each part has the time that wait allows. As
 * varlink_receive(), but that a signal without wait->signals does not end it. Takes
 * over parameters.
 */
int varlink_ask(struct varlink *link, const struct varlink_wait *wait, const char *method,
		json_t *parameters, struct varlink_reply *out);

#endif
