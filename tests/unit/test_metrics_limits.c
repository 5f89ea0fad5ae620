// SPDX-License-Identifier: GPL-2.0-or-later
/* How much metrics may be, and what is left out. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_fixture.h"
#include "model_build.h"
#include "unit_test.h"

/* The oldest stay whole, however many come. */
static void test_limits(void **state)
{
	struct metrics_world *w = *state;
	const unsigned int vms = METRICS_VMS_MAX + 10;
	unsigned int id, whole;
	char *text, line[80];
	uint64_t code;

	metrics_fill(w);
	for (id = 2; id <= vms; id++)
		model_count(w->registry, id, 0, CODE_HLT, false, 1, 1, NOW_NS);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_int_equal(text_count(text, "kvm_vm_info{"), METRICS_VMS_MAX);
	assert_has(text, "kvmexitd_metrics_dropped_vms 10");
	assert_has(text, "kvmexitd_metrics_dropped_series 70");
	free(text);

	/* Each of these has 999 reasons and six series more, VM 1 four in place of the 999. */
	for (id = 2; id <= METRICS_SERIES_MAX / 1000 + 1; id++)
		for (code = 0; code < 999; code++)
			model_count(w->registry, id, 0, 0x1000 + code, false, 1, 1, NOW_NS);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_true(text_count(text, "kvm_exits_total{") <= METRICS_SERIES_MAX);
	whole = (METRICS_SERIES_MAX - 6 * METRICS_VMS_MAX - 4) / 1000 + 1;
	assert_in_range(text_count(text, "kvm_exits_total{"), 999 * (whole - 1), 1000 * whole);
	/* All are there still, and those behind the first that does not fit with less. */
	assert_int_equal(text_count(text, "kvm_vm_exits_total{"), METRICS_VMS_MAX);
	snprintf(line, sizeof(line), "kvmexitd_metrics_partial_vms{missing=\"reasons\"} %u",
		 METRICS_VMS_MAX - whole);
	assert_has(text, line);
	assert_has(text, "kvmexitd_metrics_dropped_vms 10");
	free(text);
}

/* Names as long as they can be, of which each byte takes two: it is bytes that count. */
static void test_long_names(void **state)
{
	struct metrics_world *w = *state;
	char *text, name[VM_NAME_MAX];
	unsigned int id;
	uint64_t code;

	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	metrics_fill(w);
	for (id = 1; id <= METRICS_VMS_MAX; id++) {
		for (code = 0; code < 8; code++)
			model_count(w->registry, id, 0, CODE_HLT + code, false, 1, 1, NOW_NS);
		assert_int_equal(vm_set_name(registry_find(w->registry, id), name), 0);
	}
	text = metrics_text(w, METRICS_OPENMETRICS);
	assert_true(strlen(text) <= METRICS_BYTES_MAX + 64 * 1024);
	assert_true(strlen(text) > METRICS_BYTES_MAX / 2);
	assert_has(text, "kvmexitd_metrics_dropped_vms 0");
	assert_false(text_has(text, "kvmexitd_metrics_partial_vms{missing=\"reasons\"} 0"));
	free(text);
}

/* All VMs that there can be, with as many reasons as VMs mostly have, and times. */
static void test_many_with_times(void **state)
{
	struct metrics_world *w = *state;
	struct exit_message message = { .type = MESSAGE_EXITS, .epoch = model_epoch };
	unsigned int id, i, timed;
	char *text, line[80];

	metrics_fill(w);
	message.time_ns = NOW_NS;
	for (id = 1; id <= METRICS_VMS_MAX; id++) {
		*exit_message_add_vcpu(&message) = (struct sample_vcpu){
			.vm_id = id,
			.pid = MODEL_PID,
			.isa = KVM_EXITSTAT_ISA_SVM,
			.first_reason = message.n_reasons,
			.n_reasons = 17,
			.first_time = message.n_times,
			.n_times = 17,
		};
		for (i = 0; i < 17; i++) {
			*exit_message_add_reason(&message) =
				(struct sample_reason){ .code = 0x60 + i, .delta = 1, .total = 1 };
			*exit_message_add_time(&message) =
				(struct sample_time){ .code = 0x60 + i, .time = { 3, 2, { 1 } } };
		}
	}
	assert_int_equal(registry_apply(w->registry, &message), 0);
	exit_message_done(&message);

	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvmexitd_metrics_dropped_vms 0");
	assert_has(text, "kvmexitd_metrics_partial_vms{missing=\"reasons\"} 0");
	assert_in_range(text_count(text, "kvm_exits_total{"), 17 * METRICS_VMS_MAX,
			17 * METRICS_VMS_MAX + 3);
	/* What is left out is said. */
	timed = (unsigned int)text_count(text, "kvm_exit_seconds_total{") / 17;
	assert_in_range(timed, 1, METRICS_VMS_MAX - 1);
	snprintf(line, sizeof(line), "kvmexitd_metrics_partial_vms{missing=\"times\"} %u",
		 METRICS_VMS_MAX - timed);
	assert_has(text, line);
	free(text);
}

/* Details are the first to go, and count for the limit. */
static void test_many_details(void **state)
{
	struct metrics_world *w = *state;
	struct sample_detail one = { .code = CODE_MSR, .class = DETAIL_MSR, .total = 1 };
	unsigned int id, with;
	char *text, line[80];

	metrics_fill(w);
	w->details = METRICS_DETAILS_MAX;
	for (id = 1; id <= METRICS_VMS_MAX; id++) {
		model_count(w->registry, id, 0, CODE_MSR, false, 1, 1, NOW_NS);
		for (one.key = 0; one.key < 32; one.key++)
			assert_int_equal(model_count_detail(w->registry, id, 0, &one, 1, NOW_NS - 1,
							    NOW_NS),
					 0);
	}
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvmexitd_metrics_dropped_vms 0");
	assert_has(text, "kvmexitd_metrics_partial_vms{missing=\"times\"} 0");
	with = (unsigned int)text_count(text, "kvm_exit_details_total{") / 32;
	/* Six and one series of each VM, at least; the rest is left for 32 each, or its bytes. */
	assert_in_range(with, METRICS_VMS_MAX / 4, (METRICS_SERIES_MAX - 7 * METRICS_VMS_MAX) / 32);
	snprintf(line, sizeof(line), "kvmexitd_metrics_partial_vms{missing=\"details\"} %u",
		 METRICS_VMS_MAX - with);
	assert_has(text, line);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_limits, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_long_names, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_many_with_times, metrics_setup,
						metrics_teardown),
		cmocka_unit_test_setup_teardown(test_many_details, metrics_setup, metrics_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
