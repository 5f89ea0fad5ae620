// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl report: phases, and what is said of them.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/report/report.h"

/* A boot of 10 s with IOIO, 30 s of HLT and some IOIO, and some exits that nobody saw. */
#define BOOT_S	  10
#define IDLE_S	  30
#define BOOT_RATE 1000
#define IDLE_RATE 100
#define IDLE_IOIO 20
#define UNTOLD	  5

static json_t *make_vm(const char *name)
{
	return json_pack("{s:i, s:s, s:i, s:s, s:b, s:s, s:s, s:i, s:i, s:i, s:i, s:{},"
			 " s:[{s:s, s:i, s:i}, {s:s, s:i, s:i}]}",
			 "id", 1, "name", name, "pid", 7, "isa", "svm", "alive", 0, "started",
			 "2026-01-02T03:04:05.000Z", "ended", "2026-01-02T03:04:45.000Z",
			 "started_boottime_us", 5000000, "ended_boottime_us", 45000000,
			 "vcpu_count", 1, "exits", BOOT_S * BOOT_RATE + IDLE_S * IDLE_RATE + UNTOLD,
			 "rates", "reasons", "reason", "IOIO", "total",
			 BOOT_S * BOOT_RATE + IDLE_S * IDLE_IOIO + UNTOLD, "nested", 0, "reason",
			 "HLT", "total", IDLE_S * (IDLE_RATE - IDLE_IOIO), "nested", 0);
}

static json_t *make_history(json_t *vm)
{
	json_t *exits = json_array(), *ioio = json_array(), *hlt = json_array();
	int i;

	for (i = 0; i < BOOT_S + IDLE_S; i++) {
		json_array_append_new(exits, json_integer(i < BOOT_S ? BOOT_RATE : IDLE_RATE));
		json_array_append_new(ioio, json_integer(i < BOOT_S ? BOOT_RATE : IDLE_IOIO));
		json_array_append_new(hlt, json_integer(i < BOOT_S ? 0 : IDLE_RATE - IDLE_IOIO));
	}
	return json_pack("{s:O, s:[{s:s, s:f, s:i, s:o, s:[{s:s, s:i, s:o}, {s:s, s:i, s:o}]}]}",
			 "vm", vm, "spans", "start", "2026-01-02T03:04:05.000Z", "age", 0.0, "step",
			 1, "exits", exits, "reasons", "reason", "HLT", "code", 120, "exits", hlt,
			 "reason", "IOIO", "code", 123, "exits", ioio);
}

static struct report *make_report(const char *name, const double *boot_end)
{
	json_t *vm = make_vm(name), *history = make_history(vm);
	struct report *report = NULL;

	assert_int_equal(report_new(&report, vm, history), 0);
	report_set_boot(report, boot_end);
	assert_int_equal(report_set_phases(report, NULL, 0), 0);
	json_decref(vm);
	json_decref(history);
	return report;
}

static void test_phases(void **state)
{
	struct report *report = make_report("web", NULL);

	(void)state;
	assert_int_equal(report->boot, BOOT_SETTLED);
	assert_int_equal(report->boot_exits, BOOT_S * BOOT_RATE);
	assert_int_equal(report->untold, UNTOLD);
	assert_int_equal(report->n_phases, 2);
	assert_string_equal(report->phases[0].name, "boot");
	assert_int_equal(report->phases[0].exits, BOOT_S * BOOT_RATE);
	assert_string_equal(report->phases[1].name, "running");
	assert_int_equal(report->phases[1].exits, IDLE_S * IDLE_RATE);
	assert_float_equal(report->phases[1].seconds, IDLE_S, 0.01);
	assert_float_equal(report->phases[1].end, BOOT_S + IDLE_S, 0.01);
	assert_string_equal(report->reasons[0].name, "IOIO");
	assert_int_equal(report_sum(report, &report->reasons[1], report->phases[1].first,
				    report->phases[1].n),
			 IDLE_S * (IDLE_RATE - IDLE_IOIO));
	report_free(report);
}

