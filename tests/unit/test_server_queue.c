// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queues of shared messages: what comes out is what went in, in whatever pieces.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/message.h"
#include "util/buffer.h"

#define SEEDS	     200
#define STEPS	     500
#define IOV_MAX_HERE 7

static struct message *make(size_t *total, unsigned int number)
{
	struct message *message = NULL;

	assert_int_equal(message_new(&message, total, NULL, json_pack("{s:i}", "n", (int)number),
				     number % 3 == 0),
			 0);
	assert_int_equal(message->data[message->len - 1], '\0');
	return message;
}

/* Takes up to max bytes out of queue; they must be those that expected begins with. */
static void take(struct queue *queue, struct buffer *expected, size_t max)
{
	struct iovec iov[IOV_MAX_HERE];
	size_t i, n = queue_peek(queue, iov, IOV_MAX_HERE), taken = 0;

	for (i = 0; i < n && taken < max; i++) {
		size_t len = iov[i].iov_len < max - taken ? iov[i].iov_len : max - taken;

		assert_true(taken + len <= expected->len);
		assert_memory_equal(iov[i].iov_base, buffer_head(expected) + taken, len);
		taken += len;
	}
	queue_consume(queue, taken);
	buffer_consume(expected, taken);
	assert_int_equal(queue->bytes, expected->len);
}

static void run(unsigned int seed)
{
	struct queue queues[2] = { 0 };
	struct buffer expected[2] = { 0 };
	struct message *message;
	size_t total = 0;
	unsigned int step;
	int i;

	for (step = 0; step < STEPS; step++) {
		/* Some go to both, and one of them reads slower. */
		message = make(&total, step);
		for (i = 0; i < 2; i++) {
			if (rand_r(&seed) % 4 == 0)
				continue;
			assert_int_equal(queue_push(&queues[i], message), 0);
			assert_int_equal(buffer_append(&expected[i], message->data, message->len),
					 0);
		}
		message_unref(message);
		for (i = 0; i < 2; i++)
			if (rand_r(&seed) % 2)
				take(&queues[i], &expected[i], rand_r(&seed) % (i ? 60 : 30));
	}
	assert_true(total <= queues[0].bytes + queues[1].bytes + queues[0].sent + queues[1].sent);
	while (queues[0].n > 0)
		take(&queues[0], &expected[0], rand_r(&seed) % 200);
	/* The other goes as it is, with a message half sent. */
	queue_done(&queues[1]);
	assert_int_equal(total, 0);
	assert_null(queues[0].ring);
	buffer_done(&expected[0]);
	buffer_done(&expected[1]);
}

static void test_random(void **state)
{
	unsigned int seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++)
		run(seed);
}

static void test_empty(void **state)
{
	struct queue queue = { 0 };
	struct iovec iov[1];

	(void)state;
	assert_int_equal(queue_peek(&queue, iov, 1), 0);
	queue_consume(&queue, 0);
	queue_done(&queue);
	assert_null(message_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
