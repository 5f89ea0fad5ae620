// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings over varlink: who may change them, and what is answered. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/kernel_config.h"
#include "server/client.h"
#include "server/control.h"
#include "server_fixture.h"
#include "unit_test.h"

static struct kernel_config kernel, changed;
static bool has_kernel;
static int set_result, reload_result;
static unsigned int sets, reloads;

static const struct kernel_config *kernel_config(void *userdata)
{
	(void)userdata;
	return has_kernel ? &kernel : NULL;
}

static int set_kernel_config(void *userdata, const struct kernel_config *config, char *text,
			     size_t size)
{
	(void)userdata;
	sets++;
	changed = *config;
	if (set_result == -ERANGE)
		snprintf(text, size, "integer out of range");
	return has_kernel ? set_result : -ENODEV;
}

static int reload(void *userdata, char **error)
{
	(void)userdata;
	reloads++;
	if (reload_result < 0)
		*error = strdup("file:3: wrong");
	return reload_result;
}

static const struct server_control control = {
	.kernel_config = kernel_config,
	.set_kernel_config = set_kernel_config,
	.reload = reload,
};

static int setup(void **state)
{
	struct fixture *f;
	int r = fixture_setup(state);

	f = *state;
	server_set_control(f->server, &control, NULL);
	has_kernel = true;
	kernel = changed = (struct kernel_config){ 0 };
	kernel_config_set(&kernel, KERNEL_INTERVAL_MS, 1000);
	sets = reloads = 0;
	set_result = reload_result = 0;
	return r;
}

/* The tests may run as anybody: the server is told who its client is. */
static int connect_as(struct fixture *f, uid_t uid)
{
	int fd = fixture_connect(f);

	fixture_until(f, f->server->clients != NULL);
	f->server->clients->peer.uid = uid;
	return fd;
}

#define SET(parameters) "{\"method\":\"" EXITS ".SetConfig\",\"parameters\":" parameters "}"

static void test_get(void **state)
{
	struct fixture *f = *state;
	int fd = connect_as(f, 65534);
	json_t *reply = fixture_call(f, fd, CALL(EXITS ".GetConfig"));

	assert_number(reply, "parameters.interval_ms", 1000);
	assert_true(json_is_null(at(reply, "parameters.batch_exits")));
	assert_true(json_is_null(at(reply, "parameters.timing")));
	json_decref(reply);

	kernel_config_set(&kernel, KERNEL_TIMING, 1);
	reply = fixture_call(f, fd, CALL(EXITS ".GetConfig"));
	assert_true(json_is_true(at(reply, "parameters.timing")));
	json_decref(reply);

	has_kernel = false;
	fixture_expect_error(f, fd, CALL(EXITS ".GetConfig"), EXITS ".NoKernel", NULL, NULL);
	close(fd);
}

static void test_set(void **state)
{
	struct fixture *f = *state;
	int fd = connect_as(f, 0);
	json_t *reply = fixture_call(f, fd, SET("{\"interval_ms\":20,\"batch_exits\":null}"));

	assert_null(json_object_get(reply, "error"));
	json_decref(reply);
	assert_true(changed.has[KERNEL_INTERVAL_MS]);
	assert_int_equal(changed.value[KERNEL_INTERVAL_MS], 20);
	assert_false(changed.has[KERNEL_BATCH_EXITS]);
	assert_false(changed.has[KERNEL_TIMING]);

	reply = fixture_call(f, fd, SET("{\"timing\":true,\"log_exits\":10000}"));
	assert_null(json_object_get(reply, "error"));
	json_decref(reply);
	assert_int_equal(changed.value[KERNEL_TIMING], 1);
	assert_int_equal(changed.value[KERNEL_LOG_EXITS], 10000);
	fixture_expect_error(f, fd, SET("{\"timing\":256}"), SERVICE ".InvalidParameter",
			     "parameter", "timing");

	set_result = -ERANGE;
	fixture_expect_error(f, fd, SET("{\"interval_ms\":1}"), EXITS ".KernelRefused", "reason",
			     "integer out of range");
	assert_int_equal(sets, 3);
	fixture_expect_error(f, fd, SET("{\"interval_ms\":4294967296}"),
			     SERVICE ".InvalidParameter", "parameter", "interval_ms");
	fixture_expect_error(f, fd, SET("{\"interval_ms\":-1}"), SERVICE ".InvalidParameter",
			     "parameter", "interval_ms");
	fixture_expect_error(f, fd, SET("{\"no_such\":1}"), SERVICE ".InvalidParameter",
			     "parameter", "no_such");
	assert_int_equal(sets, 3);

	has_kernel = false;
	fixture_expect_error(f, fd, SET("{\"interval_ms\":20}"), EXITS ".NoKernel", NULL, NULL);
	close(fd);
}

/* What nobody waits for the answer of is done all the same, unless it only tells. */
static void test_oneway(void **state)
{
	struct fixture *f = *state;
	int fd = connect_as(f, 0);

	fixture_send(fd, "{\"method\":\"" EXITS ".SetConfig\",\"oneway\":true,"
			 "\"parameters\":{\"interval_ms\":20}}");
	fixture_send(fd, "{\"method\":\"" EXITS ".ReloadConfig\",\"oneway\":true}");
	/* By somebody who has left before it is read, too. */
	fixture_send(fd, SET("{\"interval_ms\":30}"));
	close(fd);
	fixture_until(f, f->server->stats.clients == 0);
	assert_int_equal(sets, 2);
	assert_int_equal(changed.value[KERNEL_INTERVAL_MS], 30);
	assert_int_equal(reloads, 1);
}

static void test_denied(void **state)
{
	struct fixture *f = *state;
	int fd = connect_as(f, 1000);

	fixture_expect_error(f, fd, SET("{\"interval_ms\":20}"), SERVICE ".PermissionDenied", NULL,
			     NULL);
	fixture_expect_error(f, fd, CALL(EXITS ".ReloadConfig"), SERVICE ".PermissionDenied", NULL,
			     NULL);
	assert_int_equal(sets, 0);
	assert_int_equal(reloads, 0);
	close(fd);
}

static void test_reload(void **state)
{
	struct fixture *f = *state;
	int fd = connect_as(f, 0);
	json_t *reply = fixture_call(f, fd, CALL(EXITS ".ReloadConfig"));

	assert_null(json_object_get(reply, "error"));
	json_decref(reply);
	reload_result = -EBADMSG;
	fixture_expect_error(f, fd, CALL(EXITS ".ReloadConfig"), EXITS ".ConfigWrong", "reason",
			     "file:3: wrong");
	assert_int_equal(reloads, 2);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_get, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_set, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_oneway, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_denied, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
