/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits of a kernel without the kvm-exitstat family, which a BPF program counts: see
 * the top of bpf_source.c.
 */
#ifndef KVMEXITD_BPF_SOURCE_H
#define KVMEXITD_BPF_SOURCE_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "source/source.h"

struct bpf_source;

/*
 * handlers must outlive the source; event is referenced. loader_path is where the
 * loader listens.
 */
int bpf_source_new(struct bpf_source **out, sd_event *event, const char *loader_path,
		   const struct source_handlers *handlers, void *userdata);
struct bpf_source *bpf_source_free(struct bpf_source *source);

/* Counts from now on, or says why not and waits for what may change that. */
int bpf_source_start(struct bpf_source *source);

/*
 * Reports no more. Where KVM is to be unloaded, or another source counts, the kernel's
 * part is taken away as well.
 */
void bpf_source_stop(struct bpf_source *source, bool unload);

/* How often it reads. */
void bpf_source_set_interval(struct bpf_source *source, uint32_t interval_ms);

#endif
