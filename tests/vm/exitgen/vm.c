// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Setting up KVM: one VM, its memory, its vCPUs in 32-bit mode without paging.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exitgen.h"

#define CPUID_1_ECX_VMX	       (1u << 5)
#define CPUID_80000001_ECX_SVM (1u << 2)
#define CPUID_SVM	       0x8000000a

#define CR0_PE	 (1u << 0)
#define CR0_ET	 (1u << 4)
#define CR0_PG	 (1u << 31)
#define CR4_PAE	 (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)

#define APIC_BASE_X2APIC (1u << 10)
#define APIC_LVTT	 0x320
#define LVTT_TSCDEADLINE (2u << 17)
#define LVT_MASKED	 (1u << 16)
#define TIMER_VECTOR	 0xec

/* Intel's KVM wants a place for its own pages where real mode is not native. */
#define INTEL_TSS_ADDR 0xfffbd000u

static bool module_param_is_on(const char *path)
{
	int c = 'Y';
	FILE *f = fopen(path, "re");

	/* A parameter that is not there cannot have been switched off. */
	if (f) {
		c = fgetc(f);
		fclose(f);
	}
	return c == 'Y' || c == '1';
}

void host_probe(struct host *host)
{
	unsigned int eax, ebx, ecx, edx;

	/*
	 * Asked of the processor and not of /dev/kvm: what answers there need
	 * not be a KVM that has hardware exits at all.
	 */
	if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (ecx & CPUID_80000001_ECX_SVM))
		host->svm = true;
	else if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & CPUID_1_ECX_VMX))
		die(EXIT_KVM, "this processor has neither VMX nor SVM");

	host->tdp = module_param_is_on(host->svm ? "/sys/module/kvm_amd/parameters/npt" :
						   "/sys/module/kvm_intel/parameters/ept");
	host->mmio_caching = module_param_is_on("/sys/module/kvm/parameters/mmio_caching");
}

/* What was asked for, but is not to be had here. */
void host_check(const struct host *host, const struct options *opt)
{
	for (unsigned int i = 0; i < opt->nr_req; i++) {
		const struct kind *kind = &kinds[opt->req[i].kind];

		if (kind->nested[1]) {
			if (!kind->nested[host->svm])
				die(EXIT_KVM, "%s: there is none for VMX", kind->name);
			if (!host->tdp)
				die(EXIT_KVM, "%s is not exact with shadow paging", kind->name);
		}
		if (opt->req[i].kind != K_PREEMPT_TIMER)
			continue;
		if (host->svm)
			die(EXIT_KVM, "preempt-timer: SVM has no preemption timer");
		if (!module_param_is_on("/sys/module/kvm_intel/parameters/preemption_timer"))
			die(EXIT_KVM, "preempt-timer: kvm_intel does not use the preemption timer");
	}
}

/*
 * How many pages each vCPU's share of the page fault window has: whole last-level
 * tables or, of one, a power of two, so that no small share lies in two tables.
 */
uint64_t fault_pages(const struct options *opt)
{
	uint64_t count = 0, pages = 1;

	for (unsigned int i = 0; i < opt->nr_req; i++) {
		if (opt->req[i].kind == K_NPF)
			count = opt->req[i].count;
	}
	if (!count)
		return 0;
	if (count > PAGES_PER_TABLE)
		return (count + PAGES_PER_TABLE - 1) / PAGES_PER_TABLE * PAGES_PER_TABLE;
	while (pages < count)
		pages *= 2;
	return pages;
}

static void add_memory(struct vm *vm, uint32_t slot, uint64_t gpa, uint64_t size, void *mem)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	/* A huge page would turn 512 faults into one. */
	madvise(mem, size, MADV_NOHUGEPAGE);
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		die_errno("KVM_SET_USER_MEMORY_REGION of %llu KiB", (unsigned long long)size >> 10);
}

