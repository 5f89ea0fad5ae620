/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmexitctl top: what the daemon says, for the state. Nothing is printed: a
 * daemon that is away is a message on the screen, and asked again.
 */
#ifndef KVMEXITD_CTL_TOP_SOURCE_H
#define KVMEXITD_CTL_TOP_SOURCE_H

#include "ctl/ctl.h"
#include "ctl/top/top.h"

struct top_source;

int top_source_new(struct top_source **out, struct ctl *ctl);
struct top_source *top_source_free(struct top_source *source);

/*
 * Brings the rows of top's view up to date, and the histories of those that can
 * be seen. *json, where it is not NULL, is what the daemon said: as list and
 * show have it. 0, or why there is none, which is in top->message, too: -ENOENT
 * for a VM that there is no more, -EINTR when ctl->stop ended it.
 */
int top_source_fetch(struct top_source *source, struct top *top, json_t **json);

#endif
