// SPDX-License-Identifier: GPL-2.0-or-later
/* Journal entries: what they say, and how many there are. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "model_build.h"
#include "sink/journal.h"
#include "sink/message_ids.h"
#include "unit_test.h"
#include "util/journal_socket.h"

#define S WINDOW_NS_PER_S

#define ENTRY_BYTES 4096

/* The last entry, its fields between newlines, and how many there were. */
static char last[ENTRY_BYTES];
static unsigned int sent;

/* In place of those that send them. */
int journal_socket_send(const struct iovec *fields, size_t n)
{
	size_t len = 0;
	size_t i;

	last[len++] = '\n';
	for (i = 0; i < n; i++) {
		assert_true(len + fields[i].iov_len + 2 < sizeof(last));
		memcpy(last + len, fields[i].iov_base, fields[i].iov_len);
		len += fields[i].iov_len;
		last[len++] = '\n';
	}
	last[len] = '\0';
	sent++;
	return 0;
}

static uint64_t dropped;

uint64_t journal_socket_dropped(void)
{
	return dropped;
}

static void assert_field(const char *field)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "\n%s\n", field);
	if (!strstr(last, wanted))
		printf("no '%s' in:%s", field, last);
	assert_non_null(strstr(last, wanted));
}

static void assert_no_field(const char *start)
{
	char unwanted[256];

	snprintf(unwanted, sizeof(unwanted), "\n%s", start);
	assert_null(strstr(last, unwanted));
}

struct fixture {
	struct registry *registry;
	struct journal *journal;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sent = 0;
	last[0] = '\0';
	assert_int_equal(registry_new(&f->registry), 0);
	registry_set_watched(f->registry, 100 * S);
	assert_int_equal(journal_new(&f->journal, f->registry, 100 * S), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	journal_free(f->journal);
	registry_free(f->registry);
	free(f);
	return 0;
}

static void tell(struct fixture *f, uint64_t now_ns)
{
	struct vm *vm;

	while ((vm = registry_next_change(f->registry))) {
		journal_vm(f->journal, vm, now_ns);
		registry_change_done(f->registry, vm);
	}
}

static void test_life(void **state)
{
	struct fixture *f = *state;

	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, 7, 200 * S, 0, 200 * S);
	tell(f, 200 * S);
	assert_int_equal(sent, 0);
	model_count(f->registry, 7, 0, 0x78, false, 46, 46, 201 * S);
	tell(f, 201 * S);
	assert_int_equal(sent, 1);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_APPEARED);
	assert_field("SYSLOG_IDENTIFIER=kvmexitd");
	assert_field("PRIORITY=6");
	assert_field("KVM_VM_NAME=vmm");
	assert_field("KVM_VM_PID=812");
	assert_field("KVM_VM_ID=7");
	assert_field("KVM_VM_ISA=svm");
	assert_field("MESSAGE=VM vmm appeared (pid 812, id 7)");

	model_count(f->registry, 7, 0, 0x78, false, 700, 746, 202 * S);
	model_count(f->registry, 7, 1, 0x7c, true, 249, 249, 202 * S);
	model_count(f->registry, 7, 1, 0x5dd, false, 5, 5, 202 * S);
	tell(f, 202 * S);
	assert_int_equal(sent, 1);

	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 7, 200 * S, 300 * S, 300 * S);
	tell(f, 300 * S);
	assert_int_equal(sent, 2);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_ENDED);
	assert_field("KVM_EXITS_TOTAL=1000");
	assert_field("KVM_EXIT_RATE=10.0");
	assert_field("KVM_EXIT_HLT=746");
	assert_field("KVM_EXIT_MSR=249");
	assert_field("KVM_EXIT_UNKNOWN_0X5DD=5");
	assert_field("KVM_VM_LIFETIME_USEC=100000000");
	assert_field("MESSAGE=VM vmm ended after 1min 40s (pid 812, id 7): 1000 exits, HLT 75%, "
		     "MSR 25%");
}

static void tell_state(struct fixture *f, enum kernel_state state)
{
	const struct daemon_status status = { .kernel = state };

	journal_state(f->journal, &status);
}