static void create_memory(struct vm *vm)
{
	uint64_t size = fault_pages(vm->opt) * GUEST_PAGE * vm->opt->vcpus;
	void *mem;

	mem = mmap(NULL, GUEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		die_errno("mmap");
	memcpy(mem, guest_code, (size_t)(guest_code_end - guest_code));
	add_memory(vm, 0, GUEST_CODE, GUEST_PAGE, mem);
	if (vm->opt->nested) {
		uint64_t nest_size;

		vm->nest = nested_memory(vm->opt, &nest_size);
		add_memory(vm, 2, GUEST_NEST, nest_size, vm->nest);
	}

	if (!size)
		return;
	/*
	 * Not writable: the guest only reads, so all of it is the zero page and
	 * costs no memory, and KVM can neither map ahead nor map it writable.
	 */
	mem = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		die_errno("mmap of %llu MiB", (unsigned long long)size >> 20);
	add_memory(vm, 1, GUEST_FAULT, size, mem);
}

static void enable_cap(struct vm *vm, uint32_t cap, uint64_t arg, const char *what)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { arg } };

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &enable) < 0)
		die_errno("KVM_ENABLE_CAP %s", what);
}

/*
 * APICs in the kernel, PIC, IOAPIC and PIT not. Only for kinds that need it: a
 * VM without one has fewer reasons to exit, and HLT goes to user space.
 */
static void create_apic(struct vm *vm)
{
	/* x2APIC ICR writes must reach the kernel at all. */
	if (vm->host->svm && access("/sys/module/kvm_amd/parameters/avic", R_OK) == 0 &&
	    module_param_is_on("/sys/module/kvm_amd/parameters/avic"))
		die(EXIT_KVM, "APIC kinds are not exact with AVIC: load kvm_amd with avic=0");
	if (!vm->host->svm && access("/sys/module/kvm_intel/parameters/enable_ipiv", R_OK) == 0 &&
	    module_param_is_on("/sys/module/kvm_intel/parameters/enable_ipiv"))
		die(EXIT_KVM, "APIC kinds are not exact with IPI virtualization: "
			      "load kvm_intel with enable_ipiv=0");

	enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, 0, "SPLIT_IRQCHIP");
	enable_cap(vm, KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS, "X2APIC_API");
}

/* No more than the guest code uses: little to allocate for a thousand vCPUs. */
static void vcpu_set_cpuid(struct vcpu *vcpu)
{
	static const uint32_t leaves[] = { 0, 1, 0x80000000, 0x80000001, CPUID_SVM };
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry[ARRAY_SIZE(leaves)];
	} cpuid = { .head.nent = ARRAY_SIZE(leaves) };

	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct kvm_cpuid_entry2 *e = &cpuid.entry[i];

		e->function = leaves[i];
		__cpuid(leaves[i], e->eax, e->ebx, e->ecx, e->edx);
	}
	/* The processor's vendor, family and model, and these features: */
	cpuid.entry[0].eax = 1;
	cpuid.entry[1].ebx = 0;
	cpuid.entry[1].ecx = vcpu->vm->opt->kernel_apic ? 1u << 21 | 1u << 24 : 0;
	cpuid.entry[1].edx = 1u << 4 | 1u << 5 | 1u << 6 | 1u << 9; /* TSC MSR PAE APIC */
	cpuid.entry[2].eax = vcpu->vm->opt->nested ? CPUID_SVM : 0x80000001;
	cpuid.entry[3].ebx = 0;
	cpuid.entry[3].ecx = vcpu->vm->opt->nested ? CPUID_80000001_ECX_SVM : 0;
	cpuid.entry[3].edx = 1u << 29; /* long mode */
	if (vcpu->vm->opt->nested)
		cpuid.entry[1].edx |= 1u << 3; /* PSE */
	/* No feature beyond the first SVM's. */
	cpuid.entry[4].edx = 0;
	if (!vcpu->vm->opt->nested)
		cpuid.head.nent--;
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid) < 0)
		die_errno("KVM_SET_CPUID2");
}

static void vcpu_set_apic(struct vcpu *vcpu)
{
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_lapic_state lapic;
	uint32_t lvtt = LVTT_TSCDEADLINE | LVT_MASKED | TIMER_VECTOR;

	if (ioctl(vcpu->fd, KVM_GET_LAPIC, &lapic) < 0)
		die_errno("KVM_GET_LAPIC");
	/* From here and not by the guest: its writes would be exits to explain. */
	memcpy(lapic.regs + APIC_LVTT, &lvtt, sizeof(lvtt));
	if (ioctl(vcpu->fd, KVM_SET_LAPIC, &lapic) < 0)
		die_errno("KVM_SET_LAPIC");
	/* All but the first wait for INIT and SIPI otherwise. */
	if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &mp) < 0)
		die_errno("KVM_SET_MP_STATE");
}

