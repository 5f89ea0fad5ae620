// SPDX-License-Identifier: GPL-2.0
/*
 * Counts exits on a kernel without the kvm-exitstat family, at KVM's tracepoint.
 *
 * On the way of each exit there is no lock, no atomic, no search and no allocation: a
 * small table says by the vCPU's address where its counts are, and the place itself
 * says whether that is still true. Only a vCPU's own thread writes to its place. What
 * the table does not know, a hash knows; and what that does not know, is new.
 *
 * kvm_types.h has what is read of KVM.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kvm_types.h"
#include "layout.h"

char LICENSE[] SEC("license") = "GPL";

/* A power of two, and several times as many as a host's vCPUs. */
#define NEAR_BITS 14

/* The loader sets the size of all that is by vCPU. */
#define AT_LEAST 2

/* From a VMCB to its exit code. */
#define SVM_OFFSET                                     \
	(bpf_core_field_offset(struct vmcb, control) + \
	 bpf_core_field_offset(struct vmcb_control_area, exit_code))

#define ISA_VMX 1
#define ISA_SVM 2

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exits_header);
} header SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, AT_LEAST);
	__type(key, __u32);
	__type(value, struct exits_place);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, AT_LEAST);
	__type(key, __u32);
	__type(value, struct exits_vm);
} vms SEC(".maps");

/* First in, first out: what ended last is kept longest. */
struct queue {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, AT_LEAST);
	__uint(value_size, sizeof(__u32));
};

struct queue free_places SEC(".maps");
struct queue free_vms SEC(".maps");

struct by_address {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, AT_LEAST);
	__type(key, __u64);
	__type(value, __u32);
};

struct by_address place_of SEC(".maps");
struct by_address vm_of SEC(".maps");

/*
 * What the processor has, as the loader found out. The types do not tell: a kernel with
 * KVM built in has those of both.
 */
const volatile bool is_svm;

/* Where the counts of the vCPU with such an address are likely to be. */
static __u32 near[1 << NEAR_BITS];

static __always_inline struct exits_header *get_header(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&header, &zero);
}

static __always_inline struct exits_place *get_place(__u32 index)
{
	return bpf_map_lookup_elem(&places, &index);
}

static __always_inline struct exits_vm *get_vm(__u32 index)
{
	return bpf_map_lookup_elem(&vms, &index);
}

/* Pointers are no numbers to the verifier, but their lower half is one. */
static __always_inline __u32 *get_near(const struct kvm_vcpu *vcpu)
{
	__u32 low = (__u32)(unsigned long)vcpu;

	return &near[(low * 0x9e3779b1u) >> (32 - NEAR_BITS)];
}

/* -- VMs and vCPUs come ---------------------------------------------------- */

/* A VM may be found by several of its vCPUs at once: the first one's record it is. */
static __noinline int new_vm(__u64 kvm, __u64 created_ns)
{
	struct exits_header *head = get_header();
	struct task_struct *task = (void *)bpf_get_current_task();
	struct exits_vm *vm;
	__u32 index, *found;

	if (!head || bpf_map_pop_elem(&free_vms, &index))
		return 0;
	if (bpf_map_update_elem(&vm_of, &kvm, &index, BPF_NOEXIST)) {
		bpf_map_push_elem(&free_vms, &index, BPF_ANY);
		found = bpf_map_lookup_elem(&vm_of, &kvm);
		return found ? *found : 0;
	}
	vm = get_vm(index);
	if (!vm)
		return 0;

	vm->id = 0;
	barrier();
	vm->kvm = kvm;
	vm->created_ns = created_ns;
	vm->destroyed_ns = 0;
	vm->pid = bpf_get_current_pid_tgid() >> 32;
	vm->isa = is_svm ? ISA_SVM : ISA_VMX;
	vm->vcpus = 0;
	__builtin_memset(vm->comm, 0, sizeof(vm->comm));
	BPF_CORE_READ_STR_INTO(&vm->comm, task, group_leader, comm);
	barrier();
	vm->id = __sync_fetch_and_add(&head->vms, 1) + 1;
	return index;
}

