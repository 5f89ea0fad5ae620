// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VM whose vCPUs do nothing but HLT in real mode. Without an APIC in the kernel
 * each one ends in user space, so the count is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nlstress.h"

#define CODE	  0x1000
#define PAGE	  4096
#define EFER_SVME 0x1000u

static int kvm_fd = -1;
static size_t run_size;

uint64_t guest_hlt_code(uint32_t isa)
{
	return isa == KVM_EXITSTAT_ISA_SVM ? 0x78 : 12;
}

/* /dev/kvm pins KVM's modules: open only while there is a guest. */
static int open_kvm(void)
{
	if (kvm_fd < 0)
		kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0)
		return -errno;
	if (!run_size)
		run_size = (size_t)ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	return 0;
}

/* 0 or a negative errno, with nothing left behind. */
int guest_create(struct guest *guest)
{
	static const unsigned char code[] = { 0xf4, 0xeb, 0xfd }; /* hlt; jmp . - 1 */
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = CODE,
		.memory_size = PAGE,
	};
	int r = open_kvm();

	*guest = (struct guest){ .fd = -1 };
	if (r)
		return r;
	guest->fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (guest->fd < 0)
		return -errno;
	guest->memory =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (guest->memory == MAP_FAILED) {
		guest->memory = NULL;
		guest_destroy(guest, 0);
		return -ENOMEM;
	}
	memcpy(guest->memory, code, sizeof(code));
	region.userspace_addr = (uint64_t)guest->memory;
	if (ioctl(guest->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0) {
		r = -errno;
		guest_destroy(guest, 0);
	}
	return r;
}

static int set_state(int fd)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(fd, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(fd, KVM_SET_REGS, &regs) < 0)
		return -errno;
	return 0;
}

/* A vCPU that was made, but could not be used, stays for guest_destroy(). */
int guest_add_vcpu(struct guest *guest)
{
	int fd = ioctl(guest->fd, KVM_CREATE_VCPU, guest->nr);
	void *run;

	if (fd < 0)
		return -errno;
	guest->run[guest->nr] = NULL;
	guest->vcpu_fd[guest->nr++] = fd;
	run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		return -errno;
	guest->run[guest->nr - 1] = run;
	return set_state(fd);
}

void guest_run(struct guest *guest, unsigned int vcpu, unsigned int hlts)
{
	const struct kvm_run *run = guest->run[vcpu];

	while (hlts) {
		if (ioctl(guest->vcpu_fd[vcpu], KVM_RUN, 0) < 0) {
			check(errno == EINTR || errno == EAGAIN, "KVM_RUN: %m");
			continue;
		}
		check(run->exit_reason == KVM_EXIT_HLT, "KVM exit reason %u", run->exit_reason);
		guest->hlts++;
		hlts--;
	}
}

/* With SVM, setting EFER.SVME is what makes KVM set up nested state. */
int guest_nest(struct guest *guest, unsigned int vcpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[100];
	} cpuid = { .head.nent = 100 };
	struct kvm_sregs sregs;
	int fd = guest->vcpu_fd[vcpu];

	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0 ||
	    ioctl(fd, KVM_SET_CPUID2, &cpuid) < 0 || ioctl(fd, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.efer |= EFER_SVME;
	return ioctl(fd, KVM_SET_SREGS, &sregs) < 0 ? -errno : 0;
}

/* Each reference to a VM may be the last: which one is chosen by @order. */
void guest_destroy(struct guest *guest, unsigned int order)
{
	if (order % 2)
		close(guest->fd);
	for (unsigned int i = 0; i < guest->nr; i++) {
		unsigned int vcpu = order / 2 % 2 ? guest->nr - 1 - i : i;

		if (guest->run[vcpu])
			munmap(guest->run[vcpu], run_size);
		close(guest->vcpu_fd[vcpu]);
	}
	if (order % 2 == 0)
		close(guest->fd);
	if (guest->memory)
		munmap(guest->memory, PAGE);
	if (kvm_fd >= 0)
		close(kvm_fd);
	kvm_fd = -1;
	*guest = (struct guest){ .fd = -1 };
}
