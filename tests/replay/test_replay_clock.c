// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A replay reads like the day it was recorded: of a VM that lives when the recording
 * ends, at any time later.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay_fixture.h"
#include "unit_test.h"

/* Of the recording, the part after which its second VM has lived for ten seconds. */
#define PART(length) ((length)*4 / 5)

static double number(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

static void test_day(void **state)
{
	json_t *report, *stat, *vm;
	unsigned char *bytes;
	char path[256];
	size_t length;
	pid_t pid;
	FILE *f;

	(void)state;
	length = replay_read(&bytes);
	(void)snprintf(path, sizeof(path), "%s/part.rec", replay_directory);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, PART(length), f), PART(length));
	assert_int_equal(fclose(f), 0);
	free(bytes);

	pid = replay_start(path, NULL);
	replay_await_end();
	report = replay_ask("report two");
	assert_non_null(report);
	assert_true(json_is_true(json_object_get(json_object_get(report, "vm"), "alive")));
	assert_in_range((unsigned int)number(report, "seconds"), 9, 12);
	json_decref(report);

	/* No time goes by, in which nothing happens. */
	stat = replay_ask("stat --vm two --for 20ms");
	vm = json_array_get(json_object_get(stat, "vms"), 0);
	assert_true(json_is_object(vm));
	assert_true(number(vm, "exits") == 0);
	assert_true(number(json_object_get(vm, "rates"), "measured") == 0);
	assert_true(number(stat, "seconds") == 0);
	json_decref(stat);
	replay_stop(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_day),
	};

	return cmocka_run_group_tests(tests, replay_setup, replay_teardown);
}
