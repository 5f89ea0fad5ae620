// SPDX-License-Identifier: GPL-2.0-or-later
/* Gaps in the stream: each is found, each is told of once. */
#include "config.h"

#include <stdbool.h>

#include "source/netlink/stream.h"
#include "unit_test.h"

#define EPOCH 1000

static void feed(struct stream *s, uint64_t first, uint64_t last)
{
	for (; first <= last; first++)
		assert_int_equal(stream_notification(s, EPOCH, first), STREAM_OK);
}

static void test_whole(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 50, 60);
	stream_dump_begin(&s);
	feed(&s, 61, 62);
	assert_int_equal(stream_dump_message(&s, EPOCH, 62), STREAM_OK);
	feed(&s, 63, 64);
	assert_int_equal(stream_dump_message(&s, EPOCH, 64), STREAM_OK);
	stream_dump_end(&s);
	feed(&s, 65, 70);
}

static void test_gap(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 1, 5);
	assert_int_equal(stream_notification(&s, EPOCH, 7), STREAM_GAP);
	/* More of the same loss until a dump begins. */
	assert_int_equal(stream_notification(&s, EPOCH, 9), STREAM_OK);
	assert_int_equal(stream_overrun(&s), STREAM_OK);
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH, 9), STREAM_OK);
	stream_dump_end(&s);
	feed(&s, 10, 12);
	assert_int_equal(stream_notification(&s, EPOCH, 14), STREAM_GAP);
}

/* An overrun, then what was queued, then the jump: one loss. */
static void test_overrun_then_jump(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 1, 5);
	assert_int_equal(stream_overrun(&s), STREAM_GAP);
	feed(&s, 6, 8);
	stream_dump_begin(&s);
	/* Sent before the dump, which has it. */
	assert_int_equal(stream_notification(&s, EPOCH, 20), STREAM_OK);
	assert_int_equal(stream_dump_message(&s, EPOCH, 20), STREAM_OK);
	stream_dump_end(&s);
	feed(&s, 21, 22);
}

/* The jump shows after the dump that makes it good. */
static void test_jump_after_dump(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 1, 5);
	assert_int_equal(stream_overrun(&s), STREAM_GAP);
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH, 30), STREAM_OK);
	stream_dump_end(&s);
	feed(&s, 31, 33);
}

/* What is lost after the dump's first message is not in all of it. */
static void test_loss_during_dump(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 1, 5);
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH, 5), STREAM_OK);
	assert_int_equal(stream_notification(&s, EPOCH, 7), STREAM_GAP);
	stream_dump_end(&s);

	/* The same, but the jump is read first. */
	s = (struct stream){ 0 };
	feed(&s, 1, 5);
	stream_dump_begin(&s);
	assert_int_equal(stream_notification(&s, EPOCH, 8), STREAM_OK);
	assert_int_equal(stream_dump_message(&s, EPOCH, 6), STREAM_GAP);

	/* An overrun tells no number. */
	s = (struct stream){ 0 };
	feed(&s, 1, 5);
	stream_dump_begin(&s);
	assert_int_equal(stream_overrun(&s), STREAM_GAP);
}

/* A dump of nothing makes nothing good. */
static void test_dump_covers_nothing(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 1, 5);
	stream_dump_begin(&s);
	assert_int_equal(stream_notification(&s, EPOCH, 8), STREAM_OK);
	assert_int_equal(stream_dump_end(&s), STREAM_GAP);
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_end(&s), STREAM_OK);
	feed(&s, 9, 10);
}

/* The first dump says where the stream begins. */
static void test_begin(void **state)
{
	struct stream s = { 0 };

	(void)state;
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH, 100), STREAM_OK);
	stream_dump_end(&s);
	assert_int_equal(stream_notification(&s, EPOCH, 102), STREAM_GAP);

	/* Old ones that waited are no gap. */
	s = (struct stream){ 0 };
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH, 100), STREAM_OK);
	stream_dump_end(&s);
	feed(&s, 97, 101);
	assert_int_equal(stream_notification(&s, EPOCH, 103), STREAM_GAP);
}

/* A dump without VMs has no messages, and says nothing of numbers. */
static void test_empty_dump(void **state)
{
	struct stream s = { 0 };

	(void)state;
	stream_dump_begin(&s);
	stream_dump_end(&s);
	feed(&s, 7, 9);
	assert_int_equal(stream_notification(&s, EPOCH, 11), STREAM_GAP);
}

static void test_epoch(void **state)
{
	struct stream s = { 0 };

	(void)state;
	feed(&s, 1, 5);
	assert_int_equal(stream_notification(&s, EPOCH + 1, 1), STREAM_NEW_EPOCH);
	assert_int_equal(stream_notification(&s, EPOCH + 1, 2), STREAM_OK);
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH + 1, 2), STREAM_OK);
	stream_dump_end(&s);
	assert_int_equal(stream_notification(&s, EPOCH + 1, 3), STREAM_OK);

	/* A dump may bring it as well. */
	stream_dump_begin(&s);
	assert_int_equal(stream_dump_message(&s, EPOCH + 2, 0), STREAM_NEW_EPOCH);
	assert_int_equal(stream_notification(&s, EPOCH + 2, 1), STREAM_OK);
}

/*
 * Random losses: every gap that no dump covers is told of before the next dump,
 * and without losses nothing ever is.
 */
static void test_random_losses(void **state)
{
	uint64_t rng = test_seed(), seq = 1;
	bool lossy, lost = false, told = false;
	struct stream s = { 0 };
	int i;

	(void)state;
	for (lossy = false;; lossy = true) {
		for (i = 0; i < 100000; i++) {
			switch (test_random_below(&rng, 50)) {
			case 0:
				if (!lossy)
					break;
				seq++;
				lost = true;
				break;
			case 1:
				/* All that was sent has been read, so the dump has it. */
				if (stream_notification(&s, EPOCH, seq++) != STREAM_OK)
					told = true;
				assert_int_equal(lost, told);
				stream_dump_begin(&s);
				assert_int_equal(stream_dump_message(&s, EPOCH, seq - 1),
						 STREAM_OK);
				stream_dump_end(&s);
				lost = false;
				told = false;
				break;
			default:
				if (stream_notification(&s, EPOCH, seq++) != STREAM_OK) {
					assert_true(lost);
					assert_false(told);
					told = true;
				}
				break;
			}
		}
		if (lossy)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_overrun_then_jump),
		cmocka_unit_test(test_jump_after_dump),
		cmocka_unit_test(test_loss_during_dump),
		cmocka_unit_test(test_dump_covers_nothing),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_empty_dump),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_random_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
