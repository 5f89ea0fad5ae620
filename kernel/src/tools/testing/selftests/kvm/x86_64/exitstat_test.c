// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every VM-Exit is counted once, by vCPU, reason, and whether a nested guest
 * ran, and is reported by requests and notifications of the kvm-exitstat
 * generic netlink family, to privileged users only.
 */
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/svm.h>
#include <asm/vmx.h>

#include "exitstat_nl.h"
#include "kvm_util.h"
#include "processor.h"
#include "svm_util.h"
#include "test_util.h"
#include "vmx.h"

#define NR_VCPUS	2
#define NR_NESTED	50

/* How many CPUIDs each vCPU executes. */
static const uint64_t nr_cpuids[NR_VCPUS] = { 1000, 33 };

/* What the messages said so far about one VM. */
struct counts {
	uint64_t vm_id;
	/* The number of the last notification. */
	uint64_t seq;
	uint64_t sum[NR_VCPUS];
	uint64_t cpuid[NR_VCPUS];
	uint64_t io[NR_VCPUS];
	uint64_t nested_call[NR_VCPUS];
	uint64_t final_cpuid;
};

static uint64_t code_of(uint64_t vmx, uint64_t svm)
{
	return host_cpu_is_intel ? vmx : svm;
}

/* Add up deltas, or, where there are none, totals. */
static void see_reason(struct counts *c, int vcpu, const struct nlattr *reason)
{
	uint64_t code = -1ull, total = 0, delta = 0, n;
	bool is_nested = false, has_delta = false;
	const struct nlattr *a;
	struct attrs it;

	for (it = nested(reason); (a = next_attr(&it));) {
		switch (attr_type(a)) {
		case KVM_EXITSTAT_A_REASON_CODE:
			code = attr_u64(a);
			break;
		case KVM_EXITSTAT_A_REASON_NESTED:
			is_nested = true;
			break;
		case KVM_EXITSTAT_A_REASON_DELTA:
			has_delta = true;
			delta = attr_u64(a);
			break;
		case KVM_EXITSTAT_A_REASON_TOTAL:
			total = attr_u64(a);
			break;
		}
	}

	n = has_delta ? delta : total;
	c->sum[vcpu] += n;
	if (code == code_of(EXIT_REASON_CPUID, SVM_EXIT_CPUID))
		c->cpuid[vcpu] += n;
	else if (code == code_of(EXIT_REASON_IO_INSTRUCTION, SVM_EXIT_IOIO))
		c->io[vcpu] += n;
	else if (is_nested && code == code_of(EXIT_REASON_VMCALL, SVM_EXIT_VMMCALL))
		c->nested_call[vcpu] += n;
}

static void see_vcpu(struct counts *c, const struct nlattr *vcpu)
{
	uint32_t vcpu_id = NR_VCPUS;
	const struct nlattr *a;
	uint64_t vm_id = 0;
	struct attrs it;

	for (it = nested(vcpu); (a = next_attr(&it));) {
		if (attr_type(a) == KVM_EXITSTAT_A_VCPU_VM_ID)
			vm_id = attr_u64(a);
		else if (attr_type(a) == KVM_EXITSTAT_A_VCPU_VCPU_ID)
			vcpu_id = attr_u32(a);
		else if (attr_type(a) == KVM_EXITSTAT_A_VCPU_ISA)
			TEST_ASSERT_EQ(attr_u32(a), code_of(KVM_EXITSTAT_ISA_VMX,
							    KVM_EXITSTAT_ISA_SVM));
	}
	if (vm_id != c->vm_id)
		return;

	TEST_ASSERT(vcpu_id < NR_VCPUS, "There is no vCPU %u", vcpu_id);
	for (it = nested(vcpu); (a = next_attr(&it));) {
		if (attr_type(a) == KVM_EXITSTAT_A_VCPU_REASON)
			see_reason(c, vcpu_id, a);
	}
}

/* The living VM of this process is the one that is looked for. */
static uint64_t see_vm(const struct nlattr *vm)
{
	const struct nlattr *a;
	bool mine = false;
	struct attrs it;
	uint64_t id = 0;

	for (it = nested(vm); (a = next_attr(&it));) {
		if (attr_type(a) == KVM_EXITSTAT_A_VM_VM_ID)
			id = attr_u64(a);
		else if (attr_type(a) == KVM_EXITSTAT_A_VM_PID)
			mine = attr_u32(a) == getpid();
		else if (attr_type(a) == KVM_EXITSTAT_A_VM_DESTROYED_NS)
			return 0;
	}
	return mine ? id : 0;
}

static void see_dump(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;
	struct counts *c = arg;
	struct attrs it;

	for (it = nl_attrs(nlh); (a = next_attr(&it));) {
		if (attr_type(a) == KVM_EXITSTAT_A_STATS_VM && !c->vm_id)
			c->vm_id = see_vm(a);
		else if (attr_type(a) == KVM_EXITSTAT_A_STATS_VCPU)
			see_vcpu(c, a);
	}
}

