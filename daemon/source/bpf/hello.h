/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kvmexitd and its BPF loader say to each other, over a socket that keeps
 * messages apart. A request is one byte; the answer is a struct loader_answer, which
 * brings the maps' descriptors along where it has no error.
 */
#ifndef KVMEXITD_BPF_HELLO_H
#define KVMEXITD_BPF_HELLO_H

#include <stdint.h>

#define LOADER_SOCKET_PATH "/run/kvmexitd/bpf-loader"

/* Counts exits from now on, unless it does already. */
#define LOADER_LOAD 'L'
/* Counts no more. KVM can be unloaded then. */
#define LOADER_UNLOAD 'U'

/* In this order, after an answer to LOADER_LOAD; to be mapped for reading. */
enum {
	LOADER_HEADER,
	LOADER_PLACES,
	LOADER_VMS,
	LOADER_MAPS,
};

/* A sentence or two. */
#define LOADER_TEXT_BYTES 384

struct loader_answer {
	int32_t error; /* 0 or -errno; -ENODEV where KVM is not loaded */
	uint32_t layout; /* EXITS_LAYOUT */
	char text[LOADER_TEXT_BYTES]; /* with an error: why, and the way out */
};

#endif
