// SPDX-License-Identifier: GPL-2.0-or-later
/* Who a VM is, read from a directory like /proc. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/vm_identity.h"
#include "unit_test.h"
#include "util/text.h"

#define NS_PER_S UINT64_C(1000000000)

#define ID62 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
#define ID64 ID62 "ef"

#define UUID "8f7d3a52-07e9-4fe5-8913-18a14e83a4d1"

static void write_file(const char *dir, const char *name, const char *bytes, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void test_start(void **state)
{
	uint64_t ticks = 0;

	(void)state;
	assert_true(vm_name_parse_start("12 (qemu) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 "
					"98765 1000 20 30\n",
					&ticks));
	assert_int_equal(ticks, 98765);
	assert_true(
		vm_name_parse_start("12 (a) R (b) c) S 1 12 12 0 -1 41 1 2 3 4 5 6 7 8 20 0 3 0 "
				    "4 1000\n",
				    &ticks));
	assert_int_equal(ticks, 4);
	assert_false(vm_name_parse_start("", &ticks));
	assert_false(vm_name_parse_start("12 (qemu)", &ticks));
	assert_false(vm_name_parse_start("12 (qemu) S 1 2 3", &ticks));
	assert_false(vm_name_parse_start("12 (q) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 -9 "
					 "1",
					 &ticks));
}

/* A /proc of our own, with one process that began 50 s after boot. */
static void test_read(void **state)
{
	static const char stat[] = "4000000 (q) S 1 1 1 0 -1 1 1 2 3 4 5 6 7 8 20 0 3 0 5000 1 1\n";
	static const char cmdline[] = "qemu\0-name\0web\0-uuid\0" UUID;
	static const char cgroup[] = "0::/machine.slice/libpod-" ID64 ".scope/container\n";
	static const char krun[] = "[libcrun:krun]\0sh\0-name\0x";
	char proc[] = "/tmp/kvmexitd-test-XXXXXX", dir[64], command[128];
	/* Above any pid that machined could know. */
	const pid_t pid = 4000000;
	struct vm_identity who;

	(void)state;
	assert_non_null(mkdtemp(proc));
	snprintf(dir, sizeof(dir), "%s/%d", proc, (int)pid);

	assert_false(vm_identity_read(proc, pid, 0, &who));
	assert_string_equal(who.name, "pid-4000000");

	assert_int_equal(mkdir(dir, 0700), 0);
	write_file(dir, "stat", stat, sizeof(stat) - 1);
	assert_false(vm_identity_read(proc, pid, 0, &who));
	write_file(dir, "comm", "a program\n", 10);
	assert_true(vm_identity_read(proc, pid, 0, &who));
	assert_string_equal(who.name, "a program");
	/* What runs a QEMU without a name in a container is known by its program. */
	write_file(dir, "cgroup", cgroup, sizeof(cgroup) - 1);
	write_file(dir, "cmdline", "qemu", 5);
	assert_true(vm_identity_read(proc, pid, 0, &who));
	assert_string_equal(who.name, "a program");
	write_file(dir, "cmdline", krun, sizeof(krun));
	assert_true(vm_identity_read(proc, pid, 0, &who));
	assert_string_equal(who.name, "0123456789ab");
	write_file(dir, "cmdline", cmdline, sizeof(cmdline));
	assert_true(vm_identity_read(proc, pid, 60 * NS_PER_S, &who));
	assert_string_equal(who.name, "web");
	assert_string_equal(who.uuid, UUID);

	/* The VM is older: the pid was another's then. */
	assert_false(vm_identity_read(proc, pid, 49 * NS_PER_S, &who));
	assert_string_equal(who.name, "pid-4000000");
	assert_string_equal(who.uuid, "");

	snprintf(command, sizeof(command), "rm -r %s", proc);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
