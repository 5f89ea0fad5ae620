// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listeners: one that keeps the books and outlives KVM, and one that comes and
 * goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nlstress.h"

/* The controller's only group, "notify", has its own number. */
#define CTRL_GROUP GENL_ID_CTRL

struct watch {
	struct book book;
	struct family family;
	int fd;
	uint64_t messages;
	uint64_t overruns;
	uint64_t credit; /* of these, whose gap is still to come */
	uint64_t gaps;
	uint64_t families;
	uint64_t configurations;
};

static void join_family(struct watch *watch, struct family family)
{
	if (family.id == watch->family.id && family.group == watch->family.group)
		return;
	watch->family = family;
	watch->families++;
	nl_group(watch->fd, family.group, true);
	book_missed(&watch->book);
}

/*
 * The error comes before what is still in the queue; the gap comes after that.
 * A socket that overran drops all until its queue is empty: one error, one gap.
 */
static void overrun(struct watch *watch)
{
	struct family family;

	watch->overruns++;
	watch->credit++;
	/* What was lost may be that KVM was loaded. */
	if (!nl_find_family(&family))
		join_family(watch, family);
}

static void notification(struct watch *watch, const struct nlmsghdr *n)
{
	const struct nlattr *attrs[NR_ATTRS];
	struct book *book = &watch->book;
	uint64_t seq;

	index_msg(n, attrs);
	seq = attr_u64(attrs[KVM_EXITSTAT_A_STATS_SEQ]);
	if (attr_u64(attrs[KVM_EXITSTAT_A_STATS_EPOCH]) == book->epoch && book->seq &&
	    seq != book->seq + 1) {
		check(seq > book->seq, "notification %lu after %lu", seq, book->seq);
		check(watch->credit || opt.lossy, "notifications %lu to %lu are missing",
		      book->seq + 1, seq - 1);
		if (watch->credit)
			watch->credit--;
		watch->gaps++;
		book_missed(book);
	}
	watch->messages++;
	book_notification(book, n);
}

/* Not of the numbered ones: it has nothing that adds up. */
static void configuration(struct watch *watch, const struct nlmsghdr *n)
{
	config_check(n);
	watch->configurations++;
}

static void message(struct watch *watch, const struct nlmsghdr *n)
{
	const struct genlmsghdr *genl = NLMSG_DATA(n);
	struct family family;

	if (n->nlmsg_type == watch->family.id) {
		if (genl->cmd == KVM_EXITSTAT_CMD_CONFIG_NTF)
			configuration(watch, n);
		else
			notification(watch, n);
	} else if (n->nlmsg_type == GENL_ID_CTRL && nl_family_attrs(n, &family)) {
		if (genl->cmd == CTRL_CMD_NEWFAMILY)
			join_family(watch, family);
		else if (genl->cmd == CTRL_CMD_DELFAMILY)
			watch->family = (struct family){ 0 };
	}
}

/* All that is there; whether there can be more. */
static bool receive(struct watch *watch)
{
	static char buf[RECV_SIZE];
	ssize_t len = nl_recv(watch->fd, buf);

	if (len == -ENOBUFS) {
		overrun(watch);
		return true;
	}
	if (len == -EAGAIN)
		return false;
	check(len >= 0 || len == -EINTR, "recv: %s", strerror((int)-len));
	for (struct nlmsghdr *n = (void *)buf; len > 0 && NLMSG_OK(n, (size_t)len);
	     n = NLMSG_NEXT(n, len))
		message(watch, n);
	return true;
}

/* What notifications said of the VMs that ended is what a dump says of them. */
static unsigned int compare_with_dump(struct watch *watch)
{
	struct book dump = { 0 };
	unsigned int nr = 0;
	enum dump_end end;

	book_start(&dump);
	do {
		int fd = nl_open();

		end = dump_once(fd, watch->family, &dump);
		close(fd);
	} while (end != DUMP_DONE);
	if (dump.epoch != watch->book.epoch)
		return 0;

	for (size_t i = 0; i < watch->book.nr; i++) {
		struct vm_book *vm = &watch->book.vms[i], *other = book_vm(&dump, vm->id);
		uint64_t sum = 0;

		if (!vm->dead || !vm->final.nr || !other->pid)
			continue;
		for (unsigned int j = 0; j < other->nr; j++)
			sum += counts_sum(&other->vcpus[j].counts);
		check(other->dead && sum == counts_sum(&vm->final),
		      "VM %lu ended with %lu exits, and the dump has %lu", vm->id,
		      counts_sum(&vm->final), sum);
		nr++;
	}
	book_start(&dump);
	return nr;
}

static void write_book(const struct book *book)
{
	FILE *f = fopen(opt.book, "w");

	check(f, "%s: %m", opt.book);
	for (size_t i = 0; i < book->nr; i++) {
		const struct vm_book *vm = &book->vms[i];

		if (vm->dead)
			fprintf(f, "%u %lu %d\n", vm->pid, counts_sum(&vm->final), vm->complete);
	}
	check(!fclose(f), "%s: %m", opt.book);
}

void mode_watch(void)
{
	struct watch watch = { .fd = nl_open() };
	unsigned int complete = 0, ended = 0, compared;

	book_start(&watch.book);
	nl_group(watch.fd, CTRL_GROUP, true);
	join_family(&watch, nl_await_family());
	puts("watching");
	fflush(stdout);

	while (go_on(0))
		receive(&watch);
	fcntl(watch.fd, F_SETFL, O_NONBLOCK);
	while (receive(&watch))
		;
	compared = watch.family.id ? compare_with_dump(&watch) : 0;
	if (opt.book)
		write_book(&watch.book);
	for (size_t i = 0; i < watch.book.nr; i++) {
		ended += watch.book.vms[i].dead;
		complete += watch.book.vms[i].dead && watch.book.vms[i].complete;
	}
	printf("watch: %lu messages, %lu configurations, %lu overruns, %lu gaps, %lu families; "
	       "in the last epoch %u VMs ended, %u of them seen completely, %u compared with "
	       "a dump\n",
	       watch.messages, watch.configurations, watch.overruns, watch.gaps, watch.families,
	       ended, complete, compared);
}

void mode_join(void)
{
	static char buf[RECV_SIZE];
	uint64_t round = 0, messages = 0;

	while (go_on(round)) {
		/* Looked up anew at times, as KVM may have been loaded again. */
		struct family family = nl_await_family();
		int fd = nl_open();

		fcntl(fd, F_SETFL, O_NONBLOCK);
		for (unsigned int i = 0; i < 32 && go_on(round); i++, round++) {
			nl_group(fd, family.group, true);
			while (i % 4 == 0 && nl_recv(fd, buf) > 0)
				messages++;
			/* Whoever closes a socket leaves, too. */
			if (i != 31)
				nl_group(fd, family.group, false);
		}
		close(fd);
	}
	printf("join: %lu times, %lu messages\n", round, messages);
}
