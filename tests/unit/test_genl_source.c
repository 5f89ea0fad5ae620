// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel source from start to streaming, and where it is refused or left. */
#include "config.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_kernel.h"
#include "nlmsg_build.h"
#include "unit_test.h"
#include "util/clock.h"

#define EPOCH 1000

/* Longer than any pause before the first few repetitions. */
#define PAUSE_MS 100

/* More than are read at once. */
#define BURST 200

/* Longer than the source waits for an answer. */
#define TIMEOUT_MS 5200

static void family_event(struct fake_kernel *f, uint8_t command, uint16_t id)
{
	fake_event(f, build_family(command, 0, KVM_EXITSTAT_FAMILY_NAME, id,
				   KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP));
}

static void test_start(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	assert_int_equal(f->state, KERNEL_RESYNCING);
	assert_int_equal(f->dumps_begun, 1);
	fake_part(f, dump, EPOCH, 5, 0);
	fake_part(f, dump, EPOCH, 5, 0);
	fake_run(f);
	assert_int_equal(f->messages, 2);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_STREAMING);
	assert_int_equal(f->dumps_complete, 1);
	assert_int_equal(f->gaps, 0);

	fake_batch(f, EPOCH, 6);
	fake_batch(f, EPOCH, 7);
	fake_run(f);
	assert_int_equal(f->messages, 4);
	assert_int_equal(f->last_seq, 7);
	assert_int_equal(f->gaps, 0);
	fake_expect_none(f);
}

/* A time that is yet to come is now: rates, histories and lives go by the clock. */
static void test_future(void **state)
{
	struct fake_kernel *f = *state;
	struct sample_vm vm = build_a_vm;
	struct nl_msg *msg;

	fake_to_streaming(f, EPOCH, 5);
	vm.created_ns = UINT64_MAX / 2;
	vm.destroyed_ns = UINT64_MAX;
	msg = build_stats(KVM_EXITSTAT_CMD_VM_NTF, EPOCH, 6, UINT64_MAX);
	assert_int_equal(
		nla_put_u32(msg, KVM_EXITSTAT_A_STATS_EVENT, KVM_EXITSTAT_EVENT_VM_DESTROYED), 0);
	build_put_vm(msg, &vm);
	fake_event(f, msg);
	fake_run(f);
	assert_int_equal(f->last_seq, 6);
	assert_int_equal(f->malformed, 0);
	assert_true(f->latest_ns > 0 && f->latest_ns <= clock_boottime_ns());
}

/* A waiting source does nothing at all, until it is told that the family is there. */
static void test_wait(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t nl_seq;
	uint64_t iterations = 0, later = 0;

	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_done(f, nl_seq, -ENOENT, 0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_WAITING);
	assert_int_equal(f->states, 1);

	/* Others' news are none. */
	fake_event(f, build_family(CTRL_CMD_NEWFAMILY, 0, "nl80211", 0x30, "config", 9));
	fake_run(f);
	fake_expect_none(f);

	assert_true(sd_event_get_iteration(f->event, &iterations) >= 0);
	fake_run_ms(f, PAUSE_MS);
	assert_true(sd_event_get_iteration(f->event, &later) >= 0);
	assert_true(later - iterations <= 2);

	family_event(f, CTRL_CMD_NEWFAMILY, BUILD_FAMILY);
	fake_to_streaming(f, EPOCH, 1);
	assert_int_equal(f->gaps, 0);
}

static void test_unload_reload(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 10);
	fake_batch(f, EPOCH, 11);
	family_event(f, CTRL_CMD_DELFAMILY, BUILD_FAMILY + 1);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_STREAMING);

	family_event(f, CTRL_CMD_DELFAMILY, BUILD_FAMILY);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_WAITING);
	assert_int_equal(f->gone, 1);
	fake_expect_none(f);

	/* Another epoch, and its own numbers: no loss. */
	family_event(f, CTRL_CMD_NEWFAMILY, BUILD_FAMILY);
	fake_joined = 0;
	fake_run_ms(f, 600);
	fake_to_streaming(f, EPOCH + 1, 1);
	assert_int_equal(f->gaps, 0);
	assert_int_equal(f->gone, 1);
}

/* It came back before we heard that it left. */
static void test_replaced(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 10);
	family_event(f, CTRL_CMD_NEWFAMILY, BUILD_FAMILY);
	fake_run(f);
	assert_int_equal(f->gone, 0);
	family_event(f, CTRL_CMD_NEWFAMILY, BUILD_FAMILY + 1);
	fake_run(f);
	assert_int_equal(f->gone, 1);
	(void)fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
}

static void test_join_denied(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t nl_seq;

	fake_join_result = -EPERM;
	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_answer(f, nl_seq,
		    build_family(CTRL_CMD_NEWFAMILY, nl_seq, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				 KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP),
		    0);
	fake_run_ms(f, PAUSE_MS);
	assert_int_equal(f->state, KERNEL_DENIED);
	fake_expect_none(f);

	family_event(f, CTRL_CMD_DELFAMILY, BUILD_FAMILY);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_WAITING);

	fake_join_result = 0;
	family_event(f, CTRL_CMD_NEWFAMILY, BUILD_FAMILY);
	fake_to_streaming(f, EPOCH, 1);
}

