// SPDX-License-Identifier: GPL-2.0-or-later
/* Journal entries: what they say, how many there are, and that each is explained. */
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
#include "util/ratelimit.h"

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
	assert_int_equal(sent, 1);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_APPEARED);
	assert_field("SYSLOG_IDENTIFIER=kvmexitd");
	assert_field("PRIORITY=6");
	assert_field("KVM_VM_NAME=vmm");
	assert_field("KVM_VM_PID=812");
	assert_field("KVM_VM_ID=7");
	assert_field("KVM_VM_ISA=svm");
	assert_field("MESSAGE=VM vmm appeared (pid 812, id 7)");

	model_count(f->registry, 7, 0, 0x78, false, 746, 746, 201 * S);
	model_count(f->registry, 7, 1, 0x7c, true, 249, 249, 201 * S);
	model_count(f->registry, 7, 1, 0x5dd, false, 5, 5, 201 * S);
	tell(f, 201 * S);
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
	journal_state(f->journal, KERNEL_STREAMING);
	assert_field("MESSAGE_ID=" MESSAGE_ID_STREAMING);
	assert_field("KVM_VMS=1");
	model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, 1, 50 * S, 300 * S, 300 * S);
	tell(f, 300 * S);
	assert_int_equal(sent, 2);
	assert_field("MESSAGE_ID=" MESSAGE_ID_VM_ENDED);
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
		tell(f, ns);
		model_event(f->registry, KVM_EXITSTAT_EVENT_VM_DESTROYED, i, ns, ns, ns);
		tell(f, ns);
	}
	assert_int_equal(sent, 200);
	journal_flush(f->journal, 201 * S);
	assert_int_equal(sent, 200);
	journal_flush(f->journal, 260 * S);
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

	journal_state(f->journal, KERNEL_WAITING);
	assert_field("MESSAGE_ID=" MESSAGE_ID_WAITING);
	assert_field("PRIORITY=5");
	journal_state(f->journal, KERNEL_DENIED);
	assert_field("MESSAGE_ID=" MESSAGE_ID_DENIED);
	assert_field("PRIORITY=3");
	journal_state(f->journal, KERNEL_RESYNCING);
	assert_int_equal(sent, 2);

	for (i = 0; i < 20; i++)
		journal_resynced(f->journal, &status, 200 * S);
	assert_int_equal(sent, 5);
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

static void test_ratelimit(void **state)
{
	struct ratelimit limit = { .interval_ns = 10, .burst = 2 };

	(void)state;
	assert_true(ratelimit_pass(&limit, 100));
	assert_true(ratelimit_pass(&limit, 101));
	assert_false(ratelimit_pass(&limit, 102));
	assert_false(ratelimit_pass(&limit, 109));
	assert_int_equal(ratelimit_take_suppressed(&limit, 109), 0);
	assert_int_equal(ratelimit_take_suppressed(&limit, 110), 2);
	assert_int_equal(ratelimit_take_suppressed(&limit, 110), 0);
	assert_true(ratelimit_pass(&limit, 110));
	assert_true(ratelimit_pass(&limit, 111));
	assert_false(ratelimit_pass(&limit, 112));
}

#define IDS_MAX 64

struct ids {
	size_t n;
	char text[IDS_MAX][40];
};

/* What stands behind the prefix in lines of a source file, without quotes. */
static void read_ids(struct ids *ids, const char *path, const char *prefix)
{
	char line[512], *at;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		at = strchr(line, '"');
		at = at ? at + 1 : line + strlen(prefix);
		at[strcspn(at, "\"")] = '\0';
		assert_true(ids->n < IDS_MAX);
		snprintf(ids->text[ids->n++], sizeof(ids->text[0]), "%s", at);
	}
	fclose(f);
}

static bool has_id(const struct ids *ids, const char *id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (strcmp(ids->text[i], id) == 0)
			return true;
	return false;
}

/* Each id is 32 hexadecimal digits, another one, and in the catalog once; no more are. */
static void test_catalog(void **state)
{
	struct ids ids = { 0 }, catalog = { 0 };
	size_t i, j;

	(void)state;
	read_ids(&ids, SOURCE_DIR "/daemon/sink/message_ids.h", "#define MESSAGE_ID_");
	read_ids(&catalog, SOURCE_DIR "/daemon/catalog/kvmexitd.catalog", "-- ");
	assert_true(ids.n > 10);
	assert_int_equal(catalog.n, ids.n);
	for (i = 0; i < ids.n; i++) {
		assert_int_equal(strlen(ids.text[i]), 32);
		assert_int_equal(strspn(ids.text[i], "0123456789abcdef"), 32);
		for (j = 0; j < i; j++)
			assert_string_not_equal(ids.text[i], ids.text[j]);
		if (!has_id(&catalog, ids.text[i]))
			fail_msg("the catalog does not explain %s", ids.text[i]);
		if (!has_id(&ids, catalog.text[i]))
			fail_msg("there is no %s", catalog.text[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_top_reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_summary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flapping, setup, teardown),
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped, setup, teardown),
		cmocka_unit_test(test_ratelimit),
		cmocka_unit_test(test_catalog),
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
