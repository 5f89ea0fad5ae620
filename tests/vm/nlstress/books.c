// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Totals by VM, vCPU and reason as the kernel tells them, and what must hold of
 * each that is told.
 *
 * A book is kept either of notifications or of dumps: what one says may be ahead
 * of the other. Notifications must continue each other exactly for as long as
 * none was missed, which is a round; in a new round each count is taken as it
 * comes, once, if it did not go back.
 */
#include <stdlib.h>
#include <string.h>

#include "nlstress.h"

static void *grow(void *array, size_t nr, size_t size)
{
	array = realloc(array, nr * size);
	check(array, "no memory");
	return array;
}

void counts_free(struct counts *counts)
{
	free(counts->c);
	*counts = (struct counts){ 0 };
}

/* An entry that is new has all zero but its name. */
struct count *count_entry(struct counts *counts, uint64_t code, bool nested, bool other)
{
	struct count *c;

	for (unsigned int i = 0; i < counts->nr; i++) {
		c = &counts->c[i];
		if (c->code == code && c->nested == nested && c->other == other)
			return c;
	}
	counts->c = grow(counts->c, counts->nr + 1, sizeof(*counts->c));
	c = &counts->c[counts->nr++];
	*c = (struct count){ .code = code, .nested = nested, .other = other };
	return c;
}

uint64_t counts_sum(const struct counts *counts)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < counts->nr; i++)
		sum += counts->c[i].total;
	return sum;
}

uint64_t counts_of(const struct counts *counts, uint64_t code)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < counts->nr; i++) {
		if (counts->c[i].code == code && !counts->c[i].other)
			sum += counts->c[i].total;
	}
	return sum;
}

static struct count *reason_entry(struct counts *counts, const struct nlattr *reason,
				  uint64_t *total, const struct nlattr **delta)
{
	const struct nlattr *attrs[NR_ATTRS];
	bool other;

	index_nested(reason, attrs);
	other = attrs[KVM_EXITSTAT_A_REASON_OTHER];
	*total = attr_u64(attrs[KVM_EXITSTAT_A_REASON_TOTAL]);
	*delta = attrs[KVM_EXITSTAT_A_REASON_DELTA];
	check(*total, "a reason with no exits");
	check(other != !!attrs[KVM_EXITSTAT_A_REASON_CODE], "a reason without a code, or with two");
	return count_entry(counts, other ? 0 : attr_u64(attrs[KVM_EXITSTAT_A_REASON_CODE]),
			   attrs[KVM_EXITSTAT_A_REASON_NESTED], other);
}

/* The sums over a VM's vCPUs, of a message that has them. */
void counts_from(struct counts *counts, const struct nlmsghdr *n)
{
	const struct nlattr *delta;
	struct count *c;
	uint64_t total;
	size_t left;

	counts_free(counts);
	for (const struct nlattr *a = msg_attrs(n, &left); a; a = attr_next(a, &left)) {
		if ((a->nla_type & NLA_TYPE_MASK) != KVM_EXITSTAT_A_STATS_REASON)
			continue;
		c = reason_entry(counts, a, &total, &delta);
		check(!c->total && !delta, "a sum is told twice, or as a change");
		c->total = total;
	}
}

void book_start(struct book *book)
{
	for (size_t i = 0; i < book->nr; i++) {
		for (unsigned int j = 0; j < book->vms[i].nr; j++) {
			counts_free(&book->vms[i].vcpus[j].counts);
			counts_free(&book->vms[i].vcpus[j].times);
			counts_free(&book->vms[i].vcpus[j].details);
		}
		free(book->vms[i].vcpus);
		counts_free(&book->vms[i].final);
	}
	free(book->vms);
	/* A dump may be what told of the new epoch. */
	*book = (struct book){ .round = 1, .dump = book->dump };
}

void book_missed(struct book *book)
{
	book->round++;
	book->seq = 0;
}

/* VMs are told of in the order of their ids, if not all of them. */
struct vm_book *book_vm(struct book *book, uint64_t id)
{
	size_t low = 0, high = book->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (book->vms[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < book->nr && book->vms[low].id == id)
		return &book->vms[low];
	if (book->nr == book->size) {
		book->size = book->size * 2 + 64;
		book->vms = grow(book->vms, book->size, sizeof(*book->vms));
	}
	memmove(&book->vms[low + 1], &book->vms[low], (book->nr - low) * sizeof(*book->vms));
	book->nr++;
	book->vms[low] = (struct vm_book){ .id = id };
	return &book->vms[low];
}

static struct vcpu_book *vcpu_entry(struct vm_book *vm, uint32_t id)
{
	for (unsigned int i = 0; i < vm->nr; i++) {
		if (vm->vcpus[i].id == id)
			return &vm->vcpus[i];
	}
	vm->vcpus = grow(vm->vcpus, vm->nr + 1, sizeof(*vm->vcpus));
	vm->vcpus[vm->nr] = (struct vcpu_book){ .id = id };
	return &vm->vcpus[vm->nr++];
}

static struct vm_book *enter_vm(struct book *book, const struct nlattr *nest)
{
	const struct nlattr *attrs[NR_ATTRS];
	uint32_t pid, nr_vcpus;
	struct vm_book *vm;
	bool dead;

