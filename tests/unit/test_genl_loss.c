// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel source when messages are lost, malformed, or of another epoch. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <sys/socket.h>

#include "fake_kernel.h"
#include "nlmsg_build.h"
#include "unit_test.h"
#include "util/clock.h"

#define EPOCH 1000

/* Longer than dumps are kept apart. */
#define SPACING_MS 600

#define PAUSE_MS 100

/* The first pause before a failed request is repeated. */
#define FIRST_PAUSE_NS (20 * NS_PER_MS)

static void serve_dump(struct fake_kernel *f, uint64_t epoch, uint64_t seq)
{
	uint32_t dump = fake_expect_dump(f);

	fake_part(f, dump, epoch, seq, 0);
	fake_done(f, dump, 0, 0);
	fake_run(f);
}

static void test_gap(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 5);
	fake_batch(f, EPOCH, 6);
	fake_batch(f, EPOCH, 9);
	fake_batch(f, EPOCH, 12);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	/* They are taken in nevertheless. */
	assert_int_equal(f->messages, 4);

	fake_run_ms(f, SPACING_MS);
	serve_dump(f, EPOCH, 12);
	assert_int_equal(f->state, KERNEL_STREAMING);
	assert_int_equal(f->dumps_complete, 2);
	fake_batch(f, EPOCH, 13);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
}

/* One overrun shows as an error and as a jump, and is one. */
static void test_overrun(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 5);
	fake_event_error(f, ENOBUFS);
	fake_batch(f, EPOCH, 6);
	fake_batch(f, EPOCH, 20);
	fake_run_ms(f, SPACING_MS);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	serve_dump(f, EPOCH, 20);
	assert_int_equal(f->state, KERNEL_STREAMING);
	fake_batch(f, EPOCH, 21);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->malformed, 0);
}

/* A second loss while the dump runs: that one ends, and there is another. */
static void test_overrun_in_dump(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	fake_part(f, dump, EPOCH, 5, 0);
	fake_run(f);
	fake_event_error(f, ENOBUFS);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->dumps_complete, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_run_ms(f, SPACING_MS);
	serve_dump(f, EPOCH, 9);
	assert_int_equal(f->state, KERNEL_STREAMING);
	assert_int_equal(f->dumps_complete, 2);
	assert_int_equal(f->gaps, 1);
}

/* While nothing is known of the family, what was lost may have been news of it. */
static void test_overrun_waiting(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t nl_seq;

	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_done(f, nl_seq, -ENOENT, 0);
	fake_run(f);
	fake_event_error(f, ENOBUFS);
	fake_to_streaming(f, EPOCH, 1);
	assert_int_equal(f->gaps, 0);
	fake_event_error(f, ENOBUFS);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
}

/* A message that there was no memory for is as good as lost. */
static void test_no_memory(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 5);
	f->message_result = -E2BIG;
	fake_batch(f, EPOCH, 6);
	fake_run(f);
	assert_int_equal(f->gaps, 0);
	f->message_result = -ENOMEM;
	fake_batch(f, EPOCH, 7);
	fake_batch(f, EPOCH, 8);
	fake_run(f);
	f->message_result = 0;
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_run_ms(f, SPACING_MS);
	serve_dump(f, EPOCH, 8);
	assert_int_equal(f->state, KERNEL_STREAMING);
	assert_int_equal(f->dumps_complete, 2);
}

/* And a dump that a part of was left out of is not complete. */
static void test_no_memory_in_dump(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	f->message_result = -ENOMEM;
	fake_part(f, dump, EPOCH, 5, 0);
	fake_run(f);
	f->message_result = 0;
	fake_part(f, dump, EPOCH, 5, 0);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->dumps_cut, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_run_ms(f, PAUSE_MS);
	serve_dump(f, EPOCH, 5);
	assert_int_equal(f->state, KERNEL_STREAMING);
	assert_int_equal(f->gaps, 0);
}

static void test_cut_message(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 5);
	fake_event_error(f, EMSGSIZE);
	fake_run(f);
	assert_int_equal(f->malformed, 1);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
}

static void test_epoch(void **state)
{
	struct fake_kernel *f = *state;

	fake_to_streaming(f, EPOCH, 5);
	fake_batch(f, EPOCH + 1, 1);
	fake_run_ms(f, SPACING_MS);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	serve_dump(f, EPOCH + 1, 1);
	assert_int_equal(f->state, KERNEL_STREAMING);
	fake_batch(f, EPOCH + 1, 2);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
}

/* What is left of the old epoch's dump is not taken in. */
static void test_epoch_in_dump(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	fake_part(f, dump, EPOCH, 5, 0);
	fake_run(f);
	fake_batch(f, EPOCH + 1, 1);
	fake_part(f, dump, EPOCH, 5, 0);
	fake_done(f, dump, 0, 0);
	fake_run_ms(f, SPACING_MS);
	assert_int_equal(f->messages, 2);
	assert_int_equal(f->dumps_cut, 1);
	assert_int_equal(f->dumps_complete, 0);
	serve_dump(f, EPOCH + 1, 1);
	assert_int_equal(f->state, KERNEL_STREAMING);
}

