/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has the kernel count exits by BPF, which it then does whoever lives or dies. */
#ifndef KVMEXITD_BPF_LOAD_H
#define KVMEXITD_BPF_LOAD_H

#include "source/bpf/hello.h"

/* Where what was loaded is kept. */
#define EXITS_BPF_FS "/sys/fs/bpf"

/*
 * Loads and attaches the programs, and pins them with their maps, unless they are
 * there. 0 with descriptors of the maps for reading, or the error as in the answer.
 */
int exits_load(int fds[static LOADER_MAPS], char text[static LOADER_TEXT_BYTES]);

/* Takes all of it away. 0 also where there is nothing. */
int exits_unload(void);

/* -- load_why.c ------------------------------------------------------------ */

/*
 * What stands in the way, before anything is tried: 0 or -errno with text. And what
 * an error of the kernel is about.
 */
int exits_check_host(char text[static LOADER_TEXT_BYTES]);
void exits_explain(int error, char text[static LOADER_TEXT_BYTES]);

/* Whether the processor has AMD's virtualisation, not Intel's. */
int exits_is_svm(void);

/* Whether exits that KVM's fast path handles may be missing here. */
int exits_blind(void);

#endif
