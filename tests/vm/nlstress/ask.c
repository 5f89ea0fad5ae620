// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests: dumps, whole, broken off and left open; VMs one by one; and the
 * configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nlstress.h"

/* Refused for want of memory, or because KVM was unloaded meanwhile. */
static bool excused(int error)
{
	return error == -ENOMEM || error == -ENOBUFS || error == -EINTR || error == -ENOENT ||
	       error == -EPROTONOSUPPORT;
}

static enum dump_end dump_receive(int fd, struct book *book)
{
	static char buf[RECV_SIZE];
	bool interrupted = false;

	for (;;) {
		ssize_t len = nl_recv(fd, buf);

		if (len == -EINTR)
			continue;
		if (len < 0) {
			check(excused((int)len), "dump: %s", strerror((int)-len));
			return DUMP_FAILED;
		}
		for (struct nlmsghdr *n = (void *)buf; NLMSG_OK(n, (size_t)len);
		     n = NLMSG_NEXT(n, len)) {
			interrupted |= n->nlmsg_flags & NLM_F_DUMP_INTR;
			if (n->nlmsg_type == NLMSG_ERROR) {
				check(excused(nl_error(n)), "dump: %s", strerror(-nl_error(n)));
				return DUMP_FAILED;
			}
			if (n->nlmsg_type == NLMSG_DONE) {
				int error;

				memcpy(&error, NLMSG_DATA(n), sizeof(error));
				check(!error || excused(error), "dump: %s", strerror(-error));
				return error	   ? DUMP_FAILED :
				       interrupted ? DUMP_INTERRUPTED :
						     DUMP_DONE;
			}
			book_dump_message(book, n);
		}
	}
}

enum dump_end dump_once(int fd, struct family family, struct book *book)
{
	struct request req;
	enum dump_end end;
	int r;

	nl_request(&req, family.id, KVM_EXITSTAT_CMD_STATS_GET, NLM_F_DUMP);
	r = nl_send(fd, &req);
	if (r) {
		check(excused(r), "dump: %s", strerror(-r));
		return DUMP_FAILED;
	}
	book->dump++;
	end = dump_receive(fd, book);
	if (end == DUMP_DONE)
		book_dump_complete(book);
	return end;
}

static void dump_broken_off(int fd, struct family family)
{
	static char buf[RECV_SIZE];
	struct request req;

	nl_request(&req, family.id, KVM_EXITSTAT_CMD_STATS_GET, NLM_F_DUMP);
	if (!nl_send(fd, &req) && random() % 2)
		nl_recv(fd, buf);
}

void mode_dump(void)
{
	uint64_t round, ends[3] = { 0 };
	struct book book = { 0 };

	book_start(&book);
	for (round = 0; go_on(round); round++) {
		struct family family = nl_await_family();
		int fd = nl_open();

		if (round % 4 == 3)
			dump_broken_off(fd, family);
		else
			ends[dump_once(fd, family, &book)]++;
		close(fd);
	}
	printf("dump: %lu complete, %lu interrupted, %lu failed; %zu VMs in the last epoch\n",
	       ends[DUMP_DONE], ends[DUMP_INTERRUPTED], ends[DUMP_FAILED], book.nr);
}

void mode_hold(void)
{
	struct family family = nl_await_family();
	struct book book = { 0 };
	enum dump_end end;
	struct request req;
	int fd = nl_open();

	book_start(&book);
	nl_request(&req, family.id, KVM_EXITSTAT_CMD_STATS_GET, NLM_F_DUMP);
	check(!nl_send(fd, &req), "dump: %m");
	puts("holding");
	fflush(stdout);
	while (go_on(0))
		breathe();
	end = dump_receive(fd, &book);
	check(end != DUMP_FAILED, "the dump did not go on");
	printf("hold: %s, %zu VMs\n", end == DUMP_DONE ? "complete" : "interrupted", book.nr);
}

struct asker {
	struct family family;
	int fd;
	char buf[RECV_SIZE];
	struct nlmsghdr *reply;
	uint64_t found, refused, configured;
};

/* One request, of which the outcome must be one of two. */
static bool ask(struct asker *asker, struct request *req, int refusal, bool may_work)
{
	int r = nl_ask(asker->fd, req, asker->buf, &asker->reply);
	struct family now;

	if (r == -ENOMEM || r == -ENOBUFS)
		return false;
	if (r == -ENOENT && !nl_has_text(asker->reply)) {
		check(nl_find_family(&now) || now.id != asker->family.id,
		      "a refusal without a reason");
		return false;
	}
	if (!r) {
		check(may_work, "request %u was not refused", req->genl.cmd);
		return true;
	}
	check(r == refusal, "request %u: %s", req->genl.cmd, strerror(-r));
	check(nl_has_text(asker->reply) || r == -EINVAL, "a refusal without a reason");
	asker->refused++;
	return false;
}

