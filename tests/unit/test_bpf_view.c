// SPDX-License-Identifier: GPL-2.0-or-later
/* What is made of the BPF program's maps, and that a recording of it reads back. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry.h"
#include "source/bpf/layout.h"
#include "source/bpf/uevent.h"
#include "source/bpf/view.h"
#include "source/netlink/genl_encode.h"
#include "source/netlink/genl_parse.h"
#include "unit_test.h"

#define S      UINT64_C(1000000000)
#define PLACES 512

#define HLT	0x78
#define NPF	EXITS_SVM_LOW_CODES
#define INVALID EXITS_SVM_NEGATIVE

struct fixture {
	struct exits_header header;
	struct exits_place places[PLACES];
	struct exits_vm vms[PLACES];
	struct bpf_view *view;
	struct registry *registry;
	unsigned int messages;
	int result; /* of taking a message */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->header = (struct exits_header){ .layout = EXITS_LAYOUT,
					   .places = PLACES,
					   .epoch = 5,
					   .since_ns = 90 * S };
	assert_int_equal(registry_new(&f->registry), 0);
	registry_set_watched(f->registry, 100 * S);
	assert_int_equal(bpf_view_new(&f->view, &f->header, f->places, f->vms), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	bpf_view_free(f->view);
	registry_free(f->registry);
	free(f);
	return 0;
}

/* By way of a recording, so that the registry gets what a replay would get. */
static int take(void *userdata, const struct exit_message *message)
{
	struct fixture *f = userdata;
	struct exit_message parsed = { 0 };
	void *bytes = NULL;
	size_t len = 0;

	f->messages++;
	if (f->result < 0)
		return f->result;
	assert_int_equal(genl_encode_stats(message, &bytes, &len), 0);
	assert_int_equal(genl_parse_stats(bytes, len, &parsed), 0);
	assert_int_equal(parsed.type, message->type);
	assert_int_equal(parsed.n_vcpus, message->n_vcpus);
	assert_int_equal(parsed.n_reasons, message->n_reasons);
	assert_int_equal(registry_apply(f->registry, &parsed), 0);
	exit_message_done(&parsed);
	free(bytes);
	return 0;
}

static int read_view(struct fixture *f, bool all, uint64_t now_ns)
{
	int r;

	if (all)
		registry_dump_begin(f->registry);
	r = bpf_view_read(f->view, all, now_ns, take, f);
	if (all && r == 0)
		registry_dump_end(f->registry, now_ns);
	return r;
}

/* As the program would. */
static void create_vm(struct fixture *f, uint32_t at, uint64_t id, uint64_t created_ns)
{
	f->vms[at] = (struct exits_vm){ .kvm = 1,
					.id = id,
					.created_ns = created_ns,
					.pid = 800 + (uint32_t)id,
					.isa = KVM_EXITSTAT_ISA_SVM,
					.vcpus = 1,
					.comm = "vmm" };
}

static void create_vcpu(struct fixture *f, uint32_t at, uint32_t vm, uint32_t vcpu, uint32_t level)
{
	f->places[at] = (struct exits_place){ .vcpu = 1,
					      .life = ++f->header.lives,
					      .vm_id = f->vms[vm].id,
					      .vm = vm,
					      .vcpu_id = vcpu,
					      .level = level };
}

static void make_exits(struct fixture *f, uint32_t at, uint32_t slot, uint64_t n)
{
	f->places[at].count[slot] += n;
	f->places[at].exits += n;
}

static void end_vm(struct fixture *f, uint32_t vm, uint32_t place, uint64_t now_ns)
{
	f->vms[vm].destroyed_ns = now_ns;
	f->places[place].vcpu = 0;
	f->places[place].death = ++f->header.deaths;
}

static uint64_t total(const struct vm *vm, uint64_t code, int kind)
{
	size_t i;

	for (i = 0; i < vm->n_reasons; i++)
		if (!vm->reasons[i].other && vm->reasons[i].code == code)
			return vm->reasons[i].count[kind];
	return 0;
}

