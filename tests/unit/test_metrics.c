// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics as text: both formats, what is in them, and how much at most. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_fixture.h"
#include "model_build.h"
#include "sink/metrics_text.h"
#include "unit_test.h"

static void test_prometheus(void **state)
{
	struct metrics_world *w = *state;
	char *text;

	metrics_fill(w);
	text = metrics_text(w, METRICS_PROMETHEUS);
#define VM "id=\"1\",vm=\"a\\\"b\\\\c??\",isa=\"svm\""
	assert_has(text, "# TYPE kvm_exits_total counter");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"MSR\"} 1025");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"HLT\"} 30");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"OTHER\"} 2");
	assert_has(text, "kvm_nested_exits_total{" VM ",reason=\"MSR\"} 25");
	assert_false(text_has(text, "kvm_nested_exits_total{" VM ",reason=\"HLT\"} 0"));
	assert_has(text, "kvm_vm_exits_total{" VM "} 1057");
	assert_has(text, "kvm_vm_vcpus{" VM "} 2");
	assert_has(text, "kvm_vm_info{" VM ",pid=\"812\"} 1");
	assert_has(text, "kvmexitd_kernel_state{state=\"streaming\"} 1");
	assert_has(text, "kvmexitd_kernel_state{state=\"waiting\"} 0");
	assert_has(text, "kvmexitd_lost_total 2");
	assert_has(text, "kvmexitd_batches_total 5");
	assert_has(text, "kvmexitd_clients 3");
	assert_has(text, "kvmexitd_clients_cut_off_total{cause=\"idle\"} 6");
	assert_has(text, "kvmexitd_clients_refused_total 7");
	assert_has(text, "kvmexitd_accept_failures_total 8");
	assert_has(text, "kvmexitd_failed_dumps_total 3");
	assert_has(text, "kvmexitd_vms 1");
	assert_has(text, "kvmexitd_metrics_dropped_series 0");
	assert_has(text, "kvmexitd_build_info{version=\"" PACKAGE_VERSION "\"} 1");
	assert_has(text, "process_start_time_seconds 1700000000.123");
	assert_has(text, "process_cpu_seconds_total 1.234");
	assert_null(strstr(text, "# EOF"));
	free(text);
}

/* How long exits took, where that was measured, and what counts for the limit. */
static void test_times(void **state)
{
	struct metrics_world *w = *state;
	struct exit_message message = { .type = MESSAGE_EXITS, .epoch = model_epoch };
	struct sample_vcpu *vcpu;
	struct sample_time *time;
	unsigned int i;
	char *text;

	metrics_fill(w);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "vmm"), 0);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_int_equal(text_count(text, "kvm_exit_seconds_total{"), 0);
	assert_int_equal(text_count(text, "kvm_timed_exits_total{"), 0);
	free(text);

	message.time_ns = NOW_NS;
	vcpu = exit_message_add_vcpu(&message);
	*vcpu = (struct sample_vcpu){ .vm_id = 1,
				      .pid = MODEL_PID,
				      .isa = KVM_EXITSTAT_ISA_SVM,
				      .n_times = 2 };
	time = exit_message_add_time(&message);
	*time = (struct sample_time){ .code = CODE_MSR,
				      .time = { 3000000001, 2000000000, { 0, 7, 0, 1 } } };
	time = exit_message_add_time(&message);
	*time = (struct sample_time){ .rest = true, .time = { 50, 50, { 1 } } };
	assert_int_equal(registry_apply(w->registry, &message), 0);
	exit_message_done(&message);
	text = metrics_text(w, METRICS_PROMETHEUS);
