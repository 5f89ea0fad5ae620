// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The methods, and what varlink promises about them.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"
#include "util/clock.h"

static json_t *ask(struct fixture *f, const char *call)
{
	int fd = fixture_connect(f);
	json_t *reply = fixture_call(f, fd, call);
	json_t *parameters;

	if (json_object_get(reply, "error"))
		fail_msg("error for %s", call);
	assert_null(json_object_get(reply, "continues"));
	parameters = json_incref(at(reply, "parameters"));
	json_decref(reply);
	close(fd);
	return parameters;
}

static void test_service(void **state)
{
	struct fixture *f = *state;
	json_t *info = ask(f, CALL(SERVICE ".GetInfo"));
	json_t *text;
	size_t i;

	assert_text(info, "product", "kvmexitd");
	assert_text(info, "version", PACKAGE_VERSION);
	assert_true(json_is_string(at(info, "vendor")) && json_is_string(at(info, "url")));
	assert_int_equal(json_array_size(at(info, "interfaces")), 2);
	for (i = 0; i < 2; i++) {
		const char *name = json_string_value(json_array_get(at(info, "interfaces"), i));
		char call[128], line[64];

		snprintf(call, sizeof(call),
			 "{\"method\":\"" SERVICE ".GetInterfaceDescription\","
			 "\"parameters\":{\"interface\":\"%s\"}}",
			 name);
		snprintf(line, sizeof(line), "\ninterface %s\n", name);
		text = ask(f, call);
		assert_non_null(strstr(json_string_value(at(text, "description")), line));
		json_decref(text);
	}
	json_decref(info);
}

/* Clients read the very file. */
static void test_description(void **state)
{
	char file[16384];
	FILE *stream = fopen(SOURCE_DIR "/daemon/server/" EXITS ".varlink", "r");
	size_t len;
	json_t *text;

	assert_non_null(stream);
	len = fread(file, 1, sizeof(file) - 1, stream);
	file[len] = '\0';
	fclose(stream);
	text = ask(*state, "{\"method\":\"" SERVICE ".GetInterfaceDescription\","
			   "\"parameters\":{\"interface\":\"" EXITS "\"}}");
	assert_text(text, "description", file);
	json_decref(text);
}

static void test_status(void **state)
{
	struct fixture *f = *state;
	json_t *status = ask(f, CALL(EXITS ".Status"));

	assert_text(status, "kernel", "streaming");
	assert_true(json_is_true(at(status, "synced")));
	assert_true(json_is_null(at(status, "advice")));
	assert_number(status, "epoch", 7);
	assert_number(status, "batches", 5);
	assert_number(status, "vms", 2);
	assert_number(status, "ended_vms", 1);
	assert_number(status, "vcpus", 3);
	assert_number(status, "clients", 1);
	assert_number(status, "watchers", 0);
	json_decref(status);

	f->status.kernel = KERNEL_WAITING;
	f->status.has_epoch = false;
	status = ask(f, CALL(EXITS ".Status"));
	assert_text(status, "kernel", "waiting");
	assert_true(json_is_false(at(status, "synced")));
	assert_true(json_is_string(at(status, "advice")));
	assert_true(json_is_null(at(status, "epoch")));
	json_decref(status);
}

/* Totals are read anew in a moment, or something is wrong. */
static void test_status_resyncing(void **state)
{
	struct fixture *f = *state;
	json_t *status;

	f->status.kernel = KERNEL_RESYNCING;
	f->status.resyncing_ns = clock_boottime_ns();
	status = ask(f, CALL(EXITS ".Status"));
	assert_text(status, "kernel", "resyncing");
	assert_true(json_is_true(at(status, "synced")));
	json_decref(status);

	f->status.resyncing_ns -= 10 * NS_PER_S;
	status = ask(f, CALL(EXITS ".Status"));
	assert_text(status, "kernel", "resyncing");
	assert_true(json_is_false(at(status, "synced")));
	assert_non_null(strstr(json_string_value(at(status, "advice")), "keeps trying"));
	json_decref(status);
}

static void test_show(void **state)
{
	json_t *show = ask(*state, "{\"method\":\"" EXITS ".Show\",\"parameters\":"
				   "{\"vm\":\"web01\",\"vcpus\":true}}");

	assert_int_equal(json_array_size(at(show, "vm.reasons")), 2);
	assert_text(show, "vm.reasons.0.reason", "MSR");
	assert_number(show, "vm.reasons.0.code", CODE_MSR);
	assert_number(show, "vm.reasons.0.total", 1525);
	assert_number(show, "vm.reasons.0.nested", 25);
	assert_true(json_is_real(at(show, "vm.reasons.0.rates.1s")));
	assert_text(show, "vm.reasons.1.reason", "HLT");
	assert_int_equal(json_array_size(at(show, "vm.vcpus")), 2);
	assert_number(show, "vm.vcpus.0.id", 0);
	assert_number(show, "vm.vcpus.0.exits", 1030);
	assert_number(show, "vm.vcpus.1.id", 1);
	assert_number(show, "vm.vcpus.1.exits", 525);
	assert_number(show, "vm.vcpus.1.reasons.0.total", 525);
	assert_number(show, "vm.vcpus.1.reasons.0.nested", 25);
	json_decref(show);

	/* By pid, by id, and one that ended, without vCPUs. */
	show = ask(*state, "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"900\"}}");
	assert_text(show, "vm.name", "db");
	assert_null(json_object_get(at(show, "vm"), "vcpus"));
	json_decref(show);
	show = ask(*state, "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"1\"}}");
	assert_text(show, "vm.name", "web01");
	json_decref(show);
	show = ask(*state, "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"3\"}}");
	assert_text(show, "vm.name", "old");
	assert_text(show, "vm.reasons.0.reason", "IOIO");
	json_decref(show);
}

