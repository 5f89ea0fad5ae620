/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_KVM_EXITSTAT_NL_H
#define SELFTEST_KVM_EXITSTAT_NL_H

/*
 * As much of generic netlink as exitstat_test needs: selftests do not depend on
 * a netlink library.
 */
#include <errno.h>
#include <linux/compiler.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "test_util.h"

/* No message of the family is longer than 16 KiB. */
#define BUFFER_SIZE	32768

struct nl_socket {
	int fd;
	uint32_t seq;
};

struct nl_message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[256];
};

static uint16_t family;
static uint32_t group;

static void *attr_data(const struct nlattr *a)
{
	return (char *)a + NLA_HDRLEN;
}

/* A row of attributes. */
struct attrs {
	char *pos;
	char *end;
};

static struct attrs nested(const struct nlattr *nest)
{
	return (struct attrs) { attr_data(nest), (char *)nest + nest->nla_len };
}

static struct nlattr *next_attr(struct attrs *attrs)
{
	struct nlattr *a = (void *)attrs->pos;

	if (attrs->pos + NLA_HDRLEN > attrs->end)
		return NULL;
	TEST_ASSERT(a->nla_len >= NLA_HDRLEN && attrs->pos + a->nla_len <= attrs->end,
		    "An attribute of %u bytes is too long or too short", a->nla_len);
	attrs->pos += NLA_ALIGN(a->nla_len);
	return a;
}

static int attr_type(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static uint32_t attr_u32(const struct nlattr *a)
{
	uint32_t value;

	TEST_ASSERT_EQ(a->nla_len, NLA_HDRLEN + sizeof(value));
	memcpy(&value, attr_data(a), sizeof(value));
	return value;
}

static uint64_t attr_u64(const struct nlattr *a)
{
	uint64_t value;

	TEST_ASSERT_EQ(a->nla_len, NLA_HDRLEN + sizeof(value));
	memcpy(&value, attr_data(a), sizeof(value));
	return value;
}

static void put_attr(struct nl_message *msg, int type, const void *data, size_t size)
{
	struct nlattr *a = (void *)msg + NLMSG_ALIGN(msg->nlh.nlmsg_len);

	TEST_ASSERT((char *)a + NLA_HDRLEN + size <= (char *)(msg + 1), "No room");
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + size;
	memcpy(attr_data(a), data, size);
	msg->nlh.nlmsg_len = NLMSG_ALIGN(msg->nlh.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static struct nl_message nl_message(uint16_t type, uint8_t cmd, uint16_t flags)
{
	return (struct nl_message) {
		.nlh = {
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.genl = { .cmd = cmd, .version = KVM_EXITSTAT_FAMILY_VERSION },
	};
}

static struct nl_socket nl_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 30 };
	struct nl_socket s = { };

	s.fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	TEST_ASSERT(s.fd >= 0, "socket() failed");
	TEST_ASSERT(!bind(s.fd, (void *)&addr, sizeof(addr)), "bind() failed");
	TEST_ASSERT(!setsockopt(s.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)),
		    "SO_RCVTIMEO failed");
	return s;
}

/*
 * Send a request and hand its answers to see().  Return what the kernel has to
 * say in the end, 0 or a negative errno.
 */
static int nl_request(struct nl_socket *s, struct nl_message *msg,
		      void (*see)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	bool dump = msg->nlh.nlmsg_flags & NLM_F_DUMP;
	static char buffer[BUFFER_SIZE] __aligned(8);
	const struct nlmsghdr *nlh;
	ssize_t size;

	msg->nlh.nlmsg_seq = ++s->seq;
	if (!dump)
		msg->nlh.nlmsg_flags |= NLM_F_ACK;
	size = send(s->fd, msg, msg->nlh.nlmsg_len, 0);
	TEST_ASSERT_EQ(size, (ssize_t)msg->nlh.nlmsg_len);

	for (;;) {
		size = recv(s->fd, buffer, sizeof(buffer), 0);
		TEST_ASSERT(size > 0, "recv() failed: %s", strerror(errno));
		for (nlh = (void *)buffer; NLMSG_OK(nlh, size); nlh = NLMSG_NEXT(nlh, size)) {
			TEST_ASSERT_EQ(nlh->nlmsg_seq, s->seq);
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				return *(int *)NLMSG_DATA(nlh);
			if (see)
				see(nlh, arg);
		}
	}
}

static struct attrs nl_attrs(const struct nlmsghdr *nlh)
{
	return (struct attrs) {
		(char *)NLMSG_DATA(nlh) + GENL_HDRLEN,
		(char *)nlh + nlh->nlmsg_len,
	};
}

static void see_family(const struct nlmsghdr *nlh, void *arg)
{
	struct attrs it, groups, names;
	const struct nlattr *a, *g, *b;
	const char *name;
	uint32_t id = 0;

	for (it = nl_attrs(nlh); (a = next_attr(&it));) {
		if (attr_type(a) == CTRL_ATTR_FAMILY_ID)
			family = *(uint16_t *)attr_data(a);
		if (attr_type(a) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		for (groups = nested(a); (g = next_attr(&groups));) {
			name = "";
			for (names = nested(g); (b = next_attr(&names));) {
				if (attr_type(b) == CTRL_ATTR_MCAST_GRP_NAME)
					name = attr_data(b);
				else if (attr_type(b) == CTRL_ATTR_MCAST_GRP_ID)
					id = attr_u32(b);
			}
			if (!strcmp(name, KVM_EXITSTAT_MCGRP_EXITS))
				group = id;
		}
	}
}

static bool find_family(struct nl_socket *s)
{
	struct nl_message msg = nl_message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);

	put_attr(&msg, CTRL_ATTR_FAMILY_NAME, KVM_EXITSTAT_FAMILY_NAME,
		 sizeof(KVM_EXITSTAT_FAMILY_NAME));
	return !nl_request(s, &msg, see_family, NULL) && family && group;
}

static int join_group(struct nl_socket *s)
{
	return setsockopt(s->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			  sizeof(group)) ? -errno : 0;
}

static int get_stats(struct nl_socket *s, uint16_t flags, uint64_t vm_id,
		     void (*see)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	struct nl_message msg = nl_message(family, KVM_EXITSTAT_CMD_STATS_GET, flags);

	if (vm_id)
		put_attr(&msg, KVM_EXITSTAT_A_STATS_VM_ID, &vm_id, sizeof(vm_id));
	return nl_request(s, &msg, see, arg);
}

static int set_interval(struct nl_socket *s, uint32_t ms)
{
	struct nl_message msg = nl_message(family, KVM_EXITSTAT_CMD_CONFIG_SET, 0);

	put_attr(&msg, KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, &ms, sizeof(ms));
	return nl_request(s, &msg, NULL, NULL);
}

/* Hand notifications to see() until it returns true. */
static void nl_receive(struct nl_socket *s,
		       bool (*see)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	static char buffer[BUFFER_SIZE] __aligned(8);
	const struct nlmsghdr *nlh;
	ssize_t size;

	for (;;) {
		size = recv(s->fd, buffer, sizeof(buffer), 0);
		TEST_ASSERT(size > 0, "recv() failed: %s", strerror(errno));
		for (nlh = (void *)buffer; NLMSG_OK(nlh, size); nlh = NLMSG_NEXT(nlh, size)) {
			if (see(nlh, arg))
				return;
		}
	}
}

#endif /* SELFTEST_KVM_EXITSTAT_NL_H */
