/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts that are served: each kind is made a few times a second at most, and
 * lives as long as somebody receives it.
 */
#ifndef KVMEXITD_TEXTS_H
#define KVMEXITD_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "sink/http/metrics_http.h"

struct MHD_Response;
struct texts;

int texts_new(struct texts **out, sd_event *event, metrics_http_write write, void *userdata);

/* Nobody may receive any more. Returns NULL; NULL is fine. */
struct texts *texts_free(struct texts *texts);

/* Whether texts_get() would have to make it. */
bool texts_is_stale(const struct texts *texts, enum metrics_format format, bool gzip);

/* The reply, which stays texts' own; NULL where it cannot be made. */
struct MHD_Response *texts_get(struct texts *texts, enum metrics_format format, bool gzip);

/* Each text that is made has the next number; that of the one that texts_get() gave. */
uint64_t texts_number(const struct texts *texts, enum metrics_format format, bool gzip);

/* What all texts take that are still there. */
size_t texts_bytes(const struct texts *texts);

#endif
