// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages for the registry, as the parser would give them. */
#include "config.h"

#include "model_build.h"

#include <linux/kvm_exitstat.h>

#include "unit_test.h"

uint64_t model_epoch = 1000;

static struct exit_message start(enum message_type type, uint64_t now_ns)
{
	return (struct exit_message){ .type = type, .epoch = model_epoch, .time_ns = now_ns };
}

static void put_vm(struct exit_message *m, uint64_t id, uint64_t created_ns, uint64_t destroyed_ns)
{
	m->has_vm = true;
	m->vm = (struct sample_vm){
		.id = id,
		.pid = MODEL_PID,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.vcpus = 2,
		.created_ns = created_ns,
		.destroyed_ns = destroyed_ns,
		.comm = "vmm",
	};
}

static void put_reason(struct exit_message *m, uint64_t id, uint32_t vcpu,
		       const struct sample_reason *reason)
{
	struct sample_vcpu *sample = exit_message_add_vcpu(m);

	assert_non_null(sample);
	*sample = (struct sample_vcpu){
		.vm_id = id,
		.pid = MODEL_PID,
		.vcpu_id = vcpu,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.first_reason = m->n_reasons,
		.n_reasons = 1,
	};
	*exit_message_add_reason(m) = *reason;
}

static int apply(struct registry *r, struct exit_message *m)
{
	int result = registry_apply(r, m);

	exit_message_done(m);
	return result;
}

void model_event(struct registry *r, uint32_t event, uint64_t id, uint64_t created_ns,
		 uint64_t destroyed_ns, uint64_t now_ns)
{
	struct exit_message m = start(MESSAGE_EVENT, now_ns);

	m.event = event;
	m.has_vcpu_id = event == KVM_EXITSTAT_EVENT_VCPU_CREATED;
	put_vm(&m, id, created_ns, destroyed_ns);
	assert_int_equal(apply(r, &m), 0);
}

void model_destroyed(struct registry *r, uint64_t id, uint64_t code, uint64_t total,
		     uint64_t created_ns, uint64_t destroyed_ns)
{
	struct exit_message m = start(MESSAGE_EVENT, destroyed_ns);

	m.event = KVM_EXITSTAT_EVENT_VM_DESTROYED;
	put_vm(&m, id, created_ns, destroyed_ns);
	*exit_message_add_reason(&m) = (struct sample_reason){ .code = code, .total = total };
	m.n_sums = 1;
	assert_int_equal(apply(r, &m), 0);
}

static int count(struct registry *r, uint64_t id, uint32_t vcpu, const struct sample_reason *reason,
		 uint64_t now_ns)
{
	struct exit_message m = start(MESSAGE_EXITS, now_ns);

	put_reason(&m, id, vcpu, reason);
	return apply(r, &m);
}

void model_count(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t code, bool nested,
		 uint64_t delta, uint64_t total, uint64_t now_ns)
{
	struct sample_reason reason = { .code = code,
					.nested = nested,
					.delta = delta,
					.total = total };

	assert_int_equal(count(r, id, vcpu, &reason, now_ns), 0);
}

void model_count_vcpus(struct registry *r, const struct model_vcpu *vcpus, size_t n, uint64_t code,
		       uint64_t now_ns)
{
	struct exit_message m = start(MESSAGE_EXITS, now_ns);
	size_t i;

	for (i = 0; i < n; i++)
		put_reason(&m, vcpus[i].vm, vcpus[i].id,
			   &(struct sample_reason){ .code = code,
						    .delta = vcpus[i].delta,
						    .total = vcpus[i].total });
	assert_int_equal(apply(r, &m), 0);
}

void model_count_other(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t delta,
		       uint64_t total, uint64_t now_ns)
{
	struct sample_reason reason = { .other = true, .delta = delta, .total = total };

	assert_int_equal(count(r, id, vcpu, &reason, now_ns), 0);
}

int model_try_count(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t code, uint64_t total,
		    uint64_t now_ns)
{
	struct sample_reason reason = { .code = code, .delta = total, .total = total };

	return count(r, id, vcpu, &reason, now_ns);
}

void model_dump(struct registry *r, uint64_t id, uint32_t vcpu, uint64_t code, uint64_t total,
		uint64_t created_ns, uint64_t destroyed_ns, uint64_t now_ns)
{
	struct exit_message m = start(MESSAGE_STATS, now_ns);
	struct sample_reason reason = { .code = code, .total = total };

	put_vm(&m, id, created_ns, destroyed_ns);
	put_reason(&m, id, vcpu, &reason);
	assert_int_equal(apply(r, &m), 0);
}

/* A message with one vCPU that has nothing yet. */
static struct sample_vcpu *start_vcpu(struct exit_message *m, uint64_t id, uint32_t vcpu,
				      uint64_t since_ns, uint64_t now_ns)
{
	struct sample_vcpu *sample;

	*m = start(since_ns ? MESSAGE_EXITS : MESSAGE_STATS, now_ns);
	sample = exit_message_add_vcpu(m);
	assert_non_null(sample);
	*sample = (struct sample_vcpu){
		.vm_id = id,
		.pid = MODEL_PID,
		.vcpu_id = vcpu,
		.isa = KVM_EXITSTAT_ISA_SVM,
		.since_ns = since_ns,
	};
	return sample;
}

int model_count_detail(struct registry *r, uint64_t id, uint32_t vcpu,
		       const struct sample_detail *detail, uint64_t on_ns, uint64_t since_ns,
		       uint64_t now_ns)
{
	struct exit_message m;

	start_vcpu(&m, id, vcpu, since_ns, now_ns)->n_details = 1;
	m.details_since_ns = on_ns;
	*exit_message_add_detail(&m) = *detail;
	return apply(r, &m);
}

int model_count_time(struct registry *r, uint64_t id, uint32_t vcpu, const struct sample_time *time,
		     uint64_t on_ns, uint64_t since_ns, uint64_t now_ns)
{
	struct exit_message m;

	start_vcpu(&m, id, vcpu, since_ns, now_ns)->n_times = 1;
	m.times_since_ns = on_ns;
	*exit_message_add_time(&m) = *time;
	return apply(r, &m);
}
