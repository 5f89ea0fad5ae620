/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source that kvmexitd has: the kernel's own family, or a BPF program, or whichever
 * of them there is. Who uses it does not know which.
 */
#ifndef KVMEXITD_PICK_H
#define KVMEXITD_PICK_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "source/source.h"

struct kernel_config;
struct pick;

/* As Source= in kvmexitd.conf. */
enum pick_mode {
	PICK_AUTO, /* netlink where there is the family, else BPF */
	PICK_NETLINK,
	PICK_BPF,
};

/* handlers must outlive it; event is referenced. loader_path is the BPF loader's socket. */
int pick_new(struct pick **out, sd_event *event, const char *loader_path,
	     const struct source_handlers *handlers, void *userdata);
struct pick *pick_free(struct pick *pick);

/* Up to receive_buffer bytes of the kernel's messages may wait to be read. */
int pick_start(struct pick *pick, enum pick_mode mode, int receive_buffer);

/* The same for one that runs; asks the BPF loader again where it said no. */
int pick_set(struct pick *pick, enum pick_mode mode, int receive_buffer);

/* Reads all totals again; a source that always has them does nothing. */
void pick_resync(struct pick *pick);

/* What the kernel is to be set to, now and whenever a source comes. */
void pick_configure(struct pick *pick, const struct kernel_config *config);

/*
 * Sets it for now, all or nothing. -ENODEV where nothing counts, -EOPNOTSUPP where the
 * source has no such setting, or the kernel's error; text says more, or is "".
 */
int pick_set_config(struct pick *pick, const struct kernel_config *config, char *text, size_t size);

#endif
