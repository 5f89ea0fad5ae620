// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A real server, and the client's side by hand.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/kvm_exitstat.h"
#include "server_fixture.h"
#include "util/clock.h"
#include "util/util.h"

/* Nothing here takes longer but what is broken. */
#define PATIENCE_US (20 * US_PER_S)

struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/kvmexitd-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/socket", f->dir);
	return f;
}

void fixture_start(struct fixture *f)
{
	f->status = (struct daemon_status){
		.kernel = KERNEL_STREAMING,
		.complete = true,
		.has_epoch = true,
		.epoch = 7,
		.started_us = clock_realtime_us() - 90 * US_PER_S,
		.started_ns = clock_boottime_ns() - 90 * NS_PER_S,
		.batches = 5,
	};
	assert_int_equal(sd_event_new(&f->event), 0);
	assert_int_equal(registry_new(&f->registry), 0);
	registry_set_clock(f->registry, clock_realtime_offset_ns());
	registry_set_interval(f->registry, NS_PER_S);
	/* As with a kernel: all that it knew so far is known. */
	registry_dump_begin(f->registry);
	registry_dump_end(f->registry, clock_boottime_ns());
	assert_int_equal(server_new(&f->server, f->event, f->registry, &f->status), 0);
	assert_int_equal(server_listen_path(f->server, f->path), 0);
}

int fixture_setup(void **state)
{
	struct fixture *f = fixture_new();

	fixture_start(f);
	*state = f;
	return 0;
}

