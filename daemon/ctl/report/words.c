// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: what it says in sentences, for text and HTML.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ctl/report/report.h"
#include "util/util.h"

#define PERCENT	     100.0
#define TENTHS_MAX_S 60.0

/* More names than that are a list, not a sentence. */
#define NAMES_MAX 3

/* Of a share, in per cent. */
#define CHANGE_MIN 1.0

const char *report_verdict_name(enum report_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_SHORT] = "too short", [VERDICT_FEW] = "too few exits",
		[VERDICT_STABLE] = "stable",   [VERDICT_UNEVEN] = "uneven",
		[VERDICT_BURSTY] = "bursty",
	};

	return names[verdict];
}

const char *report_boot_name(enum report_boot boot)
{
	static const char *const names[] = {
		[BOOT_UNKNOWN] = "unknown",
		[BOOT_SETTLED] = "settled",
		[BOOT_MIX] = "mix",
		[BOOT_GIVEN] = "given",
	};

	return names[boot];
}

char *report_seconds(double seconds)
{
	char *text;

	if (seconds >= TENTHS_MAX_S)
		return format_duration(llround(seconds));
	return asprintf(&text, "%.1fs", seconds) < 0 ? NULL : text;
}

/* A text that grows; what cannot be had without memory is left out. */
struct words {
	FILE *stream;
	char *text;
	size_t size;
};

static FILE *words_begin(struct words *words)
{
	*words = (struct words){ 0 };
	words->stream = open_memstream(&words->text, &words->size);
	return words->stream;
}

static char *words_end(struct words *words)
{
	if (!words->stream)
		return NULL;
	if (fclose(words->stream) != 0) {
		free(words->text);
		return NULL;
	}
	return words->text;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part * PERCENT / (double)whole : 0;
}

static double phase_rate(const struct report_phase *phase)
{
	return phase->seconds > 0 ? (double)phase->exits / phase->seconds : 0;
}

static void say_unknown_boot(const struct report *report, FILE *out)
{
	_cleanup_free_ char *life = report_seconds(report->life);
	bool alive = json_is_true(json_object_get(report->vm, "alive"));

	if (report_is_older(report))
		fputs("Boot: not known, as the VM is older than the counting.", out);
	else if (report->n_steps > 0 && report->steps[0].age > report->steps[0].length)
		fprintf(out,
			"Boot: not known, as kvmexitd first saw the VM when it was %.0f s old.",
			report->steps[0].age);
	else if (report->life < REPORT_QUIET_S + 1 && alive)
		fprintf(out,
			"Boot: not known yet, as the VM is %s old. Its end can be seen %.0f s later at the "
			"earliest.",
			life, REPORT_QUIET_S);
	else if (report->life < REPORT_QUIET_S + 1)
		fprintf(out,
			"Boot: the VM lived for only %s, too short to tell boot from what it did then. All "
			"of its %llu exits are in one phase.",
			life, (unsigned long long)report->exits);
	else
		fputs("Boot: not known. In the VM's first minutes, the rate did not fall to a quarter for "
		      "ten seconds, and exits for I/O and page faults did not give way to others. "
		      "--boot-end says when boot ended.",
		      out);
}

char *report_say_boot(const struct report *report)
{
	_cleanup_free_ char *end = report_seconds(report->boot_end);
	struct words words;

	if (!words_begin(&words))
		return NULL;
	switch (report->boot) {
	case BOOT_SETTLED:
		fprintf(words.stream, "Boot: %llu exits in %s, until the rate levelled off.",
			(unsigned long long)report->boot_exits, end);
		break;
	case BOOT_MIX:
		fprintf(words.stream,
			"Boot: %llu exits in %s, until the reasons changed, though not the rate: I/O and "
			"page faults were %.0f%% of exits in boot and %.0f%% afterwards.",
			(unsigned long long)report->boot_exits, end, PERCENT * report->mix_before,
			PERCENT * report->mix_after);
		break;
	case BOOT_GIVEN:
		fprintf(words.stream, "Boot: %llu exits in %s, by the time that was given.",
			(unsigned long long)report->boot_exits, end);
		break;
	case BOOT_UNKNOWN:
		say_unknown_boot(report, words.stream);
		break;
	}
	return words_end(&words);
}

char *report_say_rate(const struct report *report)
{
	bool known = false;
	struct words words;
	size_t i;

	if (!words_begin(&words))
		return NULL;
	fputs("The rate:", words.stream);
	for (i = 0; i < report->n_phases; i++) {
		const struct report_phase *phase = &report->phases[i];

		fprintf(words.stream, "%s %s in %s", i > 0 ? "," : "",
			phase->spread.verdict == VERDICT_SHORT ?
				"not known" :
				report_verdict_name(phase->spread.verdict),
			phase->name);
		if (phase->spread.verdict < VERDICT_STABLE)
			continue;
		known = true;
		fprintf(words.stream, " (%.2f)", phase->spread.cv);
	}
	fputs(".", words.stream);
	if (!known)
		return words_end(&words);
	fprintf(words.stream,
		" In parentheses is the coefficient of variation of the exits per step, which is "
		"their standard deviation divided by their mean: stable is less than %.1f, bursty %.1f "
		"or more.",
		REPORT_CV_UNEVEN, REPORT_CV_BURSTY);
	return words_end(&words);
}