static void test_phases_given(void **state)
{
	char up[] = "up", down[] = "do\033wn", late[] = "late";
	const struct report_mark marks[] = { { 4.4, up }, { 20.4, down }, { 50, late } };
	const double boot_end = 12;
	json_t *vm = make_vm("web"), *history = make_history(vm);
	struct report *report;

	(void)state;
	assert_int_equal(report_new(&report, vm, history), 0);
	report_set_boot(report, &boot_end);
	assert_int_equal(report->boot, BOOT_GIVEN);
	assert_int_equal(report->boot_exits, BOOT_S * BOOT_RATE + 2 * IDLE_RATE);
	assert_int_equal(report_set_phases(report, marks, 3), 0);
	assert_int_equal(report->n_phases, 3);
	/* Of the seconds that a phase begins or ends in, it has those whose middle it has. */
	assert_int_equal(report->phases[0].first, 4);
	assert_int_equal(report->phases[0].n, 16);
	assert_int_equal(report->phases[0].exits, 6 * BOOT_RATE + 10 * IDLE_RATE);
	assert_string_equal(report->phases[1].name, "do?wn");
	assert_int_equal(report->phases[1].n, 20);
	assert_int_equal(report->phases[2].n, 0);
	assert_int_equal(report->phases[2].exits, 0);
	report_free(report);
	json_decref(vm);
	json_decref(history);
}

static void check_bad(const char *path, json_t *value)
{
	json_t *vm = make_vm("web"), *history = make_history(vm), *span;
	struct report *report = NULL;

	span = json_array_get(json_object_get(history, "spans"), 0);
	if (strcmp(path, "started_boottime_us") == 0)
		json_object_set(vm, path, value);
	else if (strcmp(path, "spans") == 0)
		json_object_set(history, path, value);
	else
		json_object_set(span, path, value);
	assert_int_equal(report_new(&report, vm, history), -EBADMSG);
	assert_null(report);
	json_decref(value);
	json_decref(vm);
	json_decref(history);
}

static void test_bad(void **state)
{
	(void)state;
	check_bad("started_boottime_us", json_string("yesterday"));
	check_bad("spans", json_integer(1));
	check_bad("step", json_integer(0));
	check_bad("step", json_integer(INT64_MAX));
	check_bad("exits", json_null());
	/* A reason that has more steps than the span. */
	check_bad("exits", json_pack("[i]", 1));
	check_bad("reasons", json_pack("[{s:i}]", "reason", 1));
}

static void check_said(char *text, const char *wanted)
{
	assert_non_null(text);
	if (!strstr(text, wanted))
		fail_msg("not '%s' in: %s", wanted, text);
	free(text);
}

static void test_words(void **state)
{
	struct report *report = make_report("web", NULL);

	(void)state;
	check_said(report_say_boot(report),
		   "Boot: 10000 exits in 10.0s, until the rate levelled off.");
	check_said(report_say_rate(report), " stable in boot (0.00), stable in running (0.00).");
	check_said(report_say_frequent(report), "Most frequent: IOIO 10605 (81.5%), HLT 2400 ");
	check_said(report_say_untold(report), "5 exits are in no phase");
	check_said(report_say_change(report, 1), "running: 0.10 times the rate of boot; ");
	check_said(report_say_change(report, 1), "IOIO from 100.0 to 20.0%");
	assert_null(report_say_change(report, 0));
	check_said(report_top_reasons(report, &report->phases[1], false), "HLT 80.0%, IOIO 20.0%");

	report->boot = BOOT_UNKNOWN;
	check_said(report_say_boot(report), "the rate did not fall to a quarter");
	report->steps[0].age = 20;
	check_said(report_say_boot(report), "kvmexitd first saw the VM when it was 20 s old");
	report_free(report);
}

/* One that is older than the counting: its boot was before that, and it says so. */
static void test_older(void **state)
{
	struct report *report = make_report("web", NULL);
	const double boot_end = 12;

	(void)state;
	assert_null(report_say_counted(report));
	json_object_set_new(report->vm, "not_counted", json_string("Some are not seen."));
	check_said(report_say_counted(report), "Some are not seen.");
	report_set_boot(report, NULL);
	assert_int_equal(report->boot, BOOT_SETTLED);

	json_object_set_new(report->vm, "counted_since", json_string("2026-01-02T03:00:00.000Z"));
	check_said(report_say_counted(report),
		   "before 2026-01-02T03:00:00.000Z are not known: counting began then. Some are");
	report_set_boot(report, NULL);
	assert_int_equal(report->boot, BOOT_UNKNOWN);
	check_said(report_say_boot(report), "the VM is older than the counting");
	report_set_boot(report, &boot_end);
	assert_int_equal(report->boot, BOOT_GIVEN);
	report_free(report);
}

