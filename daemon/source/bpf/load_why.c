// SPDX-License-Identifier: GPL-2.0-or-later
/* Why exits cannot be counted by BPF on this host, and what helps. */
#include "config.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "source/bpf/load.h"

#define BTF_KERNEL "/sys/kernel/btf/vmlinux"
#define BTF_KVM	   "/sys/kernel/btf/kvm"
#define LOCKDOWN   "/sys/kernel/security/lockdown"

#define PATCH "a kernel with the kvmexitd patch counts all the same"

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Whether the words in brackets are these. */
static bool is_locked_down(const char *how)
{
	char line[128], wanted[64];
	FILE *file = fopen(LOCKDOWN, "re");
	bool is = false;

	if (!file)
		return false;
	(void)snprintf(wanted, sizeof(wanted), "[%s]", how);
	if (fgets(line, sizeof(line), file))
		is = strstr(line, wanted);
	(void)fclose(file);
	return is;
}

static bool kernel_is_before(unsigned int major, unsigned int minor)
{
	struct utsname uts;
	unsigned int has_major = 0, has_minor = 0;

	if (uname(&uts) < 0 || sscanf(uts.release, "%u.%u", &has_major, &has_minor) != 2)
		return false;
	return has_major < major || (has_major == major && has_minor < minor);
}

static bool has_bpf_fs(void)
{
	struct statfs fs;

	return statfs(EXITS_BPF_FS, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int exits_is_svm(void)
{
	char line[4096];
	FILE *file = fopen("/proc/cpuinfo", "re");
	int is = 0;

	if (!file)
		return 0;
	while (!is && fgets(line, sizeof(line), file))
		is = strncmp(line, "flags", strlen("flags")) == 0 && strstr(line, " svm ");
	(void)fclose(file);
	return is;
}

int exits_blind(void)
{
	/* kvm_amd had its tracepoint behind the fast path. */
	return exits_is_svm() && kernel_is_before(6, 12);
}

int exits_check_host(char text[static LOADER_TEXT_BYTES])
{
	const char *why = NULL;
	int error = 0;

	if (!exists("/sys/module/kvm_amd") && !exists("/sys/module/kvm_intel")) {
		error = -ENODEV;
		why = "KVM is not loaded: modprobe kvm_intel or kvm_amd. Counting starts by "
		      "itself then.";
	} else if (geteuid() != 0) {
		error = -EPERM;
		why = "The BPF loader does not run as root: start it by kvmexitd-bpf.socket.";
	} else if (!exists(BTF_KERNEL)) {
		error = -EOPNOTSUPP;
		why = "This kernel has no BTF (CONFIG_DEBUG_INFO_BTF), without which exits "
		      "cannot be counted by BPF: boot one that has it; " PATCH ".";
	} else if (exists("/sys/module/kvm/initstate") && !exists(BTF_KVM)) {
		error = -EOPNOTSUPP;
		why = "The module kvm has no BTF (CONFIG_DEBUG_INFO_BTF_MODULES), without "
		      "which exits cannot be counted by BPF: load one that has it; " PATCH ".";
	} else if (is_locked_down("confidentiality")) {
		error = -EPERM;
		why = "Kernel lockdown (confidentiality) forbids BPF to read what a vCPU exits "
		      "for: boot with lockdown=integrity or without; " PATCH ".";
	}
	/*
	 * Not mounted here: in the loader's mount namespace it would go with the loader, and
	 * all that is counted with it.
	 */
	if (!why && !has_bpf_fs()) {
		error = -ENOENT;
		why = "No BPF file system is mounted at " EXITS_BPF_FS ", which keeps the "
		      "program: mount -t bpf bpf " EXITS_BPF_FS ", then systemctl reload "
		      "kvmexitd.";
	}
	if (why)
		(void)snprintf(text, LOADER_TEXT_BYTES, "%s", why);
	return error;
}

void exits_explain(int error, char text[static LOADER_TEXT_BYTES])
{
	if (error == -EPERM || error == -EACCES)
		(void)snprintf(text, LOADER_TEXT_BYTES,
			       "The kernel refuses BPF programs: the loader needs CAP_BPF, "
			       "CAP_PERFMON and CAP_SYS_ADMIN, as kvmexitd-bpf.service has them; "
			       "journalctl -u kvmexitd-bpf has what it said.");
	else if (kernel_is_before(5, 19))
		(void)snprintf(text, LOADER_TEXT_BYTES,
			       "This kernel is too old to count exits by BPF (%s): 5.19 and later "
			       "can; " PATCH ".",
			       strerror(-error));
	else
		(void)snprintf(
			text, LOADER_TEXT_BYTES,
			"Exits cannot be counted by BPF here: %s; journalctl -u kvmexitd-bpf "
			"has what the kernel said; " PATCH ".",
			strerror(-error));
}
