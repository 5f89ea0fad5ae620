// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics as text: both formats, what is in them, and how much at most. */
#include "config.h"

#include <errno.h>
#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/registry.h"
#include "model/status.h"
#include "model_build.h"
#include "sink/metrics.h"
#include "sink/metrics_text.h"
#include "unit_test.h"
#include "util/buffer.h"
#include "util/clock.h"

#define CODE_MSR 0x7c
#define CODE_HLT 0x78
#define NOW_NS	 (1000 * NS_PER_S)

struct world {
	struct registry *registry;
	struct daemon_status status;
	uint64_t now_ns;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(registry_new(&w->registry), 0);
	w->status = (struct daemon_status){
		.kernel = KERNEL_STREAMING,
		.has_epoch = true,
		.epoch = model_epoch,
		.started_us = 1700000000123456,
		.batches = 5,
		.lost = 2,
		.failed_dumps = 3,
	};
	w->now_ns = NOW_NS;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	registry_free(w->registry);
	free(w);
	return 0;
}

/* VM 1 lives, was named by somebody hostile, and runs a guest's guest. */
static void fill(struct world *w)
{
	registry_dump_begin(w->registry);
	model_dump(w->registry, 1, 0, CODE_MSR, 1000, NS_PER_S, 0, NOW_NS);
	registry_dump_end(w->registry, NOW_NS);
	model_count(w->registry, 1, 1, CODE_HLT, false, 30, 30, NOW_NS);
	model_count(w->registry, 1, 0, CODE_MSR, true, 25, 25, NOW_NS);
	model_count_other(w->registry, 1, 0, 2, 2, NOW_NS);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "a\"b\\c\n\xff"), 0);
}

static char *write_text(const struct world *w, enum metrics_format format)
{
	const struct metrics_input input = {
		.registry = w->registry,
		.status = &w->status,
		.clients = { .connected = 3,
			     .watching = 1,
			     .slow = 4,
			     .bad = 5,
			     .idle = 6,
			     .refused = 7,
			     .accept_failures = 8 },
		.now_ns = w->now_ns,
		.cpu_ns = 1234567890,
	};
	struct buffer out = { 0 };

	assert_int_equal(metrics_write(&out, &input, format), 0);
	assert_int_equal(buffer_append(&out, "", 1), 0);
	return out.data;
}

/* The next line; a string function of a sanitizer would read all of the text each time. */
static const char *next_line(const char *line)
{
	const char *end = rawmemchr(line, '\n');

	return end[1] ? end + 1 : NULL;
}

static bool has(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (; text; text = next_line(text))
		if (strncmp(text, line, len) == 0 && text[len] == '\n')
			return true;
	return false;
}

/* Lines that begin so. */
static size_t count(const char *text, const char *prefix)
{
	size_t n = 0, len = strlen(prefix);

	for (; text; text = next_line(text))
		n += strncmp(text, prefix, len) == 0;
	return n;
}

#define assert_has(text, line)                                  \
	do {                                                    \
		if (!has(text, line))                           \
			fail_msg("no '%s' in\n%s", line, text); \
	} while (0)

static void test_prometheus(void **state)
{
	struct world *w = *state;
	char *text;

	fill(w);
	text = write_text(w, METRICS_PROMETHEUS);
#define VM "id=\"1\",vm=\"a\\\"b\\\\c??\",isa=\"svm\""
	assert_has(text, "# TYPE kvm_exits_total counter");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"MSR\"} 1025");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"HLT\"} 30");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"OTHER\"} 2");
	assert_has(text, "kvm_nested_exits_total{" VM ",reason=\"MSR\"} 25");
	assert_false(has(text, "kvm_nested_exits_total{" VM ",reason=\"HLT\"} 0"));
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
	struct world *w = *state;
	struct exit_message message = { .type = MESSAGE_EXITS, .epoch = model_epoch };
	struct sample_vcpu *vcpu;
	struct sample_time *time;
	unsigned int i;
	char *text;

	fill(w);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "vmm"), 0);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_int_equal(count(text, "kvm_exit_seconds_total{"), 0);
	assert_int_equal(count(text, "kvm_timed_exits_total{"), 0);
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
	text = write_text(w, METRICS_PROMETHEUS);
#define TIMED_VM "id=\"1\",vm=\"vmm\",isa=\"svm\""
	assert_has(text, "# TYPE kvm_exit_seconds_total counter");
	assert_has(text, "kvm_exit_seconds_total{" TIMED_VM ",reason=\"MSR\"} 3.000000001");
	assert_has(text, "kvm_exit_max_seconds{" TIMED_VM ",reason=\"MSR\"} 2.000000000");
	assert_has(text, "kvm_timed_exits_total{" TIMED_VM ",reason=\"MSR\"} 8");
	assert_has(text, "kvm_exit_seconds_total{" TIMED_VM ",reason=\"rest\"} 0.000000050");
	assert_int_equal(count(text, "kvm_exit_seconds_total{"), 2);
#undef TIMED_VM
	free(text);

	/* VM 1 goes when there are too many before it, and with it 5, 3, 1 and 6 series. */
	registry_end_all(w->registry, NOW_NS);
	for (i = 2; i < METRICS_VMS_MAX + 2; i++)
		model_count(w->registry, i, 0, CODE_HLT, false, 1, 1, NOW_NS);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvmexitd_metrics_dropped_vms 1");
	assert_has(text, "kvmexitd_metrics_dropped_series 15");
	free(text);
}

