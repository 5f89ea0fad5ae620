// SPDX-License-Identifier: GPL-2.0-or-later
/* Who VMs are: command lines, processes, and hostile names. */
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

/* With its last NUL, as in /proc/PID/cmdline. */
#define assert_cmdline(line, wanted)                                       \
	do {                                                               \
		struct vm_identity out_ = { .vmid = 0 };                   \
		assert_true(vm_identity_parse(line, sizeof(line), &out_)); \
		assert_string_equal(out_.name, wanted);                    \
	} while (0)

#define assert_no_name(line)                                                \
	do {                                                                \
		struct vm_identity out_;                                    \
		assert_false(vm_identity_parse(line, sizeof(line), &out_)); \
		assert_string_equal(out_.name, "");                         \
	} while (0)

#define assert_identity(line, name_, uuid_, vmid_, namespace_)      \
	do {                                                        \
		struct vm_identity out_ = { .vmid = 7 };            \
		(void)vm_identity_parse(line, sizeof(line), &out_); \
		assert_string_equal(out_.name, name_);              \
		assert_string_equal(out_.uuid, uuid_);              \
		assert_int_equal(out_.vmid, vmid_);                 \
		assert_string_equal(out_.namespace, namespace_);    \
	} while (0)

#define ID62 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
#define ID64 ID62 "ef"

#define UUID "8f7d3a52-07e9-4fe5-8913-18a14e83a4d1"

static void test_qemu(void **state)
{
	(void)state;
	assert_cmdline("/usr/bin/qemu-system-x86_64\0-name\0web\0-m\0"
		       "1G",
		       "web");
	assert_cmdline("qemu-kvm\0-name\0guest=web,debug-threads=on\0-S", "web");
	assert_cmdline("qemu-kvm\0-name\0debug-threads=on,guest=web", "web");
	assert_cmdline("qemu-kvm\0-name\0web,process=qemu:web", "web");
	assert_cmdline("qemu-kvm\0--name\0web", "web");
	assert_cmdline("qemu-kvm\0-name\0guest=a,,b,debug-threads=on", "a,b");
	assert_cmdline("qemu-kvm\0-name\0a,,b=c", "a,b=c");
	assert_cmdline("qemu-kvm\0-name\0debug-threads=on\0-name\0late", "late");
	assert_cmdline("./my-vmm\0-name\0mine", "mine");
	assert_cmdline("qemu-kvm\0-name\0with space", "with space");
}

/* As libvirt, OpenStack, Proxmox VE and KubeVirt start it. */
static void test_managers(void **state)
{
	(void)state;
	assert_identity("qemu-system-x86_64\0-name\0guest=web,debug-threads=on\0-uuid\0" UUID,
			"web", UUID, 0, "");
	assert_identity("qemu\0-uuid\0008F7D3A52-07E9-4FE5-8913-18A14E83A4D1", "", UUID, 0, "");
	assert_identity("/usr/bin/kvm\0-id\000101\0-name\0web1,debug-threads=on\0-no-shutdown\0"
			"-smbios\0type=1,uuid=" UUID "\0-smp\0002",
			"web1", UUID, 101, "");
	assert_identity("kvm\0-id\000103\0-chardev\0socket,id=qmp", "", "", 103, "");
	/* Guests are told of other things, too: only the system's UUID counts, and -uuid first. */
	assert_identity("kvm\0-smbios\0type=3,uuid=" UUID "\0-name\0a", "a", "", 0, "");
	assert_identity("kvm\0-smbios\0type=1,product=a,,uuid=b,uuid=" UUID "\0-name\0a", "a", UUID,
			0, "");
	assert_identity(
		"kvm\0-smbios\0type=1,uuid=11111111-07e9-4fe5-8913-18a14e83a4d1\0-uuid\0" UUID, "",
		UUID, 0, "");

	assert_identity("/usr/libexec/qemu-kvm\0-name\0guest=default_test-vm,debug-threads=on\0"
			"-uuid\0" UUID
			"\0-smbios\0type=1,manufacturer=KubeVirt,product=None,uuid=" UUID
			",family=KubeVirt",
			"default_test-vm", UUID, 0, "default");
	assert_identity("qemu-kvm\0-name\0guest=prod_a_b\0-smbios\0type=1,manufacturer=Red Hat\0"
			"-chardev\0socket,id=c,path=/var/run/kubevirt-private/x/virt-serial0",
			"prod_a_b", "", 0, "prod");
	/* Another's name may have such a line in it. */
	assert_identity("qemu-kvm\0-name\0guest=default_vm\0-uuid\0" UUID, "default_vm", UUID, 0,
			"");
	assert_identity("qemu-kvm\0-name\0Not_One\0-chardev\0path=/kubevirt-private/x", "Not_One",
			"", 0, "");
	assert_identity("qemu-kvm\0-name\0none\0-chardev\0path=/kubevirt-private/x", "none", "", 0,
			"");
}

