/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM is called: by its VMM's command line, by machined, or by its program. */
#ifndef KVMEXITD_VM_NAME_H
#define KVMEXITD_VM_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/registry.h"

/*
 * The name of the VM that process pid has, made at created_ns (CLOCK_BOOTTIME;
 * 0 if unknown), cleaned for display. Where there is no such process any more,
 * or the pid is another's by now, it is "pid-" and the number, and the answer
 * false.
 */
bool vm_name_read(const char *proc, pid_t pid, uint64_t created_ns, char out[static VM_NAME_MAX]);

/*
 * The name in a command line, NUL between arguments: QEMU's -name, firecracker's
 * --id, crosvm's and kvmtool's --name, of cloud-hypervisor's --api-socket what
 * tells it from others. Pure; false if there is none.
 */
bool vm_name_parse(const char *cmdline, size_t len, char out[static VM_NAME_MAX]);

/*
 * The name that libvirt knows by machined's: VM "web" is registered as
 * "qemu-1-web". Other names stay as they are, cleaned. Pure; false if empty.
 */
bool vm_name_parse_machine(const char *machine, char out[static VM_NAME_MAX]);

/* The 22nd field of /proc/PID/stat. Pure; false if malformed. */
bool vm_name_parse_start(const char *stat, uint64_t *ticks);

#endif
