// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client's side of varlink against a daemon that misbehaves.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/client.h"
#include "ctl/join.h"
#include "ctl/output.h"
#include "util/clock.h"

struct daemon {
	char dir[32];
	struct sockaddr_un address;
	int listening;
	int fd; /* the client's other end */
	struct varlink *link;
};

static struct varlink_wait in_time(uint64_t ms)
{
	return (struct varlink_wait){
		.end_ns = clock_monotonic_ns() + ms * NS_PER_MS,
		.stop = -1,
		.fd = -1,
	};
}

static int call(struct daemon *d, const char *method, json_t *parameters, bool more)
{
	const struct varlink_wait wait = in_time(1000);

	return varlink_send(d->link, &wait, method, parameters, more);
}

static int setup(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));
	const struct varlink_wait wait = in_time(1000);

	assert_non_null(d);
	strcpy(d->dir, "/tmp/kvmexitd-test-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->address.sun_family = AF_UNIX;
	snprintf(d->address.sun_path, sizeof(d->address.sun_path), "%s/socket", d->dir);
	d->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(d->listening, (struct sockaddr *)&d->address, sizeof(d->address)), 0);
	assert_int_equal(listen(d->listening, 1), 0);
	assert_int_equal(varlink_new(&d->link, d->address.sun_path, &wait), 0);
	d->fd = accept(d->listening, NULL, NULL);
	assert_true(d->fd >= 0);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct daemon *d = *state;

	varlink_free(d->link);
	close(d->fd);
	close(d->listening);
	unlink(d->address.sun_path);
	rmdir(d->dir);
	free(d);
	return 0;
}

static void say(struct daemon *d, const char *text, size_t len)
{
	assert_int_equal(send(d->fd, text, len, MSG_NOSIGNAL), len);
}

static int hear(struct daemon *d, struct varlink_reply *reply)
{
	const struct varlink_wait wait = in_time(1);

	return varlink_receive(d->link, &wait, reply);
}

static void test_call(void **state)
{
	static const char text_of_call[] =
		"{\"method\":\"a.B\",\"parameters\":{\"x\":1},\"more\":true}";
	struct daemon *d = *state;
	char text[128];

	assert_int_equal(call(d, "a.B", json_pack("{s:i}", "x", 1), true), 0);
	assert_int_equal(recv(d->fd, text, sizeof(text), 0), sizeof(text_of_call));
	assert_memory_equal(text, text_of_call, sizeof(text_of_call));
	assert_int_equal(call(d, "a.C", NULL, false), 0);
	assert_int_equal(recv(d->fd, text, sizeof(text), 0), 17);
	assert_string_equal(text, "{\"method\":\"a.C\"}");
}

static void test_replies(void **state)
{
	static const char text[] = "{\"parameters\":{\"x\":1},\"continues\":true}\0"
				   "{}\0"
				   "{\"error\":\"a.E\",\"parameters\":null}";
	struct daemon *d = *state;
	struct varlink_reply reply;
	size_t i;

	/* In bits and pieces. */
	for (i = 0; i < sizeof(text); i++) {
		say(d, &text[i], 1);
		if (i == 10)
			assert_int_equal(hear(d, &reply), -ETIMEDOUT);
	}
	assert_int_equal(hear(d, &reply), 0);
	assert_null(reply.error);
	assert_true(reply.continues);
	assert_int_equal(get_int(reply.parameters, "x"), 1);
	varlink_reply_done(&reply);
	assert_int_equal(hear(d, &reply), 0);
	assert_false(reply.continues);
	assert_int_equal(json_object_size(reply.parameters), 0);
	varlink_reply_done(&reply);
	assert_int_equal(hear(d, &reply), 0);
	assert_string_equal(reply.error, "a.E");
	varlink_reply_done(&reply);
	assert_int_equal(hear(d, &reply), -ETIMEDOUT);
}

static void ask(struct daemon *d, const char *method, const char *text, size_t len,
		struct varlink_reply *reply)
{
	const struct varlink_wait wait = in_time(1);

	say(d, text, len);
	assert_int_equal(varlink_ask(d->link, &wait, method, NULL, reply), 0);
}

