// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM somebody means.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/registry.h"
#include "server/methods/lookup.h"
#include "util/near.h"

/* VMs. With names as long as can be, comparing these takes 20 ms, in which nobody else is served. */
#define COMPARED_MAX 1024

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

/* What may stand before a colon; what a client is told that it was. */
static const char *const key_names[LOOKUP_KEYS] = {
	[LOOKUP_NAME] = "name", [LOOKUP_UUID] = "uuid", [LOOKUP_VMID] = "vmid",
	[LOOKUP_PID] = "pid",	[LOOKUP_ID] = "id",
};

const char *lookup_key_name(enum lookup_key key)
{
	return key_names[key];
}

/* What is asked for: value is text without "id:" and the like. */
struct query {
	const char *value;
	enum lookup_key only; /* what such said, or LOOKUP_KEYS */
	bool is_number;
	uint64_t number;
	bool is_uuid;
	char uuid[VM_UUID_SIZE];
};

static struct query parse_query(const char *text)
{
	struct query query = { .value = text, .only = LOOKUP_KEYS };
	size_t len;
	int key;

	for (key = 0; key < LOOKUP_KEYS; key++) {
		len = strlen(key_names[key]);
		if (strncmp(text, key_names[key], len) == 0 && text[len] == ':') {
			query.only = key;
			query.value = text + len + 1;
		}
	}
	query.is_number = parse_number(query.value, &query.number);
	query.is_uuid = vm_uuid_parse(query.value, query.uuid);
	return query;
}

/* "shop_web", or of a VM in a namespace "web" and "shop/web". */
static bool is_name(const struct vm *vm, const char *text)
{
	size_t len = strlen(vm->namespace);

	if (strcmp(vm->name, text) == 0)
		return true;
	if (!len || strlen(vm->name) <= len)
		return false;
	if (strncmp(text, vm->namespace, len) == 0 && text[len] == '/')
		text += len + 1;
	return strcmp(vm->name + len + 1, text) == 0;
}

static bool is_meant(const struct query *query, enum lookup_key key, const struct vm *vm)
{
	if (query->only != LOOKUP_KEYS && query->only != key)
		return false;
	switch (key) {
	case LOOKUP_NAME:
		return is_name(vm, query->value);
	case LOOKUP_UUID:
		return query->is_uuid && strcmp(vm->uuid, query->uuid) == 0;
	case LOOKUP_VMID:
		return query->is_number && vm->vmid && vm->vmid == query->number;
	case LOOKUP_PID:
		return query->is_number && vm->pid == query->number;
	case LOOKUP_ID:
		return query->is_number && vm->id == query->number;
	case LOOKUP_KEYS:
		break;
	}
	return false;
}

/* A VM that is meant in two ways is one VM. */
static bool is_first_key(const struct query *query, enum lookup_key key, const struct vm *vm)
{
	int before;

	for (before = 0; before < (int)key; before++)
		if (is_meant(query, before, vm))
			return false;
	return true;
}

static bool is_there(const struct lookup *lookup, const struct vm *vm)
{
	size_t i;

	for (i = 0; i < lookup->n && i < LOOKUP_MATCHES_MAX; i++)
		if (lookup->matches[i].vm == vm)
			return true;
	return false;
}

static void add_match(struct lookup *lookup, const struct vm *vm, enum lookup_key key)
{
	if (lookup->n < LOOKUP_MATCHES_MAX)
		lookup->matches[lookup->n] = (struct lookup_match){ .vm = vm, .key = key };
	lookup->n++;
}

/* Of those that live all, else of those that ended the last one. */
static void find_by_key(const struct registry *registry, const struct query *query,
			enum lookup_key key, bool dead, struct lookup *lookup)
{
	const struct vm *vm;

	for (vm = registry_first_live(registry); vm; vm = registry_next(vm)) {
		if (!is_meant(query, key, vm))
			continue;
		lookup->by_key[key]++;
		if (is_first_key(query, key, vm))
			add_match(lookup, vm, key);
	}
	if (lookup->by_key[key] || !dead)
		return;
	vm = registry_first_dead(registry);
	while (vm && !is_meant(query, key, vm))
		vm = registry_next(vm);
	if (!vm)
		return;
	lookup->by_key[key]++;
	if (!is_there(lookup, vm))
		add_match(lookup, vm, key);
}

size_t lookup_vm(struct lookup *lookup, const struct registry *registry, const char *text,
		 bool dead)
{
	const struct query query = parse_query(text);
	int key;

	*lookup = (struct lookup){ .n = 0 };
	for (key = 0; key < LOOKUP_KEYS; key++)
		find_by_key(registry, &query, key, dead, lookup);
	return lookup->n;
}

struct candidates {
	size_t n;
	const char *names[LOOKUP_NEAR_MAX];
	size_t distances[LOOKUP_NEAR_MAX];
};

static void add_candidate(struct candidates *list, const char *name, size_t far)
{
	size_t i, at;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->names[i], name) == 0)
			return;
	for (at = list->n; at > 0 && list->distances[at - 1] > far; at--)
		;
	if (at == LOOKUP_NEAR_MAX)
		return;
	if (list->n < LOOKUP_NEAR_MAX)
		list->n++;
	for (i = list->n - 1; i > at; i--) {
		list->names[i] = list->names[i - 1];
		list->distances[i] = list->distances[i - 1];
	}
	list->names[at] = name;
	list->distances[at] = far;
}

size_t lookup_near(const struct registry *registry, const char *text, bool dead,
		   const char *near[static LOOKUP_NEAR_MAX])
{
	struct candidates list = { 0 };
	size_t compared = 0, far;
	const struct vm *vm;
	int pass;

	text = parse_query(text).value;
	for (pass = 0; pass < (dead ? 2 : 1); pass++) {
		vm = pass == 0 ? registry_first_live(registry) : registry_first_dead(registry);
		for (; vm && compared < COMPARED_MAX; vm = registry_next(vm), compared++) {
			far = near_distance(text, vm->name);
			if (far != SIZE_MAX)
				add_candidate(&list, vm->name, far);
		}
	}
	memcpy(near, list.names, list.n * sizeof(near[0]));
	return list.n;
}