static char *page_of(const struct report *report)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	report_print_html(report, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_html(void **state)
{
	struct report *report = make_report("<script>alert('1')</script>&\"", NULL);
	char *page = page_of(report);

	(void)state;
	assert_null(strstr(page, "<script"));
	assert_non_null(strstr(
		page, "<h1>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;</h1>"));
	/* Nothing is fetched, and nothing could be. */
	assert_null(strstr(page, "://"));
	assert_null(strstr(page, "src="));
	assert_non_null(strstr(page, "default-src 'none'"));
	/* Both reasons are drawn: IOIO to the top of the first quarter, HLT on it to a tenth. */
	assert_non_null(strstr(page, "<path class=\"c0\" d=\"M0.0 300.0V0.0H25.0"));
	assert_non_null(strstr(page, "<path class=\"c1\""));
	assert_non_null(strstr(page, "V270.0H1000.0"));
	assert_null(strstr(page, "<path class=\"c2\""));
	assert_non_null(strstr(page, "<th scope=\"row\">boot</th>"));
	assert_non_null(strstr(page, "prefers-color-scheme:dark"));
	free(page);
	report_free(report);
}

/* Three answers first. */
static void test_page(void **state)
{
	struct report *report = make_report("web", NULL);
	char *page = page_of(report);

	(void)state;
	assert_true(strstr(page, "<h3>Boot</h3>") < strstr(page, "<figure>"));
	assert_non_null(strstr(page, "<h3>Boot</h3><p class=\"value\">"
				     "10.0k"
				     " exits</p><p>in "));
	assert_non_null(strstr(page, "<h3>Steady or bursty</h3><p class=\"value\">stable</p>"));
	assert_non_null(strstr(page, "<h3>Most frequent</h3><p class=\"value\">IOIO</p>"));
	assert_non_null(strstr(page, "<title>0.0s: 1000/s, IOIO "));
	assert_non_null(strstr(page, "<td>vCPU goes to sleep</td>"));
	assert_non_null(strstr(page, "<dt>HLT: vCPU goes to sleep</dt>"));
	/* All that is there is printed, too. */
	assert_null(strstr(page, "<details"));
	free(page);
	report_free(report);
}

/* A storm is marked from its beginning on, and a short boot is drawn by itself as well. */
static void test_page_marks(void **state)
{
	json_t *vm = make_vm("web"), *history = make_history(vm);
	struct report *report = NULL;
	double boot_s = 2;
	char *page;

	(void)state;
	json_object_set_new(vm, "storm",
			    json_pack("{s:s, s:s}", "reason", "IOIO", "since",
				      "2026-01-02T03:04:25.000Z"));
	assert_int_equal(report_new(&report, vm, history), 0);
	report_set_boot(report, &boot_s);
	assert_int_equal(report_set_phases(report, NULL, 0), 0);
	page = page_of(report);
	assert_non_null(strstr(page, "<rect class=\"storm\" x=\"500.0\""));
	assert_non_null(strstr(page, "since 20.0s.</p>"));
	assert_non_null(strstr(page, "id=\"start\""));
	/* Of the five seconds that this one shows. */
	assert_non_null(strstr(page, "<span style=\"left:40.00%;width:60.00%\">running</span>"));
	free(page);
	json_decref(vm);
	json_decref(history);
	report_free(report);
}

static void test_json(void **state)
{
	struct report *report = make_report("web", NULL);
	json_t *json = report_json(report), *boot = json_object_get(json, "boot"), *phase;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(boot, "how")), "settled");
	assert_int_equal(json_integer_value(json_object_get(boot, "exits")), BOOT_S * BOOT_RATE);
	assert_int_equal(json_integer_value(json_object_get(json, "untold")), UNTOLD);
	assert_int_equal(json_array_size(json_object_get(json, "phases")), 2);
	phase = json_array_get(json_object_get(json, "phases"), 1);
	assert_string_equal(json_string_value(json_object_get(phase, "phase")), "running");
	assert_string_equal(json_string_value(json_object_get(phase, "verdict")), "stable");
	assert_int_equal(json_array_size(json_object_get(phase, "reasons")), 2);
	json_decref(json);
	report_free(report);
}