/* What is not a UUID or a VMID is none. */
static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"8f7d3a52",
		"8f7d3a52-07e9-4fe5-8913-18a14e83a4d",
		"8f7d3a52-07e9-4fe5-8913-18a14e83a4d1a",
		"8f7d3a5207e9-4fe5-8913-18a14e83a4d1",
		"8f7d3a52-07e9-4fe5-891318-a14e83a4d1",
		"8g7d3a52-07e9-4fe5-8913-18a14e83a4d1",
		"00000000-0000-0000-0000-000000000000",
		"{8f7d3a52-07e9-4fe5-8913-18a14e83a4d1}",
	};
	char out[VM_UUID_SIZE] = "kept";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(vm_uuid_parse(bad[i], out));
	assert_string_equal(out, "kept");
	assert_true(vm_uuid_parse("8F7D3A5207E94FE5891318A14E83A4D1", out));
	assert_string_equal(out, UUID);

	assert_identity("kvm\0-id\0-1\0-uuid\0x\0-name\0a", "a", "", 0, "");
	assert_identity("kvm\0-id\0001234567890\0-name\0a", "a", "", 0, "");
	assert_identity("kvm\0-id\00010x\0-name\0a", "a", "", 0, "");
	assert_identity("kvm\0-name\0a\0-id", "a", "", 0, "");
	/* Whose option it is not. */
	assert_identity("firecracker\0--id\000101\0-id\0007\0-uuid\0" UUID, "101", "", 0, "");
}

static void test_others(void **state)
{
	(void)state;
	assert_cmdline("/firecracker\0--id\0uvm-7\0--start-time-us\0"
		       "1",
		       "uvm-7");
	assert_cmdline("/usr/bin/firecracker\0--api-sock\0/x\0--id=uvm-8", "uvm-8");
	/* Kata's without a jailer, and one that says nothing. */
	assert_cmdline("firecracker\0--api-sock\0"
		       "/run/vc/firecracker/0a1b/root/run/firecracker.socket\0--config-file\0/x",
		       "0a1b");
	assert_cmdline("firecracker\0--api-sock\0/srv/web.sock", "web");
	assert_cmdline("firecracker\0--api-sock\0/srv/web.sock\0--id\0uvm-9", "uvm-9");
	assert_no_name("firecracker\0--api-sock\0/tmp/firecracker.socket");
	assert_no_name("firecracker\0--api-sock\0/run/firecracker.sock");
	assert_no_name("firecracker\0--no-api\0--config-file\0/x.json");
	assert_cmdline("/usr/bin/containerd-shim-kata-v2\0-namespace\0k8s.io\0-id\0c0ffee",
		       "c0ffee");
	assert_cmdline("krunvm\0start\0fedora", "fedora");
	/* crun's: the guest's program may have any options. */
	assert_no_name("[libcrun:krun]\0mongod\0-name\0web\0-id\0007");
	assert_cmdline("crosvm\0run\0--name\0cros", "cros");
	assert_cmdline("/usr/bin/lkvm\0run\0-n\0guest-1", "guest-1");
	assert_cmdline("lkvm\0run\0--name=guest-2", "guest-2");
	assert_cmdline("/opt/kvmtool\0run\0-n\0guest-3", "guest-3");
}

