// SPDX-License-Identifier: GPL-2.0-or-later
/* The netlink parser and bytes that no kernel sends: nothing is read past the end. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nlmsg_build.h"
#include "source/netlink/genl_parse.h"
#include "unit_test.h"

#define MUTATIONS 200000

/* Cut off anywhere: refused, or read up to there where an attribute ends there. */
static void truncate_everywhere(struct nl_msg *msg)
{
	struct exit_message m = { 0 };
	size_t len, cut;
	void *bytes = build_bytes(msg, &len);

	for (cut = 0; cut < len; cut++) {
		char *part = malloc(cut ? cut : 1);

		memcpy(part, bytes, cut);
		assert_int_equal(genl_parse_stats(part, cut, &m), -EBADMSG);

		/* The header admits to it. */
		if (cut >= NLMSG_HDRLEN) {
			((struct nlmsghdr *)(void *)part)->nlmsg_len = (uint32_t)cut;
			(void)genl_parse_stats(part, cut, &m);
		}
		free(part);
	}
	free(bytes);
	nlmsg_free(msg);
	exit_message_done(&m);
}

static void test_truncated(void **state)
{
	(void)state;
	truncate_everywhere(build_exits());
	truncate_everywhere(build_destroyed());
}

/* Any 16-bit word, some of which are attributes' lengths, set to anything. */
static void corrupt_everywhere(struct nl_msg *msg)
{
	struct exit_message m = { 0 };
	uint16_t word;
	size_t len, at;
	char *bytes = build_bytes(msg, &len);
	char *copy = malloc(len);

	for (at = NLMSG_HDRLEN + GENL_HDRLEN; at + sizeof(word) <= len; at += 2) {
		unsigned int value;

		for (value = 0; value <= len + 8; value++) {
			memcpy(copy, bytes, len);
			word = (uint16_t)value;
			memcpy(copy + at, &word, sizeof(word));
			(void)genl_parse_stats(copy, len, &m);
		}
		word = 0xffff;
		memcpy(copy + at, &word, sizeof(word));
		(void)genl_parse_stats(copy, len, &m);
	}
	free(copy);
	free(bytes);
	nlmsg_free(msg);
	exit_message_done(&m);
}

static void test_corrupted(void **state)
{
	(void)state;
	corrupt_everywhere(build_exits());
	corrupt_everywhere(build_destroyed());
}

static void test_random_bytes(void **state)
{
	struct nl_msg *msgs[] = { build_exits(), build_destroyed() };
	struct exit_message m = { 0 };
	uint64_t rng = test_seed();
	unsigned int i, j;

	(void)state;
	for (i = 0; i < MUTATIONS; i++) {
		size_t len;
		unsigned char *bytes = build_bytes(msgs[i % 2], &len);
		uint64_t changes = 1 + test_random_below(&rng, 4);

		for (j = 0; j < changes; j++)
			bytes[NLMSG_HDRLEN + test_random_below(&rng, len - NLMSG_HDRLEN)] =
				(unsigned char)test_random(&rng);
		(void)genl_parse_stats(bytes, len, &m);
		free(bytes);
	}
	nlmsg_free(msgs[0]);
	nlmsg_free(msgs[1]);
	exit_message_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_corrupted),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