/* The least frequent come from the end, but only those that were not named before. */
static size_t least_of(size_t n)
{
	return n > 2 * NAMES_MAX ? NAMES_MAX : n > NAMES_MAX ? n - NAMES_MAX : 0;
}

char *report_say_frequent(const struct report *report)
{
	size_t n = report->n_reasons, least = least_of(n), i;
	struct words words;

	if (n == 0 || !words_begin(&words))
		return NULL;
	fputs("Most frequent:", words.stream);
	for (i = 0; i < n && i < NAMES_MAX; i++)
		fprintf(words.stream, "%s %s %llu (%.1f%%)", i > 0 ? "," : "",
			report->reasons[i].name, (unsigned long long)report->reasons[i].total,
			share(report->reasons[i].total, report->exits));
	if (least > 0)
		fputs("; least frequent of those that happened:", words.stream);
	for (i = 0; i < least; i++)
		fprintf(words.stream, "%s %s %llu", i > 0 ? "," : "",
			report->reasons[n - 1 - i].name,
			(unsigned long long)report->reasons[n - 1 - i].total);
	fputs(".", words.stream);
	return words_end(&words);
}

char *report_say_untold(const struct report *report)
{
	char *text;

	if (report->untold == 0)
		return NULL;
	if (asprintf(
		    &text,
		    "%llu exits are in no phase: kvmexitd did not look on when they were made, or they "
		    "lie between the VM's first minutes and the last hour.",
		    (unsigned long long)report->untold) < 0)
		return NULL;
	return text;
}

char *report_say_counted(const struct report *report)
{
	_cleanup_free_ char *since = get_text(report->vm, "counted_since");
	_cleanup_free_ char *not_counted = get_text(report->vm, "not_counted");
	bool blind = json_is_string(json_object_get(report->vm, "not_counted"));
	struct words words;

	if (!blind && !report_is_older(report))
		return NULL;
	if (!words_begin(&words))
		return NULL;
	if (report_is_older(report))
		fprintf(words.stream, "Its exits before %s are not known: counting began then.%s",
			since, blind ? " " : "");
	if (blind)
		fputs(not_counted, words.stream);
	return words_end(&words);
}

/* What is to be ranked: a reason, and by how much. */
struct ranked {
	const struct report_reason *reason;
	double value;
	double before, after;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (fabs(x->value) != fabs(y->value))
		return fabs(x->value) < fabs(y->value) ? 1 : -1;
	return 0;
}

static struct ranked *rank(const struct report *report, const struct report_phase *before,
			   const struct report_phase *phase)
{
	struct ranked *ranked = calloc(report->n_reasons + 1, sizeof(*ranked));
	size_t i;

	for (i = 0; ranked && i < report->n_reasons; i++) {
		const struct report_reason *reason = &report->reasons[i];

		ranked[i].reason = reason;
		ranked[i].after =
			share(report_sum(report, reason, phase->first, phase->n), phase->exits);
		if (before)
			ranked[i].before =
				share(report_sum(report, reason, before->first, before->n),
				      before->exits);
		ranked[i].value = ranked[i].after - ranked[i].before;
	}
	if (ranked)
		qsort(ranked, report->n_reasons, sizeof(*ranked), by_value);
	return ranked;
}

char *report_say_change(const struct report *report, size_t index)
{
	const struct report_phase *phase = &report->phases[index], *before = phase - 1;
	_cleanup_free_ struct ranked *ranked = NULL;
	struct words words;
	size_t i;

	if (index == 0)
		return NULL;
	ranked = rank(report, before, phase);
	if (!ranked || !words_begin(&words))
		return NULL;
	fprintf(words.stream, "%s: ", phase->name);
	if (phase_rate(before) > 0)
		fprintf(words.stream, "%.2f times the rate of %s",
			phase_rate(phase) / phase_rate(before), before->name);
	else
		fprintf(words.stream, "after no exits in %s", before->name);
	for (i = 0; i < report->n_reasons && i < NAMES_MAX && phase->exits > 0 && before->exits > 0;
	     i++) {
		if (fabs(ranked[i].value) < CHANGE_MIN)
			break;
		fprintf(words.stream, "%s %s from %.1f to %.1f%%", i > 0 ? "," : ";",
			ranked[i].reason->name, ranked[i].before, ranked[i].after);
	}
	return words_end(&words);
}

char *report_top_reasons(const struct report *report, const struct report_phase *phase, bool least)
{
	_cleanup_free_ struct ranked *ranked = rank(report, NULL, phase);
	size_t n = 0, i, wanted;
	struct words words;

	if (!ranked || !words_begin(&words))
		return NULL;
	while (n < report->n_reasons && ranked[n].value > 0)
		n++;
	wanted = least ? least_of(n) : n;
	for (i = 0; i < wanted && i < NAMES_MAX; i++) {
		const struct ranked *one = &ranked[least ? n - 1 - i : i];

		fprintf(words.stream, "%s%s", i > 0 ? ", " : "", one->reason->name);
		if (least)
			fprintf(words.stream, " %llu",
				(unsigned long long)report_sum(report, one->reason, phase->first,
							       phase->n));
		else
			fprintf(words.stream, " %.1f%%", one->value);
	}
	return words_end(&words);
}
