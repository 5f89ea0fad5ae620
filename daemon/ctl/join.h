/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls whose answer comes in parts, which are put together here.
 */
#ifndef KVMEXITD_CTL_JOIN_H
#define KVMEXITD_CTL_JOIN_H

#include <jansson.h>

#include "ctl/client.h"

/*
 * Calls and waits for the whole answer, as varlink_send() and varlink_receive() do. Takes
 * over parameters.
 */
int varlink_ask(struct varlink *link, const struct varlink_wait *wait, const char *method,
		json_t *parameters, struct varlink_reply *out);

#endif