#define TIMED_VM "id=\"1\",vm=\"vmm\",isa=\"svm\""
	assert_has(text, "# TYPE kvm_exit_seconds_total counter");
	assert_has(text, "kvm_exit_seconds_total{" TIMED_VM ",reason=\"MSR\"} 3.000000001");
	assert_has(text, "kvm_exit_max_seconds{" TIMED_VM ",reason=\"MSR\"} 2.000000000");
	assert_has(text, "kvm_timed_exits_total{" TIMED_VM ",reason=\"MSR\"} 8");
	assert_has(text, "kvm_exit_seconds_total{" TIMED_VM ",reason=\"rest\"} 0.000000050");
	assert_int_equal(text_count(text, "kvm_exit_seconds_total{"), 2);
	assert_has(text, "# TYPE kvm_vm_overhead_seconds_total counter");
	assert_has(text, "kvm_vm_overhead_seconds_total{" TIMED_VM "} 3.000000051");
	assert_has(text, "kvm_vm_recent_exit_max_seconds{" TIMED_VM "} 2.000000000");
#define PERCENTILE(number) \
	"kvm_vm_recent_exit_percentile_seconds{" TIMED_VM ",percent=\"" number "\"}"
	assert_has(text, PERCENTILE("50") " 0.000000512");
	assert_has(text, PERCENTILE("95") " 0.000002048");
	assert_has(text, PERCENTILE("99") " 0.000002048");
	free(text);

	/* A sleep is not what exits cost, and the last minute ends. */
	message = (struct exit_message){ .type = MESSAGE_EXITS, .epoch = model_epoch };
	message.time_ns = NOW_NS + NS_PER_S;
	*exit_message_add_vcpu(&message) = (struct sample_vcpu){ .vm_id = 1, .n_times = 1 };
	*exit_message_add_time(&message) =
		(struct sample_time){ .code = CODE_HLT,
				      .time = { 4 * NS_PER_S, 4 * NS_PER_S, { 0 }, 1 } };
	assert_int_equal(registry_apply(w->registry, &message), 0);
	exit_message_done(&message);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_exit_seconds_total{" TIMED_VM ",reason=\"HLT\"} 4.000000000");
	assert_has(text, "kvm_vm_overhead_seconds_total{" TIMED_VM "} 3.000000051");
	assert_has(text, "kvm_vm_recent_exit_max_seconds{" TIMED_VM "} 2.000000000");
	free(text);
	w->now_ns += 120 * NS_PER_S;
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_int_equal(text_count(text, "kvm_vm_recent_exit"), 0);
	w->now_ns -= 120 * NS_PER_S;
#undef PERCENTILE
#undef TIMED_VM
	free(text);

	/* VM 1 goes when there are too many before it, and with it 6, 3, 1, 9 and 5 series. */
	registry_end_all(w->registry, NOW_NS);
	for (i = 2; i < METRICS_VMS_MAX + 2; i++)
		model_count(w->registry, i, 0, CODE_HLT, false, 1, 1, NOW_NS);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvmexitd_metrics_dropped_vms 1");
	assert_has(text, "kvmexitd_metrics_dropped_series 24");
	free(text);
}

/* VMs in an exit storm. */
static void test_storms(void **state)
{
	const struct storm_params params = { .min_rate = 1, .memory_s = 1800, .calm_s = 30 };
	struct metrics_world *w = *state;
	struct vm *vm;
	char *text;

	registry_set_storm_params(w->registry, &params);
	registry_dump_begin(w->registry);
	model_dump(w->registry, 1, 0, CODE_MSR, 1000, NS_PER_S, 0, NOW_NS);
	registry_dump_end(w->registry, NOW_NS);
	model_count(w->registry, 1, 0, CODE_MSR, false, 1000, 2000, NOW_NS + NS_PER_S);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_vm_storm{id=\"1\",vm=\"vmm\",isa=\"svm\"} 0");
	assert_has(text, "kvmexitd_storms 0");
	free(text);

	vm = registry_find(w->registry, 1);
	vm->storm.next = 1;
	assert_int_equal(registry_check_storm(w->registry, vm, NOW_NS + 12 * NS_PER_S),
			 STORM_BEGAN);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_vm_storm{id=\"1\",vm=\"vmm\",isa=\"svm\"} 1");
	assert_has(text, "kvmexitd_storms 1");
	free(text);
}