static void vcpu_set_mode(struct vcpu *vcpu)
{
	struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = 8,
		.type = 11,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
	struct kvm_segment data = code;
	struct kvm_sregs sregs;

	data.selector = 16;
	data.type = 3;
	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		die_errno("KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 = CR0_PE | CR0_ET;
	if (vcpu->vm->opt->kernel_apic)
		sregs.apic_base |= APIC_BASE_X2APIC;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0)
		die_errno("KVM_SET_SREGS");
	vcpu->apic_base = sregs.apic_base;
}

/* A code segment that is 64-bit and 32-bit at once: no VM entry succeeds. */
void vcpu_break_state(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		die_errno("KVM_GET_SREGS");
	sregs.cr0 |= CR0_PG;
	sregs.cr4 |= CR4_PAE;
	sregs.efer |= EFER_LME | EFER_LMA;
	sregs.cs.l = 1;
	sregs.cs.db = 1;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0)
		die_errno("KVM_SET_SREGS for fail-entry");
}

static void vcpu_create(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)vcpu->id);
	if (vcpu->fd < 0)
		die_errno("KVM_CREATE_VCPU %u", vcpu->id);
	vcpu->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die_errno("mmap of vCPU %u", vcpu->id);
	vcpu_set_cpuid(vcpu);
	vcpu_set_mode(vcpu);
	if (vm->opt->kernel_apic)
		vcpu_set_apic(vcpu);
	if (vm->opt->nested)
		nested_setup(vcpu);
}

void vm_create(struct vm *vm, const struct host *host, const struct options *opt,
	       struct vm_result *res)
{
	int size, max;

	*vm = (struct vm){ .host = host, .opt = opt };
	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm_fd < 0)
		die_errno("/dev/kvm");
	if (ioctl(vm->kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		die(EXIT_KVM, "/dev/kvm does not speak KVM API version %d", KVM_API_VERSION);
	max = ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	if (max > 0 && opt->vcpus > (uint32_t)max)
		die(EXIT_KVM, "this KVM allows %d vCPUs, not %u", max, opt->vcpus);
	size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		die_errno("KVM_GET_VCPU_MMAP_SIZE");
	vm->run_size = (size_t)size;

	vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die_errno("KVM_CREATE_VM");
	if (!host->svm && ioctl(vm->fd, KVM_SET_TSS_ADDR, INTEL_TSS_ADDR) < 0)
		die_errno("KVM_SET_TSS_ADDR");
	create_memory(vm);
	if (opt->kernel_apic)
		create_apic(vm);
	if (opt->user_msr)
		enable_cap(vm, KVM_CAP_X86_USER_SPACE_MSR,
			   KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN,
			   "X86_USER_SPACE_MSR");

	vm->vcpu = calloc(opt->vcpus, sizeof(*vm->vcpu));
	if (!vm->vcpu)
		die_errno("no memory for %u vCPUs", opt->vcpus);
	for (uint32_t i = 0; i < opt->vcpus; i++) {
		vm->vcpu[i] = (struct vcpu){ .vm = vm, .id = i, .res = &res->vcpu[i] };
		vcpu_create(&vm->vcpu[i]);
	}
}

static void read_at(int fd, void *buf, size_t len, uint32_t offset)
{
	if (pread(fd, buf, len, offset) != (ssize_t)len)
		die_errno("reading a vCPU's statistics");
}

uint64_t vcpu_stat_exits(struct vcpu *vcpu)
{
	struct kvm_stats_header head;
	uint64_t exits = 0;
	bool found = false;
	size_t desc_size;
	char *descs;
	int fd;

	fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	if (fd < 0)
		die_errno("KVM_GET_STATS_FD");
	read_at(fd, &head, sizeof(head), 0);
	desc_size = sizeof(struct kvm_stats_desc) + head.name_size;
	descs = malloc(head.num_desc * desc_size);
	if (!descs)
		die_errno("no memory for statistics");
	read_at(fd, descs, head.num_desc * desc_size, head.desc_offset);
	for (uint32_t i = 0; i < head.num_desc && !found; i++) {
		const struct kvm_stats_desc *desc = (void *)(descs + i * desc_size);

		if (strcmp(desc->name, "exits"))
			continue;
		read_at(fd, &exits, sizeof(exits), head.data_offset + desc->offset);
		found = true;
	}
	if (!found)
		die(EXIT_KVM, "KVM has no vCPU statistic 'exits'");
	free(descs);
	close(fd);
	return exits;
}
