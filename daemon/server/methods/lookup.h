/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which VM somebody means. Pure.
 */
#ifndef KVMEXITD_SERVER_LOOKUP_H
#define KVMEXITD_SERVER_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;
struct vm;

/* More would not help who mistyped one. */
#define LOOKUP_NEAR_MAX 5

enum lookup_key {
	LOOKUP_NAME,
	LOOKUP_PID,
	LOOKUP_ID,
	LOOKUP_KEYS,
};

struct lookup {
	const char *text;
	const char *value; /* text without "id:" and the like */
	enum lookup_key only; /* what such said, or LOOKUP_KEYS */
	bool is_number;
	uint64_t number;
	enum lookup_key key; /* by which a VM was found */
};

/*
 * text, kept in *lookup, is a name, a pid or an id, tried in this order among
 * the VMs that live, and with dead then among those that ended; or only what it
 * says it is, as "name:7", "pid:7" or "id:7". Gives the first
 * VM, of the dead the one that ended last, or NULL.
 */
const struct vm *lookup_vm(struct lookup *lookup, const struct registry *registry, const char *text,
			   bool dead);

/* The next VM that lives and that the same key and text mean, or NULL. */
const struct vm *lookup_next(const struct lookup *lookup, const struct vm *vm);

/* Names that text may have been meant to be, nearest first. Gives how many. */
size_t lookup_near(const struct registry *registry, const char *text, bool dead,
		   const char *near[static LOOKUP_NEAR_MAX]);

#endif
