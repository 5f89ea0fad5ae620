// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What --json prints is what the interface's definition says, member by member.
 */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_fixture.h"
#include "server_fixture.h"

#define DEFINITION SOURCE_DIR "/daemon/server/io.kvmexit.Exits.varlink"

/* The definition without comments. */
static char *definition;

static int read_definition(void **state)
{
	FILE *file = fopen(DEFINITION, "r");
	char *line = NULL, *end;
	size_t size = 0, room;
	FILE *out;

	(void)state;
	assert_non_null(file);
	out = open_memstream(&definition, &room);
	while (getline(&line, &size, file) >= 0) {
		end = strchr(line, '#');
		if (end)
			*end = '\0';
		fputs(line, out);
	}
	free(line);
	fclose(file);
	return fclose(out);
}

static int free_definition(void **state)
{
	(void)state;
	free(definition);
	return 0;
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\n");
}

/* Takes a word of the definition; at must be at one. */
static const char *take_name(const char *at, char name[static 64])
{
	size_t len = 0;

	at = skip_space(at);
	while (isalnum((unsigned char)*at) || *at == '_') {
		assert_true(len < 63);
		name[len++] = *at++;
	}
	name[len] = '\0';
	return skip_space(at);
}

/* Where the type of that name, or the reply of a method, begins. */
static const char *find(const char *kind, const char *name)
{
	char head[96];
	const char *at;

	snprintf(head, sizeof(head), "%s %s", kind, name);
	for (at = definition; (at = strstr(at, head)); at++)
		if (!isalnum((unsigned char)at[strlen(head)]))
			break;
	if (!at)
		fail_msg("there is no %s", head);
	at += strlen(head);
	return strcmp(kind, "method") == 0 ? strstr(at, "->") + 2 : at;
}

/*
 * Goes over a type, and checks value against it unless that is NULL, which a
 * member that is not there is.
 */
static const char *check(const char *type, const json_t *value, const char *where);

static const char *check_struct(const char *at, const json_t *value, const char *where)
{
	char name[64], path[256];
	json_t *left = value ? json_copy((json_t *)value) : NULL;
	const json_t *member;

	if (value && !json_is_object(value))
		fail_msg("%s is no object", where);
	while (*at != ')') {
		at = take_name(at, name);
		assert_int_equal(*at, ':');
		at = skip_space(at + 1);
		member = json_object_get(value, name);
		snprintf(path, sizeof(path), "%s.%s", where, name);
		if (value && !member && *at != '?')
			fail_msg("%s is missing", path);
		at = skip_space(check(at, member, path));
		json_object_del(left, name);
		if (*at == ',')
			at = skip_space(at + 1);
	}
	if (left && json_object_size(left) > 0)
		fail_msg("%s.%s is not in the interface", where,
			 json_object_iter_key(json_object_iter(left)));
	json_decref(left);
	return at + 1;
}

static const char *check_enum(const char *at, const json_t *value, const char *where)
{
	const char *text = json_string_value(value);
	char name[64];
	bool found = false;

	while (*at != ')') {
		at = take_name(at, name);
		found = found || (text && strcmp(text, name) == 0);
		if (*at == ',')
			at = skip_space(at + 1);
	}
	if (value && !found)
		fail_msg("%s is '%s'", where, text ? text : "no text");
	return at + 1;
}

static const char *check_list(const char *type, const json_t *value, const char *where)
{
	const char *end = check(type, NULL, where), *key;
	json_t *element;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, element)
			check(type, element, where);
	} else {
		json_array_foreach(value, i, element)
			check(type, element, where);
	}
	return end;
}

static void expect(bool is, const json_t *value, const char *where, const char *type)
{
	if (value && !is)
		fail_msg("%s is no %s", where, type);
}

