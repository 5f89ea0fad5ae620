/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of exits, as the kernel counts them, in words: what perf kvm stat prints where
 * it has the same (0x6e0:W, 0x3f8:POUT, 0xfee000b0:W), and their names and topics.
 */
#ifndef KVMEXITD_EXPLAIN_DETAIL_H
#define KVMEXITD_EXPLAIN_DETAIL_H

#include <stdint.h>

struct explain;

/* Enough for two addresses and what follows them. */
#define DETAIL_TEXT_MAX 64

/* "msr"; NULL for a class that is not known. */
const char *detail_class_name(uint32_t class);

/* The class of that name, 0 if there is none. */
uint32_t detail_class_of(const char *name);

/* The key of an exit for reason, which differs from that of any other one. */
void detail_text(const char *reason, uint32_t class, uint64_t key,
		 char buf[static DETAIL_TEXT_MAX]);

/* "TSC_DEADLINE"; NULL for what has no name. */
const char *detail_name(const char *reason, uint32_t class, uint64_t key);

/* What explains these exits: the topic of the key, else that of the reason, else NULL. */
const struct explain *detail_explain(const char *reason, uint32_t class, uint64_t key);

#endif
