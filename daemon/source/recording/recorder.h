/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts what the kernel source tells into a file, and passes it on. */
#ifndef KVMEXITD_RECORDER_H
#define KVMEXITD_RECORDER_H

#include <stdint.h>

struct source_handlers;
struct recorder;
struct vm_identity;

/*
 * A host with 10,000 busy vCPUs fills it in some minutes, one with 300 in a day.
 * The beginning is what is kept: it has the totals that all else adds to.
 */
#define RECORDING_BYTES_MAX (UINT64_C(1) << 30)

/*
 * Replaces the file at path. What is told goes on to handlers, with userdata; they
 * must outlive the recorder.
 */
int recorder_new(struct recorder **out, const char *path, const struct source_handlers *handlers,
		 void *userdata);

/* Writes what is left. NULL is fine. */
struct recorder *recorder_free(struct recorder *recorder);

/* For genl_source_new(), with the recorder as userdata. */
extern const struct source_handlers recorder_handlers;

/* Who the VM is from now on; there is no /proc to ask when it is replayed. */
void recorder_identity(struct recorder *recorder, uint64_t vm_id,
		       const struct vm_identity *identity);

#endif