	index_nested(nest, attrs);
	vm = book_vm(book, attr_u64(attrs[KVM_EXITSTAT_A_VM_VM_ID]));
	pid = attr_u32(attrs[KVM_EXITSTAT_A_VM_PID]);
	nr_vcpus = attr_u32(attrs[KVM_EXITSTAT_A_VM_VCPUS]);
	dead = attrs[KVM_EXITSTAT_A_VM_DESTROYED_NS];
	check(!vm->pid || vm->pid == pid, "VM %lu has a new pid", vm->id);
	check(nr_vcpus >= vm->nr_vcpus, "VM %lu has lost a vCPU", vm->id);
	check(!vm->dead || dead, "VM %lu lives again", vm->id);
	vm->pid = pid;
	vm->nr_vcpus = nr_vcpus;
	vm->isa = attr_u32(attrs[KVM_EXITSTAT_A_VM_ISA]);
	vm->dead = dead;
	return vm;
}

static struct vm_book *vcpu_vm(struct book *book, const struct nlattr *nest,
			       struct vcpu_book **vcpu)
{
	const struct nlattr *attrs[NR_ATTRS];
	struct vm_book *vm;
	uint32_t pid;

	index_nested(nest, attrs);
	vm = book_vm(book, attr_u64(attrs[KVM_EXITSTAT_A_VCPU_VM_ID]));
	pid = attr_u32(attrs[KVM_EXITSTAT_A_VCPU_PID]);
	check(!vm->pid || vm->pid == pid, "VM %lu has a new pid", vm->id);
	vm->pid = pid;
	*vcpu = vcpu_entry(vm, attr_u32(attrs[KVM_EXITSTAT_A_VCPU_VCPU_ID]));
	return vm;
}

/* What changed of a vCPU. */
static void enter_changes(struct book *book, const struct nlattr *nest)
{
	const struct nlattr *delta;
	struct vcpu_book *vcpu;
	struct vm_book *vm = vcpu_vm(book, nest, &vcpu);
	struct count *c;
	uint64_t total;
	size_t left;

	check(!vm->dead, "VM %lu exits after its end", vm->id);
	for (const struct nlattr *a = attr_nested(nest, &left); a; a = attr_next(a, &left)) {
		book_extra(vm, vcpu, a);
		if ((a->nla_type & NLA_TYPE_MASK) != KVM_EXITSTAT_A_VCPU_REASON)
			continue;
		c = reason_entry(&vcpu->counts, a, &total, &delta);
		check(attr_u64(delta), "VM %lu: a change by nothing", vm->id);
		check(total > c->total, "VM %lu vCPU %u code %#lx went from %lu to %lu", vm->id,
		      vcpu->id, c->code, c->total, total);
		if (c->seen == book->round || vm->created == book->round)
			check(total - attr_u64(delta) == c->total,
			      "VM %lu vCPU %u code %#lx: %lu, then %lu more, is not %lu", vm->id,
			      vcpu->id, c->code, c->total, attr_u64(delta), total);
		c->seen = book->round;
		c->total = total;
	}
}

static void enter_end(struct book *book, struct vm_book *vm, const struct nlmsghdr *n)
{
	struct counts sums = { 0 };

	vm->complete = vm->created == book->round;
	counts_from(&vm->final, n);
	for (unsigned int i = 0; i < vm->nr; i++) {
		for (unsigned int j = 0; j < vm->vcpus[i].counts.nr; j++) {
			struct count *c = &vm->vcpus[i].counts.c[j];

			count_entry(&sums, c->code, c->nested, c->other)->total += c->total;
		}
	}
	for (unsigned int i = 0; i < sums.nr; i++) {
		struct count *c = &sums.c[i];
		uint64_t final = count_entry(&vm->final, c->code, c->nested, c->other)->total;

		check(vm->complete ? final == c->total : final >= c->total,
		      "VM %lu code %#lx ended with %lu after %lu", vm->id, c->code, final,
		      c->total);
	}
	check(!vm->complete || counts_sum(&sums) == counts_sum(&vm->final),
	      "VM %lu ended with %lu exits after %lu", vm->id, counts_sum(&vm->final),
	      counts_sum(&sums));
	counts_free(&sums);
}

static void enter_header(struct book *book, const struct nlattr *attrs[NR_ATTRS])
{
	uint64_t epoch = attr_u64(attrs[KVM_EXITSTAT_A_STATS_EPOCH]);
	uint64_t time_ns = attr_u64(attrs[KVM_EXITSTAT_A_STATS_TIME_NS]);

	if (epoch != book->epoch) {
		check(epoch > book->epoch, "epoch %lu after %lu", epoch, book->epoch);
		book_start(book);
		book->epoch = epoch;
	}
	check(time_ns >= book->time_ns, "time went back");
	book->time_ns = time_ns;
	book_since(book, attrs[KVM_EXITSTAT_A_STATS_TIMES_SINCE_NS], &book->times_since, true);
	book_since(book, attrs[KVM_EXITSTAT_A_STATS_DETAILS_SINCE_NS], &book->details_since, false);
}

/* The caller knows whether this one continues the previous. */
void book_notification(struct book *book, const struct nlmsghdr *n)
{
	const struct genlmsghdr *genl = NLMSG_DATA(n);
	const struct nlattr *attrs[NR_ATTRS];
	struct vm_book *vm;
	size_t left;

	index_msg(n, attrs);
	enter_header(book, attrs);
	book->seq = attr_u64(attrs[KVM_EXITSTAT_A_STATS_SEQ]);

	if (genl->cmd == KVM_EXITSTAT_CMD_VM_NTF) {
		vm = enter_vm(book, attrs[KVM_EXITSTAT_A_STATS_VM]);
		switch (attr_u32(attrs[KVM_EXITSTAT_A_STATS_EVENT])) {
		case KVM_EXITSTAT_EVENT_VM_CREATED:
			check(!vm->created && !vm->nr, "VM %lu is created twice", vm->id);
			vm->created = book->round;
			break;
		case KVM_EXITSTAT_EVENT_VM_DESTROYED:
			enter_end(book, vm, n);
			break;
		}
		return;
	}
	check(genl->cmd == KVM_EXITSTAT_CMD_EXITS_NTF, "notification %u", genl->cmd);
	for (const struct nlattr *a = msg_attrs(n, &left); a; a = attr_next(a, &left)) {
		if ((a->nla_type & NLA_TYPE_MASK) == KVM_EXITSTAT_A_STATS_VCPU)
			enter_changes(book, a);
	}
}

/* One message of dump number book->dump. */
void book_dump_message(struct book *book, const struct nlmsghdr *n)
{
	const struct nlattr *attrs[NR_ATTRS], *delta;
	struct vcpu_book *vcpu;
	struct vm_book *vm;
	struct count *c;
	size_t left, inner;
	uint64_t total;
	bool was_dead;

	index_msg(n, attrs);
	enter_header(book, attrs);
	vm = enter_vm(book, attrs[KVM_EXITSTAT_A_STATS_VM]);
	was_dead = vm->dead && vm->complete;
	if (vm->dump != book->dump)
		vm->in_dump = 0;
	vm->dump = book->dump;

	for (const struct nlattr *a = msg_attrs(n, &left); a; a = attr_next(a, &left)) {
		if ((a->nla_type & NLA_TYPE_MASK) != KVM_EXITSTAT_A_STATS_VCPU)
			continue;
		check(vcpu_vm(book, a, &vcpu) == vm, "a vCPU of another VM");
		if (vcpu->dump != book->dump)
			vm->in_dump++;
		vcpu->dump = book->dump;
		for (const struct nlattr *b = attr_nested(a, &inner); b; b = attr_next(b, &inner)) {
			book_extra(vm, vcpu, b);
			if ((b->nla_type & NLA_TYPE_MASK) != KVM_EXITSTAT_A_VCPU_REASON)
				continue;
			c = reason_entry(&vcpu->counts, b, &total, &delta);
			check(!delta && (was_dead ? total == c->total : total >= c->total),
			      "VM %lu vCPU %u code %#lx went from %lu to %lu", vm->id, vcpu->id,
			      c->code, c->total, total);
			c->total = total;
		}
	}
}

/* Of a dump that nothing came between: every vCPU of each VM is in it. */
void book_dump_complete(struct book *book)
{
	for (size_t i = 0; i < book->nr; i++) {
		struct vm_book *vm = &book->vms[i];

		if (vm->dump != book->dump)
			continue;
		check(vm->in_dump == vm->nr_vcpus, "a dump has %u of VM %lu's %u vCPUs",
		      vm->in_dump, vm->id, vm->nr_vcpus);
		/* Its totals were told to the end: they are final. */
		vm->complete = vm->dead;
	}
}
