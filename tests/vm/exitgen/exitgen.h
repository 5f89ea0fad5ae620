/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exitgen - a tiny VMM that makes exact numbers of chosen VM exits.
 *
 *	main.c		the processes that own the VMs
 *	options.c	the command line, --help
 *	kinds.c		guest code, the kinds of exit, reasons by name and code
 *	vm.c		setting up KVM, a VM and its vCPUs, reading the statistics
 *	nested.c	a guest of the guest
 *	run.c		running the kinds on a vCPU and keeping the books
 *	crew.c		the vCPUs' threads
 *	report.c	text and JSON
 *
 * Build: cc -O2 -Wall -Wextra -static -pthread -o exitgen tests/vm/exitgen/[a-z]*.c
 */
#ifndef EXITGEN_H
#define EXITGEN_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define EXIT_KVM   1 /* KVM or the system refused something */
#define EXIT_USAGE 2 /* the command line is wrong */

#define MAX_REQUESTS 16 /* kinds on one command line */
#define MAX_NAME     15 /* what a task's comm holds */

/*
 * Guest physical memory: one page of code for all vCPUs, a window that nobody
 * has touched for page faults, and a hole for MMIO. No paging and 32-bit flat
 * segments in the guest, so no guest page tables that would fault as well (but one
 * page of them where the guest has a guest of its own).
 */
#define GUEST_PAGE	 4096u
#define GUEST_LARGE_PAGE 0x400000u
#define GUEST_CODE	 0x10000u
#define GUEST_FAULT	 0x200000u
#define GUEST_FAULT_END	 0xd0000000u
#define GUEST_MMIO	 0xd0000000u
#define GUEST_MMIO_END	 0xd8000000u
#define GUEST_NEST	 0xd8000000u /* what each vCPU needs to have a guest of its own */
/* What one last-level page table covers, and how many pages that is. */
#define GUEST_TABLE	0x200000u
#define PAGES_PER_TABLE (GUEST_TABLE / GUEST_PAGE)

#define PORT_TEST 0xe9 /* the kinds "out" and "in" */
#define PORT_END  0xf4 /* a piece of guest code is done */

enum reason {
	R_VMCALL,
	R_CPUID,
	R_IO,
	R_MSR_READ,
	R_MSR_WRITE,
	R_HLT,
	R_WBINVD,
	R_FAULT, /* first touch of a guest page */
	R_MMIO, /* access to a page known not to be memory */
	R_PREEMPT_TIMER,
	R_FAIL_ENTRY,
	R_ENTER_L2, /* VMRUN, VMRESUME */
	NR_REASONS,
};

enum kind_id {
	K_VMCALL,
	K_VMCALL_FLOOD,
	K_CPUID,
	K_CPUID_FLOOD,
	K_OUT,
	K_IN,
	K_PORT_FLOOD,
	K_MSR_WRITE,
	K_MSR_READ,
	K_MSR_OTHER,
	K_MSR_FLOOD,
	K_X2APIC_ICR,
	K_TSCDEADLINE,
	K_PREEMPT_TIMER,
	K_HLT,
	K_HLT_KICK,
	K_NPF,
	K_MMIO,
	K_MMIO_FLOOD,
	K_WBINVD,
	K_NESTED_CALL,
	K_NESTED_WBINVD,
	K_NESTED_OUT,
	K_FAIL_ENTRY,
	NR_KINDS,
};

/* What the local APIC has to be for a kind. */
enum apic {
	APIC_ANY,
	APIC_NONE,
	APIC_KERNEL
};

struct kind {
	const char *name;
	const char *help;
	enum reason reason;
	enum apic apic;
	const unsigned char *code[2]; /* vmx, svm; NULL where there is no such exit */
	const unsigned char *nested[2]; /* the code of the guest's guest */
	uint32_t user_exit; /* KVM_EXIT_* that each one causes, or 0 */
};

/* The host that exitgen runs on. */
struct host {
	bool svm;
	bool tdp; /* nested paging (NPT, EPT), not shadow paging */
	bool mmio_caching; /* KVM marks MMIO pages in its page tables */
};

struct request {
	enum kind_id kind;
	uint64_t count; /* for each vCPU */
};

struct options {
	uint32_t vcpus;
	uint32_t vms;
	uint32_t bench; /* rounds, 0: no benchmark */
	uint64_t rate; /* exits per second and vCPU, 0: as fast as possible */
	double delay;
	double hold;
	bool hold_stdin;
	bool read_stats; /* KVM's binary statistics, once a second */
	bool parallel;
	bool json;
	const char *name;
	struct request req[MAX_REQUESTS];
	unsigned int nr_req;
	bool kernel_apic;
	bool nested; /* vCPUs have guests of their own */
	bool user_msr; /* MSRs that KVM does not know are user space's */
};

struct kind_result {
	uint64_t made; /* exits of the kind in timed loops */
	uint64_t ns; /* what those loops took */
	double ns_per_exit; /* --bench: median of the rounds */
	double ns_per_exit_best; /* --bench: from the best runs */
};

struct vcpu_result {
	uint64_t expected[NR_REASONS];
	uint64_t nested[NR_REASONS]; /* of these, made by the guest's guest */
	uint64_t exits; /* KVM's own statistic */
	struct kind_result kind[MAX_REQUESTS];
};

/* Lives in memory that the VM's process shares with its parent. */
struct vm_result {
	pid_t pid;
	char name[32];
	struct vcpu_result vcpu[];
};

struct vm;

struct vcpu {
	struct vm *vm;
	uint32_t id;
	int fd;
	struct kvm_run *run;
	uint64_t apic_base;
	unsigned char *nest; /* its part of GUEST_NEST */
	struct vcpu_result *res;
};

struct vm {
	const struct host *host;
	const struct options *opt;
	int kvm_fd;
	int fd;
	size_t run_size;
	unsigned char *nest;
	struct vcpu *vcpu;
};

/* kinds.c */
extern const struct kind kinds[NR_KINDS];
extern const unsigned char guest_code[], guest_code_end[];
extern const unsigned char guest_end[];
const struct kind *kind_by_name(const char *name, size_t len);
const char *reason_name(const struct host *host, enum reason reason);
long reason_code(const struct host *host, enum reason reason);

/* vm.c */
void host_probe(struct host *host);
void host_check(const struct host *host, const struct options *opt);
void vm_create(struct vm *vm, const struct host *host, const struct options *opt,
	       struct vm_result *res);
void vcpu_break_state(struct vcpu *vcpu);
uint64_t vcpu_stat_exits(struct vcpu *vcpu);
uint64_t fault_pages(const struct options *opt);

/* nested.c */
void *nested_memory(const struct options *opt, uint64_t *size);
void nested_setup(struct vcpu *vcpu);
uint64_t nested_start(struct vcpu *vcpu, const unsigned char *code);

/* run.c */
uint64_t now_ns(void);
void run_prologue(struct vcpu *vcpu);
uint64_t run_kind(struct vcpu *vcpu, unsigned int nr, uint64_t from, uint64_t to, uint64_t *made);

/* crew.c */
void vm_run(struct vm *vm);

/* report.c */
void report_text(const struct host *host, const struct options *opt, uint32_t nr,
		 const struct vm_result *res);
void report_json(const struct host *host, const struct options *opt,
		 const struct vm_result *const *res);

/* options.c */
void parse_options(struct options *opt, int argc, char *argv[]);

/* main.c */
__attribute__((noreturn, format(printf, 2, 3))) void die(int status, const char *fmt, ...);
__attribute__((noreturn, format(printf, 1, 2))) void die_errno(const char *fmt, ...);

#endif /* EXITGEN_H */
