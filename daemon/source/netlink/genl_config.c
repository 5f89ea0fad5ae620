// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's configuration, read and set. */
#include "config.h"

#include "source/netlink/genl_config.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "model/kernel_config.h"
#include "source/netlink/genl_request.h"
#include "source/netlink/genl_socket.h"
#include "util/text.h"
#include "util/util.h"

/* An answer to a request that is not repeated in it. */
#define ANSWER_BYTES 4096

/* Any: the socket has one request. */
#define REQUEST_SEQ 1

DEFINE_CLEANUP(struct nl_msg *, nlmsg_free);

static const struct {
	int attribute;
	int bytes;
} settings[KERNEL_SETTINGS] = {
	[KERNEL_INTERVAL_MS] = { KVM_EXITSTAT_A_CONFIG_INTERVAL_MS, sizeof(uint32_t) },
	[KERNEL_BATCH_EXITS] = { KVM_EXITSTAT_A_CONFIG_BATCH_EXITS, sizeof(uint32_t) },
	[KERNEL_MIN_SPACING_MS] = { KVM_EXITSTAT_A_CONFIG_MIN_SPACING_MS, sizeof(uint32_t) },
	[KERNEL_LOG_EXITS] = { KVM_EXITSTAT_A_CONFIG_LOG_EXITS, sizeof(uint32_t) },
	[KERNEL_TIMING] = { KVM_EXITSTAT_A_CONFIG_TIMING, sizeof(uint8_t) },
	[KERNEL_DETAILS] = { KVM_EXITSTAT_A_CONFIG_DETAILS, sizeof(uint8_t) },
	[KERNEL_DEAD_VMS_MAX] = { KVM_EXITSTAT_A_CONFIG_DEAD_VMS_MAX, sizeof(uint32_t) },
};

/* What is not known is skipped; only what is there twice or has a wrong length is bad. */
static int parse_attr(const struct nlattr *attr, struct kernel_config *config)
{
	size_t i;

	for (i = 0; i < KERNEL_SETTINGS; i++) {
		if (nla_type(attr) != settings[i].attribute)
			continue;
		if (nla_len(attr) != settings[i].bytes || config->has[i])
			return -EBADMSG;
		kernel_config_set(config, (enum kernel_setting)i,
				  settings[i].bytes == sizeof(uint8_t) ? nla_get_u8(attr) :
									 nla_get_u32(attr));
	}
	return 0;
}

int genl_parse_config(const void *buf, size_t len, struct kernel_config *out)
{
	const struct nlmsghdr *header = buf;
	struct kernel_config config = { 0 };
	const struct nlattr *attr, *attrs;
	const struct genlmsghdr *genl;
	int r, rest, attrs_len;

	if (len < NLMSG_HDRLEN + GENL_HDRLEN || header->nlmsg_len > len ||
	    header->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EBADMSG;
	genl = (const void *)((const char *)buf + NLMSG_HDRLEN);
	if (genl->cmd != KVM_EXITSTAT_CMD_CONFIG_GET && genl->cmd != KVM_EXITSTAT_CMD_CONFIG_NTF)
		return -EOPNOTSUPP;

	attrs = (const void *)((const char *)genl + GENL_HDRLEN);
	attrs_len = (int)(header->nlmsg_len - (NLMSG_HDRLEN + GENL_HDRLEN));
	nla_for_each_attr(attr, attrs, attrs_len, rest) {
		r = parse_attr(attr, &config);
		if (r < 0)
			return r;
	}
	if (rest > 0 || !config.has[KERNEL_INTERVAL_MS])
		return -EBADMSG;

	*out = config;
	return 0;
}

static int build(struct nl_msg **out, uint16_t family, const struct kernel_config *config)
{
	_cleanup_(nlmsg_freep) struct nl_msg *msg = nlmsg_alloc();
	size_t i;
	int r;

	if (!msg || !genlmsg_put(msg, 0, REQUEST_SEQ, family, 0, NLM_F_REQUEST | NLM_F_ACK,
				 KVM_EXITSTAT_CMD_CONFIG_SET, KVM_EXITSTAT_FAMILY_VERSION))
		return -ENOMEM;
	for (i = 0; i < KERNEL_SETTINGS; i++) {
		if (!config->has[i])
			continue;
		if (settings[i].bytes == sizeof(uint8_t))
			r = nla_put_u8(msg, settings[i].attribute, (uint8_t)config->value[i]);
		else
			r = nla_put_u32(msg, settings[i].attribute, config->value[i]);
		if (r < 0)
			return -ENOMEM;
	}
	*out = TAKE_PTR(msg);
	return 0;
}

int genl_set_config(const struct genl_socket_ops *ops, uint16_t family,
		    const struct kernel_config *config, char text[static GENL_TEXT_BYTES])
{
	char buf[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *answer = (const void *)buf;
	_cleanup_(nlmsg_freep) struct nl_msg *msg = NULL;
	_cleanup_close_ int fd = -1;
	const char *said = NULL;
	ssize_t n;
	int r;

	text[0] = '\0';
	r = build(&msg, family, config);
	if (r < 0)
		return r;
	fd = ops->open(0);
	if (fd < 0)
		return fd;
	r = ops->send(fd, msg);
	if (r < 0)
		return r;

	n = ops->receive(fd, buf, sizeof(buf));
	if (n < 0)
		return (int)n;
	if ((size_t)n < NLMSG_HDRLEN || answer->nlmsg_len < NLMSG_HDRLEN ||
	    answer->nlmsg_len > (size_t)n || answer->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	r = genl_answer_error(answer, &said);
	if (said)
		(void)text_clean(text, GENL_TEXT_BYTES, said, strlen(said));
	return r;
}