/* What exits cost: of two vCPUs in the 20 s of 40 that they were timed, without HLT. */
static void test_overhead(void **state)
{
	json_t *vm = make_vm("web"), *history = make_history(vm), *json, *reasons;
	struct report *report = NULL;
	char *page = NULL, *text;
	size_t size;
	FILE *out;

	(void)state;
	reasons = json_object_get(vm, "reasons");
	json_object_set_new(vm, "vcpu_count", json_integer(2));
	json_object_set_new(vm, "times_since", json_string("2026-01-02T03:04:25.000Z"));
	json_object_set_new(vm, "time", json_object());
	json_object_set_new(json_array_get(reasons, 0), "time",
			    json_pack("{s:i, s:I, s:i, s:i, s:i, s:i}", "exits", 500, "total_ns",
				      (json_int_t)1000000000, "max_ns", 7000000, "p50_ns", 2048,
				      "p95_ns", 4096, "p99_ns", 8192));
	json_object_set_new(json_array_get(reasons, 1), "time",
			    json_pack("{s:i, s:I, s:i}", "exits", 7, "total_ns",
				      (json_int_t)30000000000, "max_ns", 5));
	assert_int_equal(report_new(&report, vm, history), 0);
	text = report_say_overhead(report);
	assert_non_null(strstr(text, "Exits cost 2.50% of its vCPUs' time in the 20.0s that they"));
	free(text);

	report_set_boot(report, NULL);
	assert_int_equal(report_set_phases(report, NULL, 0), 0);
	json = report_json(report);
	assert_float_equal(
		json_real_value(json_object_get(json_object_get(json, "overhead"), "share")), 0.025,
		1e-9);
	json_decref(json);
	out = open_memstream(&page, &size);
	report_print_html(report, out);
	fclose(out);
	assert_non_null(strstr(page, "<th scope=\"row\">IOIO</th><td class=\"n\">500</td>"
				     "<td class=\"n\">2.50</td><td class=\"n\">2.0us</td>"));
	assert_non_null(strstr(page, "<th scope=\"row\">HLT</th><td class=\"n\">7</td>"
				     "<td class=\"n\">-</td><td class=\"n\"></td>"));
	free(page);
	report_free(report);
	json_decref(vm);
	json_decref(history);

	/* Nothing was timed. */
	report = make_report("web", NULL);
	assert_null(report_say_overhead(report));
	json = report_json(report);
	assert_true(json_is_null(json_object_get(json, "overhead")));
	json_decref(json);
	report_free(report);
}

/* An hour of one second steps becomes as many columns as were asked for, all exits in them. */
static void test_columns(void **state)
{
	struct report *report = make_report("web", NULL);
	struct report_column *columns;
	size_t n = report_columns(report, 8, &columns), i;
	uint64_t exits = 0;

	(void)state;
	assert_int_equal(n, 8);
	for (i = 0; i < n; i++)
		exits += report_sum(report, NULL, columns[i].first, columns[i].n);
	assert_int_equal(exits, BOOT_S * BOOT_RATE + IDLE_S * IDLE_RATE);
	free(columns);
	/* A gap is in none of them. */
	for (i = 20; i < report->n_steps; i++)
		report->steps[i].age += 100;
	n = report_columns(report, 1, &columns);
	assert_int_equal(n, 2);
	assert_float_equal(columns[0].end, 20, 0.01);
	assert_float_equal(columns[1].age, 120, 0.01);
	free(columns);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {

		cmocka_unit_test(test_phases),	   cmocka_unit_test(test_phases_given),
		cmocka_unit_test(test_bad),	   cmocka_unit_test(test_words),
		cmocka_unit_test(test_html),	   cmocka_unit_test(test_page),
		cmocka_unit_test(test_page_marks), cmocka_unit_test(test_json),
		cmocka_unit_test(test_overhead),   cmocka_unit_test(test_columns),
		cmocka_unit_test(test_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
