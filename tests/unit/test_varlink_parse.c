// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls of varlink clients, good, bad and cut short.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/varlink_parse.h"

/* What was wrong with the last one. */
static const char *bad_member;

/* In memory of just its size, so that a byte read behind it is found. */
static int parse(const char *text, size_t len, struct varlink_request *out)
{
	char *copy = malloc(len > 0 ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = varlink_parse_request(copy, len, out, &bad_member);
	free(copy);
	return r;
}

static void test_good(void **state)
{
	struct varlink_request request;

	(void)state;
#define PARSE(text) assert_int_equal(parse(text, strlen(text), &request), 0)
	PARSE("{\"method\":\"a.b.C\"}");
	assert_string_equal(request.method, "a.b.C");
	assert_null(request.parameters);
	assert_false(request.more || request.oneway || request.upgrade);
	varlink_request_done(&request);

	PARSE(" {\"parameters\":{\"x\":1}, \"more\":true,\n\"method\":\"C\",\"upgrade\":false} ");
	assert_int_equal(json_object_size(request.parameters), 1);
	assert_true(request.more);
	varlink_request_done(&request);

	PARSE("{\"method\":\"C\",\"oneway\":true,\"more\":false,\"parameters\":null}");
	assert_true(request.oneway);
	assert_null(request.parameters);
	varlink_request_done(&request);

	PARSE("{\"method\":\"C\",\"upgrade\":true,\"later\":[1]}");
	assert_true(request.upgrade);
	varlink_request_done(&request);
	/* Once more is harmless. */
	varlink_request_done(&request);
#undef PARSE
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *bad;
	} calls[] = {
		{ "", "call" },
		{ " ", "call" },
		{ "x", "call" },
		{ "null", "call" },
		{ "1", "call" },
		{ "\"method\"", "call" },
		{ "[]", "call" },
		{ "[{\"method\":\"C\"}]", "call" },
		{ "{}", "method" },
		{ "{\"method\":}", "call" },
		{ "{\"method\":1}", "method" },
		{ "{\"method\":null}", "method" },
		{ "{\"method\":\"\"}", "method" },
		{ "{\"method\":[\"C\"]}", "method" },
		{ "{\"method\":\"C\\u0000D\"}", "method" },
		{ "{\"method\":\"C\"}{\"method\":\"C\"}", "call" },
		{ "{\"method\":\"C\"} x", "call" },
		{ "{\"method\":\"C\",\"method\":\"D\"}", "call" },
		{ "{\"method\":\"C\",\"parameters\":[]}", "parameters" },
		{ "{\"method\":\"C\",\"parameters\":1}", "parameters" },
		{ "{\"method\":\"C\",\"parameters\":\"{}\"}", "parameters" },
		{ "{\"method\":\"C\",\"more\":1}", "more" },
		{ "{\"method\":\"C\",\"more\":null}", "more" },
		{ "{\"method\":\"C\",\"more\":\"true\"}", "more" },
		{ "{\"method\":\"C\",\"oneway\":\"\"}", "oneway" },
		{ "{\"method\":\"C\",\"upgrade\":{}}", "upgrade" },
		{ "{\"method\":\"C\",\"more\":true,\"oneway\":true}", "oneway" },
		{ "{\"method\":\"C\",\"upgrade\":true,\"oneway\":true}", "oneway" },
		{ "{'method':'C'}", "call" },
		{ "{\"method\":\"\xff\"}", "call" },
		{ "{\"method\":\"\xc3\"}", "call" },
		{ "{\"method\":\"\\ud800\"}", "call" },
		{ "{\"method\":\"C\n\"}", "call" },
		{ "{\"method\":\"C\",\"parameters\":{\"a\":99999999999999999999}}", "call" },
	};
	struct varlink_request request = { .method = "untouched" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (parse(calls[i].text, strlen(calls[i].text), &request) != -EBADMSG)
			fail_msg("accepted: %s", calls[i].text);
		assert_string_equal(bad_member, calls[i].bad);
	}
	assert_string_equal(request.method, "untouched");
}