/* VMs in an exit storm. */
static void test_storms(void **state)
{
	const struct storm_params params = { .min_rate = 1, .memory_s = 1800, .calm_s = 30 };
	struct world *w = *state;
	struct vm *vm;
	char *text;

	registry_set_storm_params(w->registry, &params);
	registry_dump_begin(w->registry);
	model_dump(w->registry, 1, 0, CODE_MSR, 1000, NS_PER_S, 0, NOW_NS);
	registry_dump_end(w->registry, NOW_NS);
	model_count(w->registry, 1, 0, CODE_MSR, false, 1000, 2000, NOW_NS + NS_PER_S);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_vm_storm{id=\"1\",vm=\"vmm\",isa=\"svm\"} 0");
	assert_has(text, "kvmexitd_storms 0");
	free(text);

	vm = registry_find(w->registry, 1);
	vm->storm.next = 1;
	assert_int_equal(registry_check_storm(w->registry, vm, NOW_NS + 12 * NS_PER_S),
			 STORM_BEGAN);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_vm_storm{id=\"1\",vm=\"vmm\",isa=\"svm\"} 1");
	assert_has(text, "kvmexitd_storms 1");
	free(text);
}

static void test_openmetrics(void **state)
{
	struct world *w = *state;
	char *text;
	size_t len;

	fill(w);
	text = write_text(w, METRICS_OPENMETRICS);
	assert_has(text, "# TYPE kvm_exits counter");
	assert_has(text, "kvm_exits_total{" VM ",reason=\"MSR\"} 1025");
	assert_false(has(text, "# TYPE kvm_exits_total counter"));
	len = strlen(text);
	assert_string_equal(text + len - 6, "# EOF\n");
	free(text);
#undef VM
}

/* After a restart, what there is of a VM before the dump is less than it was. */
static void test_incomplete(void **state)
{
	struct world *w = *state;
	char *text;

	model_count(w->registry, 1, 0, CODE_MSR, false, 5, 500, NOW_NS);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_int_equal(count(text, "kvm_vm_exits_total{"), 0);
	assert_int_equal(count(text, "kvm_exits_total{"), 0);
	assert_has(text, "kvmexitd_vms 1");
	free(text);

	registry_dump_begin(w->registry);
	model_dump(w->registry, 1, 0, CODE_MSR, 500, NS_PER_S, 0, NOW_NS);
	registry_dump_end(w->registry, NOW_NS);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_has(text, "kvm_vm_exits_total{id=\"1\",vm=\"vmm\",isa=\"svm\"} 500");
	free(text);
}

static void test_ended(void **state)
{
	struct world *w = *state;
	const char *line = "kvm_vm_exits_total{id=\"1\",vm=\"vmm\",isa=\"svm\"} 1000";
	char *text;

	fill(w);
	assert_int_equal(vm_set_name(registry_find(w->registry, 1), "vmm"), 0);
	model_destroyed(w->registry, 1, CODE_MSR, 1000, NS_PER_S, NOW_NS);
	w->now_ns = NOW_NS + METRICS_ENDED_S * NS_PER_S - 1;
	line = "kvm_vm_exits_total{id=\"1\",vm=\"vmm\",isa=\"svm\"} 1057";
	text = write_text(w, METRICS_PROMETHEUS);
	assert_has(text, line);
	free(text);

	w->now_ns++;
	text = write_text(w, METRICS_PROMETHEUS);
	assert_false(has(text, line));
	assert_has(text, "kvmexitd_ended_vms 1");
	free(text);

	/* Its id may come again in the next epoch, and then at once. */
	w->now_ns = NOW_NS + 1;
	w->status.epoch++;
	text = write_text(w, METRICS_PROMETHEUS);
	assert_false(has(text, line));
	free(text);
}

/* The oldest stay whole, however many come. */
static void test_limits(void **state)
{
	struct world *w = *state;
	const unsigned int vms = METRICS_VMS_MAX + 10;
	char *text, line[64];
	unsigned int id;
	uint64_t code;

	fill(w);
	for (id = 2; id <= vms; id++)
		model_count(w->registry, id, 0, CODE_HLT, false, 1, 1, NOW_NS);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_int_equal(count(text, "kvm_vm_info{"), METRICS_VMS_MAX);
	assert_has(text, "kvmexitd_metrics_dropped_vms 10");
	assert_has(text, "kvmexitd_metrics_dropped_series 60");
	free(text);

	/* Each of these has 999 reasons and five series more. */
	for (id = 2; id <= METRICS_SERIES_MAX / 1000 + 1; id++)
		for (code = 0; code < 999; code++)
			model_count(w->registry, id, 0, 0x1000 + code, false, 1, 1, NOW_NS);
	text = write_text(w, METRICS_PROMETHEUS);
	assert_true(count(text, "kvm_exits_total{") <= METRICS_SERIES_MAX);
	assert_true(count(text, "kvm_exits_total{") > METRICS_SERIES_MAX - 2000);
	/* VM 1 and 49 of them; the rest is nowhere, not even where it would fit. */
	snprintf(line, sizeof(line), "kvmexitd_metrics_dropped_vms %u", vms - 50);
	assert_has(text, line);
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
	assert_int_equal(metrics_format_parse("", &format), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_prometheus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_storms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_openmetrics, setup, teardown),
		cmocka_unit_test_setup_teardown(test_incomplete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_format_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
