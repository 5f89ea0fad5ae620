// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processes that a process started.
 */
#include "config.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/stat/proctree.h"

/* The kernel's own limit, PID_MAX_LIMIT. */
#define PIDS_MAX (4 * 1024 * 1024)

#define BITS 8

/* A bit a pid: half a megabyte, of which the kernel gives what is written to. */
struct proctree {
	uint8_t known[PIDS_MAX / BITS];
};

int proctree_new(struct proctree **out, uint32_t root)
{
	struct proctree *tree;

	if (root >= PIDS_MAX)
		return -EINVAL;
	tree = calloc(1, sizeof(*tree));
	if (!tree)
		return -ENOMEM;
	tree->known[root / BITS] |= (uint8_t)(1U << root % BITS);
	*out = tree;
	return 0;
}

struct proctree *proctree_free(struct proctree *tree)
{
	free(tree);
	return NULL;
}

bool proctree_has(const struct proctree *tree, uint32_t pid)
{
	return pid < PIDS_MAX && (tree->known[pid / BITS] >> pid % BITS & 1);
}

void proctree_fork(struct proctree *tree, const struct proc_fork *event)
{
	uint8_t bit = (uint8_t)(1U << event->child % BITS);

	if (event->child >= PIDS_MAX)
		return;
	if (proctree_has(tree, event->parent))
		tree->known[event->child / BITS] |= bit;
	else
		tree->known[event->child / BITS] &= (uint8_t)~bit;
}

bool proc_fork_parse(const void *buf, size_t len, struct proc_fork *out)
{
	const size_t head = NLMSG_HDRLEN + offsetof(struct cn_msg, data);
	const char *bytes = buf;
	struct proc_event event;
	struct nlmsghdr nl;
	struct cn_msg cn;

	if (len < head + sizeof(event))
		return false;
	memcpy(&nl, bytes, sizeof(nl));
	memcpy(&cn, bytes + NLMSG_HDRLEN, offsetof(struct cn_msg, data));
	memcpy(&event, bytes + head, sizeof(event));
	if (nl.nlmsg_len < head + sizeof(event) || nl.nlmsg_len > len || cn.id.idx != CN_IDX_PROC ||
	    cn.id.val != CN_VAL_PROC || cn.len < sizeof(event) || event.what != PROC_EVENT_FORK)
		return false;
	/* A thread, of a process that is known or not. */
	if (event.event_data.fork.child_pid != event.event_data.fork.child_tgid)
		return false;

	out->parent = (uint32_t)event.event_data.fork.parent_tgid;
	out->child = (uint32_t)event.event_data.fork.child_tgid;
	return true;
}