static __noinline int take_place(__u64 vcpu, __u32 vm_index, __u32 vcpu_id, __u32 level)
{
	struct exits_header *head = get_header();
	struct exits_vm *vm = get_vm(vm_index);
	struct exits_place *place;
	__u32 index, i;

	if (!head || !vm || bpf_map_pop_elem(&free_places, &index))
		return 0;
	place = get_place(index);
	if (!place)
		return 0;

	place->life = 0;
	barrier();
	if (place->death > head->forgotten)
		head->forgotten = place->death;
	for (i = 0; i < EXITS_NR_COUNTS; i++) {
		place->count[i] = 0;
		/* There is no memset() of so much to make of it. */
		barrier();
	}
	place->exits = 0;
	place->vm_id = vm->id;
	place->vm = vm_index;
	place->vcpu_id = vcpu_id;
	place->nested = 0;
	place->level = level;
	place->death = 0;
	barrier();
	place->life = __sync_fetch_and_add(&head->lives, 1) + 1;
	place->vcpu = vcpu;
	return index;
}

/* 0 where there is no place left. */
static __noinline int find_place(__u64 vcpu, __u64 kvm, __u32 vcpu_id, __u64 created_ns)
{
	__u32 *found = bpf_map_lookup_elem(&place_of, &vcpu), index, vm_index;
	struct exits_vm *vm;

	if (found)
		return *found;

	found = bpf_map_lookup_elem(&vm_of, &kvm);
	vm_index = found ? *found : new_vm(kvm, created_ns);
	vm = get_vm(vm_index);
	if (!vm_index || !vm)
		return 0;
	index = take_place(vcpu, vm_index, vcpu_id, 0);
	if (!index)
		return 0;
	__sync_fetch_and_add(&vm->vcpus, 1);
	bpf_map_update_elem(&place_of, &vcpu, &index, BPF_ANY);
	return index;
}

/* -- and go ----------------------------------------------------------------- */

static __always_inline void give_back(struct exits_header *head, __u32 index)
{
	struct exits_place *place = get_place(index);

	if (!place || place->death)
		return;
	place->vcpu = 0;
	place->death = __sync_fetch_and_add(&head->deaths, 1) + 1;
	bpf_map_push_elem(&free_places, &index, BPF_ANY);
}

static __noinline int end_vcpu(__u64 vcpu)
{
	struct exits_header *head = get_header();
	__u32 *found = bpf_map_lookup_elem(&place_of, &vcpu), index, nested;
	struct exits_place *place;

	if (!head || !found)
		return 0;
	index = *found;
	place = get_place(index);
	if (!place)
		return 0;
	nested = place->nested;
	bpf_map_delete_elem(&place_of, &vcpu);
	give_back(head, index);
	if (nested)
		give_back(head, nested);
	return 0;
}

SEC("fentry/kvm_arch_vcpu_postcreate")
int BPF_PROG(vcpu_created, struct kvm_vcpu *vcpu)
{
	/* Whatever lived there before is no more, though nobody said so. */
	end_vcpu((__u64)vcpu);
	find_place((__u64)vcpu, (__u64)vcpu->kvm, vcpu->vcpu_id, bpf_ktime_get_boot_ns());
	return 0;
}

SEC("fentry/kvm_arch_vcpu_destroy")
int BPF_PROG(vcpu_destroyed, struct kvm_vcpu *vcpu)
{
	return end_vcpu((__u64)vcpu);
}

SEC("fentry/kvm_arch_destroy_vm")
int BPF_PROG(vm_destroyed, struct kvm *kvm)
{
	__u64 key = (__u64)kvm;
	__u32 *found = bpf_map_lookup_elem(&vm_of, &key), index;
	struct exits_vm *vm;

	if (!found)
		return 0;
	index = *found;
	bpf_map_delete_elem(&vm_of, &key);
	vm = get_vm(index);
	if (!vm)
		return 0;
	vm->kvm = 0;
	vm->destroyed_ns = bpf_ktime_get_boot_ns();
	bpf_map_push_elem(&free_vms, &index, BPF_ANY);
	return 0;
}

