// SPDX-License-Identifier: GPL-2.0-or-later
/* Who a VM is: what UUIDs and namespaces look like. */
#include "config.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "model/identity.h"

/* The digits before which a UUID has a dash, as a set of bits. */
#define DASHES (1U << 8 | 1U << 12 | 1U << 16 | 1U << 20)
#define DIGITS 32

bool vm_uuid_parse(const char *text, char out[static VM_UUID_SIZE])
{
	bool dashes = strchr(text, '-') != NULL, zero = true;
	char uuid[VM_UUID_SIZE];
	size_t n = 0;
	int digit;

	for (digit = 0; digit < DIGITS; digit++) {
		if (DASHES >> digit & 1U) {
			if (dashes && *text++ != '-')
				return false;
			uuid[n++] = '-';
		}
		if (!isxdigit((unsigned char)*text))
			return false;
		zero = zero && *text == '0';
		uuid[n++] = (char)tolower((unsigned char)*text++);
	}
	if (*text || zero)
		return false;
	uuid[n] = '\0';
	memcpy(out, uuid, sizeof(uuid));
	return true;
}

bool vm_namespace_is_valid(const char *text, size_t length)
{
	size_t i;

	if (length == 0 || length >= VM_NAMESPACE_SIZE || text[0] == '-' || text[length - 1] == '-')
		return false;
	for (i = 0; i < length; i++)
		if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) &&
		    text[i] != '-')
			return false;
	return true;
}

void vm_identity_set(struct vm_identity *identity, const char *uuid, const char *namespace,
		     uint32_t vmid)
{
	size_t len = strlen(namespace);

	*identity->uuid = '\0';
	(void)vm_uuid_parse(uuid, identity->uuid);
	*identity->namespace = '\0';
	if (vm_namespace_is_valid(namespace, len))
		memcpy(identity->namespace, namespace, len + 1);
	identity->vmid = vmid <= VM_VMID_MAX ? vmid : 0;
}

bool vm_identity_is_same(const struct vm_identity *a, const struct vm_identity *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->uuid, b->uuid) == 0 &&
	       strcmp(a->namespace, b->namespace) == 0 && a->vmid == b->vmid;
}
