// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: what most explains a VM's exits, in a few words.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/details.h"
#include "ctl/explain/explain.h"
#include "ctl/output.h"
#include "ctl/top/top.h"
#include "explain/explain.h"
#include "util/clock.h"
#include "util/util.h"

#define PERCENT 100.0

/* A vCPU whose rate is so many times the mean, and of a VM that is not idle. */
#define OUTLIER_TIMES 1.5

/*
 * What a VM could save by that many CPUs is worth to be named first, though other exits
 * may be more frequent.
 */
#define WORTH_CPUS 0.05

/* "84% IO_INSTRUCTION 0x3f8:POUT COM1: guest writes to a serial port · 9% EPT_MISCONFIG" */
static void say_long(const struct top *top, const struct ranked *first, const struct ranked *next,
		     double sum, char *out, size_t size)
{
	_cleanup_free_ char *key = first->detail ? detail_title(first->detail) : NULL;
	int len = snprintf(out, size, "%.0f%% %s%s%s: %s", first->rate / sum * PERCENT,
			   first->reason, key ? " " : "", key ? key : "",
			   first->topic ? first->topic->title : "not known here");

	if (next && len > 0 && (size_t)len < size)
		(void)snprintf(out + len, size - (size_t)len, " %s %.0f%% %s",
			       top->ascii ? "|" : "·", next->rate / sum * PERCENT, next->reason);
}

/* The one with the highest rate but that one; NULL if there is none. */
static const struct ranked *most_frequent(const struct ranked *ranked, size_t n,
					  const struct ranked *but)
{
	const struct ranked *most = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (&ranked[i] != but && ranked[i].rate > (most ? most->rate : 0))
			most = &ranked[i];
	return most;
}

static void say(const struct top *top, struct top_row *row, const json_t *vm)
{
	size_t n = 0, i;
	struct ranked *ranked = explain_rank(vm, (int64_t)(top->now_ns / NS_PER_US), &n);
	const struct ranked *first = most_frequent(ranked, n, NULL);
	double sum = 0;

	row->why[0] = row->why_long[0] = row->why_reason[0] = '\0';
	for (i = 0; i < n; i++)
		sum += ranked[i].rate;
	if (n > 0 && ranked->avoidable >= WORTH_CPUS)
		first = ranked;
	if (first && sum > 0) {
		(void)snprintf(row->why_reason, sizeof(row->why_reason), "%s", first->reason);
		(void)snprintf(row->why, sizeof(row->why), "%.0f%% %s", first->rate / sum * PERCENT,
			       first->topic ? first->topic->title : first->reason);
		say_long(top, first, most_frequent(ranked, n, first), sum, row->why_long,
			 sizeof(row->why_long));
	}
	free(ranked);
}

void top_set_why(struct top *top, long long id, const json_t *vm)
{
	size_t i;

	for (i = 0; i < top->n_all; i++)
		if (top->view == TOP_VMS && top->rows[i].id == id)
			say(top, &top->rows[i], vm);
}

void top_vcpu_why(struct top_row *row, const json_t *vcpu, enum top_window window)
{
	const json_t *reasons = json_object_get(vcpu, "reasons"), *reason, *most[2] = { NULL };
	double whole = get_rate(vcpu, output_windows[window]);
	size_t i, len = 0;

	json_array_foreach(reasons, i, reason) {
		double rate = get_rate(reason, output_windows[window]);

		if (rate > get_rate(most[0], output_windows[window])) {
			most[1] = most[0];
			most[0] = reason;
		} else if (rate > get_rate(most[1], output_windows[window])) {
			most[1] = reason;
		}
	}
	row->why[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(most) && most[i] && whole > 0; i++) {
		_cleanup_free_ char *name = get_text(most[i], "reason");

		len += (size_t)snprintf(row->why + len, sizeof(row->why) - len, "%s%.0f%% %s",
					i > 0 ? ", " : "",
					get_rate(most[i], output_windows[window]) / whole * PERCENT,
					name);
		if (len >= sizeof(row->why))
			return;
	}
}

bool top_is_outlier(double rate, double mean)
{
	return mean >= TOP_IDLE_RATE && rate >= mean * OUTLIER_TIMES;
}

void top_outlier(const json_t *vm, enum top_window window, char out[static 64])
{
	const json_t *vcpus = json_object_get(vm, "vcpus"), *vcpu;
	double whole = get_rate(vm, output_windows[window]), most = 0, rate;
	size_t i, n = json_array_size(vcpus);
	long long id = 0;

	out[0] = '\0';
	json_array_foreach(vcpus, i, vcpu) {
		rate = get_rate(vcpu, output_windows[window]);
		if (rate > most) {
			most = rate;
			id = get_int(vcpu, "id");
		}
	}
	if (n < 2 || whole <= 0)
		return;
	if (top_is_outlier(most, whole / (double)n))
		(void)snprintf(out, 64, "vCPU %lld makes %.0f%% of the exits", id,
			       most / whole * PERCENT);
	else
		(void)snprintf(out, 64, "even over its %zu vCPUs", n);
}
