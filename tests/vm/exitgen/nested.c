// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest of the guest (L2), for the kinds "nested-…".
 *
 * The guest code that is L1 here does nothing but enter L2, and counts. All that
 * a hypervisor has to set up is put in place from here, as the guest's own way of
 * doing it would be exits to explain. A hypervisor must have paging on: its page
 * tables map all memory as it is, in large pages. L2 runs without, in 32-bit mode
 * and on the same memory, and what it does is none of L1's business but its
 * hypercall.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "exitgen.h"

/* L1's page directory comes first, then the pages of each vCPU. */
#define NR_PDE	 1024u
#define PDE_BITS 0xe7u /* present, writable, user, accessed, dirty, 4 MiB */

enum {
	PAGE_CONTROL, /* VMCB */
	PAGE_HOST_SAVE,
	NEST_PAGES
};

#define NEST_SIZE (NEST_PAGES * GUEST_PAGE)

#define MSR_VM_HSAVE_PA 0xc0010117
#define EFER_SVME	(1u << 12)

#define CR0_PE	   (1u << 0)
#define CR0_ET	   (1u << 4)
#define CR0_PG	   (1u << 31)
#define CR4_PSE	   (1u << 4)
#define DR6_FIXED  0xffff0ff0u
#define DR7_FIXED  0x400u
#define RFLAGS_ONE 2u

/* Places in a VMCB, and what goes there: AMD's APM volume 2, appendix B. */
enum {
	VMCB_INTERCEPT_3 = 0x00c, /* bit 31: SHUTDOWN */
	VMCB_INTERCEPT_4 = 0x010, /* bit 0: VMRUN, which must be, and 1: VMMCALL */
	VMCB_ASID = 0x058,
	VMCB_ES = 0x400,
	VMCB_CS = 0x410,
	VMCB_SS = 0x420,
	VMCB_DS = 0x430,
	VMCB_EFER = 0x4d0,
	VMCB_CR0 = 0x558,
	VMCB_DR7 = 0x560,
	VMCB_DR6 = 0x568,
	VMCB_RFLAGS = 0x570,
	VMCB_RIP = 0x578,
};

#define INTERCEPT_SHUTDOWN (1u << 31)
#define INTERCEPT_VMRUN	   (1u << 0)
#define INTERCEPT_VMMCALL  (1u << 1)

struct vmcb_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
};

static size_t nest_offset(const struct vcpu *vcpu)
{
	return GUEST_PAGE + (size_t)vcpu->id * NEST_SIZE;
}

static uint64_t page_address(const struct vcpu *vcpu, unsigned int page)
{
	return GUEST_NEST + nest_offset(vcpu) + page * GUEST_PAGE;
}

static void put32(struct vcpu *vcpu, size_t offset, uint32_t value)
{
	memcpy(vcpu->nest + offset, &value, sizeof(value));
}

static void put64(struct vcpu *vcpu, size_t offset, uint64_t value)
{
	memcpy(vcpu->nest + offset, &value, sizeof(value));
}

static void put_segment(struct vcpu *vcpu, size_t offset, uint16_t selector, uint16_t attributes)
{
	struct vmcb_segment segment = {
		.selector = selector,
		.attributes = attributes,
		.limit = 0xffffffff,
	};

	memcpy(vcpu->nest + offset, &segment, sizeof(segment));
}

/* Memory for all vCPUs of a VM. */
void *nested_memory(const struct options *opt, uint64_t *size)
{
	uint32_t *mem;

	*size = GUEST_PAGE + (uint64_t)opt->vcpus * NEST_SIZE;
	mem = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (mem == MAP_FAILED)
		die_errno("mmap of %llu KiB", (unsigned long long)*size >> 10);
	for (uint32_t i = 0; i < NR_PDE; i++)
		mem[i] = i * GUEST_LARGE_PAGE | PDE_BITS;
	return mem;
}

static void set_msr(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry = { .index = index, .data = value },
	};

	if (ioctl(vcpu->fd, KVM_SET_MSRS, &msrs) != 1)
		die_errno("KVM_SET_MSRS %#x", index);
}

/* A vCPU that is allowed to be a hypervisor, and a VMCB for its guest. */
void nested_setup(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	vcpu->nest = vcpu->vm->nest + nest_offset(vcpu);

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		die_errno("KVM_GET_SREGS");
	sregs.cr0 |= CR0_PG;
	sregs.cr3 = GUEST_NEST;
	sregs.cr4 |= CR4_PSE;
	sregs.efer |= EFER_SVME;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0)
		die_errno("KVM_SET_SREGS with EFER.SVME: is kvm_amd's parameter nested off?");
	set_msr(vcpu, MSR_VM_HSAVE_PA, page_address(vcpu, PAGE_HOST_SAVE));

	put32(vcpu, VMCB_INTERCEPT_3, INTERCEPT_SHUTDOWN);
	put32(vcpu, VMCB_INTERCEPT_4, INTERCEPT_VMRUN | INTERCEPT_VMMCALL);
	put32(vcpu, VMCB_ASID, 1);
	/* Flat: present, accessed, 32-bit, in pages; execute and read, read and write. */
	put_segment(vcpu, VMCB_CS, 8, 0xc9b);
	put_segment(vcpu, VMCB_SS, 16, 0xc93);
	put_segment(vcpu, VMCB_DS, 16, 0xc93);
	put_segment(vcpu, VMCB_ES, 16, 0xc93);
	put64(vcpu, VMCB_EFER, EFER_SVME);
	put64(vcpu, VMCB_CR0, CR0_PE | CR0_ET);
	put64(vcpu, VMCB_DR6, DR6_FIXED);
	put64(vcpu, VMCB_DR7, DR7_FIXED);
	put64(vcpu, VMCB_RFLAGS, RFLAGS_ONE);
}

/*
 * Where L2 is to start when L1 enters it the next time, and what L1 needs in
 * %edi for that. A hypercall leaves L2's instruction pointer where it is.
 */
uint64_t nested_start(struct vcpu *vcpu, const unsigned char *code)
{
	put64(vcpu, VMCB_RIP, GUEST_CODE + (uint64_t)(code - guest_code));
	return page_address(vcpu, PAGE_CONTROL);
}