/* An inconsistent dump is repeated, but not for ever. */
static void test_interrupted(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);
	unsigned int i;

	for (i = 0; i < 10 && f->state == KERNEL_RESYNCING; i++) {
		if (i > 0) {
			fake_run_ms(f, 50U << i);
			dump = fake_expect_dump(f);
		}
		fake_part(f, dump, EPOCH, 5, i % 2 ? NLM_F_DUMP_INTR : 0);
		fake_done(f, dump, 0, i % 2 ? 0 : NLM_F_DUMP_INTR);
		fake_run(f);
	}
	assert_int_equal(f->state, KERNEL_STREAMING);
	assert_int_equal(i, 6);
	assert_int_equal(f->dumps_cut, 5);
	assert_int_equal(f->dumps_complete, 1);
	assert_int_equal(f->gaps, 0);
}

static void test_dump_fails(void **state)
{
	static const int errors[] = { -EBUSY, -ENOMEM, -EINTR };
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);
	uint64_t start_ns;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		start_ns = clock_boottime_ns();
		fake_done(f, dump, errors[i], 0);
		fake_run(f);
		assert_int_equal(f->dumps_cut, i + 1);
		/* On a busy machine the pause may be over by now. */
		if (clock_boottime_ns() - start_ns < FIRST_PAUSE_NS)
			fake_expect_none(f);
		fake_run_ms(f, PAUSE_MS);
		dump = fake_expect_dump(f);
	}
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_STREAMING);

	/* The family left, and the news was lost. */
	fake_event_error(f, ENOBUFS);
	fake_run_ms(f, SPACING_MS);
	dump = fake_expect_dump(f);
	fake_done(f, dump, -ENOENT, 0);
	fake_run_ms(f, PAUSE_MS);
	dump = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_done(f, dump, -ENOENT, 0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_WAITING);
	assert_int_equal(f->gone, 1);
}

static void test_malformed(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	/* In a dump: it is not complete, so once more. */
	fake_answer(f, dump, build_message(KVM_EXITSTAT_CMD_STATS_GET, dump, 0), NLM_F_MULTI);
	fake_part(f, dump, EPOCH, 5, 0);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->malformed, 1);
	assert_int_equal(f->dumps_complete, 0);
	assert_int_equal(f->state, KERNEL_RESYNCING);
	fake_run_ms(f, PAUSE_MS);
	serve_dump(f, EPOCH, 5);
	assert_int_equal(f->state, KERNEL_STREAMING);

	/* In the stream: the number that is missing shows. */
	fake_event(f, build_message(KVM_EXITSTAT_CMD_EXITS_NTF, 0, 0));
	fake_run(f);
	assert_int_equal(f->malformed, 2);
	assert_int_equal(f->gaps, 0);
	fake_batch(f, EPOCH, 7);
	fake_run(f);
	assert_int_equal(f->gaps, 1);
	assert_int_equal(f->state, KERNEL_RESYNCING);
}

/* Batches during a dump count, older ones than it has are no gap. */
static void test_batches_in_dump(void **state)
{
	struct fake_kernel *f = *state;
	uint32_t dump = fake_to_dump(f);

	fake_batch(f, EPOCH, 3);
	fake_batch(f, EPOCH, 4);
	fake_part(f, dump, EPOCH, 4, 0);
	fake_batch(f, EPOCH, 5);
	fake_part(f, dump, EPOCH, 5, 0);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->messages, 5);
	assert_int_equal(f->gaps, 0);
	assert_int_equal(f->state, KERNEL_STREAMING);
}

/* Whatever bytes come, in whatever order. */
static void test_garbage(void **state)
{
	struct fake_kernel *f = *state;
	uint64_t rng = test_seed();
	int i;

	fake_to_streaming(f, EPOCH, 5);
	for (i = 0; i < 20000; i++) {
		struct nl_msg *msg = test_random_below(&rng, 2) ? build_exits() : build_destroyed();
		struct nlmsghdr *header = nlmsg_hdr(msg);
		unsigned char *bytes = (unsigned char *)header;
		size_t len = header->nlmsg_len;
		uint64_t n = test_random_below(&rng, 4);

		header->nlmsg_seq = (uint32_t)test_random_below(&rng, 8);
		while (n--)
			bytes[test_random_below(&rng, len)] = (unsigned char)test_random(&rng);
		if (test_random_below(&rng, 4) == 0)
			len = sizeof(int) + 1 + test_random_below(&rng, len - sizeof(int) - 1);
		assert_int_equal(send(test_random_below(&rng, 2) ? f->events : f->requests, bytes,
				      len, 0),
				 len);
		nlmsg_free(msg);
		if (i % 32 == 0) {
			char buf[256];

			assert_true(sd_event_run(f->event, 0) >= 0);
			assert_true(sd_event_run(f->event, 0) >= 0);
			while (recv(f->requests, buf, sizeof(buf), MSG_DONTWAIT) > 0)
				;
		}
	}
	fake_run(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_gap, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_overrun, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_overrun_in_dump, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_overrun_waiting, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_no_memory_in_dump, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_cut_message, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_epoch, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_epoch_in_dump, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_dump_fails, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_malformed, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_batches_in_dump, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_garbage, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