/* The host's sums, which are there before the first exit, and when they began. */
static void test_host(void **state)
{
	struct metrics_world *w = *state;
	char *text;

	registry_begin_host(w->registry, KVM_EXITSTAT_ISA_SVM, 1700000000123456);
	registry_dump_begin(w->registry);
	registry_dump_end(w->registry, NOW_NS);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "# TYPE kvm_host_exits_total counter");
	assert_has(text, "kvm_host_exits_total{isa=\"svm\",reason=\"HLT\"} 0");
	assert_null(strstr(text, "_created"));
	free(text);

	model_count(w->registry, 1, 0, CODE_HLT, false, 30, 30, NOW_NS);
	model_count(w->registry, 2, 0, CODE_HLT, true, 12, 12, NOW_NS);
	model_destroyed(w->registry, 1, CODE_HLT, 40, NS_PER_S, NOW_NS);
	w->now_ns += 2 * METRICS_ENDED_S * NS_PER_S;
	text = metrics_text(w, METRICS_OPENMETRICS);
	assert_has(text, "kvm_host_exits_total{isa=\"svm\",reason=\"HLT\"} 52");
	assert_has(text, "kvm_host_exits_created{isa=\"svm\",reason=\"HLT\"} 1700000000.123");
	assert_int_equal(text_count(text, "kvm_vm_exits_created{id=\"2\","), 1);
	free(text);

	/* Kept over a restart, but older than what was shown: not before a dump. */
	w->status.complete = false;
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_int_equal(text_count(text, "kvm_host_exits_total{"), 0);
	assert_int_equal(text_count(text, "kvm_vm_exits_total{"), 0);
	free(text);
}

/* node_exporter has process_* of its own. */
static void test_textfile(void **state)
{
	struct metrics_world *w = *state;
	char *text;

	metrics_fill(w);
	text = metrics_text(w, METRICS_TEXTFILE);
	assert_has(text, "# TYPE kvm_exits_total counter");
	assert_int_equal(text_count(text, "process_"), 0);
	assert_int_equal(text_count(text, "# TYPE process_"), 0);
	assert_string_equal(metrics_content_type(METRICS_TEXTFILE),
			    metrics_content_type(METRICS_PROMETHEUS));
	free(text);
}

static void test_openmetrics(void **state)
{
	struct metrics_world *w = *state;
	char *text;
	size_t len;

	metrics_fill(w);
	text = metrics_text(w, METRICS_OPENMETRICS);
	assert_has(text, "# TYPE kvm_exits counter");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"MSR\"} 1025");
	assert_false(text_has(text, "# TYPE kvm_exits_total counter"));
	len = strlen(text);
	assert_string_equal(text + len - 6, "# EOF\n");
	free(text);
#undef VM
}

static void detail(struct metrics_world *w, uint64_t code, uint32_t class, uint64_t key,
		   bool nested, uint64_t total)
{
	const struct sample_detail one = { .code = code,
					   .class = class,
					   .key = key,
					   .nested = nested,
					   .total = total };

	assert_int_equal(model_count_detail(w->registry, 1, 0, &one, 1, NOW_NS - 1, NOW_NS), 0);
}

/* So many of a VM as are wanted, the most frequent; what has no key is none of them. */
static void test_details(void **state)
{
	struct metrics_world *w = *state;
	const struct sample_detail rest = { .code = CODE_MSR,
					    .class = DETAIL_MSR,
					    .rest = true,
					    .total = 10000 };
	char *text;

	metrics_fill(w);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "vmm"), 0);
	detail(w, CODE_MSR, DETAIL_MSR, 0x6e0 | UINT64_C(1) << 32, false, 400);
	detail(w, CODE_MSR, DETAIL_MSR, 0x1b, false, 7);
	detail(w, CODE_MSR, DETAIL_MSR, 0x6e0 | UINT64_C(1) << 32, true, 25);
	detail(w, CODE_MSR, DETAIL_MSR, 0x7777, false, 7);
	assert_int_equal(model_count_detail(w->registry, 1, 0, &rest, 1, NOW_NS - 1, NOW_NS), 0);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_int_equal(text_count(text, "kvm_exit_details_total{"), 0);
	free(text);

	w->details = METRICS_DETAILS_MAX;
	text = metrics_text(w, METRICS_PROMETHEUS);
