/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the BPF program's maps to messages: remembers what it reported and reports what
 * changed. It only reads memory, so tests need no kernel for it.
 */
#ifndef KVMEXITD_BPF_VIEW_H
#define KVMEXITD_BPF_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "model/sample.h"
#include "model/status.h"

struct bpf_view;
struct exits_header;
struct exits_place;
struct exits_vm;

/* The memory must outlive the view. -EINVAL where its header is of another layout. */
int bpf_view_new(struct bpf_view **out, const struct exits_header *header,
		 const struct exits_place *places, const struct exits_vm *vms);
struct bpf_view *bpf_view_free(struct bpf_view *view);

/*
 * Hands to take each message of a round: with all, totals of every VM that lives, and
 * of those that ended and are not reported yet; else what changed since the last round.
 * 0, or the first error of take, and that round is to be repeated with all.
 */
int bpf_view_read(struct bpf_view *view, bool all, uint64_t now_ns,
		  int (*take)(void *userdata, const struct exit_message *message), void *userdata);

/* Whether the counting was ended: what there is, is the last. */
bool bpf_view_has_stopped(const struct bpf_view *view);

/* What it could not see so far. */
struct source_losses bpf_view_losses(const struct bpf_view *view);

#endif