/* A notification: its number is the next one, and a VM's end has its totals. */
static bool see_ntf(const struct nlmsghdr *nlh, void *arg)
{
	struct counts *c = arg;
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	uint64_t number = 0, vm_id = 0;
	struct counts final = { };
	const struct nlattr *a, *b;
	struct attrs it, vm;
	uint32_t event = 0;

	if (genl->cmd == KVM_EXITSTAT_CMD_CONFIG_NTF)
		return false;

	for (it = nl_attrs(nlh); (a = next_attr(&it));) {
		switch (attr_type(a)) {
		case KVM_EXITSTAT_A_STATS_SEQ:
			number = attr_u64(a);
			break;
		case KVM_EXITSTAT_A_STATS_EVENT:
			event = attr_u32(a);
			break;
		case KVM_EXITSTAT_A_STATS_VM:
			for (vm = nested(a); (b = next_attr(&vm));) {
				if (attr_type(b) == KVM_EXITSTAT_A_VM_VM_ID)
					vm_id = attr_u64(b);
			}
			if (event == KVM_EXITSTAT_EVENT_VM_CREATED && see_vm(a))
				c->vm_id = vm_id;
			break;
		case KVM_EXITSTAT_A_STATS_VCPU:
			see_vcpu(c, a);
			break;
		case KVM_EXITSTAT_A_STATS_REASON:
			see_reason(&final, 0, a);
			break;
		}
	}
	TEST_ASSERT(!c->seq || number == c->seq + 1, "Notification %lu came after %lu",
		    number, c->seq);
	c->seq = number;

	if (event != KVM_EXITSTAT_EVENT_VM_DESTROYED || vm_id != c->vm_id)
		return false;
	c->final_cpuid = final.cpuid[0];
	TEST_ASSERT_EQ(final.sum[0], c->sum[0] + c->sum[1]);
	return true;
}

/* KVM's own count of a vCPU's exits. */
static uint64_t vcpu_exits(struct kvm_vcpu *vcpu)
{
	struct kvm_stats_header header;
	struct kvm_stats_desc *descs, *desc;
	uint64_t exits = 0;
	int fd, i;

	fd = vcpu_get_stats_fd(vcpu);
	read_stats_header(fd, &header);
	descs = read_stats_descriptors(fd, &header);
	for (i = 0; i < header.num_desc; i++) {
		desc = get_stats_descriptor(descs, i, &header);
		if (!strcmp(desc->name, "exits"))
			read_stat_data(fd, &header, desc, &exits, 1);
	}
	free(descs);
	close(fd);
	return exits;
}

static void guest_code(uint64_t n)
{
	uint32_t eax, ebx, ecx, edx;

	while (n--)
		cpuid(0, &eax, &ebx, &ecx, &edx);
	GUEST_DONE();
}

static void l2_guest_code(void)
{
	for (;;) {
		if (host_cpu_is_intel)
			asm volatile("vmcall" ::: "memory");
		else
			asm volatile("vmmcall" ::: "memory");
	}
}

#define L2_STACK_SIZE	64
#define CALL_SIZE	3

static void l1_guest_code_svm(struct svm_test_data *svm)
{
	unsigned long l2_stack[L2_STACK_SIZE];
	int i;

	generic_svm_setup(svm, l2_guest_code, &l2_stack[L2_STACK_SIZE]);
	for (i = 0; i < NR_NESTED; i++) {
		run_guest(svm->vmcb, svm->vmcb_gpa);
		GUEST_ASSERT_EQ(svm->vmcb->control.exit_code, SVM_EXIT_VMMCALL);
		svm->vmcb->save.rip += CALL_SIZE;
	}
	GUEST_DONE();
}

static void l1_guest_code_vmx(struct vmx_pages *vmx)
{
	unsigned long l2_stack[L2_STACK_SIZE];
	int i;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE]);
	for (i = 0; i < NR_NESTED; i++) {
		GUEST_ASSERT(!(i ? vmresume() : vmlaunch()));
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);
		vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + CALL_SIZE);
	}
	GUEST_DONE();
}

/* Returns how often the guest was left for user space, by I/O every time. */
static uint64_t run_to_done(struct kvm_vcpu *vcpu)
{
	uint64_t nr_io = 0;
	struct ucall uc;

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);
		nr_io++;
		switch (get_ucall(vcpu, &uc)) {
		case UCALL_DONE:
			return nr_io;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unexpected ucall %lu", uc.cmd);
		}
	}
}

