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

/* More would not help somebody who mistyped a name. */
#define LOOKUP_NEAR_MAX 5

/* More are not read when a text means many VMs; all of them are counted. */
#define LOOKUP_MATCHES_MAX 16

enum lookup_key {
	LOOKUP_NAME,
	LOOKUP_UUID,
	LOOKUP_VMID,
	LOOKUP_PID,
	LOOKUP_ID,
	LOOKUP_KEYS,
};

struct lookup_match {
	const struct vm *vm;
	enum lookup_key key; /* what of the VM the text is */
};

struct lookup {
	size_t n; /* VMs, of which the first LOOKUP_MATCHES_MAX are in matches */
	struct lookup_match matches[LOOKUP_MATCHES_MAX];
	size_t by_key[LOOKUP_KEYS]; /* how many VMs the text means in each way */
};

/*
 * The VMs that text means: it may be a name, a UUID, a VMID, a pid or an id, and a
 * number that is the one of this VM and the other of that means both. "name:7",
 * "uuid:7", "vmid:7", "pid:7" and "id:7" say which it is. A VM in a namespace also has
 * the names "web" and "shop/web" for "shop_web". With dead, what nothing that lives has
 * as its name (UUID, VMID, …) is looked for among the VMs that ended, and means the one
 * that ended last. Gives how many VMs these are.
 */
size_t lookup_vm(struct lookup *lookup, const struct registry *registry, const char *text,
		 bool dead);

/* "name", "vmid": what may stand before the colon. */
const char *lookup_key_name(enum lookup_key key);

/* Names that text may have been meant to be, nearest first. Gives how many. */
size_t lookup_near(const struct registry *registry, const char *text, bool dead,
		   const char *near[static LOOKUP_NEAR_MAX]);

#endif
