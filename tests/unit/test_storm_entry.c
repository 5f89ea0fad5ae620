// SPDX-License-Identifier: GPL-2.0-or-later
/* What the journal says about an exit storm: the register that most of it is about. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "model_build.h"
#include "sink/storm_entry.h"
#include "unit_test.h"
#include "util/journal_socket.h"

#define S   WINDOW_NS_PER_S
#define MSR 0x7c

/* The last entry, its fields between newlines. */
static char last[4096];

/* In place of those that send them. */
int journal_socket_send(const struct iovec *fields, size_t n)
{
	size_t len = 0, i;

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(last + len, sizeof(last) - len, "\n%.*s\n",
					(int)fields[i].iov_len, (const char *)fields[i].iov_base);
	return 0;
}

uint64_t journal_socket_dropped(void)
{
	return 0;
}

static void assert_said(const char *text)
{
	if (!strstr(last, text))
		fail_msg("no '%s' in:%s", text, last);
}

static void count(struct registry *r, uint64_t key, uint64_t total)
{
	struct sample_detail d = { .code = MSR, .class = DETAIL_MSR, .key = key, .total = total };

	assert_int_equal(model_count_detail(r, 1, 0, &d, 90 * S, 200 * S, 208 * S), 0);
}

static void test_key(void **state)
{
	struct registry *r = NULL;
	struct vm *vm;

	(void)state;
	assert_int_equal(registry_new(&r), 0);
	registry_set_watched(r, 100 * S);
	model_event(r, KVM_EXITSTAT_EVENT_VM_CREATED, 1, 200 * S, 0, 200 * S);
	model_count(r, 1, 0, MSR, false, 90000, 90000, 208 * S);
	vm = registry_find(r, 1);
	vm->storm = (struct storm){ .active = true, .rate = 9000, .usual = 10 };
	storm_entry_began(r, vm, 209 * S);
	assert_said("VM vmm: exit storm of MSR, 9000/s, usually 10/s (pid");
	assert_null(strstr(last, "KVM_STORM_KEY"));

	count(r, 0x10, 2000);
	count(r, 1ULL << 32 | 0x830, 80000);
	count(r, 0x11, 8000);
	storm_entry_began(r, vm, 209 * S);
	assert_said("usually 10/s; most frequent is 0x830:W APIC_ICR, 8000/s (pid");
	assert_said("\nKVM_STORM_KEY=0x830:W\n");
	assert_said("\nKVM_STORM_KEY_NAME=APIC_ICR\n");
	assert_said("\nKVM_STORM_KEY_RATE=8000.0\n");

	/* Of all exits together, the reason is said with the key. */
	vm->storm.whole = true;
	storm_entry_began(r, vm, 209 * S);
	assert_said("of all exits, 9000/s, usually 10/s; most frequent is MSR 0x830:W APIC_ICR");

	/* One that was frequent long ago is not it. */
	storm_entry_began(r, vm, 300 * S);
	assert_null(strstr(last, "KVM_STORM_KEY"));
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
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