/* VMs that were there before the daemon are not told of one by one, their ends are. */
static void test_found(void **state)
{
	struct fixture *f = *state;

	registry_dump_begin(f->registry);
	model_dump(f->registry, 1, 0, 0x78, 1000, 50 * S, 0, 150 * S);
	model_dump(f->registry, 2, 0, 0x78, 1000, 50 * S, 60 * S, 150 * S);
	registry_dump_end(f->registry, 150 * S);
	tell(f, 150 * S);
	assert_int_equal(sent, 0);
	tell_state(f, KERNEL_STREAMING);
	assert_field("MESSAGE_ID=" MESSAGE_ID_STREAMING);
	assert_field("KVM_VMS=1");
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 50 * S, 300 * S, 300 * S);
	tell(f, 300 * S);
	assert_int_equal(sent, 2);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_ENDED);
}

/* What a VMM makes to try KVM is not worth a word, neither its start nor its end. */
static void test_never_ran(void **state)
{
	struct fixture *f = *state;

	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	tell(f, 200 * S);
	model_event(f->registry, KVM_EXITSTAT_EVENT_VCPU_CREATED, 1, 200 * S, 0, 201 * S);
	tell(f, 201 * S);
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 200 * S, 202 * S, 202 * S);
	tell(f, 202 * S);
	assert_int_equal(sent, 0);

	/* One that was there before the daemon, and only begins to run, is. */
	registry_dump_begin(f->registry);
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, 2, 50 * S, 0, 210 * S);
	registry_dump_end(f->registry, 210 * S);
	tell(f, 210 * S);
	assert_int_equal(sent, 0);
	model_count(f->registry, 2, 0, 0x78, false, 5, 5, 211 * S);
	tell(f, 211 * S);
	assert_int_equal(sent, 1);
	assert_field("MESSAGE=VM vmm appeared (pid 812, id 2)");
	model_count(f->registry, 2, 0, 0x78, false, 5, 10, 212 * S);
	tell(f, 212 * S);
	assert_int_equal(sent, 1);
}

/* An end that was told, and was none, is taken back. */
static void test_back(void **state)
{
	struct fixture *f = *state;

	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(f->registry, 1, 0, 0x78, false, 5, 5, 201 * S);
	tell(f, 201 * S);
	registry_dump_begin(f->registry);
	registry_dump_end(f->registry, 210 * S);
	tell(f, 210 * S);
	assert_int_equal(sent, 2);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_ENDED);
	model_count(f->registry, 1, 0, 0x78, false, 5, 10, 211 * S);
	tell(f, 211 * S);
	assert_int_equal(sent, 3);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_APPEARED);
	assert_field("MESSAGE=VM vmm has not ended after all (pid 812, id 1)");
}

/* Eight reasons get a field, the most frequent ones. */
static void test_top_reasons(void **state)
{
	struct fixture *f = *state;
	unsigned int i;
	char field[64];

	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	for (i = 0; i < 20; i++) {
		uint64_t n = 1000 + (i * 7) % 20;

		model_count(f->registry, 1, 0, 0x1000 + (i * 7) % 20, false, n, n, 201 * S);
	}
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 200 * S, 300 * S, 300 * S);
	tell(f, 300 * S);
	for (i = 0; i < 20; i++) {
		snprintf(field, sizeof(field), "KVM_EXIT_UNKNOWN_0X%X=%u", 0x1000 + i, 1000 + i);
		if (i < 12)
			assert_no_field(field);
		else
			assert_field(field);
	}
}

static void test_summary(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	registry_dump_begin(f->registry);
	model_dump(f->registry, 1, 0, 0x78, 100000, 50 * S, 0, 150 * S);
	model_dump(f->registry, 2, 0, 0x78, 1000, 50 * S, 0, 150 * S);
	registry_dump_end(f->registry, 150 * S);
	tell(f, 150 * S);
	journal_summary(f->journal, 160 * S);
	assert_int_equal(sent, 0);

	/* Only who did something, and what it did since. */
	model_count(f->registry, 2, 0, 0x78, false, 200, 1200, 170 * S);
	model_count(f->registry, 2, 0, 0x72, false, 400, 400, 170 * S);
	journal_summary(f->journal, 220 * S);
	assert_int_equal(sent, 1);
	assert_field("MESSAGE_ID=" MESSAGE_ID_SUMMARY);
	assert_field("KVM_VM_ID=2");
	assert_field("KVM_EXITS=600");
	assert_field("KVM_EXITS_TOTAL=1600");
	assert_field("KVM_EXIT_RATE=10.0");
	assert_field("MESSAGE=VM vmm: 10 exits/s, CPUID 67%, HLT 33%; 1600 in all");
	journal_summary(f->journal, 280 * S);
	assert_int_equal(sent, 1);

	/* More than anybody reads. */
	for (i = 10; i < 80; i++) {
		model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, i, 300 * S, 0, 300 * S);
		model_count(f->registry, i, 0, 0x78, false, i, i, 301 * S);
	}
	journal_summary(f->journal, 340 * S);
	assert_int_equal(sent, 1 + 50 + 1);
	assert_field("MESSAGE_ID=" MESSAGE_ID_SUPPRESSED);
	assert_field("KVM_SUPPRESSED=20");
}