/* It has no name, but each VM a socket of its own. */
static void test_cloud_hypervisor(void **state)
{
	(void)state;
	assert_cmdline("cloud-hypervisor\0--api-socket\0/run/ch/web.sock\0--cpus\0boot=2", "web");
	assert_cmdline("cloud-hypervisor\0--api-socket=/tmp/db.socket", "db");
	assert_cmdline("cloud-hypervisor\0--api-socket\0path=/run/web-2,x=y", "web-2");
	assert_cmdline("cloud-hypervisor\0--api-socket\0/run/libvirt/ch/web-socket", "web");
	assert_cmdline("cloud-hypervisor\0--api-socket\0/run/vc/vm/0a1b/clh-api.sock", "0a1b");
	assert_cmdline("cloud-hypervisor\0--api-socket\0here.sock", "here");
	assert_identity("cloud-hypervisor\0--platform\0num_pci_segments=2,uuid=" UUID
			"\0--api-socket\0/x/web.sock",
			"web", UUID, 0, "");
	assert_identity("cloud-hypervisor\0--platform\0system_uuid=" UUID, "", UUID, 0, "");
	assert_no_name("cloud-hypervisor\0--api-socket\0fd=3");
	assert_no_name("cloud-hypervisor\0--api-socket\0api.sock");
	assert_no_name("cloud-hypervisor\0--api-socket\0/");
	assert_no_name("cloud-hypervisor\0--api-socket\0");
	assert_no_name("cloud-hypervisor\0--kernel\0vmlinux");
}

static void test_machine(void **state)
{
	static const char *const cases[][2] = {
		{ "qemu-1-web", "web" },  { "qemu-12-a-b", "a-b" },
		{ "ch-3-db", "db" },	  { "qemu-x-web", "qemu-x-web" },
		{ "qemu-1-", "qemu-1-" }, { "container", "container" },
		{ "a\x1b[2J", "a?[2J" },
	};
	char out[VM_NAME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(vm_name_parse_machine(cases[i][0], out));
		assert_string_equal(out, cases[i][1]);
	}
	assert_false(vm_name_parse_machine("", out));
}

static void test_cgroup(void **state)
{
	static const char *const cases[][2] = {
		{ "0::/machine.slice/libpod-" ID64 ".scope/container\n", "0123456789ab" },
		{ "0::/system.slice/docker-" ID64 ".scope\n", "0123456789ab" },
		{ "0::/kubepods-podb.slice:cri-containerd:" ID64 "\n", "0123456789ab" },
		{ "12:pids:/docker/" ID64 "\n1:name=systemd:/docker/" ID64 "\n", "0123456789ab" },
		/* The inner of two. */
		{ "0::/docker/ff" ID62 "/docker/" ID64 "\n", "0123456789ab" },
	};
	char out[VM_NAME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(vm_name_parse_cgroup(cases[i][0], out));
		assert_string_equal(out, cases[i][1]);
	}
	assert_false(vm_name_parse_cgroup("", out));
	assert_false(vm_name_parse_cgroup("0::/user.slice/user-0.slice/session-3.scope\n", out));
	assert_false(vm_name_parse_cgroup("0::/docker/0" ID64 "\n", out));
	assert_false(vm_name_parse_cgroup("0::/docker/" ID62 "\n", out));
}

