// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Netlink by hand: this checks what the kernel sends, so no library shall
 * smooth it out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nlstress.h"

/* A socket's receive buffer is charged twice what the caller asked for. */
int nl_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int one = 1;

	check(fd >= 0, "socket: %m");
	check(!bind(fd, (void *)&addr, sizeof(addr)), "bind: %m");
	check(!setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)), "EXT_ACK: %m");
	if (opt.rcvbuf)
		check(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &opt.rcvbuf, sizeof(opt.rcvbuf)),
		      "SO_RCVBUF: %m");
	return fd;
}

/* A group that has gone with its module cannot be joined: no error here. */
void nl_group(int fd, uint32_t group, bool join)
{
	int what = join ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;
	int r = setsockopt(fd, SOL_NETLINK, what, &group, sizeof(group));

	check(!r || errno == EINVAL || errno == ENOENT || errno == ENOMEM, "group %u: %m", group);
}

void nl_request(struct request *req, uint16_t family, uint8_t cmd, uint16_t flags)
{
	static uint32_t seq;

	*req = (struct request){
		.nl = { .nlmsg_len = offsetof(struct request, attrs),
			.nlmsg_type = family,
			.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
			.nlmsg_seq = ++seq },
		.genl = { .cmd = cmd, .version = 1 },
	};
}

static void put(struct request *req, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)req + req->nl.nlmsg_len);

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy((char *)a + NLA_HDRLEN, data, len);
	req->nl.nlmsg_len += (uint32_t)NLA_ALIGN(a->nla_len);
}

void nl_put_u32(struct request *req, uint16_t type, uint32_t value)
{
	put(req, type, &value, sizeof(value));
}

void nl_put_u8(struct request *req, uint16_t type, uint8_t value)
{
	put(req, type, &value, sizeof(value));
}

void nl_put_u64(struct request *req, uint16_t type, uint64_t value)
{
	put(req, type, &value, sizeof(value));
}

/* 0 or a negative errno, as all that talks to the kernel here. */
int nl_send(int fd, const struct request *req)
{
	return send(fd, req, req->nl.nlmsg_len, 0) < 0 ? -errno : 0;
}

ssize_t nl_recv(int fd, void *buf)
{
	ssize_t n = recv(fd, buf, RECV_SIZE, MSG_TRUNC);

	check(n <= RECV_SIZE, "a message of %zd bytes", n);
	return n < 0 ? -errno : n;
}

int nl_error(const struct nlmsghdr *n)
{
	const struct nlmsgerr *err = NLMSG_DATA(n);

	return n->nlmsg_type == NLMSG_ERROR ? err->error : 0;
}

