// SPDX-License-Identifier: GPL-2.0-or-later
/* What a VM's manager calls it, on its way to the journal, metrics and recordings. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "model_build.h"
#include "sink/journal.h"
#include "sink/metrics.h"
#include "source/recording/recorder.h"
#include "source/recording/recording.h"
#include "source/source.h"
#include "unit_test.h"
#include "util/buffer.h"
#include "util/journal_socket.h"

#define S UINT64_C(1000000000)

static const struct vm_identity identity = {
	.name = "shop_web",
	.uuid = "8f7d3a52-07e9-4fe5-8913-18a14e83a4d1",
	.namespace = "shop",
	.vmid = 101,
};

/* The last journal entry, a line per field. */
static char last[8192];

int journal_socket_send(const struct iovec *fields, size_t n)
{
	size_t i, len = 0;

	last[len++] = '\n';
	for (i = 0; i < n && len + fields[i].iov_len + 2 < sizeof(last); i++) {
		memcpy(last + len, fields[i].iov_base, fields[i].iov_len);
		len += fields[i].iov_len;
		last[len++] = '\n';
	}
	last[len] = '\0';
	return 0;
}

uint64_t journal_socket_dropped(void)
{
	return 0;
}

/* Two VMs, of which the second has a manager. */
static struct registry *two_vms(void)
{
	struct registry *registry = NULL;