static void test_counts(void **state)
{
	struct fixture *f = *state;
	const struct vm *vm;

	assert_int_equal(read_view(f, true, 100 * S), 0);
	assert_int_equal(f->messages, 0);

	create_vm(f, 1, 1, 101 * S);
	create_vcpu(f, 1, 1, 3, 0);
	create_vcpu(f, 2, 1, 3, 1);
	make_exits(f, 1, HLT, 10);
	make_exits(f, 1, NPF, 7);
	make_exits(f, 1, INVALID, 1);
	make_exits(f, 1, EXITS_OTHER, 2);
	make_exits(f, 2, HLT, 5);
	assert_int_equal(read_view(f, false, 102 * S), 0);
	vm = registry_find(f->registry, 1);
	assert_non_null(vm);
	assert_int_equal(vm->exits, 25);
	assert_int_equal(vm->created_ns, 101 * S);
	assert_true(vm->watched);
	assert_string_equal(vm->name, "vmm");
	assert_int_equal(vm->n_vcpus, 1);
	assert_int_equal(vm->vcpus[0]->id, 3);
	assert_int_equal(total(vm, HLT, COUNT_DIRECT), 10);
	assert_int_equal(total(vm, HLT, COUNT_NESTED), 5);
	assert_int_equal(total(vm, 0x400, COUNT_DIRECT), 7);
	assert_int_equal(total(vm, UINT64_MAX, COUNT_DIRECT), 1);

	/* Nothing happened, nothing is said. */
	f->messages = 0;
	assert_int_equal(read_view(f, false, 103 * S), 0);
	assert_int_equal(f->messages, 0);

	make_exits(f, 1, HLT, 1);
	end_vm(f, 1, 1, 104 * S);
	assert_int_equal(read_view(f, false, 105 * S), 0);
	vm = registry_first_dead(f->registry);
	assert_non_null(vm);
	assert_int_equal(vm->exits, 26);
	assert_int_equal(vm->ended_ns, 104 * S);
	f->messages = 0;
	assert_int_equal(read_view(f, false, 106 * S), 0);
	assert_int_equal(read_view(f, true, 107 * S), 0);
	assert_int_equal(f->messages, 0);
}

/* A VM that is older than the counting: its time of creation is not known. */
static void test_older(void **state)
{
	struct fixture *f = *state;
	const struct vm *vm;

	registry_set_counted(f->registry, f->header.since_ns);
	create_vm(f, 1, 1, 0);
	create_vcpu(f, 1, 1, 0, 0);
	create_vm(f, 2, 2, 95 * S);
	create_vcpu(f, 2, 2, 0, 0);
	make_exits(f, 1, HLT, 3);
	assert_int_equal(read_view(f, true, 100 * S), 0);
	vm = registry_find(f->registry, 1);
	assert_int_equal(vm->exits, 3);
	assert_int_equal(registry_counted_since(f->registry, vm), 90 * S);
	assert_int_equal(registry_counted_since(f->registry, registry_find(f->registry, 2)), 0);
	assert_null(registry_blind(f->registry, vm));
	registry_set_blind(f->registry, "some");
	assert_string_equal(registry_blind(f->registry, vm), "some");
}

/* Its memory was short: what was not taken in comes again, with totals. */
static void test_again(void **state)
{
	struct fixture *f = *state;

	create_vm(f, 1, 1, 101 * S);
	create_vcpu(f, 1, 1, 0, 0);
	make_exits(f, 1, HLT, 10);
	f->result = -ENOMEM;
	assert_int_equal(read_view(f, false, 102 * S), -ENOMEM);
	f->result = 0;
	assert_int_equal(read_view(f, true, 103 * S), 0);
	assert_int_equal(registry_find(f->registry, 1)->exits, 10);
}

