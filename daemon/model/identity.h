/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a VM is, by what its VMM was told: names and numbers that people and other
 * programs know it by. They come from command lines, so two VMs may claim the same.
 */
#ifndef KVMEXITD_IDENTITY_H
#define KVMEXITD_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With its NUL. A machine's name has at most 64, a unit's or a file's 255. */
#define VM_NAME_MAX 256

/* "8f7d3a52-07e9-4fe5-8913-18a14e83a4d1" and its NUL. */
#define VM_UUID_SIZE 37

/* A Kubernetes namespace is a DNS label: 63 letters, and the NUL. */
#define VM_NAMESPACE_SIZE 64

/* Proxmox's VMIDs have up to nine digits. */
#define VM_VMID_MAX 999999999

struct vm_identity {
	char name[VM_NAME_MAX];
	char uuid[VM_UUID_SIZE]; /* in small letters, "" if there is none */
	char namespace[VM_NAMESPACE_SIZE]; /* KubeVirt's, "" if there is none */
	uint32_t vmid; /* Proxmox's, 0 if there is none */
};

/*
 * A UUID, with its dashes or without, in letters of any case. Pure; false for what is
 * not one, and for the one of zeros only, which stands for none.
 */
bool vm_uuid_parse(const char *text, char out[static VM_UUID_SIZE]);

/* Sets all but the name to what was kept of another identity; what is not valid is none. */
void vm_identity_set(struct vm_identity *identity, const char *uuid, const char *namespace,
		     uint32_t vmid);

bool vm_identity_is_same(const struct vm_identity *a, const struct vm_identity *b);

/* Whether text, of length bytes, can be the name of a Kubernetes namespace. Pure. */
bool vm_namespace_is_valid(const char *text, size_t length);

#endif
