// SPDX-License-Identifier: GPL-2.0-or-later
/* What a VM is called. */
#include "config.h"

#include "source/vm_name.h"

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

/* A process that began after the VM was made did not make it. */
static bool is_owner(const char *proc, pid_t pid, uint64_t created_ns)
{
	long ticks_per_s = sysconf(_SC_CLK_TCK);
	uint64_t ticks = 0;
	char stat[STAT_BYTES];

	if (read_file(proc, pid, "stat", stat, sizeof(stat)) < 0 ||
	    !vm_name_parse_start(stat, &ticks))
		return false;
	if (!created_ns || ticks_per_s <= 0)
		return true;
	return ticks / (uint64_t)ticks_per_s * NS_PER_S +
		       ticks % (uint64_t)ticks_per_s * (NS_PER_S / (uint64_t)ticks_per_s) <=
	       created_ns;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/*
 * libvirt registers VM "web" with machined as "qemu-1-web". Who asks for a VM
 * knows it as "web", which is what libvirt gives QEMU on its command line.
 */
static bool machine_name(pid_t pid, const char *own, char out[static VM_NAME_MAX])
{
	_cleanup_free_ char *machine = NULL;

	if (sd_pid_get_machine_name(pid, &machine) < 0 || (*own && ends_with(machine, own)))
		return false;
	return text_clean(out, VM_NAME_MAX, machine, strlen(machine)) > 0;
}

bool vm_name_read(const char *proc, pid_t pid, uint64_t created_ns, char out[static VM_NAME_MAX])
{
	_cleanup_free_ char *cmdline = malloc(CMDLINE_BYTES);
	char comm[VM_NAME_MAX], own[VM_NAME_MAX] = "";
	ssize_t n;

	(void)snprintf(out, VM_NAME_MAX, "pid-%d", (int)pid);
	if (!cmdline || !is_owner(proc, pid, created_ns))
		return false;

	n = read_file(proc, pid, "cmdline", cmdline, CMDLINE_BYTES);
	if (n > 0)
		(void)vm_name_parse(cmdline, (size_t)n, own);

	if (machine_name(pid, own, out))
		return true;
	if (*own) {
		memcpy(out, own, VM_NAME_MAX);
		return true;
	}

	n = read_file(proc, pid, "comm", comm, sizeof(comm));
	if (n > 0 && comm[n - 1] == '\n')
		n--;
	if (n <= 0 || text_clean(own, sizeof(own), comm, (size_t)n) == 0)
		return false;
	memcpy(out, own, VM_NAME_MAX);
	return true;
}
