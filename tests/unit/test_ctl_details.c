// SPDX-License-Identifier: GPL-2.0-or-later
/* What exactly caused exits, as a person and a program get to see it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/stat/stat.h"
#include "ctl/top/top.h"
#include "ctl_fixture.h"
#include "server/methods/json.h"
#include "server_fixture.h"
#include "util/clock.h"

/* The line of out that has all these words in order, with any spaces between them. */
static bool has_row(const char *out, const char *words)
{
	const char *at = out, *word;
	size_t length;

	while (*at) {
		word = words;
		while (*word && *at && *at != '\n') {
			length = strcspn(word, " ");
			at += strspn(at, " ");
			if (strncmp(at, word, length) != 0 || !strchr(" \n", at[length]))
				break;
			at += length;
			word += length + (word[length] == ' ');
		}
		if (!*word)
			return true;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return false;
}

static void expect(struct result result, const char *const rows[], const char *absent)
{
	size_t i;

	assert_int_equal(result.status, 0);
	for (i = 0; rows[i]; i++)
		if (!has_row(result.out, rows[i]))
			fail_msg("no row '%s' in: %s", rows[i], result.out);
	if (absent && strstr(result.out, absent))
		fail_msg("'%s' is in: %s", absent, result.out);
	result_done(&result);
}

static void test_show(void **state)
{
	static const char *const rows[] = { "MSR 0x6e0:W TSC_DEADLINE 1400 91.8",
					    "MSR 0x10:R TSC 60 3.9", "MSR 0x8b:R UCODE_REV 25 1.6",
					    "MSR (rest) 40 2.6", NULL };
	static const char *const none[] = { "HLT 30", NULL };
	struct process *p = *state;
	struct result result;

	result = ctl(p, "show", "--details", "web01", NULL);
	assert_non_null(strstr(result.out, "kvmexitctl config details=yes"));
	result_done(&result);

	process_command(p, COMMAND_DETAILS);
	expect(ctl(p, "show", "--details", "web01", NULL), rows, "details=yes");
	expect(ctl(p, "show", "--details", "--vcpus", "--reason", "msr*", "web01", NULL), rows,
	       NULL);
	/* Which are of nested guests is said. */
	result = ctl(p, "show", "--details", "web01", NULL);
	assert_non_null(strstr(result.out, " L2\n"));
	result_done(&result);
	expect(ctl(p, "show", "web01", NULL), none, "TSC_DEADLINE");
	result = ctl(p, "show", "--details", "--reason", "hlt", "web01", NULL);
	assert_non_null(strstr(result.out, "made no exits with details since"));
	result_done(&result);
}

/* A report has them, too, on its page as well. */
static void test_report(void **state)
{
	static const char *const rows[] = { "MSR 0x6e0:W TSC_DEADLINE 1400 91.8", NULL };
	struct process *p = *state;
	bool found = false;
	struct result result;
	char path[128], *line = NULL;
	size_t size = 0;
	FILE *page;

	result = ctl(p, "report", "web01", NULL);
	assert_null(strstr(result.out, "details=yes"));
	result_done(&result);
	process_command(p, COMMAND_DETAILS);
	expect(ctl(p, "report", "web01", NULL), rows, NULL);

	(void)snprintf(path, sizeof(path), "%s/page", p->fixture->dir);
	result = ctl(p, "report", "web01", "--html", path, NULL);
	assert_int_equal(result.status, 0);
	result_done(&result);
	page = fopen(path, "r");
	assert_non_null(page);
	while (getline(&line, &size, page) >= 0)
		found = found || strstr(line, "0x6e0:W TSC_DEADLINE</td><td class=\"n\">1400</td>");
	assert_true(found);
	free(line);
	fclose(page);
	unlink(path);
}

/* Only what is new; a VM that ended has made no exits since. */
static void test_stat(void **state)
{
	static const struct sample_detail more = { .code = CODE_MSR,
						   .class = DETAIL_MSR,
						   .key = 1ULL << 32 | 0x6e0,
						   .total = 777 };
	struct stat_vm vm = { 0 };
	json_t *base, *last, *reason;
	struct fixture *f = *state;
	const struct vm *known;

	fixture_fill_details(f);
	known = registry_find(f->registry, 1);
	base = json_with_details(json_vm_reasons(f->registry, known, clock_boottime_ns()),
				 f->registry, known, clock_boottime_ns());
	fixture_detail(f, 1, 1, &more);
	last = json_with_details(json_vm_reasons(f->registry, known, clock_boottime_ns()),
				 f->registry, known, clock_boottime_ns());
	vm.base = base;
	vm.last = last;
	reason = json_deep_copy(at(last, "reasons.0"));
	stat_subtract_details(&vm, reason, at(base, "reasons.0"), 2.0);
	assert_int_equal(json_array_size(at(reason, "details")), 1);
	assert_text(reason, "details.0.key", "0x6e0:W");
	assert_number(reason, "details.0.exits", 277);
	assert_true(json_real_value(at(reason, "details.0.rates.measured")) == 138.5);
	json_decref(reason);

	/* Switched off and on meanwhile, all of them are new. */
	(void)json_object_set_new(base, "details_since", json_string("before"));
	reason = json_deep_copy(at(last, "reasons.0"));
	stat_subtract_details(&vm, reason, at(base, "reasons.0"), 2.0);
	assert_number(reason, "details.0.exits", 1677);
	assert_int_equal(json_array_size(at(reason, "details")), 4);
	json_decref(reason);
	json_decref(base);
	json_decref(last);
}

/* The command asks for them, and says so where there are none. */
static void test_stat_command(void **state)
{
	struct process *p = *state;
	struct result result;

	result = ctl(p, "stat", "--details", "--vm", "web01", "--for", "10ms", NULL);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "kvmexitctl config details=yes"));
	result_done(&result);
	process_command(p, COMMAND_DETAILS);
	result = ctl(p, "stat", "--details", "--vm", "web01", "--for", "10ms", NULL);
	assert_non_null(strstr(result.out, "made no exits with details"));
	result_done(&result);
}

