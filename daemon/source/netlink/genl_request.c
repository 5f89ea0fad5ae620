// SPDX-License-Identifier: GPL-2.0-or-later
/* The requests that kvmexitd makes, and the answers that are no counts. */
#include "config.h"

#include "source/netlink/genl_request.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>

#include "source/netlink/genl_socket.h"
#include "util/util.h"

#define CTRL_VERSION 1

DEFINE_CLEANUP(struct nl_msg *, nlmsg_free);

static int new_request(struct nl_msg **out, uint32_t seq, uint16_t family, int flags,
		       uint8_t command, uint8_t version)
{
	_cleanup_(nlmsg_freep) struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, 0, seq, family, 0, NLM_F_REQUEST | flags, command, version))
		return -ENOMEM;

	*out = TAKE_PTR(msg);
	return 0;
}

int genl_request_family(const struct genl_socket_ops *ops, int fd, uint32_t seq, const char *name)
{
	_cleanup_(nlmsg_freep) struct nl_msg *msg = NULL;
	int r;

	r = new_request(&msg, seq, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, CTRL_VERSION);
	if (r < 0)
		return r;
	if (nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name) < 0)
		return -ENOMEM;
	return ops->send(fd, msg);
}

int genl_request_dump(const struct genl_socket_ops *ops, int fd, uint32_t seq, uint16_t family)
{
	_cleanup_(nlmsg_freep) struct nl_msg *msg = NULL;
	int r;

	r = new_request(&msg, seq, family, NLM_F_DUMP, KVM_EXITSTAT_CMD_STATS_GET,
			KVM_EXITSTAT_FAMILY_VERSION);
	return r < 0 ? r : ops->send(fd, msg);
}

int genl_request_config(const struct genl_socket_ops *ops, int fd, uint32_t seq, uint16_t family)
{
	_cleanup_(nlmsg_freep) struct nl_msg *msg = NULL;
	int r;

	r = new_request(&msg, seq, family, 0, KVM_EXITSTAT_CMD_CONFIG_GET,
			KVM_EXITSTAT_FAMILY_VERSION);
	return r < 0 ? r : ops->send(fd, msg);
}

/* The extended acknowledgement's text, if there is one that is whole. */
static const char *find_text(const struct nlmsghdr *header, size_t offset)
{
	const struct nlattr *attr, *attrs;
	int len, rest;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || header->nlmsg_len < NLMSG_HDRLEN + offset)
		return NULL;

	attrs = (const void *)((const char *)header + NLMSG_HDRLEN + offset);
	len = (int)(header->nlmsg_len - NLMSG_HDRLEN - offset);
	nla_for_each_attr(attr, attrs, len, rest) {
		const char *text = nla_data(attr);

		if (nla_type(attr) == NLMSGERR_ATTR_MSG && nla_len(attr) > 0 &&
		    text[nla_len(attr) - 1] == '\0')
			return text;
	}
	return NULL;
}

int genl_answer_error(const struct nlmsghdr *header, const char **text)
{
	size_t offset = NLMSG_ALIGN(sizeof(int));
	const struct nlmsgerr *error;
	int code;

	*text = NULL;
	if (header->nlmsg_len < NLMSG_HDRLEN + sizeof(code))
		return -EBADMSG;

	memcpy(&code, (const char *)header + NLMSG_HDRLEN, sizeof(code));
	if (header->nlmsg_type == NLMSG_ERROR) {
		if (header->nlmsg_len < NLMSG_HDRLEN + sizeof(*error))
			return -EBADMSG;
		error = (const void *)((const char *)header + NLMSG_HDRLEN);
		offset = NLMSG_ALIGN(sizeof(*error));
		/* Without NETLINK_CAP_ACK the request is in it as well. */
		if (!(header->nlmsg_flags & NLM_F_CAPPED) &&
		    error->msg.nlmsg_len > sizeof(error->msg))
			offset += NLMSG_ALIGN(error->msg.nlmsg_len - sizeof(error->msg));
	}
	*text = find_text(header, offset);
	return code < 0 ? code : 0;
}