static void ask_vm(struct asker *asker, uint64_t id)
{
	const struct nlattr *attrs[NR_ATTRS], *vm[NR_ATTRS];
	struct counts counts = { 0 };
	struct request req;

	nl_request(&req, asker->family.id, KVM_EXITSTAT_CMD_STATS_GET, 0);
	nl_put_u64(&req, KVM_EXITSTAT_A_STATS_VM_ID, id);
	if (random() % 2)
		nl_put_u32(&req, KVM_EXITSTAT_A_STATS_VCPU_ID, (uint32_t)random() % 6);
	if (!ask(asker, &req, -ENOENT, true))
		return;
	index_msg(asker->reply, attrs);
	check(attrs[KVM_EXITSTAT_A_STATS_VM], "a VM without a name");
	index_nested(attrs[KVM_EXITSTAT_A_STATS_VM], vm);
	check(attr_u64(vm[KVM_EXITSTAT_A_VM_VM_ID]) == id, "another VM");
	counts_from(&counts, asker->reply);
	counts_free(&counts);
	asker->found++;
}

static void configure(struct asker *asker, uint32_t interval, uint32_t exits, uint32_t spacing,
		      uint32_t log_exits, uint8_t extras, int refusal)
{
	struct request req;

	nl_request(&req, asker->family.id, KVM_EXITSTAT_CMD_CONFIG_SET, NLM_F_ACK);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, interval);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, exits);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, spacing);
	nl_put_u32(&req, KVM_EXITSTAT_A_CONFIG_LOG_EXITS, log_exits);
	nl_put_u8(&req, KVM_EXITSTAT_A_CONFIG_TIMING, extras & 5);
	nl_put_u8(&req, KVM_EXITSTAT_A_CONFIG_DETAILS, extras >> 1 & 1);
	asker->configured += ask(asker, &req, refusal, !refusal);
}

/* Out of range, each in one thing. */
static void wrong_config(struct asker *asker)
{
	switch (random() % 4) {
	case 0:
		configure(asker, 0, 100, 10, 0, 0, -ERANGE);
		break;
	case 1:
		configure(asker, 10, 100, 10, 0, 4, -ERANGE);
		break;
	case 2:
		configure(asker, 10, KVM_EXITSTAT_BATCH_EXITS_MIN - 1, 10, 0, 0, -ERANGE);
		break;
	default:
		configure(asker, 10, 100, KVM_EXITSTAT_MIN_SPACING_MS_MIN - 1, 0, 0, -ERANGE);
	}
}

/* The same in an answer and in a notification. */
void config_check(const struct nlmsghdr *n)
{
	const struct nlattr *attrs[NR_ATTRS];

	index_msg(n, attrs);
	check(attr_u32(attrs[KVM_EXITSTAT_A_CONFIG_BATCH_EXITS]) > 0, "batches of no exits");
	check(attr_u32(attrs[KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS]) <=
		      attr_u32(attrs[KVM_EXITSTAT_A_CONFIG_INTERVAL_MS]),
	      "the spacing is longer than the interval");
}

static void get_config(struct asker *asker)
{
	struct request req;

	nl_request(&req, asker->family.id, KVM_EXITSTAT_CMD_CONFIG_GET, 0);
	if (ask(asker, &req, 0, true))
		config_check(asker->reply);
}

void mode_get(void)
{
	static struct asker asker;
	uint64_t round, last = 1;
	struct request req;

	for (round = 0; go_on(round); round++) {
		uint32_t spacing = KVM_EXITSTAT_MIN_SPACING_MS_MIN + (uint32_t)random() % 40;

		if (round % 64 == 0) {
			struct book book = { 0 };

			if (round)
				close(asker.fd);
			asker.family = nl_await_family();
			asker.fd = nl_open();
			book_start(&book);
			/* A socket whose dump failed is of no use for answers. */
			if (dump_once(asker.fd, asker.family, &book) == DUMP_FAILED) {
				close(asker.fd);
				asker.fd = nl_open();
			}
			last = book.nr ? book.vms[book.nr - 1].id : 1;
			book_start(&book);
		}
		ask_vm(&asker, 1 + (last > 200 ? last - 200 : 0) + (uint64_t)random() % 210);
		switch (round % 6) {
		case 0:
			configure(&asker, 10 + spacing + (uint32_t)random() % 500,
				  KVM_EXITSTAT_BATCH_EXITS_MIN + (uint32_t)random() % 1000, spacing,
				  random() % 4 ? 0 : 100000, random() % 4, 0);
			break;
		case 1:
			configure(&asker, 20, 100, 21, 0, 0, -EINVAL);
			break;
		case 2:
			wrong_config(&asker);
			break;
		case 3:
			nl_request(&req, asker.family.id, KVM_EXITSTAT_CMD_STATS_GET, 0);
			ask(&asker, &req, -EINVAL, false);
			break;
		default:
			get_config(&asker);
		}
	}
	configure(&asker, 1000, 10000, 100, 0, 0, 0);
	printf("get: %lu rounds, %lu VMs and vCPUs found, %lu refusals, %lu configurations\n",
	       round, asker.found, asker.refused, asker.configured);
}
