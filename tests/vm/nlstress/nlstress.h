/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nlstress - use kvm-exitstat's netlink family hard, and check what it says.
 *
 *	main.c		the command line
 *	nl.c		sockets, requests and attributes; nothing but the kernel's headers
 *	books.c		totals by VM, vCPU and reason, and what must hold of them
 *	extras.c	times and details in them
 *	listen.c	"watch" and "join": notifications
 *	pace.c		"pace": how often notifications come
 *	ask.c		"dump" and "get": requests
 *	guest.c		VMs that know how often they exited
 *	fleet.c		"fleet", "herd": what dumps and batches of many VMs take
 *	create.c	"create": what it takes to make a VM
 *	vms.c		"vms" and "fail": VMs that come late, come to nothing, and go
 */
#ifndef NLSTRESS_H
#define NLSTRESS_H

#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
	uint64_t times; /* rounds, 0: until SIGTERM */
	int rcvbuf; /* bytes, 0: the default */
	bool lossy; /* messages may be missing without the socket saying so */
	const char *book; /* "watch": where the VMs go that ended */
};

/* main.c */
extern struct options opt;
bool go_on(uint64_t round);
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);
void check(bool holds, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void breathe(void);

/* nl.c */
#define RECV_SIZE 65536

struct family {
	uint16_t id;
	uint32_t group;
};

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attrs[64];
};

/* Attributes by type, the first of each; NULL where there is none. */
#define NR_ATTRS 32

int nl_open(void);
void nl_group(int fd, uint32_t group, bool join);
int nl_find_family(struct family *family);
struct family nl_await_family(void);
void nl_request(struct request *req, uint16_t family, uint8_t cmd, uint16_t flags);
void nl_put_u8(struct request *req, uint16_t type, uint8_t value);
void nl_put_u32(struct request *req, uint16_t type, uint32_t value);
void nl_put_u64(struct request *req, uint16_t type, uint64_t value);
int nl_send(int fd, const struct request *req);
ssize_t nl_recv(int fd, void *buf);
int nl_ask(int fd, struct request *req, void *buf, struct nlmsghdr **reply);
bool nl_has_text(const struct nlmsghdr *n);
int nl_error(const struct nlmsghdr *n);
bool nl_family_attrs(const struct nlmsghdr *n, struct family *family);
const struct nlattr *attr_first(const void *payload, size_t len, size_t *left);
const struct nlattr *attr_next(const struct nlattr *a, size_t *left);
const struct nlattr *msg_attrs(const struct nlmsghdr *n, size_t *left);
void index_msg(const struct nlmsghdr *n, const struct nlattr *index[NR_ATTRS]);
void index_nested(const struct nlattr *nest, const struct nlattr *index[NR_ATTRS]);
const struct nlattr *attr_nested(const struct nlattr *a, size_t *left);
uint64_t attr_u64(const struct nlattr *a);
uint32_t attr_u32(const struct nlattr *a);

/* books.c */
struct count {
	uint64_t code;
	uint64_t total;
	uint64_t seen; /* the book's round when it was last told */
	bool nested;
	bool other;
};

struct counts {
	struct count *c;
	unsigned int nr;
};

struct vcpu_book {
	struct counts counts;
	struct counts times; /* nanoseconds */
	struct counts details;
	uint32_t id;
	uint64_t dump; /* the dump that had it last */
};

struct vm_book {
	uint64_t id;
	uint64_t created; /* the round in which its creation was seen, or 0 */
	uint64_t dump;
	uint32_t pid;
	uint32_t isa;
	uint32_t nr_vcpus; /* as the kernel says */
	uint32_t in_dump; /* how many of them the dump had */
	bool dead;
	bool complete; /* nothing was missed from its creation to its end */
	struct counts final;
	struct vcpu_book *vcpus;
	unsigned int nr;
};

struct book {
	uint64_t epoch;
	uint64_t seq;
	uint64_t time_ns;
	uint64_t times_since, details_since;
	uint64_t round; /* a new one whenever something may have been missed */
	uint64_t dump;
	struct vm_book *vms;
	size_t nr, size;
};

void book_start(struct book *book);
void book_missed(struct book *book);
void book_notification(struct book *book, const struct nlmsghdr *n);
void book_dump_message(struct book *book, const struct nlmsghdr *n);
void book_dump_complete(struct book *book);
struct vm_book *book_vm(struct book *book, uint64_t id);
uint64_t counts_sum(const struct counts *counts);
uint64_t counts_of(const struct counts *counts, uint64_t code);
void counts_from(struct counts *counts, const struct nlmsghdr *n);
void counts_free(struct counts *counts);
struct count *count_entry(struct counts *counts, uint64_t code, bool nested, bool other);

/* extras.c */
void book_extra(const struct vm_book *vm, struct vcpu_book *vcpu, const struct nlattr *a);
void book_since(struct book *book, const struct nlattr *a, uint64_t *since, bool times);

/* ask.c */
enum dump_end {
	DUMP_DONE,
	DUMP_INTERRUPTED,
	DUMP_FAILED
};

enum dump_end dump_once(int fd, struct family family, struct book *book);
void config_check(const struct nlmsghdr *n);
void mode_dump(void);
void mode_hold(void);
void mode_get(void);

/* listen.c */
void mode_watch(void);
void mode_join(void);

/* pace.c */
void mode_pace(void);

/* guest.c */
#define MAX_VCPUS 4

struct guest {
	int fd;
	int vcpu_fd[MAX_VCPUS];
	void *run[MAX_VCPUS];
	void *memory;
	unsigned int nr;
	uint64_t hlts;
};

int guest_create(struct guest *guest);
int guest_add_vcpu(struct guest *guest);
void guest_run(struct guest *guest, unsigned int vcpu, unsigned int hlts);
int guest_nest(struct guest *guest, unsigned int vcpu);
void guest_destroy(struct guest *guest, unsigned int order);
uint64_t guest_hlt_code(uint32_t isa);

/* fleet.c */
void mode_fleet(void);
void mode_herd(void);

/* create.c */
void mode_create(void);

/* vms.c */
void mode_vms(void);
void mode_fail(void);

#endif /* NLSTRESS_H */
