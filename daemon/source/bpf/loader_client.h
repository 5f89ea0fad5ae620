/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvmexitd's end of what it and its BPF loader say to each other. */
#ifndef KVMEXITD_LOADER_CLIENT_H
#define KVMEXITD_LOADER_CLIENT_H

#include <stddef.h>

#include "source/bpf/hello.h"

/* The maps as memory to read. All zero is none. */
struct loader_maps {
	void *memory[LOADER_MAPS];
	size_t size[LOADER_MAPS];
};

/* A descriptor on which the answer to request comes, or -errno. Does not block. */
int loader_ask(const char *path, char request);

/* Asks it to unload, and does not wait for the answer. */
void loader_ask_to_unload(const char *path);

/* That there is no answer, why, and what helps. */
void loader_explain(const char *path, int error, char *text, size_t size);

/*
 * The answer, once the descriptor is readable: -errno where there is none. With an
 * answer that is no error, maps are what was handed over.
 */
int loader_take_answer(int fd, struct loader_answer *answer, struct loader_maps *maps);

void loader_maps_done(struct loader_maps *maps);

#endif
