// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMs in unusual circumstances: vCPUs that come late, too few files, no memory.
 * Whatever fails, the kernel must have the right totals of what was there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nlstress.h"

static uint64_t refused;

/* The newest VM of this process; 0 if a dump cannot be had. */
static uint64_t own_vm(struct family family)
{
	struct book book = { 0 };
	enum dump_end end;
	uint64_t id = 0;

	book_start(&book);
	do {
		int fd = nl_open();

		end = dump_once(fd, family, &book);
		close(fd);
	} while (end == DUMP_INTERRUPTED && go_on(0));
	for (size_t i = 0; i < book.nr; i++) {
		if (book.vms[i].pid == (uint32_t)getpid())
			id = book.vms[i].id;
	}
	book_start(&book);
	return id;
}

/* A VM that ended may have been forgotten since: other VMs end as well. */
static void check_totals(struct family family, uint64_t id, uint64_t hlts, unsigned int nr,
			 bool ended)
{
	static char buf[RECV_SIZE];
	const struct nlattr *attrs[NR_ATTRS], *vm[NR_ATTRS];
	struct counts counts = { 0 };
	struct nlmsghdr *reply;
	struct request req;
	int fd = nl_open();
	uint64_t found;
	int r;

	nl_request(&req, family.id, KVM_EXITSTAT_CMD_STATS_GET, 0);
	nl_put_u64(&req, KVM_EXITSTAT_A_STATS_VM_ID, id);
	r = nl_ask(fd, &req, buf, &reply);
	close(fd);
	if (r == -ENOENT && ended)
		return;
	check(!r, "asking for VM %lu: %s", id, strerror(-r));

	index_msg(reply, attrs);
	index_nested(attrs[KVM_EXITSTAT_A_STATS_VM], vm);
	check(attr_u32(vm[KVM_EXITSTAT_A_VM_VCPUS]) == nr, "VM %lu has %u vCPUs, not %u", id,
	      attr_u32(vm[KVM_EXITSTAT_A_VM_VCPUS]), nr);
	check(!!vm[KVM_EXITSTAT_A_VM_DESTROYED_NS] == ended, "VM %lu is wrong about its end", id);
	counts_from(&counts, reply);
	found = counts_of(&counts, guest_hlt_code(attr_u32(vm[KVM_EXITSTAT_A_VM_ISA])));
	check(found == hlts, "VM %lu has %lu HLT, not %lu", id, found, hlts);
	counts_free(&counts);
}

/* No file for the vCPU: KVM finds out when all else of it is there. */
static void add_without_files(struct guest *guest)
{
	struct rlimit before, now;
	int next = dup(0);
	int r;

	check(next >= 0 && !getrlimit(RLIMIT_NOFILE, &before), "limits: %m");
	close(next);
	now = before;
	now.rlim_cur = (rlim_t)next;
	check(!setrlimit(RLIMIT_NOFILE, &now), "limits: %m");
	r = guest_add_vcpu(guest);
	check(r == -EMFILE, "a vCPU without a file: %s", strerror(-r));
	check(!setrlimit(RLIMIT_NOFILE, &before), "limits: %m");
	refused++;
}

static void vm_round(void)
{
	unsigned int nr = 1 + (unsigned int)random() % MAX_VCPUS;
	struct family family = { 0 };
	struct guest guest;
	uint64_t id, hlts;
	int r;

	r = guest_create(&guest);
	if (r) {
		/* KVM may be about to be loaded again. */
		check(r == -ENOENT || r == -ENODEV, "creating a VM: %s", strerror(-r));
		breathe();
		return;
	}
	/* From here on, KVM stays. */
	r = nl_find_family(&family);
	check(!r, "no family while there is a VM: %s", strerror(-r));
	id = own_vm(family);
	check(id, "a dump without this VM");
	for (unsigned int i = 0; i < nr; i++) {
		if (random() % 3 == 0)
			add_without_files(&guest);
		check(!guest_add_vcpu(&guest), "adding vCPU %u: %m", i);
		if (random() % 4 == 0)
			check(!guest_nest(&guest, i), "nested state: %m");
		for (unsigned int j = 0; j <= i; j++)
			guest_run(&guest, j, 1 + (unsigned int)random() % 50);
		check_totals(family, id, guest.hlts, i + 1, false);
	}
	hlts = guest.hlts;
	guest_destroy(&guest, (unsigned int)random());
	check_totals(family, id, hlts, nr, true);
}