/* -- exits ------------------------------------------------------------------- */

/* The bit in hflags for a vCPU that runs a guest of its guest; it was moved once. */
static __always_inline __u32 guest_mode(void)
{
	return bpf_core_field_exists(struct kvm_x86_ops, is_vnmi_pending) ? 1 << 0 : 1 << 5;
}

static __noinline int nested_place(struct exits_place *place)
{
	__u32 index = place->nested;

	if (!index) {
		index = take_place(place->vcpu, place->vm, place->vcpu_id, 1);
		place->nested = index;
	}
	return index;
}

static __noinline int missed(void)
{
	struct exits_header *head = get_header();

	if (head)
		__sync_fetch_and_add(&head->missed, 1);
	return 0;
}

static __always_inline int count(struct kvm_vcpu *vcpu, bool svm, __u32 code)
{
	__u32 *here = get_near(vcpu), index = *here, at;
	struct exits_place *place = get_place(index);

	if (!place || place->vcpu != (__u64)vcpu) {
		index = find_place((__u64)vcpu, (__u64)vcpu->kvm, vcpu->vcpu_id, 0);
		place = get_place(index);
		if (!index || !place)
			return missed();
		*here = index;
	}
	if (vcpu->arch.hflags & guest_mode()) {
		index = nested_place(place);
		place = get_place(index);
		if (!index || !place)
			return missed();
	}

	at = exits_slot(svm, code);
	/* The compiler knows that this is so, and the verifier must see it. */
	barrier_var(at);
	if (at < EXITS_NR_COUNTS)
		place->count[at]++;
	place->exits++;
	return 0;
}

/* What lies at an address of the kernel; a fault reads as 0. */
static __always_inline void *load_pointer(const void *at)
{
	const struct list_head *list =
		bpf_rdonly_cast(at, bpf_core_type_id_kernel(struct list_head));

	return list->next;
}

static __always_inline __u32 load_number(const void *at)
{
	const struct refcount_struct *number =
		bpf_rdonly_cast(at, bpf_core_type_id_kernel(struct refcount_struct));

	return number->refs;
}

static __always_inline __u32 vmx_offset(void)
{
	if (bpf_core_field_exists(struct vcpu_vmx___vt, vt))
		return bpf_core_field_offset(struct vcpu_vmx___vt, vt) +
		       bpf_core_field_offset(struct vcpu_vt, exit_reason);
	return bpf_core_field_offset(struct vcpu_vmx, exit_reason);
}

/* For kernels that have a cast, with which reading is one instruction. */
SEC("tp_btf/kvm_exit")
int BPF_PROG(exit_cast, struct kvm_vcpu *vcpu)
{
	bool svm = is_svm;
	__u32 code = 0;

	if (!vcpu)
		return 0;
	if (svm) {
		void *vmcb =
			load_pointer((void *)vcpu + bpf_core_field_offset(struct vcpu_svm, vmcb));

		code = load_number(vmcb + SVM_OFFSET);
	} else {
		code = load_number((void *)vcpu + vmx_offset());
	}
	return count(vcpu, svm, code);
}

/* For those before 6.2. */
SEC("tp_btf/kvm_exit")
int BPF_PROG(exit_read, struct kvm_vcpu *vcpu)
{
	bool svm = is_svm;
	__u32 code = 0;
	void *vmcb;

	if (!vcpu)
		return 0;
	if (svm) {
		bpf_probe_read_kernel(&vmcb, sizeof(vmcb),
				      (void *)vcpu + bpf_core_field_offset(struct vcpu_svm, vmcb));
		bpf_probe_read_kernel(&code, sizeof(code), vmcb + SVM_OFFSET);
	} else {
		bpf_probe_read_kernel(&code, sizeof(code), (void *)vcpu + vmx_offset());
	}
	return count(vcpu, svm, code);
}
