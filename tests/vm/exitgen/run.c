// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running guest code on a vCPU, and keeping the books of the exits that it must
 * have made.
 *
 * What makes the books exact:
 *  - each loop of guest code makes one exit a turn, and its end one more (IO);
 *  - the code page is faulted in by vCPU 0, before any other vCPU runs;
 *  - two vCPUs that build the same level of page tables at the same time would
 *    make one of them fault again. So all upper levels are built in a prologue
 *    which one vCPU after the other runs, alone; what the vCPUs do in parallel
 *    only fills in last-level entries, each its own.
 * Exits that the host causes (INTR, EXTERNAL_INTERRUPT…) have reasons of their
 * own and re-execute no instruction that has exited already.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "exitgen.h"

#define MSR_APIC_BASE	 0x1b
#define MSR_BIOS_SIGN_ID 0x8b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC_ICR	 0x830
#define IPI_VECTOR	 0x40

/*
 * Cycles to a deadline: so many that it is still ahead when KVM has set the timer,
 * which it does some microseconds earlier.
 */
#define PREEMPT_CYCLES 100000

struct loop {
	const unsigned char *code;
	uint32_t turns;
	uint32_t user_exit; /* KVM_EXIT_* of each turn, or 0 */
	uint64_t rax, rcx, rdx, rdi, rbp;
};

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint32_t kvm_run(struct vcpu *vcpu)
{
	while (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
		if (errno != EINTR && errno != EAGAIN)
			die_errno("KVM_RUN on vCPU %u", vcpu->id);
	}
	return vcpu->run->exit_reason;
}

/* Run one loop of guest code to its end; how long it took. */
static uint64_t run_loop(struct vcpu *vcpu, const struct loop *loop)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_regs regs = {
		.rip = GUEST_CODE + (uint64_t)(loop->code - guest_code),
		.rflags = 2,
		.rsi = loop->turns,
		.rax = loop->rax,
		.rcx = loop->rcx,
		.rdx = loop->rdx,
		.rdi = loop->rdi,
		.rbp = loop->rbp,
	};
	uint64_t start, ns, seen = 0;
	uint32_t reason;

	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		die_errno("KVM_SET_REGS");

	start = now_ns();
	for (;;) {
		reason = kvm_run(vcpu);
		if (reason == KVM_EXIT_IO && run->io.port == PORT_END)
			break;
		if (reason != loop->user_exit)
			die(EXIT_KVM, "vCPU %u: unexpected KVM exit reason %u (%#llx)", vcpu->id,
			    reason, (unsigned long long)run->hw.hardware_exit_reason);
		seen++;
	}
	ns = now_ns() - start;

	if (loop->user_exit && seen != loop->turns)
		die(EXIT_KVM, "vCPU %u: %llu exits to user space, not %u", vcpu->id,
		    (unsigned long long)seen, loop->turns);
	vcpu->res->expected[R_IO]++;
	return ns;
}

/* Where this vCPU's part of the window for page faults begins. */
static uint64_t fault_base(const struct vcpu *vcpu)
{
	return GUEST_FAULT + vcpu->id * fault_pages(vcpu->vm->opt) * GUEST_PAGE;
}

static uint64_t mmio_base(const struct vcpu *vcpu)
{
	return GUEST_MMIO + (uint64_t)vcpu->id * GUEST_PAGE;
}

/* Of the exits with the numbers from…to-1, how many the prologue has made. */
static uint64_t made_by_prologue(enum kind_id kind, uint64_t from, uint64_t to)
{
	switch (kind) {
	case K_NPF:
		return (to + PAGES_PER_TABLE - 1) / PAGES_PER_TABLE -
		       (from + PAGES_PER_TABLE - 1) / PAGES_PER_TABLE;
	case K_MMIO:
	case K_MMIO_FLOOD:
		return from == 0 && to > 0;
	default:
		return 0;
	}
}

static void expect_nested(struct vcpu *vcpu, enum reason reason, uint64_t n)
{
	vcpu->res->expected[reason] += n;
	vcpu->res->nested[reason] += n;
}

/* The guest's guest has page tables of its own, which all vCPUs share. */
static void prologue_nested(struct vcpu *vcpu)
{
	const struct kind *kind = &kinds[K_NESTED_CALL];
	bool svm = vcpu->vm->host->svm;
	struct loop loop = {
		.code = kind->code[svm],
		.turns = 1,
		.rdi = nested_start(vcpu, kind->nested[svm]),
	};

	run_loop(vcpu, &loop);
	vcpu->res->expected[R_ENTER_L2]++;
	expect_nested(vcpu, R_VMCALL, 1);
	if (vcpu->id == 0)
		expect_nested(vcpu, R_FAULT, 1);
}