/* now is in the reply to call, and lies between the two times, which are CLOCK_BOOTTIME. */
static void check_now(json_t *reply, uint64_t from_ns, uint64_t to_ns)
{
	json_int_t now_us = json_integer_value(at(reply, "now.boottime_us"));

	assert_in_range(now_us, from_ns / NS_PER_US, to_ns / NS_PER_US);
	/* 2026-01-01T00:00:00.000Z */
	assert_int_equal(json_string_length(at(reply, "now.realtime")), 24);
}

/* The age of what a reply speaks of is known from the reply alone. */
static void test_now(void **state)
{
	static const char *const calls[] = {
		CALL(EXITS ".Status"),
		"{\"method\":\"" EXITS ".List\",\"parameters\":{\"all\":true}}",
		"{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"web01\"}}",
		"{\"method\":\"" EXITS ".GetHistory\",\"parameters\":{\"vm\":\"web01\"}}",
	};
	struct fixture *f = *state;
	const struct vm *vm = registry_find(f->registry, 1);
	uint64_t from_ns;
	json_t *reply;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		from_ns = clock_boottime_ns();
		reply = ask(f, calls[i]);
		check_now(reply, from_ns, clock_boottime_ns());
		if (i == 0)
			assert_number(reply, "started_boottime_us",
				      f->status.started_ns / NS_PER_US);
		if (i >= 2)
			assert_number(reply, "vm.started_boottime_us", vm->first_ns / NS_PER_US);
		if (i == 1) {
			assert_number(reply, "vms.0.started_boottime_us", vm->first_ns / NS_PER_US);
			assert_true(json_is_null(at(reply, "vms.0.ended_boottime_us")));
			assert_true(json_integer_value(at(reply, "vms.2.ended_boottime_us")) >=
				    json_integer_value(at(reply, "vms.2.started_boottime_us")));
			assert_true(json_integer_value(at(reply, "vms.2.ended_boottime_us")) <=
				    json_integer_value(at(reply, "now.boottime_us")));
		}
		json_decref(reply);
	}
}

/* Names come from outside: what reaches clients is JSON all the same. */
static void test_names(void **state)
{
	struct fixture *f = *state;
	json_t *show;

	fixture_create(f, 4, 77, "\xff\"\\\n\xc3\xa9");
	show = ask(f, "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"77\"}}");
	assert_text(show, "vm.name", "?\"\\?\xc3\xa9");
	json_decref(show);
}

/* What no integer of JSON can be is as much as one can, and not negative. */
static void test_huge(void **state)
{
	struct fixture *f = *state;
	json_t *show;

	fixture_create(f, 5, 78, "huge");
	fixture_count(f, 5, 0, CODE_MSR, false, UINT64_MAX - 9);
	fixture_count(f, 5, 0, CODE_HLT, false, 1);
	/* SVM's own codes are negative. */
	fixture_count(f, 5, 0, UINT64_MAX, false, 1);
	show = ask(f, "{\"method\":\"" EXITS ".Show\",\"parameters\":"
		      "{\"vm\":\"huge\",\"vcpus\":true}}");
	assert_number(show, "vm.exits", INT64_MAX);
	assert_number(show, "vm.reasons.0.total", INT64_MAX);
	assert_number(show, "vm.vcpus.0.exits", INT64_MAX);
	assert_number(show, "vm.vcpus.0.reasons.0.total", INT64_MAX);
	assert_number(show, "vm.reasons.1.total", 1);
	assert_true(json_integer_value(at(show, "vm.reasons.1.code")) == -1 ||
		    json_integer_value(at(show, "vm.reasons.2.code")) == -1);
	json_decref(show);
}