/* A loop that starts VM after VM gets its say, and no more. */
static void test_flapping(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 1; i <= 500; i++) {
		uint64_t ns = 200 * S + i;

		model_event(f->registry, KVM_EXITSTAT_EVENT_VM_CREATED, i, ns, 0, ns);
		model_count(f->registry, i, 0, 0x78, false, 1, 1, ns);
		tell(f, ns);
		model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, i, ns, ns, ns);
		tell(f, ns);
	}
	assert_int_equal(sent, 200);
	journal_flush(f->journal, 201 * S);
	assert_int_equal(sent, 200);
	assert_true(journal_has_more(f->journal));
	journal_flush(f->journal, 260 * S);
	assert_false(journal_has_more(f->journal));
	assert_int_equal(sent, 202);
	assert_field("MESSAGE_ID=" MESSAGE_ID_SUPPRESSED);
	assert_field("KVM_SUPPRESSED=400");
	assert_field("MESSAGE=Left out 400 entries about VMs that ended");
	journal_flush(f->journal, 400 * S);
	assert_int_equal(sent, 202);
}

static void test_states(void **state)
{
	struct fixture *f = *state;
	struct daemon_status status = { .lost = 2, .resyncs = 3 };
	int i;

	tell_state(f, KERNEL_WAITING);
	assert_field("MESSAGE_ID=" MESSAGE_ID_WAITING);
	assert_field("PRIORITY=5");
	tell_state(f, KERNEL_DENIED);
	assert_field("MESSAGE_ID=" MESSAGE_ID_DENIED);
	assert_field("PRIORITY=3");
	tell_state(f, KERNEL_RESYNCING);
	assert_int_equal(sent, 2);

	/* By BPF, it says since when; and what that does not see. */
	status.kernel = KERNEL_STREAMING;
	status.source = (struct source_traits){ .name = "bpf",
						.since_ns = 100 * S,
						.blind = "It misses some." };
	journal_state(f->journal, &status);
	assert_field("MESSAGE_ID=" MESSAGE_ID_STREAMING);
	assert_field("KVM_SOURCE=bpf");
	assert_non_null(strstr(last, ", counted by BPF since "));
	assert_non_null(strstr(last, "It misses some."));

	for (i = 0; i < 20; i++)
		journal_resynced(f->journal, &status, 200 * S);
	assert_int_equal(sent, 6);
	assert_field("MESSAGE_ID=" MESSAGE_ID_RESYNCED);
	assert_field("KVM_LOST=2");
	assert_field("KVM_RESYNCS=3");
}

/* The next entry that is sent tells how many were not. */
static void test_dropped(void **state)
{
	struct fixture *f = *state;

	journal_flush(f->journal, 101 * S);
	assert_int_equal(sent, 0);
	dropped += 3;
	journal_flush(f->journal, 102 * S);
	assert_int_equal(sent, 1);
	assert_field("KVM_SUPPRESSED=3");
	journal_flush(f->journal, 103 * S);
	assert_int_equal(sent, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_ran, setup, teardown),
		cmocka_unit_test_setup_teardown(test_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_top_reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_summary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flapping, setup, teardown),
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped, setup, teardown),
	};
	struct stat st;
	char stream[64];

	/* So that entries go where the journal is. */
	if (fstat(STDERR_FILENO, &st) == 0) {
		snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
			 (uintmax_t)st.st_ino);
		setenv("JOURNAL_STREAM", stream, 1);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
