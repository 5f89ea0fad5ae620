// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Long answers: in parts with "more", whole or refused without, and in nobody's way.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux/kvm_exitstat.h"
#include "server/client.h"
#include "server_fixture.h"
#include "server_reader.h"
#include "unit_test.h"
#include "util/clock.h"

#define STATUS CALL(EXITS ".Status")

/* Of a VM whose vCPUs have 30 reasons with times each: 3 MB of JSON. */
#define VCPUS	200
#define REASONS 30
#define BIG_ID	50

/* What a part may have: a slice, and an element more. */
#define PART_BYTES (128 * 1024)

static void add_vcpu(struct exit_message *message, uint32_t id)
{
	struct sample_vcpu *vcpu = exit_message_add_vcpu(message);
	struct sample_reason *reason;
	struct sample_time *time;
	uint64_t i;

	*vcpu = (struct sample_vcpu){
		.vm_id = BIG_ID,
		.pid = 1,
		.vcpu_id = id,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.n_reasons = REASONS,
		.n_times = REASONS,
	};
	for (i = 0; i < REASONS; i++) {
		reason = exit_message_add_reason(message);
		*reason = (struct sample_reason){ .code = CODE_CPUID + i, .total = 1000000 + i };
	}
	for (i = 0; i < REASONS; i++) {
		time = exit_message_add_time(message);
		*time = (struct sample_time){ .code = CODE_CPUID + i,
					      .time = { 123456789, 1234567, { 0 } } };
		time->time.histogram[20] = 100000;
	}
}

static void add_vcpus(struct fixture *f, uint32_t from, uint32_t to)
{
	struct exit_message message;

	for (; from < to; from++) {
		message = (struct exit_message){
			.type = MESSAGE_EXITS,
			.epoch = 7,
			.seq = ++f->batch,
			.time_ns = clock_boottime_ns(),
		};
		add_vcpu(&message, from);
		assert_int_equal(registry_apply(f->registry, &message), 0);
		exit_message_done(&message);
	}
	fixture_publish(f);
}

static int setup(void **state)
{
	struct server_limits limits = server_default_limits;
	struct fixture *f;

	assert_int_equal(fixture_setup(state), 0);
	f = *state;
	limits.single_bytes = 1024 * 1024;
	server_set_limits(f->server, &limits);
	fixture_create(f, BIG_ID, 4711, "big");
	add_vcpus(f, 0, VCPUS);
	return 0;
}

/* Appends the array of each part to list, until the last. Gives how many parts. */
static size_t collect(struct fixture *f, int fd, const char *path, json_t *list)
{
	struct reader reader = { 0 };
	bool more = true;
	json_t *reply;
	size_t n = 0;

	for (; more; n++) {
		reply = reader_next(f, fd, &reader);
		assert_null(json_object_get(reply, "error"));
		more = json_is_true(json_object_get(reply, "continues"));
		assert_int_equal(json_array_extend(list, at(reply, path)), 0);
		at(reply, "parameters.now.realtime");
		/* Reasons are the VM's: once is enough. */
		if (strstr(path, "vcpus"))
			assert_int_equal(json_array_size(json_object_get(at(reply, "parameters.vm"),
									 "reasons")),
					 n == 0 ? REASONS : 0);
		json_decref(reply);
	}
	assert_int_equal(reader.len, 0);
	free(reader.data);
	return n;
}

static void test_show(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *vcpus = json_array(), *vcpu;
	size_t i;

	reader_call(fd, "Show", "{\"vm\":\"big\",\"vcpus\":true}", true);
	assert_true(collect(f, fd, "parameters.vm.vcpus", vcpus) > 20);
	assert_int_equal(json_array_size(vcpus), VCPUS);
	json_array_foreach(vcpus, i, vcpu) {
		assert_number(vcpu, "id", i);
		assert_int_equal(json_array_size(at(vcpu, "reasons")), REASONS);
		assert_number(vcpu, "reasons.0.time.exits", 100000);
	}
	json_decref(vcpus);
	close(fd);
}