static void put_top(void *userdata, size_t line, enum top_style style, const char *text)
{
	char *screen = userdata;

	(void)line;
	(void)style;
	strcat(strcat(screen, text), "\n");
}

/* Behind a key, each reason gives way to its keys. */
static void test_top(void **state)
{
	struct fixture *f = *state;
	const struct vm *known = registry_find(f->registry, 1);
	char screen[16384] = "";
	struct top top;
	json_t *vm;

	top_init(&top);
	top.view = TOP_REASONS;
	top_resize(&top, 24, 100);
	assert_int_equal(top_key(&top, 'd'), TOP_FETCH);
	vm = json_vm_reasons(f->registry, known, clock_boottime_ns());
	assert_int_equal(top_set_vm(&top, vm), 0);
	assert_non_null(strstr(top_message(&top), "kvmexitctl config details=yes"));
	json_decref(vm);

	fixture_fill_details(f);
	vm = json_vm_reasons(f->registry, known, clock_boottime_ns());
	vm = json_with_details(vm, f->registry, known, clock_boottime_ns());
	assert_int_equal(top_set_vm(&top, vm), 0);
	assert_string_equal(top_message(&top), "");
	top_draw(&top, put_top, screen);
	if (!strstr(screen, "MSR 0x6e0:W TSC_DEADLINE") ||
	    !strstr(screen, "MSR 0x8b:R UCODE_REV L2"))
		fail_msg("keys are missing in: %s", screen);
	assert_true(has_row(screen, "HLT 30 "));
	/* What the key means, not only the reason. */
	assert_non_null(strstr(screen, " guest sets its timer"));
	assert_int_equal(top_key(&top, 'd'), TOP_FETCH);
	assert_int_equal(top_set_vm(&top, vm), 0);
	assert_int_equal(top.n_rows, 2);
	json_decref(vm);
	top_done(&top);
}

/* Keys and rest are all exits of the reason. */
static void test_json(void **state)
{
	struct process *p = *state;
	struct result result;
	json_int_t sum = 0;
	json_t *json, *detail;
	size_t i;

	process_command(p, COMMAND_DETAILS);
	result = ctl(p, "show", "--json", "--details", "web01", NULL);
	json = result_json(&result);
	assert_text(json, "reasons.0.details.0.key", "0x6e0:W");
	assert_text(json, "reasons.0.details.0.name", "TSC_DEADLINE");
	assert_text(json, "reasons.0.details.0.class", "msr");
	assert_number(json, "reasons.0.details.0.value", 0x1000006e0);
	assert_number(json, "reasons.0.details.0.exits", 1400);
	json_array_foreach(at(json, "reasons.0.details"), i, detail)
		sum += json_integer_value(json_object_get(detail, "exits"));
	assert_int_equal(sum, json_integer_value(at(json, "reasons.0.total")));
	/* What has no key comes last, and has none. */
	assert_null(json_object_get(json_array_get(at(json, "reasons.0.details"), i - 1), "key"));
	json_decref(json);
	result = ctl(p, "show", "--json", "web01", NULL);
	json = result_json(&result);
	assert_null(json_object_get(at(json, "reasons.0"), "details"));
	assert_null(json_object_get(json, "details_since"));
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show),
		TEST(test_report),
		TEST(test_stat_command),
		cmocka_unit_test_setup_teardown(test_top, fixture_setup_filled, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stat, fixture_setup_filled, fixture_teardown),
		TEST(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