static void test_counts(struct nl_socket *s)
{
	struct counts dump = { }, news = { }, dead = { };
	struct nl_socket events = nl_open();
	struct kvm_vcpu *vcpus[NR_VCPUS];
	uint64_t nr_io[NR_VCPUS];
	struct kvm_vm *vm;
	int i;

	TEST_ASSERT_EQ(join_group(&events), 0);

	vm = vm_create_with_vcpus(NR_VCPUS, guest_code, vcpus);
	for (i = 0; i < NR_VCPUS; i++) {
		vcpu_args_set(vcpus[i], 1, nr_cpuids[i]);
		nr_io[i] = run_to_done(vcpus[i]);
	}

	TEST_ASSERT_EQ(get_stats(s, NLM_F_DUMP, 0, see_dump, &dump), 0);
	TEST_ASSERT(dump.vm_id, "The VM is not in the dump");
	for (i = 0; i < NR_VCPUS; i++) {
		TEST_ASSERT_EQ(dump.cpuid[i], nr_cpuids[i]);
		TEST_ASSERT_EQ(dump.io[i], nr_io[i]);
		TEST_ASSERT_EQ(dump.sum[i], vcpu_exits(vcpus[i]));
	}

	kvm_vm_free(vm);
	nl_receive(&events, see_ntf, &news);
	TEST_ASSERT_EQ(news.vm_id, dump.vm_id);
	for (i = 0; i < NR_VCPUS; i++) {
		TEST_ASSERT_EQ(news.cpuid[i], dump.cpuid[i]);
		TEST_ASSERT_EQ(news.io[i], dump.io[i]);
		TEST_ASSERT_EQ(news.sum[i], dump.sum[i]);
	}
	TEST_ASSERT_EQ(news.final_cpuid, nr_cpuids[0] + nr_cpuids[1]);

	/* The totals outlive the VM. */
	dead.vm_id = dump.vm_id;
	TEST_ASSERT_EQ(get_stats(s, NLM_F_DUMP, dump.vm_id, see_dump, &dead), 0);
	for (i = 0; i < NR_VCPUS; i++)
		TEST_ASSERT_EQ(dead.sum[i], dump.sum[i]);
	close(events.fd);
}

static void test_nested(struct nl_socket *s)
{
	struct counts dump = { };
	struct kvm_vcpu *vcpu;
	vm_vaddr_t gva;
	struct kvm_vm *vm;

	if (kvm_cpu_has(X86_FEATURE_SVM)) {
		vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code_svm);
		vcpu_alloc_svm(vm, &gva);
	} else if (kvm_cpu_has(X86_FEATURE_VMX)) {
		vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code_vmx);
		vcpu_alloc_vmx(vm, &gva);
	} else {
		print_skip("Nested virtualization is off");
		return;
	}
	vcpu_args_set(vcpu, 1, gva);
	run_to_done(vcpu);

	TEST_ASSERT_EQ(get_stats(s, NLM_F_DUMP, 0, see_dump, &dump), 0);
	TEST_ASSERT_EQ(dump.nested_call[0], NR_NESTED);
	TEST_ASSERT_EQ(dump.sum[0], vcpu_exits(vcpu));
	kvm_vm_free(vm);
}

static void test_refused(struct nl_socket *s)
{
	TEST_ASSERT_EQ(get_stats(s, 0, 0, NULL, NULL), -EINVAL);
	TEST_ASSERT_EQ(get_stats(s, 0, UINT64_MAX, NULL, NULL), -ENOENT);
	TEST_ASSERT_EQ(get_stats(s, NLM_F_DUMP, UINT64_MAX, NULL, NULL), -ENOENT);
	TEST_ASSERT_EQ(set_interval(s, KVM_EXITSTAT_INTERVAL_MS_MIN - 1), -ERANGE);
	TEST_ASSERT_EQ(set_interval(s, KVM_EXITSTAT_INTERVAL_MS_MAX + 1), -ERANGE);
}

static void test_unprivileged(void)
{
	struct nl_socket s;
	int status;
	pid_t pid;

	pid = fork();
	TEST_ASSERT(pid >= 0, "fork() failed");
	if (!pid) {
		TEST_ASSERT(!setresuid(65534, 65534, 65534), "setresuid() failed");
		s = nl_open();
		TEST_ASSERT_EQ(join_group(&s), -EPERM);
		TEST_ASSERT_EQ(get_stats(&s, NLM_F_DUMP, 0, NULL, NULL), -EPERM);
		TEST_ASSERT_EQ(get_stats(&s, 0, 1, NULL, NULL), -EPERM);
		TEST_ASSERT_EQ(set_interval(&s, 1000), -EPERM);
		exit(0);
	}
	TEST_ASSERT_EQ(waitpid(pid, &status, 0), pid);
	TEST_ASSERT(WIFEXITED(status) && !WEXITSTATUS(status),
		    "An unprivileged user was not refused");
}

int main(int argc, char *argv[])
{
	struct nl_socket s = nl_open();

	__TEST_REQUIRE(find_family(&s), "CONFIG_KVM_EXITSTAT is not set");
	__TEST_REQUIRE(!geteuid(), "Needs to be run as root");

	test_counts(&s);
	test_nested(&s);
	test_refused(&s);
	test_unprivileged();
	close(s.fd);
	return 0;
}
