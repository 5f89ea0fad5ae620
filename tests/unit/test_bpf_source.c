// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF source, with a loader of the test's own, whose maps are plain memory. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "model/kernel_config.h"
#include "model/sample.h"
#include "source/bpf/bpf_source.h"
#include "source/bpf/hello.h"
#include "source/bpf/layout.h"
#include "unit_test.h"
#include "util/clock.h"

#define PLACES	    16
#define INTERVAL_MS 20
#define DEADLINE_NS (30 * NS_PER_S)

struct fixture {
	sd_event *event;
	struct bpf_source *source;
	char path[64];
	int listener;
	int fds[LOADER_MAPS];
	struct exits_header *header;
	struct exits_place *places;
	struct exits_vm *vms;

	/* What it told. */
	enum kernel_state state;
	unsigned int states;
	char trouble[STATUS_TROUBLE_BYTES];
	char source_name[16];
	uint64_t since_ns;
	unsigned int dumps;
	unsigned int gone;
	uint64_t exits; /* the latest total of HLT */
	uint64_t raw_bytes;
	struct source_losses losses;
	int message_result;
};

static void on_raw(void *userdata, const void *bytes, size_t len)
{
	struct fixture *f = userdata;

	(void)bytes;
	f->raw_bytes += len;
}

static void on_traits(void *userdata, const struct source_traits *traits)
{
	struct fixture *f = userdata;

	(void)snprintf(f->source_name, sizeof(f->source_name), "%s", traits ? traits->name : "");
	f->since_ns = traits ? traits->since_ns : 0;
}

static void on_trouble(void *userdata, const char *text)
{
	struct fixture *f = userdata;

	(void)snprintf(f->trouble, sizeof(f->trouble), "%s", text);
}

static void on_state(void *userdata, enum kernel_state state)
{
	struct fixture *f = userdata;

	f->state = state;
	f->states++;
}

static int on_message(void *userdata, const struct exit_message *message)
{
	struct fixture *f = userdata;
	size_t i;

	for (i = 0; i < message->n_reasons && f->message_result == 0; i++)
		if (message->reasons[i].code == 0x78)
			f->exits = message->reasons[i].total;
	return f->message_result;
}

static void on_losses(void *userdata, const struct source_losses *losses)
{
	struct fixture *f = userdata;

	f->losses = *losses;
}

static void on_dump_begin(void *userdata)
{
	(void)userdata;
}

static void on_dump_end(void *userdata, bool complete)
{
	struct fixture *f = userdata;

	f->dumps += complete;
}

static void on_config(void *userdata, const struct kernel_config *config)
{
	(void)userdata;
	assert_true(config->has[KERNEL_INTERVAL_MS]);
}

static void on_gone(void *userdata)
{
	struct fixture *f = userdata;

	f->gone++;
}

static void on_drained(void *userdata)
{
	(void)userdata;
}

static const struct source_handlers handlers = {
	.raw = on_raw,
	.traits = on_traits,
	.trouble = on_trouble,
	.state = on_state,
	.message = on_message,
	.losses = on_losses,
	.dump_begin = on_dump_begin,
	.dump_end = on_dump_end,
	.config = on_config,
	.family_gone = on_gone,
	.drained = on_drained,
};

static void *make_map(struct fixture *f, size_t i, size_t size)
{
	void *memory;

	f->fds[i] = memfd_create("map", MFD_CLOEXEC);
	assert_true(f->fds[i] >= 0);
	assert_int_equal(ftruncate(f->fds[i], (off_t)(size + 4096)), 0);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fds[i], 0);
	assert_true(memory != MAP_FAILED);
	return memory;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert_non_null(f);
	(void)snprintf(f->path, sizeof(f->path), "/tmp/kvmexitd-test-loader-%d", (int)getpid());
	memcpy(address.sun_path, f->path, strlen(f->path) + 1);
	(void)unlink(f->path);
	f->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(f->listener, 8), 0);

	f->header = make_map(f, LOADER_HEADER, sizeof(*f->header));
	f->places = make_map(f, LOADER_PLACES, PLACES * sizeof(*f->places));
	f->vms = make_map(f, LOADER_VMS, PLACES * sizeof(*f->vms));
	*f->header = (struct exits_header){ .layout = EXITS_LAYOUT,
					    .places = PLACES,
					    .epoch = 3,
					    .since_ns = 7 };
	f->vms[1] = (struct exits_vm){ .kvm = 1, .id = 1, .isa = KVM_EXITSTAT_ISA_SVM, .vcpus = 1 };
	f->places[1] = (struct exits_place){ .vcpu = 1, .life = 1, .vm_id = 1, .vm = 1 };

	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(bpf_source_new(&f->source, f->event, f->path, &handlers, f), 0);
	bpf_source_set_interval(f->source, INTERVAL_MS);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	size_t i;

	bpf_source_free(f->source);
	sd_event_unref(f->event);
	(void)munmap(f->header, sizeof(*f->header));
	(void)munmap(f->places, PLACES * sizeof(*f->places));
	(void)munmap(f->vms, PLACES * sizeof(*f->vms));
	for (i = 0; i < LOADER_MAPS; i++)
		(void)close(f->fds[i]);
	if (f->listener >= 0)
		(void)close(f->listener);
	(void)unlink(f->path);
	free(f);
	return 0;
}