static void test_dump_denied(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	fake_done(f, dump, -EPERM, 0);
	fake_run_ms(f, PAUSE_MS);
	assert_int_equal(f->state, KERNEL_DENIED);
	fake_expect_none(f);
}

/* Joining fails for another reason: what there was of the family is gone. */
static void test_join_fails(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t nl_seq;

	fake_join_result = -EINVAL;
	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_answer(f, nl_seq,
		    build_family(CTRL_CMD_NEWFAMILY, nl_seq, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				 "other", BUILD_GROUP),
		    0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_WAITING);
}

/* Joining fails for a moment: it is tried again. */
static void test_join_later(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t nl_seq;

	fake_join_result = -ENOMEM;
	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_answer(f, nl_seq,
		    build_family(CTRL_CMD_NEWFAMILY, nl_seq, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				 KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP),
		    0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_join_result = 0;
	fake_run_ms(f, PAUSE_MS);
	fake_to_streaming(f, EPOCH, 5);
}

static void test_config(void **state)
{
	struct fake_kernel *f = *state;
	struct nl_msg *msg = build_message(KVM_EXITSTAT_CMD_CONFIG_GET, 0, 0);
	uint32_t nl_seq;

	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_answer(f, nl_seq,
		    build_family(CTRL_CMD_NEWFAMILY, nl_seq, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				 KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP),
		    0);
	fake_run(f);
	nl_seq = fake_expect(f, BUILD_FAMILY, KVM_EXITSTAT_CMD_CONFIG_GET);
	nla_put_u32(msg, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, 250);
	fake_answer(f, nl_seq, msg, 0);
	fake_run(f);
	assert_int_equal(f->interval_ms, 250);
}

/* It was changed while the stream runs, which is no part of the stream. */
static void test_config_changed(void **state)
{
	struct fake_kernel *f = *state;
	struct nl_msg *msg = build_message(KVM_EXITSTAT_CMD_CONFIG_NTF, 0, 0);

	fake_to_streaming(f, EPOCH, 5);
	fake_batch(f, EPOCH, 6);
	nla_put_u32(msg, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, 5000);
	fake_event(f, msg);
	fake_batch(f, EPOCH, 7);
	fake_run(f);
	assert_int_equal(f->interval_ms, 5000);
	assert_int_equal(f->last_seq, 7);
	assert_int_equal(f->malformed, 0);
	assert_int_equal(f->gaps, 0);
	assert_int_equal(f->state, KERNEL_STREAMING);

	/* What is no configuration changes nothing. */
	fake_event(f, build_message(KVM_EXITSTAT_CMD_CONFIG_NTF, 0, 0));
	fake_batch(f, EPOCH, 8);
	fake_run(f);
	assert_int_equal(f->interval_ms, 5000);
	assert_int_equal(f->malformed, 1);
	assert_int_equal(f->gaps, 0);
}

static int on_turn(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct fake_kernel *f = userdata;

	(void)fd;
	(void)revents;
	f->messages_at_turn = f->messages;
	return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* However much there is to read, everybody gets a turn. */
static void test_turns(void **state)
{
	struct fake_kernel *f = *state;
	int fd = eventfd(1, EFD_CLOEXEC);
	sd_event_source *other = NULL;
	unsigned int i;

	fake_to_streaming(f, EPOCH, 5);
	for (i = 0; i < BURST; i++)
		fake_batch(f, EPOCH, 6 + i);
	assert_true(fd >= 0);
	assert_true(sd_event_add_io(f->event, &other, fd, EPOLLIN, on_turn, f) >= 0);
	fake_run(f);
	assert_int_equal(f->messages, 1 + BURST);
	assert_true(f->messages_at_turn < 1 + BURST);
	sd_event_source_disable_unref(other);
	close(fd);
}

/* Dumps that keep failing are told of, with what the kernel says, once. */
static void test_dump_keeps_failing(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);
	FILE *log = tmpfile();
	int saved = dup(STDERR_FILENO);
	char text[1024];
	unsigned int i;
	size_t len;

	assert_non_null(log);
	assert_true(saved >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
	for (i = 0; i < 7; i++) {
		fake_done(f, dump, -EBUSY, 0);
		/* Slow machines begin to wait later. */
		fake_run_ms(f, (30U << i) + 100);
		dump = fake_expect_dump(f);
	}
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(log);
	len = fread(text, 1, sizeof(text) - 1, log);
	text[len] = '\0';
	fclose(log);
	assert_non_null(strstr(text, strerror(EBUSY)));
	assert_int_equal(strcspn(text, "\n"), len - 1);
}

/* The kernel does not answer: it is asked again. */
static void test_no_answer(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f), again;

	fake_run_ms(f, TIMEOUT_MS);
	assert_int_equal(f->dumps_cut, 1);
	again = fake_expect_dump(f);
	assert_int_not_equal(dump, again);

	/* The first one's answer is too late. */
	fake_part(f, dump, EPOCH, 1, 0);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_part(f, again, EPOCH, 1, 0);
	fake_done(f, again, 0, 0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_STREAMING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_start, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_future, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_wait, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_unload_reload, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_replaced, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_join_denied, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_dump_denied, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_join_fails, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_config, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_join_later, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_config_changed, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_turns, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_dump_keeps_failing, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_no_answer, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
