// SPDX-License-Identifier: GPL-2.0-or-later
/* Datagrams of the kernel: from their bytes to all that the registry tells. */
#include "config.h"

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/kernel_config.h"
#include "model/registry.h"
#include "model/sample.h"
#include "read_registry.h"
#include "source/netlink/genl_config.h"
#include "source/netlink/genl_parse.h"
#include "source/netlink/genl_request.h"
#include "util/util.h"

#define FAMILY "kvm-exitstat"
#define GROUP  "exits"

/* What the clock says: 400 days after boot. */
#define NOW_NS (UINT64_C(400) * 86400 * WINDOW_NS_PER_S)

/* What else may happen to the registry: bits of a message's number, which it has no use for. */
enum {
	AROUND_DUMP_BEGIN = 1 << 0,
	AROUND_DUMP_END = 1 << 1,
	AROUND_GAP = 1 << 2,
	AROUND_GONE = 1 << 3,
	AROUND_READ = 1 << 4,
};

static void around(struct registry *registry, uint32_t what)
{
	if (what & AROUND_DUMP_BEGIN)
		registry_dump_begin(registry);
	if (what & AROUND_DUMP_END)
		registry_dump_end(registry, NOW_NS);
	if (what & AROUND_GAP)
		registry_gap(registry);
	if (what & AROUND_GONE)
		registry_end_all(registry, NOW_NS);
	if (what & AROUND_READ)
		fuzz_read_registry(registry, NOW_NS);
}

/* As the source does; messages are of no use to the registry before they are whole. */
static void handle(struct registry *registry, const void *buf, size_t len)
{
	struct exit_message message = { 0 };
	struct genl_family_news news = { 0 };
	struct kernel_config config;
	const char *text;

	if (genl_parse_stats(buf, len, &message) == 0) {
		exit_message_bound(&message, NOW_NS);
		(void)registry_apply(registry, &message);
	}
	exit_message_done(&message);

	(void)genl_parse_config(buf, len, &config);
	(void)genl_parse_family(buf, len, FAMILY, GROUP, &news);
	fuzz_assert(genl_answer_error(buf, &text) <= 0);
	if (text)
		fuzz_assert(strlen(text) < len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registry *registry = NULL;

	if (registry_new(&registry) < 0)
		return 0;

	while (size >= NLMSG_HDRLEN) {
		_cleanup_free_ void *copy = NULL;
		struct nlmsghdr header;

		memcpy(&header, data, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > size)
			break;
		copy = malloc(header.nlmsg_len);
		if (!copy)
			break;
		memcpy(copy, data, header.nlmsg_len);
		around(registry, header.nlmsg_seq);
		handle(registry, copy, header.nlmsg_len);

		if (NLMSG_ALIGN(header.nlmsg_len) >= size)
			break;
		data += NLMSG_ALIGN(header.nlmsg_len);
		size -= NLMSG_ALIGN(header.nlmsg_len);
	}
	fuzz_read_registry(registry, NOW_NS);
	registry_free(registry);
	return 0;
}
