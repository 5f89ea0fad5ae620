// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who descends from whom, and the kernel's messages about it.
 */
#include "config.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/stat/procevents.h"
#include "ctl/stat/proctree.h"

#define HEAD (NLMSG_HDRLEN + offsetof(struct cn_msg, data))

static void forked(struct proctree *tree, uint32_t parent, uint32_t child)
{
	const struct proc_fork event = { parent, child };

	proctree_fork(tree, &event);
}

static void test_tree(void **state)
{
	struct proctree *tree = NULL;

	(void)state;
	assert_int_equal(proctree_new(&tree, 100), 0);
	assert_true(proctree_has(tree, 100));
	forked(tree, 100, 101);
	forked(tree, 101, 102);
	forked(tree, 1, 103);
	forked(tree, 103, 104);
	assert_true(proctree_has(tree, 101) && proctree_has(tree, 102));
	assert_false(proctree_has(tree, 103) || proctree_has(tree, 104));
	/* Its parents may have ended; a pid comes back as a stranger's, and as ours. */
	forked(tree, 104, 101);
	assert_false(proctree_has(tree, 101));
	assert_true(proctree_has(tree, 102));
	forked(tree, 102, 104);
	assert_true(proctree_has(tree, 104));
	/* No pid. */
	forked(tree, 100, UINT32_MAX);
	assert_false(proctree_has(tree, UINT32_MAX));
	proctree_free(tree);
	assert_int_equal(proctree_new(&tree, UINT32_MAX), -EINVAL);
}

struct message {
	struct nlmsghdr nl;
	char cn[offsetof(struct cn_msg, data) + sizeof(struct proc_event)];
};

static struct message build(uint32_t what, int pid, int tgid)
{
	const struct cn_msg cn = {
		.id = { CN_IDX_PROC, CN_VAL_PROC },
		.len = sizeof(struct proc_event),
	};
	struct proc_event event = { .what = what };
	struct message message = { .nl = { .nlmsg_len = HEAD + sizeof(event) } };

	event.event_data.fork.parent_pid = 8;
	event.event_data.fork.parent_tgid = 7;
	event.event_data.fork.child_pid = pid;
	event.event_data.fork.child_tgid = tgid;
	memcpy(message.cn, &cn, offsetof(struct cn_msg, data));
	memcpy(message.cn + offsetof(struct cn_msg, data), &event, sizeof(event));
	return message;
}

static void test_parse(void **state)
{
	struct message message = build(PROC_EVENT_FORK, 9, 9);
	struct proc_fork event;
	size_t len;

	(void)state;
	assert_true(proc_fork_parse(&message, HEAD + sizeof(struct proc_event), &event));
	assert_int_equal(event.parent, 7);
	assert_int_equal(event.child, 9);
	for (len = 0; len < HEAD + sizeof(struct proc_event); len++)
		assert_false(proc_fork_parse(&message, len, &event));
	message.nl.nlmsg_len = UINT32_MAX;
	assert_false(proc_fork_parse(&message, HEAD + sizeof(struct proc_event), &event));
	/* A thread; another event; another connector. */
	message = build(PROC_EVENT_FORK, 10, 9);
	assert_false(proc_fork_parse(&message, HEAD + sizeof(struct proc_event), &event));
	message = build(PROC_EVENT_EXIT, 9, 9);
	assert_false(proc_fork_parse(&message, HEAD + sizeof(struct proc_event), &event));
	message = build(PROC_EVENT_FORK, 9, 9);
	message.cn[0] ^= 1;
	assert_false(proc_fork_parse(&message, HEAD + sizeof(struct proc_event), &event));
}

/* A child that ended before anybody looked, and its child, which never had us as a parent. */
static void test_kernel(void **state)
{
	struct proctree *tree;
	bool lost = false;
	pid_t child, grandchild;
	int fd, pipes[2];

	(void)state;
	if (procevents_open(&fd) < 0)
		skip();
	assert_int_equal(proctree_new(&tree, (uint32_t)getpid()), 0);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		grandchild = fork();
		if (grandchild > 0)
			(void)!write(pipes[1], &grandchild, sizeof(grandchild));
		_exit(0);
	}
	assert_int_equal(read(pipes[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(procevents_read(fd, tree, &lost), 0);
	assert_false(lost);
	/* Nothing comes in a namespace. */
	if (proctree_has(tree, (uint32_t)child))
		assert_true(proctree_has(tree, (uint32_t)grandchild));
	assert_false(proctree_has(tree, (uint32_t)getppid()));
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
	proctree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