static void test_none(void **state)
{
	(void)state;
	assert_no_name("");
	assert_no_name("qemu-kvm");
	assert_no_name("qemu-kvm\0-name");
	assert_no_name("qemu-kvm\0-name\0");
	assert_no_name("qemu-kvm\0-name\0debug-threads=on");
	assert_no_name("qemu-kvm\0-name\0guest=");
	assert_no_name("qemu-kvm\0-name\0   ");
	assert_no_name("qemu-kvm\0-namespace\0web");
	assert_no_name("-name\0");
	assert_no_name("firecracker\0-name\0web");
	assert_no_name("qemu-kvm\0-name=web");
}

/* No end in sight: no NUL at the end, or longer than any name. */
static void test_odd(void **state)
{
	char line[4096], *name;
	struct vm_identity out;
	size_t len;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "qemu\0-name\0", 11);
	assert_true(vm_identity_parse(line, sizeof(line), &out));
	name = out.name;
	assert_true(strlen(name) < VM_NAME_MAX);
	assert_int_equal(strspn(name, "x"), strlen(name));

	for (len = 0; len < 20; len++) {
		char *part = malloc(len ? len : 1);

		memcpy(part, line, len);
		(void)vm_identity_parse(part, len, &out);
		free(part);
	}
}

static void assert_clean(const char *text, const char *wanted)
{
	char out[64];

	assert_int_equal(text_clean(out, sizeof(out), text, strlen(text)), strlen(wanted));
	assert_string_equal(out, wanted);
}

static void test_clean(void **state)
{
	char out[8];

	(void)state;
	assert_clean("plain", "plain");
	assert_clean("  edges  ", "edges");
	assert_clean("new\nline\x1b[31m", "new?line?[31m");
	assert_clean("tab\tdel\x7f", "tab?del?");
	assert_clean("Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f");
	assert_clean("\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7");
	assert_clean("\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87");
	/* C1 controls, overlong, surrogate, beyond Unicode, cut, lone continuation */
	assert_clean("a\xc2\x9b"
		     "b",
		     "a?b");
	assert_clean("\xc0\xaf", "??");
	assert_clean("\xed\xa0\x80", "???");
	assert_clean("\xf4\x90\x80\x80", "????");
	assert_clean("\xe4\xb8", "??");
	assert_clean("\x80", "?");
	/* right-to-left override, zero width space, line separator */
	assert_clean("a\xe2\x80\xae"
		     "b",
		     "a?b");
	assert_clean("a\xe2\x80\x8b"
		     "b",
		     "a?b");
	assert_clean("a\xe2\x80\xa8"
		     "b",
		     "a?b");
	/* soft hyphen, filler, variation selector, tag, paragraph separator, isolate */
	assert_clean(
		"a\xc2\xad.\xe3\x85\xa4.\xef\xb8\x8f.\xf3\xa0\x81\x81.\xe2\x80\xa9.\xe2\x81\xa6",
		"a?.?.?.?.?.?");
	assert_clean("", "");
	assert_clean("   ", "");

	/* Cut between characters. */
	assert_int_equal(text_clean(out, 4, "abcdef", 6), 3);
	assert_string_equal(out, "abc");
	assert_int_equal(text_clean(out, 4, "ab\xc3\xbc", 4), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(text_clean(out, 1, "abc", 3), 0);
	assert_string_equal(out, "");
}

/* Whatever comes in, what comes out is clean, ends, and is clean once more. */
static void test_clean_random(void **state)
{
	uint64_t rng = test_seed();
	char in[40], out[24], again[24];
	size_t i, len, n;
	int run;

	(void)state;
	for (run = 0; run < 200000; run++) {
		len = test_random_below(&rng, sizeof(in));
		for (i = 0; i < len; i++)
			in[i] = (char)test_random(&rng);
		n = text_clean(out, sizeof(out), in, len);
		assert_true(n < sizeof(out));
		assert_int_equal(strlen(out), n);
		assert_int_equal(text_clean(again, sizeof(again), out, n), n);
		assert_memory_equal(again, out, n + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_managers),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_cloud_hypervisor),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