	assert_int_equal(registry_new(&registry), 0);
	registry_set_watched(registry, 100 * S);
	registry_dump_begin(registry);
	registry_dump_end(registry, 150 * S);
	model_event(registry, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_event(registry, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 200 * S, 0, 200 * S);
	model_count(registry, 1, 0, 0x78, false, 746, 746, 201 * S);
	model_count(registry, 2, 0, 0x78, false, 746, 746, 201 * S);
	assert_int_equal(vm_set_identity(registry_find(registry, 2), &identity), 0);
	return registry;
}

static void tell(struct registry *registry, struct journal *journal, uint64_t now_ns)
{
	struct vm *vm;

	while ((vm = registry_next_change(registry))) {
		journal_vm(journal, vm, now_ns);
		registry_change_done(registry, vm);
	}
}

static void test_journal(void **state)
{
	struct registry *registry = two_vms();
	struct journal *journal = NULL;

	(void)state;
	assert_int_equal(journal_new(&journal, registry, 100 * S), 0);
	tell(registry, journal, 201 * S);
	model_event(registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 200 * S, 300 * S, 300 * S);
	tell(registry, journal, 300 * S);
	assert_non_null(strstr(last, "\nKVM_VM_ID=1\n"));
	assert_null(strstr(last, "\nKVM_VM_UUID="));
	assert_null(strstr(last, "\nKVM_VM_NAMESPACE="));
	assert_null(strstr(last, "\nKVM_VM_VMID="));

	model_event(registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 2, 200 * S, 300 * S, 300 * S);
	tell(registry, journal, 300 * S);
	assert_non_null(strstr(last, "\nKVM_VM_ID=2\n"));
	assert_non_null(strstr(last, "\nKVM_VM_NAME=shop_web\n"));
	assert_non_null(strstr(last, "\nKVM_VM_UUID=8f7d3a52-07e9-4fe5-8913-18a14e83a4d1\n"));
	assert_non_null(strstr(last, "\nKVM_VM_NAMESPACE=shop\n"));
	assert_non_null(strstr(last, "\nKVM_VM_VMID=101\n"));
	journal_free(journal);
	registry_free(registry);
}

static void test_metrics(void **state)
{
	struct registry *registry = two_vms();
	struct daemon_status status = { .kernel = KERNEL_STREAMING,
					.has_epoch = true,
					.complete = true,
					.epoch = model_epoch };
	const struct metrics_input input = {
		.registry = registry,
		.status = &status,
		.now_ns = 202 * S,
	};
	struct buffer out = { 0 };

	(void)state;
	/* One that ran and ended, and one that never ran. */
	model_event(registry, KVM_EXITSTAT_EVENT_VM_CREATED, 3, 200 * S, 0, 200 * S);
	model_destroyed(registry, 3, 0x78, 9, 200 * S, 201 * S);
	model_event(registry, KVM_EXITSTAT_EVENT_VM_CREATED, 4, 200 * S, 0, 200 * S);
	model_event(registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 4, 200 * S, 201 * S, 201 * S);
	assert_int_equal(metrics_write(&out, &input, METRICS_PROMETHEUS), 0);
	assert_int_equal(buffer_append(&out, "", 1), 0);
	assert_non_null(strstr(out.data, "\nkvm_vm_info{id=\"1\",vm=\"vmm\",isa=\"svm\","
					 "pid=\"812\"} 1\n"));
	assert_non_null(strstr(out.data,
			       "\nkvm_vm_info{id=\"2\",vm=\"shop_web\",isa=\"svm\",pid=\"812\","
			       "uuid=\"8f7d3a52-07e9-4fe5-8913-18a14e83a4d1\","
			       "namespace=\"shop\",vmid=\"101\"} 1\n"));
	assert_non_null(strstr(out.data, "\nkvm_vm_info{id=\"3\","));
	assert_null(strstr(out.data, "\nkvm_vm_info{id=\"4\","));
	buffer_done(&out);
	registry_free(registry);
}

/* Counts identities of VM 7 in a recording, and checks that they are ours. */
static int recorded(const unsigned char *bytes, size_t len)
{
	struct record_identity found;
	struct record record;
	uint64_t vm_id;
	int n = 0, taken;

	bytes += RECORDING_HEADER_BYTES;
	len -= RECORDING_HEADER_BYTES;
	while ((taken = recording_parse_record(bytes, len, &record)) > 0) {
		bytes += taken;
		len -= (size_t)taken;
		if (record.type != RECORD_IDENTITY)
			continue;
		assert_int_equal(record.len, sizeof(vm_id) + sizeof(found));
		memcpy(&vm_id, record.content, sizeof(vm_id));
		memcpy(&found, (const char *)record.content + sizeof(vm_id), sizeof(found));
		assert_int_equal(vm_id, 7);
		assert_string_equal(found.uuid, identity.uuid);
		assert_string_equal(found.namespace, identity.namespace);
		assert_int_equal(found.vmid, identity.vmid);
		n++;
	}
	assert_int_equal(len, 0);
	return n;
}

static void test_recorder(void **state)
{
	static const struct source_handlers none = { .raw = NULL };
	char path[] = "/tmp/kvmexitd-test-XXXXXX";
	static unsigned char bytes[4096] __attribute__((aligned(8)));
	struct recording_status status = { 0 };
	struct recorder *recorder = NULL;
	sd_event *event = NULL;
	int fd = mkstemp(path);
	ssize_t len;

	(void)state;
	assert_true(fd >= 0);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(recorder_new(&recorder, event, path, &status, &none, NULL), 0);
	recorder_identity(recorder, 7, &identity);
	recorder_free(recorder);
	sd_event_unref(event);
	len = read(fd, bytes, sizeof(bytes));
	assert_true(len > RECORDING_HEADER_BYTES);
	assert_int_equal(recorded(bytes, (size_t)len), 1);
	close(fd);
	unlink(path);
}

/* What was kept may be anything. */
static void test_kept(void **state)
{
	struct vm_identity one = identity;

	(void)state;
	vm_identity_set(&one, identity.uuid, identity.namespace, identity.vmid);
	assert_true(vm_identity_is_same(&one, &identity));
	vm_identity_set(&one, "not one", "Not\nOne", UINT32_MAX);
	assert_string_equal(one.name, identity.name);
	assert_string_equal(one.uuid, "");
	assert_string_equal(one.namespace, "");
	assert_int_equal(one.vmid, 0);
	assert_false(vm_identity_is_same(&one, &identity));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_recorder),
		cmocka_unit_test(test_kept),
	};

	struct stat st;
	char stream[64];

	/* Entries as they go to the journal. */
	if (fstat(STDERR_FILENO, &st) == 0) {
		snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
			 (uintmax_t)st.st_ino);
		setenv("JOURNAL_STREAM", stream, 1);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