static void make_exits(struct fixture *f, uint64_t n)
{
	f->places[1].count[0x78] += n;
	__atomic_add_fetch(&f->places[1].exits, n, __ATOMIC_RELEASE);
}

/* The next request, and what it is answered; with n_fds, maps come along. */
static void answer(struct fixture *f, char wanted, int error, const char *text, size_t n_fds)
{
	struct loader_answer reply = { .error = error, .layout = EXITS_LAYOUT };
	struct iovec iov = { .iov_base = &reply, .iov_len = sizeof(reply) };
	char control[CMSG_SPACE(LOADER_MAPS * sizeof(int))] = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	char request = '\0';
	int fd = accept(f->listener, NULL, NULL);

	assert_true(fd >= 0);
	assert_int_equal(recv(fd, &request, 1, 0), 1);
	assert_int_equal(request, wanted);
	(void)snprintf(reply.text, sizeof(reply.text), "%s", text);
	if (n_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), f->fds, n_fds * sizeof(int));
	}
	(void)sendmsg(fd, &msg, MSG_NOSIGNAL);
	(void)close(fd);
}

#define RUN_UNTIL(f, condition)                                                         \
	do {                                                                            \
		uint64_t deadline_ns = clock_boottime_ns() + DEADLINE_NS;               \
		while (!(condition)) {                                                  \
			assert_true(clock_boottime_ns() < deadline_ns);                 \
			assert_true(sd_event_run((f)->event, INTERVAL_MS * 1000) >= 0); \
		}                                                                       \
	} while (0)

static void to_streaming(struct fixture *f)
{
	assert_int_equal(bpf_source_start(f->source), 0);
	answer(f, LOADER_LOAD, 0, "", LOADER_MAPS);
	RUN_UNTIL(f, f->state == KERNEL_STREAMING);
}

static void test_streams(void **state)
{
	struct fixture *f = *state;
	unsigned int dumps;

	make_exits(f, 5);
	to_streaming(f);
	assert_string_equal(f->source_name, "bpf");
	assert_int_equal(f->since_ns, 7);
	assert_string_equal(f->trouble, "");
	assert_int_equal(f->exits, 5);
	assert_int_equal(f->dumps, 1);
	assert_true(f->raw_bytes > 0);
	make_exits(f, 6);
	RUN_UNTIL(f, f->exits == 11);

	/* Not read for long: all totals, so that rates know. */
	dumps = f->dumps;
	make_exits(f, 1);
	usleep(5 * INTERVAL_MS * 1000);
	RUN_UNTIL(f, f->dumps > dumps && f->exits == 12);

	f->header->missed = 3;
	RUN_UNTIL(f, f->losses.exits == 3);

	/* What could not be taken in comes again. */
	f->message_result = -ENOMEM;
	make_exits(f, 1);
	usleep(2 * INTERVAL_MS * 1000);
	assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	f->message_result = 0;
	RUN_UNTIL(f, f->exits == 13);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bpf_source_start(f->source), 0);
	answer(f, LOADER_LOAD, -EPERM, "Lockdown forbids it.", 0);
	RUN_UNTIL(f, f->states == 1);
	assert_int_equal(f->state, KERNEL_WAITING);
	assert_string_equal(f->trouble, "Lockdown forbids it.");
	assert_string_equal(f->source_name, "");

	/* Asked again, it is another thing. */
	to_streaming(f);
}

static void test_no_loader(void **state)
{
	struct fixture *f = *state;

	(void)close(f->listener);
	f->listener = -1;
	assert_int_equal(bpf_source_start(f->source), 0);
	RUN_UNTIL(f, f->states == 1);
	assert_int_equal(f->state, KERNEL_WAITING);
	assert_non_null(strstr(f->trouble, "kvmexitd-bpf.socket"));
	assert_non_null(strstr(f->trouble, f->path));
}

/* Answers that are none, of another version, or that lack maps. */
static void test_bad_answers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bpf_source_start(f->source), 0);
	answer(f, LOADER_LOAD, 0, "", LOADER_MAPS - 1);
	RUN_UNTIL(f, f->states == 1);
	assert_int_equal(f->state, KERNEL_WAITING);

	f->header->layout++;
	assert_int_equal(bpf_source_start(f->source), 0);
	answer(f, LOADER_LOAD, 0, "", LOADER_MAPS);
	RUN_UNTIL(f, f->states == 2);
	assert_int_equal(f->state, KERNEL_WAITING);
	f->header->layout--;

	/* It goes without a word. */
	assert_int_equal(bpf_source_start(f->source), 0);
	(void)close(accept(f->listener, NULL, NULL));
	RUN_UNTIL(f, f->states == 3);
	assert_int_equal(f->state, KERNEL_WAITING);
}

static void test_stopped(void **state)
{
	struct fixture *f = *state;

	to_streaming(f);
	make_exits(f, 9);
	__atomic_store_n(&f->header->stopped, 1, __ATOMIC_RELEASE);
	RUN_UNTIL(f, f->state == KERNEL_WAITING);
	assert_int_equal(f->exits, 9);
	assert_int_equal(f->gone, 1);

	/* Another source has taken over: what is loaded goes. */
	f->header->stopped = 0;
	to_streaming(f);
	bpf_source_stop(f->source, true);
	assert_int_equal(f->gone, 2);
	answer(f, LOADER_UNLOAD, 0, "", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_streams),	TEST(test_refused), TEST(test_no_loader),
		TEST(test_bad_answers), TEST(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