/* A place is given to another vCPU: its counts begin anew, and are that one's. */
static void test_reuse(void **state)
{
	struct fixture *f = *state;
	struct source_losses losses;

	create_vm(f, 1, 1, 101 * S);
	create_vcpu(f, 1, 1, 0, 0);
	make_exits(f, 1, HLT, 10);
	assert_int_equal(read_view(f, true, 102 * S), 0);
	end_vm(f, 1, 1, 103 * S);
	assert_int_equal(read_view(f, false, 104 * S), 0);

	f->header.forgotten = f->places[1].death;
	create_vm(f, 2, 2, 105 * S);
	create_vcpu(f, 1, 2, 0, 0);
	make_exits(f, 1, HLT, 4);
	assert_int_equal(read_view(f, false, 106 * S), 0);
	assert_int_equal(registry_find(f->registry, 2)->exits, 4);
	assert_int_equal(registry_first_dead(f->registry)->exits, 10);
	losses = bpf_view_losses(f->view);
	assert_int_equal(losses.vcpus, 0);

	/* That one ends unseen, and its place goes to a third. */
	end_vm(f, 2, 1, 107 * S);
	f->header.forgotten = f->places[1].death;
	f->header.missed = 9;
	create_vm(f, 3, 3, 108 * S);
	create_vcpu(f, 1, 3, 0, 0);
	make_exits(f, 1, HLT, 1);
	assert_int_equal(read_view(f, false, 109 * S), 0);
	losses = bpf_view_losses(f->view);
	assert_int_equal(losses.vcpus, 1);
	assert_int_equal(losses.exits, 9);
	assert_int_equal(registry_find(f->registry, 3)->exits, 1);
}

/* Of VMs that ended before anybody read, the last ones are reported. */
static void test_dead(void **state)
{
	struct fixture *f = *state;
	const struct vm *vm;
	uint32_t i, n = 0;

	for (i = 1; i <= 300; i++) {
		create_vm(f, i, i, 91 * S);
		create_vcpu(f, i, i, 0, 0);
		make_exits(f, i, HLT, i);
		end_vm(f, i, i, 92 * S + i);
	}
	assert_int_equal(read_view(f, true, 100 * S), 0);
	assert_int_equal(registry_n_live(f->registry), 0);
	for (vm = registry_first_dead(f->registry); vm; vm = registry_next(vm)) {
		assert_int_equal(vm->exits, vm->id);
		assert_true(vm->id > 300 - KVM_EXITSTAT_DEAD_VMS_MAX);
		n++;
	}
	assert_int_equal(n, KVM_EXITSTAT_DEAD_VMS_MAX);
}

/* Numbers that no program of ours writes lead nowhere outside. */
static void test_hostile(void **state)
{
	struct fixture *f = *state;
	struct bpf_view *view = NULL;
	uint32_t i;

	create_vm(f, 1, 1, 101 * S);
	for (i = 0; i < PLACES; i++) {
		create_vcpu(f, i, 1, i, i);
		f->places[i].vm = i % 3 ? UINT32_MAX - i : PLACES + i;
		make_exits(f, i, EXITS_OTHER, UINT64_MAX - i);
	}
	assert_int_equal(read_view(f, true, 102 * S), 0);
	assert_int_equal(read_view(f, false, 103 * S), 0);

	f->header.layout++;
	assert_int_equal(bpf_view_new(&view, &f->header, f->places, f->vms), -EINVAL);
}

static void test_uevents(void **state)
{
	static const char added[] = "add@/devices/virtual/misc/kvm\0ACTION=add";
	static const char removed[] = "remove@/devices/virtual/misc/kvm\0ACTION=remove";
	static const char other[] = "add@/devices/virtual/misc/kvmx\0ACTION=add";

	(void)state;
	assert_int_equal(uevent_parse(added, sizeof(added)), UEVENT_KVM_ADDED);
	assert_int_equal(uevent_parse(removed, sizeof(removed)), UEVENT_KVM_REMOVED);
	assert_int_equal(uevent_parse(other, sizeof(other)), UEVENT_OTHER);
	/* Not ended. */
	assert_int_equal(uevent_parse(added, 29), UEVENT_OTHER);
	assert_int_equal(uevent_parse(added, 0), UEVENT_OTHER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts), TEST(test_older),   TEST(test_again),   TEST(test_reuse),
		TEST(test_dead),   TEST(test_hostile), TEST(test_uevents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
