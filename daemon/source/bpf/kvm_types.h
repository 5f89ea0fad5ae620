/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program reads of the kernel's and KVM's types, and no more. Where it is,
 * the loader finds out from the BTF of the kernel that runs.
 */
#ifndef KVMEXITD_BPF_KVM_TYPES_H
#define KVMEXITD_BPF_KVM_TYPES_H

#include <linux/types.h>

#ifdef __bpf__
#define KERNEL_TYPE __attribute__((preserve_access_index))
#else
#define KERNEL_TYPE
#endif

/* As much of a task's name as the kernel has. */
#define TASK_COMM 16

struct kvm {
	int created_vcpus;
} KERNEL_TYPE;

struct kvm_vcpu_arch {
	__u32 hflags;
} KERNEL_TYPE;

struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_id;
	struct kvm_vcpu_arch arch;
} KERNEL_TYPE;

struct vmcb_control_area {
	__u32 exit_code;
} KERNEL_TYPE;

struct vmcb {
	struct vmcb_control_area control;
} KERNEL_TYPE;

struct vcpu_svm {
	struct vmcb *vmcb;
} KERNEL_TYPE;

union vmx_exit_reason {
	__u32 full;
} KERNEL_TYPE;

struct vcpu_vmx {
	union vmx_exit_reason exit_reason;
} KERNEL_TYPE;

/* Since it is shared with TDX. */
struct vcpu_vt {
	union vmx_exit_reason exit_reason;
} KERNEL_TYPE;

struct vcpu_vmx___vt {
	struct vcpu_vt vt;
} KERNEL_TYPE;

struct kvm_x86_ops {
	void *is_vnmi_pending;
} KERNEL_TYPE;

struct task_struct {
	struct task_struct *group_leader;
	char comm[TASK_COMM];
} KERNEL_TYPE;

/* Types of the kernel itself, one that begins with a pointer and one with a number. */
struct list_head {
	void *next;
} KERNEL_TYPE;

struct refcount_struct {
	__u32 refs;
};

#endif
