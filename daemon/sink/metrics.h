/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All counts as text for Prometheus and what reads the same. docs/METRICS.md
 * has the names, and what may be relied on. Pure.
 */
#ifndef KVMEXITD_METRICS_H
#define KVMEXITD_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct buffer;
struct daemon_status;
struct registry;

/*
 * Whoever starts VMs makes series, and a Prometheus keeps every one in memory: no
 * more VMs and series than these in one text, which holds 4096 VMs of 17 reasons
 * each; and no more bytes, where VMs have the longest names, as texts are kept
 * while they are sent. Where not all fits, details are left out first, then times,
 * then nested exits and reasons, then VMs, and each from the newest VM on.
 */
#define METRICS_VMS_MAX	   4096
#define METRICS_SERIES_MAX 100000
#define METRICS_BYTES_MAX  (20 * 1024 * 1024)

/*
 * How long one that ended is there still, so that who scrapes every minute or
 * two gets its last totals; as long as Prometheus itself looks back.
 */
#define METRICS_ENDED_S 300

/* How many details of each VM may be wanted: as many as it has at most. */
#define METRICS_DETAILS_MAX 512

enum metrics_format {
	METRICS_PROMETHEUS, /* text format 0.0.4 */
	METRICS_OPENMETRICS, /* 1.0.0 */
	METRICS_HTTP_FORMATS, /* those with a Content-Type of their own come before */
	/*
	 * METRICS_PROMETHEUS for files that node_exporter reads, which has process_*
	 * of its own: with those of a file each of its scrapes logs an error.
	 */
	METRICS_TEXTFILE = METRICS_HTTP_FORMATS,
	METRICS_FORMATS,
};

/* What the server knows of its clients. */
struct metrics_clients {
	uint64_t connected;
	uint64_t watching;
	uint64_t slow; /* cut off since the start, for each cause */
	uint64_t bad;
	uint64_t idle;
	uint64_t refused;
	uint64_t accept_failures;
};

struct metrics_input {
	const struct registry *registry;
	const struct daemon_status *status;
	struct metrics_clients clients;
	size_t details; /* so many of each VM are wanted */
	uint64_t now_ns; /* CLOCK_BOOTTIME */
	uint64_t cpu_ns; /* what the process took */
};

/* Appends the text. 0 or -ENOMEM, and then part of it may be there. */
int metrics_write(struct buffer *out, const struct metrics_input *input,
		  enum metrics_format format);

/* The Content-Type of it in HTTP. */
const char *metrics_content_type(enum metrics_format format);

/* "prometheus", "openmetrics", "textfile"; -EINVAL for another name. */
int metrics_format_parse(const char *name, enum metrics_format *out);

#endif