/* What is short comes in one part, and the same without "more". */
static void test_short(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *reply;
	size_t i;

	fixture_fill(f);
	for (i = 0; i < 2; i++) {
		reader_call(fd, "Show", "{\"vm\":\"web01\",\"vcpus\":true}", i == 0);
		reply = fixture_reply(f, fd);
		assert_null(json_object_get(reply, "continues"));
		assert_int_equal(json_array_size(at(reply, "parameters.vm.vcpus")), 2);
		assert_int_equal(json_array_size(at(reply, "parameters.vm.reasons")), 2);
		json_decref(reply);
	}
	/* A VM without any vCPU yet. */
	fixture_create(f, 60, 60, "empty");
	reader_call(fd, "Show", "{\"vm\":\"empty\",\"vcpus\":true}", true);
	reply = fixture_reply(f, fd);
	assert_int_equal(json_array_size(at(reply, "parameters.vm.vcpus")), 0);
	json_decref(reply);
	close(fd);
}

static void test_too_long(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *reply;

	reader_call(fd, "Show", "{\"vm\":\"big\",\"vcpus\":true}", false);
	reply = fixture_reply(f, fd);
	assert_text(reply, "error", EXITS ".ReplyTooLong");
	assert_number(reply, "parameters.max_bytes", f->server->limits.single_bytes);
	json_decref(reply);
	/* The connection is as good as before, and so is the memory. */
	reply = fixture_call(f, fd, STATUS);
	at(reply, "parameters.kernel");
	json_decref(reply);
	assert_true(server_memory(f->server) < 100 * 1024);
	close(fd);
}

/* Another's call is answered between two slices, and memory holds few of them. */
static void test_between(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f), other = fixture_connect(f);
	json_t *vcpus = json_array(), *reply;

	fixture_until(f, f->server->stats.clients == 2);
	reader_call(fd, "Show", "{\"vm\":\"big\",\"vcpus\":true}", false);
	fixture_until(f, f->server->clients->making);
	reply = fixture_call(f, other, STATUS);
	at(reply, "parameters.kernel");
	json_decref(reply);
	assert_non_null(f->server->clients->making);
	json_decref(fixture_reply(f, fd));

	reader_call(fd, "Show", "{\"vm\":\"big\",\"vcpus\":true}", true);
	fixture_settle(f);
	assert_non_null(f->server->clients->making);
	assert_true(f->server->queued_bytes < 64 * 1024 + PART_BYTES);
	(void)collect(f, fd, "parameters.vm.vcpus", vcpus);
	assert_int_equal(json_array_size(vcpus), VCPUS);
	json_decref(vcpus);
	close(fd);
	close(other);
}

/* vCPUs that come between two parts, before and behind where the last one ended. */
static void test_more_vcpus(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *vcpus = json_array(), *vcpu;
	json_int_t last = -1;
	size_t i;

	fixture_create(f, 61, 61, "other");
	reader_call(fd, "Show", "{\"vm\":\"big\",\"vcpus\":true}", true);
	fixture_settle(f);
	add_vcpus(f, VCPUS, VCPUS + 20);
	(void)collect(f, fd, "parameters.vm.vcpus", vcpus);
	assert_int_equal(json_array_size(vcpus), VCPUS + 20);
	json_array_foreach(vcpus, i, vcpu) {
		assert_true(json_integer_value(at(vcpu, "id")) > last);
		last = json_integer_value(at(vcpu, "id"));
	}
	json_decref(vcpus);
	close(fd);
}

/* A VM that is forgotten before its last part. */
static void test_forgotten(void **state)
{
	struct fixture *f = *state;
	struct reader reader = { 0 };
	int fd = fixture_connect(f);
	json_t *reply;
	bool more = true;
	uint64_t id;

	reader_call(fd, "Show", "{\"vm\":\"big\",\"vcpus\":true}", true);
	fixture_settle(f);
	fixture_destroy(f, BIG_ID);
	fixture_publish(f);
	for (id = 100; id < 100 + REGISTRY_DEAD_MAX; id++) {
		fixture_create(f, id, 1, "x");
		/* Those that never ran are not remembered. */
		fixture_count(f, id, 0, CODE_MSR, false, 1);
		fixture_destroy(f, id);
		fixture_publish(f);
	}
	while (more) {
		reply = reader_next(f, fd, &reader);
		more = json_is_true(json_object_get(reply, "continues"));
		if (!more) {
			assert_text(reply, "error", EXITS ".NoSuchVm");
			assert_text(reply, "parameters.vm", "id:50");
			assert_int_equal(json_array_size(at(reply, "parameters.near")), 0);
		}
		json_decref(reply);
	}
	free(reader.data);
	close(fd);
}