static void test_truncated(void **state)
{
	static const char call[] = "{\"method\":\"io.kvmexit.Exits.Show\",\"more\":false,"
				   "\"parameters\":{\"vm\":\"w\\u00e9b\xc3\xa9\",\"vcpus\":true}}";
	struct varlink_request request;
	size_t len;

	(void)state;
	for (len = 0; len < strlen(call); len++)
		assert_int_equal(parse(call, len, &request), -EBADMSG);
	assert_int_equal(parse(call, len, &request), 0);
	varlink_request_done(&request);
	/* A NUL belongs to the framing. */
	assert_int_equal(parse(call, len + 1, &request), -EBADMSG);
}

static void test_deep(void **state)
{
	struct varlink_request request;
	size_t len = 64 * 1024;
	char *call = malloc(len);

	(void)state;
	assert_non_null(call);
	memset(call, '[', len);
	assert_int_equal(parse(call, len, &request), -EBADMSG);
	free(call);
}

/* Every byte of a good call replaced by every other: no crash is all it asks for. */
static void test_mutated(void **state)
{
	static const char call[] = "{\"method\":\"a.B\",\"more\":true,\"parameters\":{\"a\":1e3}}";
	char copy[sizeof(call)];
	struct varlink_request request;
	size_t at;
	int byte;

	(void)state;
	for (at = 0; at < strlen(call); at++)
		for (byte = 0; byte < 256; byte++) {
			memcpy(copy, call, sizeof(call));
			copy[at] = (char)byte;
			if (parse(copy, strlen(call), &request) == 0)
				varlink_request_done(&request);
		}
}

struct values {
	const char *vm;
	bool vcpus;
};

static int parse_values(const char *text, struct values *values, char *bad_name)
{
	const struct varlink_param params[] = {
		{ "vm", VARLINK_STRING, false, &values->vm },
		{ "vcpus", VARLINK_BOOL, true, &values->vcpus },
		{ .name = NULL },
	};
	json_t *json = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
	const char *bad = NULL;
	int r;

	assert_true(!text || json);
	r = varlink_parse_parameters(json, params, &bad);
	strcpy(bad_name, bad ? bad : "");
	/* What it points to goes with the JSON. */
	values->vm = r == 0 && strcmp(values->vm, "a") == 0 ? "a" : NULL;
	json_decref(json);
	return r;
}

static void test_parameters(void **state)
{
	static const struct {
		const char *text, *bad;
	} cases[] = {
		{ NULL, "vm" },
		{ "{}", "vm" },
		{ "{\"vm\":null}", "vm" },
		{ "{\"vm\":1}", "vm" },
		{ "{\"vm\":\"a\\u0000b\"}", "vm" },
		{ "{\"vm\":\"a\",\"vcpus\":1}", "vcpus" },
		{ "{\"vm\":\"a\",\"vcpus\":\"true\"}", "vcpus" },
		{ "{\"vm\":\"a\",\"all\":true}", "all" },
		{ "{\"vm\":\"a\",\"\":true}", "" },
		{ "{\"VM\":\"a\"}", "VM" },
	};
	struct values values = { 0 };
	char bad[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse_values(cases[i].text, &values, bad), -EINVAL);
		assert_string_equal(bad, cases[i].bad);
	}
	assert_int_equal(parse_values("{\"vm\":\"a\"}", &values, bad), 0);
	assert_string_equal(values.vm, "a");
	assert_false(values.vcpus);
	assert_int_equal(parse_values("{\"vcpus\":true,\"vm\":\"a\"}", &values, bad), 0);
	assert_true(values.vcpus);
	/* null leaves what was there. */
	assert_int_equal(parse_values("{\"vcpus\":null,\"vm\":\"a\"}", &values, bad), 0);
	assert_true(values.vcpus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_deep),
		cmocka_unit_test(test_mutated),	  cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
