/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that a process started, and those that these started, and so on:
 * whoever was forked by one that is known. Parents may end in between, and a
 * process need not be there any more to be known. Pure.
 */
#ifndef KVMEXITD_CTL_PROCTREE_H
#define KVMEXITD_CTL_PROCTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proctree;

struct proc_fork {
	uint32_t parent; /* processes, not threads */
	uint32_t child;
};

/* root is known from the start. */
int proctree_new(struct proctree **out, uint32_t root);
struct proctree *proctree_free(struct proctree *tree);

/* One after the other, as they happened: a pid may come back as somebody else's. */
void proctree_fork(struct proctree *tree, const struct proc_fork *event);
bool proctree_has(const struct proctree *tree, uint32_t pid);

/*
 * Reads one message of the kernel's process events connector. False for what is
 * none, or is about no new process.
 */
bool proc_fork_parse(const void *buf, size_t len, struct proc_fork *out);

#endif
