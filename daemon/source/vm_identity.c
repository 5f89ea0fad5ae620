// SPDX-License-Identifier: GPL-2.0-or-later
/* Who a VM is. */
#include "config.h"

#include "source/vm_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/text.h"
#include "util/util.h"

/* QEMU's under libvirt are 3 to 10 KiB; names come early in them. */
#define CMDLINE_BYTES (64 * 1024)

/* All of the line but what follows the fields that matter. */
#define STAT_BYTES 1024

#define PATH_BYTES 256

/* A container's is some 300 bytes, in each of a dozen lines with cgroup v1. */
#define CGROUP_BYTES 8192

/* As much of a file as fits, NUL behind it: length or -errno. */
static ssize_t read_file(const char *proc, pid_t pid, const char *name, char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_BYTES];
	size_t len = 0;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%d/%s", proc, (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

/* When the process began, in ns since boot; false if there is none. */
static bool read_start(const char *proc, pid_t pid, uint64_t *start_ns)
{
	uint64_t per_s = (uint64_t)sysconf(_SC_CLK_TCK), ticks = 0;
	char stat[STAT_BYTES];

	if (read_file(proc, pid, "stat", stat, sizeof(stat)) < 0 ||
	    !vm_name_parse_start(stat, &ticks))
		return false;
	*start_ns = ticks / per_s * NS_PER_S + ticks % per_s * (NS_PER_S / per_s);
	return true;
}

/*
 * Who registers a VM with machined names it, but who gave it a name on its
 * command line knows it by that: several may run in one container.
 */
static bool machine_name(pid_t pid, char out[static VM_NAME_MAX])
{
	_cleanup_free_ char *machine = NULL;

	return sd_pid_get_machine_name(pid, &machine) >= 0 && vm_name_parse_machine(machine, out);
}

static bool comm_name(const char *proc, pid_t pid, char out[static VM_NAME_MAX])
{
	char comm[VM_NAME_MAX];
	ssize_t n = read_file(proc, pid, "comm", comm, sizeof(comm));

	if (n > 0 && comm[n - 1] == '\n')
		n--;
	return n > 0 && text_clean(out, VM_NAME_MAX, comm, (size_t)n) > 0;
}

static bool container_name(const char *proc, pid_t pid, char out[static VM_NAME_MAX])
{
	char cgroup[CGROUP_BYTES];

	return read_file(proc, pid, "cgroup", cgroup, sizeof(cgroup)) > 0 &&
	       vm_name_parse_cgroup(cgroup, out);
}

bool vm_identity_read(const char *proc, pid_t pid, uint64_t created_ns, struct vm_identity *out)
{
	_cleanup_free_ char *cmdline = malloc(CMDLINE_BYTES);
	struct vm_identity identity = { .vmid = 0 };
	uint64_t start_ns = 0, again_ns = 0;
	bool named = false;
	ssize_t n;

	*out = (struct vm_identity){ .vmid = 0 };
	(void)snprintf(out->name, sizeof(out->name), "pid-%d", (int)pid);
	/* A process that began after the VM was made did not make it. */
	if (!cmdline || !read_start(proc, pid, &start_ns) || (created_ns && start_ns > created_ns))
		return false;

	n = read_file(proc, pid, "cmdline", cmdline, CMDLINE_BYTES);
	if (n > 0)
		named = vm_identity_parse(cmdline, (size_t)n, &identity);
	if (!named && !machine_name(pid, identity.name) &&
	    !(n > 0 && vm_identity_is_contained(cmdline) &&
	      container_name(proc, pid, identity.name)) &&
	    !comm_name(proc, pid, identity.name))
		return false;

	/* The pid may have become another's while all this was read. */
	if (!read_start(proc, pid, &again_ns) || again_ns != start_ns)
		return false;
	*out = identity;
	return true;
}