void run_prologue(struct vcpu *vcpu)
{
	const struct options *opt = vcpu->vm->opt;
	uint64_t *expected = vcpu->res->expected;
	struct loop loop = { .code = guest_end };

	run_loop(vcpu, &loop);
	if (vcpu->id == 0)
		expected[R_FAULT] += opt->nested ? 2 : 1; /* code and page tables */
	if (opt->nested)
		prologue_nested(vcpu);

	for (unsigned int i = 0; i < opt->nr_req; i++) {
		const struct request *req = &opt->req[i];
		uint64_t n = made_by_prologue(req->kind, 0, req->count);

		if (!n)
			continue;
		loop = (struct loop){
			.code = kinds[req->kind].code[0],
			.user_exit = kinds[req->kind].user_exit,
			.turns = (uint32_t)n,
			.rdi = req->kind == K_NPF ? fault_base(vcpu) : mmio_base(vcpu),
			.rbp = GUEST_TABLE,
		};
		run_loop(vcpu, &loop);
		/* The first touch of an MMIO page is a fault as any other. */
		expected[R_FAULT] += n;
	}
}

static uint64_t fail_entries(struct vcpu *vcpu, uint64_t n)
{
	uint64_t start = now_ns();

	for (uint64_t i = 0; i < n; i++) {
		uint32_t reason = kvm_run(vcpu);

		if (reason != KVM_EXIT_FAIL_ENTRY)
			die(EXIT_KVM, "vCPU %u: KVM exit reason %u where VM entry should fail",
			    vcpu->id, reason);
	}
	return now_ns() - start;
}

/* Make the exits with the numbers from…to-1 of a kind. */
uint64_t run_kind(struct vcpu *vcpu, unsigned int nr, uint64_t from, uint64_t to, uint64_t *made)
{
	const struct request *req = &vcpu->vm->opt->req[nr];
	const struct kind *kind = &kinds[req->kind];
	struct loop loop = {
		.code = kind->code[vcpu->vm->host->svm],
		.user_exit = kind->user_exit,
		.turns = (uint32_t)(to - from),
	};
	uint64_t n = to - from - made_by_prologue(req->kind, from, to);
	uint64_t ns = 0;

	switch (req->kind) {
	case K_MSR_WRITE:
	case K_MSR_READ:
		loop.rcx = MSR_APIC_BASE;
		loop.rax = (uint32_t)vcpu->apic_base;
		loop.rdx = vcpu->apic_base >> 32;
		break;
	case K_MSR_OTHER:
		loop.rcx = MSR_BIOS_SIGN_ID;
		break;
	case K_X2APIC_ICR:
		loop.rcx = MSR_X2APIC_ICR;
		loop.rax = IPI_VECTOR;
		loop.rdx = vcpu->id;
		break;
	case K_TSCDEADLINE:
		loop.rcx = MSR_TSC_DEADLINE;
		break;
	case K_PREEMPT_TIMER:
		loop.rcx = MSR_TSC_DEADLINE;
		loop.rbp = PREEMPT_CYCLES;
		vcpu->res->expected[R_MSR_WRITE] += n;
		break;
	case K_HLT_KICK:
		loop.rdi = vcpu->id;
		vcpu->res->expected[R_VMCALL] += n;
		break;
	case K_NPF:
		/* Passes the prologue's pages too, which do not fault again. */
		loop.rdi = fault_base(vcpu) + from * GUEST_PAGE;
		loop.rbp = GUEST_PAGE;
		break;
	case K_MMIO:
	case K_MMIO_FLOOD:
		/* Where the prologue's page does exit again: leave that turn out. */
		loop.rdi = mmio_base(vcpu);
		loop.turns = (uint32_t)n;
		break;
	case K_NESTED_CALL:
		loop.rdi = nested_start(vcpu, kind->nested[vcpu->vm->host->svm]);
		vcpu->res->expected[R_ENTER_L2] += n;
		vcpu->res->nested[R_VMCALL] += n;
		break;
	case K_NESTED_WBINVD:
	case K_NESTED_OUT:
		loop.rdi = nested_start(vcpu, kind->nested[vcpu->vm->host->svm]);
		vcpu->res->expected[R_ENTER_L2]++;
		vcpu->res->nested[kind->reason] += n;
		expect_nested(vcpu, R_VMCALL, 1);
		break;
	default:
		break;
	}

	if (req->kind == K_FAIL_ENTRY)
		ns = fail_entries(vcpu, n);
	else if (loop.turns)
		ns = run_loop(vcpu, &loop);
	vcpu->res->expected[kind->reason] += n;
	vcpu->res->kind[nr].made += n;
	vcpu->res->kind[nr].ns += ns;
	if (made)
		*made = n;
	return ns;
}
