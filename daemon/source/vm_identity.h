/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a VM is: by its VMM's command line, by machined, by its container or its program. */
#ifndef KVMEXITD_VM_IDENTITY_H
#define KVMEXITD_VM_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/identity.h"

/*
 * Who the VM is that process pid has, made at created_ns (CLOCK_BOOTTIME; 0 if
 * unknown), cleaned for display. Where there is no such process any more, or the pid is
 * another's by now, its name is "pid-" and the number, and the answer false.
 */
bool vm_identity_read(const char *proc, pid_t pid, uint64_t created_ns, struct vm_identity *out);

/*
 * What a command line says, NUL between arguments: of QEMU's -name, -uuid, -smbios and
 * Proxmox's -id; firecracker's --id, else --api-sock; cloud-hypervisor's --api-socket
 * and --platform; crosvm's and kvmtool's --name; krunvm's and Kata's own. Pure; false
 * if there is no name in it, whatever else there is.
 */
bool vm_identity_parse(const char *cmdline, size_t len, struct vm_identity *out);

/* Whether the command line is that of a VMM which many a container has: all but QEMU. */
bool vm_identity_is_contained(const char *cmdline);

/*
 * The name that libvirt knows by machined's: VM "web" is registered as
 * "qemu-1-web". Other names stay as they are, cleaned. Pure; false if empty.
 */
bool vm_name_parse_machine(const char *machine, char out[static VM_NAME_MAX]);

/* The start of a container's id, as in /proc/PID/cgroup. Pure; false if there is none. */
bool vm_name_parse_cgroup(const char *cgroup, char out[static VM_NAME_MAX]);

/* The 22nd field of /proc/PID/stat. Pure; false if malformed. */
bool vm_name_parse_start(const char *stat, uint64_t *ticks);

#endif