/* Did the kernel say in words what is wrong? */
bool nl_has_text(const struct nlmsghdr *n)
{
	const struct nlmsgerr *err = NLMSG_DATA(n);
	size_t skip = sizeof(*err), left;

	if (!(n->nlmsg_flags & NLM_F_ACK_TLVS))
		return false;
	if (!(n->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(err->msg);
	left = n->nlmsg_len - NLMSG_HDRLEN - skip;
	for (const struct nlattr *a = attr_first((const char *)err + skip, left, &left); a;
	     a = attr_next(a, &left)) {
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			return true;
	}
	return false;
}

/* One request, one answer: its error, or 0. */
int nl_ask(int fd, struct request *req, void *buf, struct nlmsghdr **reply)
{
	struct nlmsghdr *n = buf;
	ssize_t len;
	int r;

	do
		r = nl_send(fd, req);
	while (r == -EINTR);
	if (r)
		return r;
	do
		len = nl_recv(fd, buf);
	while (len == -EINTR);
	if (len < 0)
		return (int)len;
	check(n->nlmsg_seq == req->nl.nlmsg_seq, "the answer to another request");
	if (reply)
		*reply = n;
	return nl_error(n);
}

/* Without a payload to look at, NULL. */
const struct nlattr *attr_first(const void *payload, size_t len, size_t *left)
{
	const struct nlattr *a = payload;

	*left = len;
	if (len < NLA_HDRLEN)
		return NULL;
	check(a->nla_len >= NLA_HDRLEN && a->nla_len <= len, "a broken attribute");
	return a;
}

const struct nlattr *attr_next(const struct nlattr *a, size_t *left)
{
	size_t len = NLA_ALIGN(a->nla_len);

	if (len >= *left)
		return NULL;
	return attr_first((const char *)a + len, *left - len, left);
}

const struct nlattr *msg_attrs(const struct nlmsghdr *n, size_t *left)
{
	const char *data = (const char *)n + NLMSG_HDRLEN + GENL_HDRLEN;

	return attr_first(data, n->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, left);
}

const struct nlattr *attr_nested(const struct nlattr *a, size_t *left)
{
	return attr_first((const char *)a + NLA_HDRLEN, a->nla_len - NLA_HDRLEN, left);
}

static void make_index(const struct nlattr *a, size_t left, const struct nlattr *index[NR_ATTRS])
{
	memset(index, 0, NR_ATTRS * sizeof(index[0]));
	for (; a; a = attr_next(a, &left)) {
		unsigned int type = a->nla_type & NLA_TYPE_MASK;

		check(type < NR_ATTRS, "attribute %u", type);
		if (!index[type])
			index[type] = a;
	}
}

void index_msg(const struct nlmsghdr *n, const struct nlattr *index[NR_ATTRS])
{
	size_t left;
	const struct nlattr *first = msg_attrs(n, &left);

	make_index(first, left, index);
}

void index_nested(const struct nlattr *nest, const struct nlattr *index[NR_ATTRS])
{
	size_t left;
	const struct nlattr *first = attr_nested(nest, &left);

	make_index(first, left, index);
}

uint64_t attr_u64(const struct nlattr *a)
{
	uint64_t value;

	check(a && a->nla_len == NLA_HDRLEN + sizeof(value), "a number is missing");
	memcpy(&value, (const char *)a + NLA_HDRLEN, sizeof(value));
	return value;
}

uint32_t attr_u32(const struct nlattr *a)
{
	uint32_t value;

	check(a && a->nla_len == NLA_HDRLEN + sizeof(value), "a number is missing");
	memcpy(&value, (const char *)a + NLA_HDRLEN, sizeof(value));
	return value;
}

/* Of a message of the controller: is it about our family? */
bool nl_family_attrs(const struct nlmsghdr *n, struct family *family)
{
	const struct nlattr *attrs[NR_ATTRS], *group[NR_ATTRS];
	size_t left;
	uint16_t id;

	index_msg(n, attrs);
	if (!attrs[CTRL_ATTR_FAMILY_NAME] || !attrs[CTRL_ATTR_FAMILY_ID] ||
	    strcmp((const char *)attrs[CTRL_ATTR_FAMILY_NAME] + NLA_HDRLEN,
		   KVM_EXITSTAT_FAMILY_NAME))
		return false;
	memcpy(&id, (const char *)attrs[CTRL_ATTR_FAMILY_ID] + NLA_HDRLEN, sizeof(id));
	*family = (struct family){ .id = id };
	if (attrs[CTRL_ATTR_MCAST_GROUPS]) {
		const struct nlattr *first = attr_nested(attrs[CTRL_ATTR_MCAST_GROUPS], &left);

		check(first, "no group");
		index_nested(first, group);
		family->group = attr_u32(group[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return true;
}

int nl_find_family(struct family *family)
{
	static char buf[RECV_SIZE];
	struct nlmsghdr *reply;
	struct request req;
	int fd = nl_open();
	int r;

	nl_request(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(&req, CTRL_ATTR_FAMILY_NAME, KVM_EXITSTAT_FAMILY_NAME,
	    sizeof(KVM_EXITSTAT_FAMILY_NAME));
	r = nl_ask(fd, &req, buf, &reply);
	close(fd);
	if (!r)
		check(nl_family_attrs(reply, family), "not our family");
	return r;
}

/* KVM may be about to be loaded again. */
struct family nl_await_family(void)
{
	struct family family = { 0 };
	int r;

	while ((r = nl_find_family(&family)) && go_on(0)) {
		check(r == -ENOENT || r == -ENOMEM || r == -ENOBUFS, "looking for the family: %s",
		      strerror(-r));
		breathe();
	}
	return family;
}