static const char *check(const char *type, const json_t *value, const char *where)
{
	const char *at = skip_space(type);
	char name[64];

	if (*at == '?')
		return check(at + 1, json_is_null(value) ? NULL : value, where);
	if (strncmp(at, "[]", 2) == 0) {
		expect(json_is_array(value), value, where, "list");
		return check_list(at + 2, value, where);
	}
	if (strncmp(at, "[string]", 8) == 0) {
		expect(json_is_object(value), value, where, "map");
		return check_list(at + 8, value, where);
	}
	if (*at == '(') {
		const char *colon = at + 1 + strcspn(at + 1, ":,)");

		at = skip_space(at + 1);
		return *colon == ':' || *at == ')' ? check_struct(at, value, where) :
						     check_enum(at, value, where);
	}

	at = take_name(at, name);
	if (strcmp(name, "int") == 0)
		expect(json_is_integer(value), value, where, name);
	else if (strcmp(name, "float") == 0)
		expect(json_is_number(value), value, where, name);
	else if (strcmp(name, "string") == 0)
		expect(json_is_string(value), value, where, name);
	else if (strcmp(name, "bool") == 0)
		expect(json_is_boolean(value), value, where, name);
	else if (value)
		check(find("type", name), value, where);
	return at;
}

static void check_reply(struct result result, const char *kind, const char *name)
{
	json_t *json = result_json(&result);

	check(find(kind, name), json, name);
	json_decref(json);
}

static void test_replies(void **state)
{
	struct process *p = *state;
	struct result result = ctl(p, "stat", "--json", "--for", "1ms", NULL);
	json_t *json = result_json(&result), *vm;
	size_t i;

	json_array_foreach(at(json, "vms"), i, vm)
		check(find("type", "Vm"), vm, "stat.vms");
	assert_int_equal(i, 2);
	json_decref(json);

	result = ctl(p, "report", "--json", "web01", NULL);
	json = result_json(&result);
	check(find("type", "Vm"), at(json, "vm"), "report.vm");
	check("[]HistorySpan", at(json, "spans"), "report.spans");
	json_decref(json);

	check_reply(ctl(p, "--json", NULL), "method", "Status");
	check_reply(ctl(p, "list", "--json", "--all", NULL), "method", "List");
	check_reply(ctl(p, "show", "--json", "web01", NULL), "type", "Vm");
	check_reply(ctl(p, "show", "--json", "web01", "--vcpus", NULL), "type", "Vm");
	check_reply(ctl(p, "show", "--json", "old", "--sort", "1s", NULL), "type", "Vm");
	check_reply(ctl(p, "top", "--json", "-n1", NULL), "method", "List");
	check_reply(ctl(p, "top", "--json", "-n1", "db", NULL), "type", "Vm");
	check_reply(ctl(p, "metrics", "--json", NULL), "method", "GetMetrics");
	check_reply(ctl(p, "config", "--json", NULL), "method", "GetConfig");

	/* With what is not always there. */
	process_command(p, COMMAND_TIMED);
	process_command(p, COMMAND_STORM);
	process_command(p, COMMAND_DETAILS);
	check_reply(ctl(p, "show", "--json", "web01", "--details", NULL), "type", "Vm");
	check_reply(ctl(p, "list", "--json", NULL), "method", "List");
	check_reply(ctl(p, "show", "--json", "web01", "--vcpus", NULL), "type", "Vm");
}

static void test_watch(void **state)
{
	struct process *p = *state;
	struct watcher watcher = watch_start(p, "db");
	static const enum command commands[] = { COMMAND_EXITS, COMMAND_END };
	json_t *event;
	char *err;
	size_t i;

	for (i = 0; i < 2; i++) {
		process_command(p, commands[i]);
		event = watch_event(&watcher);
		check(find("method", "Watch"), event, "Watch");
		json_decref(event);
	}
	assert_int_equal(watch_end(&watcher, &err), 0);
	free(err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replies),
		TEST(test_watch),
	};

	return cmocka_run_group_tests(tests, read_definition, free_definition);
}
