// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report, for programs.
 */
#include "config.h"

#include <math.h>

#include "ctl/report/report.h"

/* As the daemon has shares of time. */
#define SHARE_STEPS 1e6

/* Times and rates with three decimals, as the daemon's are. */
static double rounded(double value)
{
	return round(value * 1000.0) / 1000.0;
}

static json_t *reasons_json(const struct report *report, const struct report_phase *phase)
{
	json_t *list = json_array();
	uint64_t exits;
	size_t i;

	for (i = 0; i < report->n_reasons; i++) {
		exits = report_sum(report, &report->reasons[i], phase->first, phase->n);
		if (exits > 0)
			(void)json_array_append_new(list, json_pack("{s:s, s:I}", "reason",
								    report->reasons[i].name,
								    "exits", (json_int_t)exits));
	}
	return list;
}

static json_t *phase_json(const struct report *report, const struct report_phase *phase)
{
	const struct report_spread *spread = &phase->spread;
	double rate = phase->seconds > 0 ? (double)phase->exits / phase->seconds : 0;

	return json_pack("{s:s, s:f, s:f, s:f, s:I, s:f, s:f, s:f, s:f, s:s, s:o}", "phase",
			 phase->name, "start", rounded(phase->start), "end", rounded(phase->end),
			 "seconds", rounded(phase->seconds), "exits", (json_int_t)phase->exits,
			 "rate", rounded(rate), "peak", rounded(spread->peak), "step",
			 spread->step_s, "cv", rounded(spread->cv), "verdict",
			 report_verdict_name(spread->verdict), "reasons",
			 reasons_json(report, phase));
}

static json_t *boot_json(const struct report *report)
{
	bool known = report->boot != BOOT_UNKNOWN;

	return json_pack("{s:s, s:o, s:o}", "how", report_boot_name(report->boot), "end",
			 known ? json_real(rounded(report->boot_end)) : json_null(), "exits",
			 known ? json_integer((json_int_t)report->boot_exits) : json_null());
}

/* Null where no exit was timed. */
static json_t *overhead_json(const struct report *report)
{
	double share = report_overhead(report);

	if (share < 0)
		return json_null();
	return json_pack("{s:f, s:f}", "seconds", rounded(report->timed_s), "share",
			 round(share * SHARE_STEPS) / SHARE_STEPS);
}

json_t *report_json(const struct report *report)
{
	json_t *phases = json_array();
	size_t i;

	for (i = 0; i < report->n_phases; i++)
		(void)json_array_append_new(phases, phase_json(report, &report->phases[i]));
	return json_pack("{s:O, s:f, s:o, s:o, s:I, s:o, s:O}", "vm", report->vm, "seconds",
			 rounded(report->life), "boot", boot_json(report), "overhead",
			 overhead_json(report), "untold", (json_int_t)report->untold, "phases",
			 phases, "spans", report->spans);
}