static void test_errors(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *reply;

#define EXPECT(call, error, key, value) fixture_expect_error(f, fd, call, error, key, value)
	EXPECT(CALL("a.b.C"), SERVICE ".InterfaceNotFound", "interface", "a.b");
	EXPECT(CALL("Status"), SERVICE ".InterfaceNotFound", "interface", "Status");
	EXPECT(CALL("."), SERVICE ".InterfaceNotFound", "interface", "");
	EXPECT(CALL("io.kvmexit.Exit.Status"), SERVICE ".InterfaceNotFound", "interface",
	       "io.kvmexit.Exit");
	EXPECT(CALL(EXITS "."), SERVICE ".MethodNotFound", "method", EXITS ".");
	EXPECT(CALL(EXITS ".status"), SERVICE ".MethodNotFound", "method", EXITS ".status");
	EXPECT(CALL(EXITS ".Statuses"), SERVICE ".MethodNotFound", "method", EXITS ".Statuses");
	EXPECT(CALL(SERVICE ".GetInterfaceDescription"), SERVICE ".InvalidParameter", "parameter",
	       "interface");
	EXPECT("{\"method\":\"" SERVICE ".GetInterfaceDescription\","
	       "\"parameters\":{\"interface\":\"x.y\"}}",
	       SERVICE ".InterfaceNotFound", "interface", "x.y");
	EXPECT("{\"method\":\"" EXITS ".Status\",\"parameters\":{\"x\":1}}",
	       SERVICE ".InvalidParameter", "parameter", "x");
	EXPECT("{\"method\":\"" EXITS ".List\",\"parameters\":{\"all\":\"yes\"}}",
	       SERVICE ".InvalidParameter", "parameter", "all");
	EXPECT(CALL(EXITS ".Show"), SERVICE ".InvalidParameter", "parameter", "vm");
	EXPECT("{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":1}}",
	       SERVICE ".InvalidParameter", "parameter", "vm");
	EXPECT("{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"web01\\u0000\"}}",
	       SERVICE ".InvalidParameter", "parameter", "vm");
	EXPECT("{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"web01\",\"vcpus\":0}}",
	       SERVICE ".InvalidParameter", "parameter", "vcpus");
	EXPECT("{\"method\":\"" EXITS ".Status\",\"upgrade\":true}", SERVICE ".InvalidParameter",
	       "parameter", "upgrade");
	EXPECT(CALL(EXITS ".Watch"), SERVICE ".ExpectedMore", NULL, NULL);
	EXPECT("{\"method\":\"" EXITS ".Watch\",\"more\":true,\"parameters\":{\"vm\":\"old\"}}",
	       EXITS ".NoSuchVm", "vm", "old");
	EXPECT("{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"\"}}", EXITS ".NoSuchVm",
	       "vm", "");
#undef EXPECT

	reply = fixture_call(f, fd,
			     "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":"
			     "\"wbe01\"}}");
	assert_text(reply, "error", EXITS ".NoSuchVm");
	assert_text(reply, "parameters.near.0", "web01");
	json_decref(reply);

	reply = fixture_call(f, fd,
			     "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"OLF\"}}");
	assert_text(reply, "parameters.near.0", "old");
	json_decref(reply);

	fixture_create(f, 8, 812, "x");
	fixture_create(f, 9, 812, "x");
	reply = fixture_call(f, fd,
			     "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":"
			     "\"812\"}}");
	assert_text(reply, "error", EXITS ".AmbiguousVm");
	assert_int_equal(json_array_size(at(reply, "parameters.matches")), 3);
	assert_number(reply, "parameters.matches.2", 9);
	assert_number(reply, "parameters.count", 3);
	assert_text(reply, "parameters.candidates.0.vm", "id:1");
	assert_text(reply, "parameters.candidates.0.matched", "pid");
	assert_text(reply, "parameters.candidates.0.name", "web01");
	assert_text(reply, "parameters.candidates.2.vm", "id:9");
	json_decref(reply);

	/* And the connection is as good as ever. */
	json_decref(fixture_call(f, fd, CALL(EXITS ".Status")));
	assert_int_equal(f->server->stats.bad_clients, 0);
	close(fd);
}

static void assert_shown(struct fixture *f, const char *text, const char *name)
{
	char call[128];
	json_t *show;

	snprintf(call, sizeof(call),
		 "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"%s\"}}", text);
	show = ask(f, call);
	assert_text(show, "vm.name", name);
	/* It says what it took the text for. */
	if (strchr(text, ':'))
		assert_memory_equal(text, json_string_value(at(show, "vm.matched")),
				    strcspn(text, ":"));
	json_decref(show);
}

/* Of VMs whose names look like something else each can be meant. */
static void test_show_key(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);

	fixture_create(f, 20, 1000, "2");
	fixture_create(f, 21, 1001, "id:2");
	fixture_expect_error(f, fd, "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"2\"}}",
			     EXITS ".AmbiguousVm", "vm", "2");
	assert_shown(f, "name:2", "2");
	assert_shown(f, "id:2", "db");
	assert_shown(f, "pid:900", "db");
	assert_shown(f, "name:id:2", "id:2");
	assert_shown(f, "id:3", "old");
	fixture_expect_error(f, fd,
			     "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"pid:2\"}}",
			     EXITS ".NoSuchVm", "vm", "pid:2");
	fixture_expect_error(f, fd,
			     "{\"method\":\"" EXITS ".Show\",\"parameters\":{\"vm\":\"id:\"}}",
			     EXITS ".NoSuchVm", "vm", "id:");
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_filled, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show_key),
		TEST(test_service),
		TEST(test_description),
		TEST(test_status),
		TEST(test_status_resyncing),
		TEST(test_show),
		TEST(test_names),
		TEST(test_huge),
		TEST(test_now),
		TEST(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