/* What comes in parts is one answer. */
static void test_parts(void **state)
{
	static const char metrics[] =
		"{\"parameters\":{\"content_type\":\"a\",\"text\":\"x 1\\n\"},"
		"\"continues\":true}\0"
		"{\"parameters\":{\"content_type\":\"a\",\"text\":\"y 2\\n\"}}";
	static const char list[] = "{\"parameters\":{\"vms\":[1,2]},\"continues\":true}\0"
				   "{\"parameters\":{\"vms\":[3]},\"continues\":true}\0"
				   "{\"parameters\":{\"vms\":[]}}";
	static const char show[] = "{\"parameters\":{\"vm\":{\"id\":1,\"reasons\":[7],"
				   "\"vcpus\":[1]}},\"continues\":true}\0"
				   "{\"parameters\":{\"vm\":{\"id\":1,\"vcpus\":[2,3]}}}";
	static const char gone[] = "{\"parameters\":{\"vm\":{\"vcpus\":[1]}},\"continues\":true}\0"
				   "{\"error\":\"a.Gone\",\"parameters\":{\"vm\":\"id:1\"}}";
	static const char call[] = "{\"method\":\"io.kvmexit.Exits.GetMetrics\",\"more\":true}";
	struct daemon *d = *state;
	struct varlink_reply reply;
	const json_t *vm;
	char text[128];

	ask(d, "io.kvmexit.Exits.GetMetrics", metrics, sizeof(metrics), &reply);
	assert_string_equal(json_string_value(json_object_get(reply.parameters, "text")),
			    "x 1\ny 2\n");
	varlink_reply_done(&reply);
	assert_int_equal(recv(d->fd, text, sizeof(text), 0), sizeof(call));
	assert_memory_equal(text, call, sizeof(call));

	ask(d, "io.kvmexit.Exits.List", list, sizeof(list), &reply);
	assert_int_equal(json_array_size(json_object_get(reply.parameters, "vms")), 3);
	varlink_reply_done(&reply);

	ask(d, "io.kvmexit.Exits.Show", show, sizeof(show), &reply);
	vm = json_object_get(reply.parameters, "vm");
	assert_int_equal(json_array_size(json_object_get(vm, "reasons")), 1);
	assert_int_equal(json_array_size(json_object_get(vm, "vcpus")), 3);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(vm, "vcpus"), 2)), 3);
	varlink_reply_done(&reply);

	ask(d, "io.kvmexit.Exits.Show", gone, sizeof(gone), &reply);
	assert_string_equal(reply.error, "a.Gone");
	assert_string_equal(json_string_value(json_object_get(reply.parameters, "vm")), "id:1");
	varlink_reply_done(&reply);
}

static void test_bad_replies(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"[]",
		"{",
		"1",
		"{\"error\":1}",
		"{\"parameters\":[]}",
		"{\"continues\":1}",
		"{\"error\":\"\xff\"}",
	};
	struct daemon *d = *state;
	struct varlink_reply reply;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		say(d, texts[i], strlen(texts[i]) + 1);
		assert_int_equal(hear(d, &reply), -EBADMSG);
	}
}

static void test_closed(void **state)
{
	struct daemon *d = *state;
	struct varlink_reply reply;

	/* A refusal that was sent before the call came is heard all the same. */
	say(d, "{\"error\":\"a.Full\"}", 19);
	close(d->fd);
	d->fd = -1;
	assert_int_equal(call(d, "a.B", NULL, false), 0);
	assert_int_equal(hear(d, &reply), 0);
	assert_string_equal(reply.error, "a.Full");
	varlink_reply_done(&reply);
	assert_int_equal(hear(d, &reply), -ECONNRESET);
}

static void test_cut_short(void **state)
{
	struct daemon *d = *state;
	struct varlink_reply reply;

	say(d, "{\"parameters\":", 14);
	assert_int_equal(shutdown(d->fd, SHUT_RDWR), 0);
	assert_int_equal(hear(d, &reply), -ECONNRESET);
}

/* The other end of what is watched has gone. */
static void test_watched(void **state)
{
	struct daemon *d = *state;
	struct varlink_wait wait = { .end_ns = VARLINK_FOREVER, .stop = -1 };
	struct varlink_reply reply;
	int pair[2];

	assert_int_equal(pipe(pair), 0);
	close(pair[0]);
	wait.fd = pair[1];
	assert_int_equal(varlink_receive(d->link, &wait, &reply), -EPIPE);
	close(pair[1]);
}

static void nothing(int number)
{
	(void)number;
}

/* One that came before the wait ends it, too. */
static void test_signal(void **state)
{
	const struct sigaction action = { .sa_handler = nothing };
	struct daemon *d = *state;
	struct varlink_wait wait = { .end_ns = VARLINK_FOREVER, .stop = -1, .fd = -1 };
	struct varlink_reply reply;
	sigset_t held, before;

	sigemptyset(&held);
	sigaddset(&held, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &held, &before), 0);
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	wait.signals = &before;
	assert_int_equal(varlink_receive(d->link, &wait, &reply), -EINTR);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void test_format(void **state)
{
	static const struct {
		long long s;
		const char *text;
	} durations[] = {
		{ -1, "-" },	       { 59, "59s" },	       { 60, "1min 0s" },
		{ 3599, "59min 59s" }, { 3600, "1h 0min" },    { 86399, "23h 59min" },
		{ 86400, "1d 0h" },    { 1000000, "11d 13h" },
	};
	static const struct {
		double rate;
		const char *text;
	} rates[] = {
		{ 0, "0" },	   { 0.003, "0.003" }, { 0.1, "0.1" },
		{ 99.94, "99.9" }, { 100, "100" },     { 1234567.8, "1234568" },
	};
	size_t i;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		text = format_duration(durations[i].s);
		assert_string_equal(text, durations[i].text);
		free(text);
	}
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		text = format_rate(rates[i].rate);
		assert_string_equal(text, rates[i].text);
		free(text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_call),    TEST(test_replies), TEST(test_bad_replies),
		TEST(test_closed),  TEST(test_parts),	TEST(test_cut_short),
		TEST(test_watched), TEST(test_signal),	cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