#define DETAIL(labels) \
	"kvm_exit_details_total{id=\"1\",vm=\"vmm\",isa=\"svm\",reason=\"MSR\"," labels "}"
	assert_has(text, "# TYPE kvm_exit_details_total counter");
	assert_has(text, DETAIL("key=\"0x6e0:W\",name=\"TSC_DEADLINE\"") " 400");
	assert_has(text, DETAIL("key=\"0x6e0:W\",name=\"TSC_DEADLINE\",nested=\"true\"") " 25");
	assert_has(text, DETAIL("key=\"0x7777:R\"") " 7");
	assert_int_equal(text_count(text, "kvm_exit_details_total{"), 4);
	assert_has(text, "kvmexitd_metrics_partial_vms{missing=\"details\"} 0");
	free(text);

	/* Of keys that are equally frequent, the first one seen is shown. */
	w->details = 3;
	text = metrics_text(w, METRICS_OPENMETRICS);
	assert_int_equal(text_count(text, "kvm_exit_details_total{"), 3);
	assert_false(text_has(text, DETAIL("key=\"0x7777:R\"") " 7"));
	free(text);
#undef DETAIL
}

/* After a restart, what there is of a VM before the dump is less than it was. */
static void test_incomplete(void **state)
{
	struct metrics_world *w = *state;
	char *text;

	model_count(w->registry, 1, 0, CODE_MSR, false, 5, 500, NOW_NS);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_int_equal(text_count(text, "kvm_vm_exits_total{"), 0);
	assert_int_equal(text_count(text, "kvm_exits_total{"), 0);
	assert_has(text, "kvmexitd_vms 1");
	free(text);

	registry_dump_begin(w->registry);
	model_dump(w->registry, 1, 0, CODE_MSR, 500, NS_PER_S, 0, NOW_NS);
	registry_dump_end(w->registry, NOW_NS);
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_vm_exits_total{id=\"1\",vm=\"vmm\",isa=\"svm\"} 500");
	free(text);
}

static void test_ended(void **state)
{
	struct metrics_world *w = *state;
	const char *line = "kvm_vm_exits_total{id=\"1\",vm=\"vmm\",isa=\"svm\"} 1000";
	char *text;

	metrics_fill(w);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "vmm"), 0);
	model_destroyed(w->registry, 1, CODE_MSR, 1000, NS_PER_S, NOW_NS);
	w->now_ns = NOW_NS + METRICS_ENDED_S * NS_PER_S - 1;
	line = "kvm_vm_exits_total{id=\"1\",vm=\"vmm\",isa=\"svm\"} 1057";
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_has(text, line);
	free(text);

	w->now_ns++;
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_false(text_has(text, line));
	assert_has(text, "kvmexitd_ended_vms 1");
	free(text);

	/* Its id may come again in the next epoch, and then at once. */
	w->now_ns = NOW_NS + 1;
	w->status.epoch++;
	text = metrics_text(w, METRICS_PROMETHEUS);
	assert_false(text_has(text, line));
	free(text);
}

static void test_escape(void **state)
{
	char out[METRICS_ESCAPED_SIZE(8)];

	(void)state;
	metrics_escape(out, "\\\"\n\\\"\n\\");
	assert_string_equal(out, "\\\\\\\"\\n\\\\\\\"\\n\\\\");
	metrics_escape(out, "");
	assert_string_equal(out, "");
}

static void test_format_names(void **state)
{
	enum metrics_format format = METRICS_FORMATS;

	(void)state;
	assert_int_equal(metrics_format_parse("openmetrics", &format), 0);
	assert_int_equal(format, METRICS_OPENMETRICS);
	assert_int_equal(metrics_format_parse("prometheus", &format), 0);
	assert_int_equal(format, METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_parse("textfile", &format), 0);
	assert_int_equal(format, METRICS_TEXTFILE);
	assert_int_equal(metrics_format_parse("", &format), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_prometheus, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_times, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_details, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_storms, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_host, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_textfile, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_openmetrics, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_incomplete, metrics_setup, metrics_teardown),
		cmocka_unit_test_setup_teardown(test_ended, metrics_setup, metrics_teardown),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_format_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