/* Each VM once, whatever begins and ends between the parts. */
static void test_list(void **state)
{
	enum {
		VMS = 1000
	};
	struct fixture *f = *state;
	int fd = fixture_connect(f);
	json_t *vms = json_array(), *vm;
	bool seen[VMS] = { false };
	uint64_t id;
	size_t i;

	for (id = 0; id < VMS; id++)
		fixture_create(f, 1000 + id, 1, "some-vm");
	fixture_publish(f);
	reader_call(fd, "List", "{\"all\":true}", true);
	fixture_settle(f);
	/* One that was listed by now, one that was not, and a new one. */
	fixture_destroy(f, 1000);
	fixture_destroy(f, 1000 + VMS - 1);
	fixture_create(f, 1000 + VMS, 1, "late");
	fixture_publish(f);
	assert_true(collect(f, fd, "parameters.vms", vms) > 3);
	assert_int_equal(json_array_size(vms), VMS + 1);
	json_array_foreach(vms, i, vm) {
		id = (uint64_t)json_integer_value(at(vm, "id"));
		if (id == BIG_ID)
			continue;
		assert_in_range(id, 1000, 1000 + VMS - 1);
		assert_false(seen[id - 1000]);
		seen[id - 1000] = true;
	}
	assert_true(json_is_false(at(json_array_get(vms, VMS), "alive")));
	json_decref(vms);
	close(fd);
}

static char *read_metrics(struct fixture *f, int fd, bool more, size_t *parts)
{
	struct reader reader = { 0 };
	size_t len = 0, n;
	char *text = NULL;
	bool go_on = true;
	json_t *reply;

	reader_call(fd, "GetMetrics", "{\"format\":\"prometheus\"}", more);
	for (*parts = 0; go_on; (*parts)++) {
		reply = reader_next(f, fd, &reader);
		go_on = json_is_true(json_object_get(reply, "continues"));
		assert_non_null(strstr(json_string_value(at(reply, "parameters.content_type")),
				       "text/plain"));
		n = json_string_length(at(reply, "parameters.text"));
		text = realloc(text, len + n + 1);
		assert_non_null(text);
		strcpy(text + len, json_string_value(at(reply, "parameters.text")));
		len += n;
		json_decref(reply);
	}
	free(reader.data);
	return text;
}

/* The text is rendered again when it is old, not for each call. */
static void test_metrics(void **state)
{
	struct fixture *f = *state;
	int fd = fixture_connect(f), tries = 0;
	char *text = NULL, *again = NULL;
	size_t parts;
	uint64_t id;

	/* Before all is known, there is nothing of VMs. */
	registry_dump_begin(f->registry);
	registry_dump_end(f->registry, clock_boottime_ns());
	for (id = 0; id < 150; id++) {
		fixture_create(f, 1000 + id, 1, "some \"quoted\" vm");
		fixture_count(f, 1000 + id, 0, CODE_MSR, false, 1000);
	}
	fixture_publish(f);
	do {
		/* On a slow machine, it is old before it is read. */
		assert_true(++tries < 100);
		free(text);
		free(again);
		text = read_metrics(f, fd, true, &parts);
		assert_true(parts > 1);
		f->status.batches++;
		again = read_metrics(f, fd, false, &parts);
	} while (strcmp(text, again) != 0);
	assert_int_equal(parts, 1);
	assert_non_null(strstr(text, "vm=\"some \\\"quoted\\\" vm\""));
	free(again);

	fixture_until(f, !f->server->metrics[METRICS_PROMETHEUS]);
	again = read_metrics(f, fd, false, &parts);
	assert_string_not_equal(text, again);
	free(text);
	free(again);
	assert_int_equal(f->server->queued_bytes,
			 f->server->metrics[METRICS_PROMETHEUS] ?
				 f->server->metrics[METRICS_PROMETHEUS]->len :
				 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show),    TEST(test_short),	   TEST(test_too_long),
		TEST(test_between), TEST(test_more_vcpus), TEST(test_forgotten),
		TEST(test_list),    TEST(test_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