void mode_vms(void)
{
	uint64_t round;

	for (round = 0; go_on(round); round++)
		vm_round();
	printf("vms: %lu VMs, %lu vCPUs refused\n", round, refused);
}

static int fail_nth_fd;

static void fail_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	check(pwrite(fail_nth_fd, text, (size_t)len, 0) == len, "fail-nth: %m");
}

/* Was there an allocation left to fail? */
static bool has_failed(void)
{
	char text[16] = "";

	check(pread(fail_nth_fd, text, sizeof(text) - 1, 0) > 0, "fail-nth: %m");
	fail_nth(0);
	return atoi(text) == 0;
}

struct scene {
	struct family family;
	struct guest guest;
	struct book book;
	uint64_t id;
	int fd;
};

static void try_create(struct scene *s)
{
	guest_create(&s->guest);
}

static void try_add(struct scene *s)
{
	guest_add_vcpu(&s->guest);
}

static void try_nest(struct scene *s)
{
	guest_nest(&s->guest, 0);
}

static void try_destroy(struct scene *s)
{
	guest_destroy(&s->guest, 1);
}

static void try_dump(struct scene *s)
{
	dump_once(s->fd, s->family, &s->book);
}

static void ask_anything(struct scene *s, uint8_t cmd, uint16_t type, uint64_t value)
{
	static char buf[RECV_SIZE];
	struct request req;

	nl_request(&req, s->family.id, cmd, NLM_F_ACK);
	if (type == KVM_EXITSTAT_A_STATS_VM_ID)
		nl_put_u64(&req, type, value);
	else if (type)
		nl_put_u32(&req, type, (uint32_t)value);
	nl_ask(s->fd, &req, buf, NULL);
}

static void try_get(struct scene *s)
{
	ask_anything(s, KVM_EXITSTAT_CMD_STATS_GET, KVM_EXITSTAT_A_STATS_VM_ID, s->id);
}

static void try_config(struct scene *s)
{
	ask_anything(s, KVM_EXITSTAT_CMD_CONFIG_GET, 0, 0);
}

static void try_configure(struct scene *s)
{
	ask_anything(s, KVM_EXITSTAT_CMD_CONFIG_SET, KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, 100);
}

static void try_join(struct scene *s)
{
	nl_group(s->fd, s->family.group, true);
}

/*
 * The VM is made and unmade without faults unless that is what is tried, and its
 * totals must be right while it lives, whatever has failed.
 */
static unsigned int fail_each(void (*try)(struct scene *))
{
	unsigned int nth;
	bool failed = true;

	for (nth = 1; failed && go_on(0); nth++) {
		struct scene s = { .family = nl_await_family(), .fd = nl_open() };

		book_start(&s.book);
		if (try != try_create) {
			check(!guest_create(&s.guest), "creating a VM: %m");
			check(!guest_add_vcpu(&s.guest), "adding a vCPU: %m");
			guest_run(&s.guest, 0, 10);
			s.id = own_vm(s.family);
			check(s.id, "a dump without this VM");
		}
		fail_nth(nth);
		try(&s);
		failed = has_failed();
		if (s.guest.nr && try != try_destroy) {
			guest_run(&s.guest, 0, 10);
			check_totals(s.family, s.id, 20, s.guest.nr, false);
		}
		if (s.guest.fd > 0)
			guest_destroy(&s.guest, 0);
		close(s.fd);
		book_start(&s.book);
	}
	return nth - 2;
}

void mode_fail(void)
{
	static const struct {
		const char *what;
		void (*try)(struct scene *s);
	} tries[] = {
		{ "create a VM", try_create },	{ "add a vCPU", try_add },
		{ "nested state", try_nest },	{ "destroy a VM", try_destroy },
		{ "dump", try_dump },		{ "get", try_get },
		{ "get config", try_config },	{ "set config", try_configure },
		{ "join the group", try_join },
	};
	uint64_t round;

	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	check(fail_nth_fd >= 0, "fail-nth: %m");
	for (round = 0; go_on(round); round++) {
		for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]) && go_on(round); i++)
			printf("fail: %s: %u allocations failed\n", tries[i].what,
			       fail_each(tries[i].try));
		fflush(stdout);
	}
}