int fixture_setup_filled(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	fixture_fill(*state);
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	server_free(f->server);
	registry_free(f->registry);
	sd_event_unref(f->event);
	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void apply(struct fixture *f, struct exit_message *message)
{
	message->epoch = 7;
	message->seq = ++f->batch;
	message->time_ns = clock_boottime_ns();
	assert_int_equal(registry_apply(f->registry, message), 0);
	exit_message_done(message);
}

void fixture_count(struct fixture *f, uint64_t vm_id, uint32_t vcpu_id, uint64_t code, bool nested,
		   uint64_t total)
{
	struct exit_message message = { .type = MESSAGE_EXITS };
	struct vm *vm = registry_find(f->registry, vm_id);
	struct sample_vcpu *vcpu = exit_message_add_vcpu(&message);
	struct sample_reason *reason = exit_message_add_reason(&message);

	*vcpu = (struct sample_vcpu){
		.vm_id = vm_id,
		.pid = vm ? vm->pid : 1,
		.vcpu_id = vcpu_id,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.n_reasons = 1,
	};
	*reason = (struct sample_reason){ .code = code, .total = total, .nested = nested };
	apply(f, &message);
}

void fixture_time(struct fixture *f, uint64_t vm_id, uint32_t vcpu_id, uint64_t code, uint64_t n,
		  uint64_t ns)
{
	struct exit_message message = { .type = MESSAGE_EXITS };
	struct sample_vcpu *vcpu = exit_message_add_vcpu(&message);
	struct sample_time *time = exit_message_add_time(&message);
	size_t bucket = 0;

	while (ns >= (uint64_t)EXIT_TIME_FIRST_NS << bucket)
		bucket++;
	*vcpu = (struct sample_vcpu){
		.vm_id = vm_id,
		.pid = registry_find(f->registry, vm_id)->pid,
		.vcpu_id = vcpu_id,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.since_ns = clock_boottime_ns() - 10 * NS_PER_S,
		.n_times = 1,
	};
	*time = (struct sample_time){ .code = code, .time = { .total_ns = n * ns, .max_ns = ns } };
	time->time.histogram[bucket] = n;
	apply(f, &message);
}

void fixture_detail(struct fixture *f, uint64_t vm_id, uint32_t vcpu_id,
		    const struct sample_detail *detail)
{
	struct exit_message message = { .type = MESSAGE_EXITS, .details_since_ns = 1 };
	struct sample_vcpu *vcpu = exit_message_add_vcpu(&message);

	*vcpu = (struct sample_vcpu){
		.vm_id = vm_id,
		.pid = registry_find(f->registry, vm_id)->pid,
		.vcpu_id = vcpu_id,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.n_details = 1,
	};
	*exit_message_add_detail(&message) = *detail;
	apply(f, &message);
}

void fixture_fill_details(struct fixture *f)
{
	static const struct sample_detail msrs[] = {
		{ .code = CODE_MSR, .class = DETAIL_MSR, .key = 1ULL << 32 | 0x6e0, .total = 900 },
		{ .code = CODE_MSR, .class = DETAIL_MSR, .key = 0x10, .total = 60 },
		{ .code = CODE_MSR, .class = DETAIL_MSR, .rest = true, .total = 40 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		fixture_detail(f, 1, 0, &msrs[i]);
	fixture_detail(f, 1, 1,
		       &(struct sample_detail){ .code = CODE_MSR,
						.class = DETAIL_MSR,
						.key = 1ULL << 32 | 0x6e0,
						.total = 500 });
	fixture_detail(f, 1, 1,
		       &(struct sample_detail){ .code = CODE_MSR,
						.class = DETAIL_MSR,
						.nested = true,
						.key = 0x8b,
						.total = 25 });
}

static void apply_event(struct fixture *f, uint64_t vm_id, uint32_t pid, uint32_t event)
{
	struct exit_message message = {
		.type = MESSAGE_EVENT,
		.event = event,
		.has_vm = true,
		.vm = { .id = vm_id, .pid = pid, .isa = KVM_EXITSTAT_ISA_SVM },
	};

	if (event == KVM_EXITSTAT_EVENT_VM_CREATED)
		message.vm.created_ns = clock_boottime_ns();
	else
		message.vm.destroyed_ns = clock_boottime_ns();
	apply(f, &message);
}

void fixture_create(struct fixture *f, uint64_t vm_id, uint32_t pid, const char *name)
{
	apply_event(f, vm_id, pid, KVM_EXITSTAT_EVENT_VM_CREATED);
	assert_int_equal(vm_set_name(registry_find(f->registry, vm_id), name), 0);
}

void fixture_destroy(struct fixture *f, uint64_t vm_id)
{
	apply_event(f, vm_id, registry_find(f->registry, vm_id)->pid,
		    KVM_EXITSTAT_EVENT_VM_DESTROYED);
}

void fixture_storm(struct fixture *f, uint64_t vm_id)
{
	const struct storm_params params = { .memory_s = 1800, .calm_s = 30 };
	struct vm *vm = registry_find(f->registry, vm_id);
	uint64_t over_ns;

	registry_set_storm_params(f->registry, &params);
	/* The ten seconds of its exits are the last that are over, if with none of them. */
	over_ns = vm->updated_ns - vm->updated_ns % (10 * NS_PER_S) + 12 * NS_PER_S;
	vm->storm.next = 1;
	assert_int_equal(registry_check_storm(f->registry, vm, over_ns), STORM_BEGAN);
}

void fixture_fill(struct fixture *f)
{
	fixture_create(f, 1, 812, "web01");
	fixture_count(f, 1, 0, CODE_MSR, false, 1000);
	fixture_count(f, 1, 0, CODE_HLT, false, 30);
	fixture_count(f, 1, 1, CODE_MSR, false, 500);
	fixture_count(f, 1, 1, CODE_MSR, true, 25);
	fixture_create(f, 2, 900, "db");
	fixture_count(f, 2, 0, CODE_CPUID, false, 7);
	fixture_create(f, 3, 950, "old");
	fixture_count(f, 3, 0, CODE_IOIO, false, 3);
	fixture_destroy(f, 3);
	fixture_publish(f);
}

void fixture_publish(struct fixture *f)
{
	struct vm *vm;

	while ((vm = registry_next_change(f->registry))) {
		server_vm_event(f->server, vm, clock_realtime_us());
		registry_change_done(f->registry, vm);
	}
}

void fixture_turn(struct fixture *f)
{
	int r = sd_event_run(f->event, PATIENCE_US);

	if (r == 0)
		fail_msg("nothing happens");
	assert_true(r > 0);
}

void fixture_settle(struct fixture *f)
{
	while (sd_event_run(f->event, 0) > 0)
		;
}

int fixture_connect(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void fixture_send_bytes(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

void fixture_send(int fd, const char *text)
{
	fixture_send_bytes(fd, text, strlen(text) + 1);
}

bool fixture_pending(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) > 0;
}

/* 1, or 0 at the end of the stream. */
static int receive_byte(struct fixture *f, int fd, char *byte)
{
	ssize_t n;

	for (;;) {
		n = recv(fd, byte, 1, 0);
		if (n >= 0)
			return (int)n;
		if (errno == ECONNRESET)
			return 0;
		assert_int_equal(errno, EAGAIN);
		fixture_turn(f);
	}
}

char *fixture_receive(struct fixture *f, int fd)
{
	size_t len = 0, size = 256;
	char *text = malloc(size);

	assert_non_null(text);
	for (;;) {
		if (receive_byte(f, fd, &text[len]) == 0) {
			assert_int_equal(len, 0);
			free(text);
			return NULL;
		}
		if (text[len] == '\0')
			return text;
		if (++len == size) {
			size *= 2;
			text = realloc(text, size);
			assert_non_null(text);
		}
	}
}

json_t *fixture_reply(struct fixture *f, int fd)
{
	char *text = fixture_receive(f, fd);
	json_t *reply;

	if (!text)
		return NULL;
	reply = json_loads(text, 0, NULL);
	if (!json_is_object(reply))
		fail_msg("no JSON object: %s", text);
	free(text);
	return reply;
}

json_t *fixture_call(struct fixture *f, int fd, const char *call)
{
	fixture_send(fd, call);
	return fixture_reply(f, fd);
}

void fixture_expect_error(struct fixture *f, int fd, const char *call, const char *error,
			  const char *key, const char *value)
{
	json_t *reply = fixture_call(f, fd, call);
	const char *text = json_string_value(json_object_get(reply, "error"));

	if (!text)
		fail_msg("no error for %s", call);
	assert_string_equal(text, error);
	if (key)
		assert_string_equal(json_string_value(json_object_get(
					    json_object_get(reply, "parameters"), key)),
				    value);
	json_decref(reply);
}

json_t *at(json_t *json, const char *path)
{
	char *copy = strdup(path), *save, *key;

	assert_non_null(copy);
	for (key = strtok_r(copy, ".", &save); key; key = strtok_r(NULL, ".", &save))
		json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key)) :
					     json_object_get(json, key);
	if (!json)
		fail_msg("no %s", path);
	free(copy);
	return json;
}
