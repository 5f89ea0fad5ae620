// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: how long exits took.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "ctl/output.h"
#include "ctl/times.h"
#include "ctl/top/top.h"
#include "util/clock.h"
#include "util/util.h"

/*
 * The kernel tells of times with its batches, one a second: what is new in less
 * than that would be nothing, or twice as much as there is.
 */
#define SPAN_MIN_NS (1500 * NS_PER_MS)

#define PERCENT 100.0
#define HOUR_NS 3.6e12

/* From here on, seconds with a decimal need more than seven columns. */
#define SECONDS_MAX_NS 9999.9e9

void top_read_time(struct top_time *time, const json_t *json, const struct top_time *old,
		   uint64_t now_ns)
{
	double exits;

	*time = old ? *old : (struct top_time){ .known = false };
	if (!json_is_object(json))
		return;
	time->total_ns = (double)get_int(json, "total_ns");
	time->exits = (double)get_int(json, "exits");
	time->max_ns = (double)get_int(json, "max_ns");
	/* Another daemon may have another VM, or another time. */
	if (!time->known || time->total_ns < time->old_total_ns || now_ns < time->old_ns) {
		time->known = true;
		time->has_share = false;
		time->share = 0;
		time->mean_ns = time->exits > 0 ? time->total_ns / time->exits : 0;
	} else if (now_ns < time->old_ns + SPAN_MIN_NS) {
		return;
	} else {
		exits = time->exits - time->old_exits;
		time->has_share = true;
		time->share =
			(time->total_ns - time->old_total_ns) / (double)(now_ns - time->old_ns);
		time->mean_ns = exits > 0 ? (time->total_ns - time->old_total_ns) / exits : 0;
	}
	time->old_total_ns = time->total_ns;
	time->old_exits = time->exits;
	time->old_ns = now_ns;
}

void top_read_overhead(struct top_time *time, const json_t *vm)
{
	const json_t *recent = json_object_get(vm, "recent");
	double share = get_share(vm, "10s"), exits = (double)get_int(recent, "exits");

	if (share < 0)
		return;
	time->has_share = true;
	time->share = share;
	time->total_ns = (double)get_int(vm, "overhead_ns");
	time->mean_ns = exits > 0 ? (double)get_int(recent, "total_ns") / exits : 0;
	time->max_ns = (double)get_int(recent, "max_ns");
}

static void format_time(double ns, char out[static 16])
{
	_cleanup_free_ char *text = NULL;

	if (ns > SECONDS_MAX_NS)
		(void)snprintf(out, 16, "%.1fh", ns / HOUR_NS);
	else if ((text = format_nanoseconds(ns)))
		(void)snprintf(out, 16, "%s", text);
}

void top_time_text(const struct top_time *time, enum top_sort column, char out[static 16])
{
	out[0] = '\0';
	if (!time->known)
		return;
	if (column == TOP_BY_SHARE && time->has_share)
		(void)snprintf(out, 16, "%.1f", time->share * PERCENT);
	else if (column == TOP_BY_MEAN && time->mean_ns > 0)
		format_time(time->mean_ns, out);
	else if (column == TOP_BY_MAX)
		format_time(time->max_ns, out);
	else if (column == TOP_BY_TIME)
		format_time(time->total_ns, out);
}

const char *top_message(const struct top *top)
{
	bool known = top->n_rows == 0;
	size_t i;

	if (!*top->message && top->view == TOP_REASONS && top->details && !top->has_details &&
	    !known)
		return "No details are known: 'kvmexitctl config details=yes' as root has the kernel "
		       "count them.";

	for (i = 0; i < top->n_rows; i++)
		known = known || top->rows[i].time.known;
	return *top->message || !top->times || known ?
		       top->message :
		       "No exits were timed: 'kvmexitctl config timing=yes' as root has the "
		       "kernel do it.";
}
