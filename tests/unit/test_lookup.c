// SPDX-License-Identifier: GPL-2.0-or-later
/* Which VM a name or a number means, and that nobody guesses. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdio.h>
#include <string.h>

#include "model/registry.h"
#include "model/sample.h"
#include "server/methods/lookup.h"
#include "unit_test.h"

#define S UINT64_C(1000000000)

#define UUID "8f7d3a52-07e9-4fe5-8913-18a14e83a4d1"

static void create(struct registry *registry, uint64_t id, uint32_t pid,
		   const struct vm_identity *identity)
{
	const struct exit_message message = {
		.type = MESSAGE_EVENT,
		.epoch = 7,
		.time_ns = id * S,
		.event = KVM_EXITSTAT_EVENT_VM_CREATED,
		.has_vm = true,
		.vm = { .id = id, .pid = pid, .isa = KVM_EXITSTAT_ISA_SVM, .created_ns = id * S },
	};

	assert_int_equal(registry_apply(registry, &message), 0);
	assert_int_equal(vm_set_identity(registry_find(registry, id), identity), 0);
}

static void named(struct registry *registry, uint64_t id, uint32_t pid, const char *name)
{
	struct vm_identity identity = { .vmid = 0 };

	(void)snprintf(identity.name, sizeof(identity.name), "%s", name);
	create(registry, id, pid, &identity);
}

/* With exits, so that it is remembered. */
static void destroy(struct registry *registry, uint64_t id)
{
	struct sample_reason reason = { .code = 0x78, .total = 1 };
	const struct exit_message message = {
		.type = MESSAGE_EVENT,
		.epoch = 7,
		.time_ns = 1000 * S + id,
		.event = KVM_EXITSTAT_EVENT_VM_DESTROYED,
		.has_vm = true,
		.vm = { .id = id, .destroyed_ns = 1000 * S + id },
		.n_sums = 1,
		.reasons = &reason,
		.n_reasons = 1,
	};

	assert_int_equal(registry_apply(registry, &message), 0);
}

/* A host with Proxmox VE, and with a few of its numbers on the wrong VMs. */
static struct registry *host(void)
{
	struct registry *registry = NULL;

	assert_int_equal(registry_new(&registry), 0);
	create(registry, 1, 3101,
	       &(struct vm_identity){ .name = "web1", .uuid = UUID, .vmid = 101 });
	create(registry, 2, 3102, &(struct vm_identity){ .name = "web1", .vmid = 102 });
	create(registry, 3, 102, &(struct vm_identity){ .name = "db1", .vmid = 103 });
	create(registry, 101, 3103, &(struct vm_identity){ .name = "mail", .vmid = 104 });
	named(registry, 4, 3104, "102");
	create(registry, 5, 3105, &(struct vm_identity){ .name = "shop_web", .namespace = "shop" });
	return registry;
}

/* All that text means, as "vmid 1, id 101". */
static const char *meant(const struct registry *registry, const char *text, bool dead)
{
	static char out[512];
	struct lookup lookup;
	size_t n = lookup_vm(&lookup, registry, text, dead), i, len = 0;

	out[0] = '\0';
	assert_int_equal(n, lookup.n);
	for (i = 0; i < n && i < LOOKUP_MATCHES_MAX; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s %llu", i ? ", " : "",
					lookup_key_name(lookup.matches[i].key),
					(unsigned long long)lookup.matches[i].vm->id);
	return out;
}

#define assert_meant(text, wanted) assert_string_equal(meant(registry, text, true), wanted)

static void test_one(void **state)
{
	struct registry *registry = host();

	(void)state;
	assert_meant("mail", "name 101");
	assert_meant(UUID, "uuid 1");
	assert_meant("8F7D3A5207E94FE5891318A14E83A4D1", "uuid 1");
	assert_meant("103", "vmid 3");
	assert_meant("3104", "pid 4");
	assert_meant("5", "id 5");
	assert_meant("nobody", "");
	assert_meant("", "");
	assert_meant("0", "");
	assert_meant("-1", "");
	assert_meant("00000000-0000-0000-0000-000000000000", "");
	registry_free(registry);
}

/* Nobody guesses between a name, a VMID, a pid and an id, or between twins. */
static void test_several(void **state)
{
	struct registry *registry = host();

	(void)state;
	assert_meant("101", "vmid 1, id 101");
	assert_meant("102", "name 4, vmid 2, pid 3");
	assert_meant("web1", "name 1, name 2");
	assert_meant("name:102", "name 4");
	assert_meant("vmid:102", "vmid 2");
	assert_meant("pid:102", "pid 3");
	assert_meant("id:101", "id 101");
	assert_meant("id:102", "");
	assert_meant("uuid:" UUID, "uuid 1");
	assert_meant("uuid:web1", "");

	/* Two ways to the same VM are one VM. */
	create(registry, 900, 900, &(struct vm_identity){ .name = "900", .vmid = 900 });
	assert_meant("900", "name 900");
	registry_free(registry);
}

static void test_namespace(void **state)
{
	struct registry *registry = host();

	(void)state;
	assert_meant("shop_web", "name 5");
	assert_meant("shop/web", "name 5");
	assert_meant("web", "name 5");
	assert_meant("shop", "");
	assert_meant("shop/", "");
	create(registry, 6, 3106, &(struct vm_identity){ .name = "lab_web", .namespace = "lab" });
	assert_meant("web", "name 5, name 6");
	assert_meant("lab/web", "name 6");
	/* No namespace, and so another name. */
	named(registry, 7, 3107, "x_db");
	assert_meant("x/db", "");
	assert_meant("db", "");
	registry_free(registry);
}

/* What nothing that lives has, the last one that ended had. */
static void test_ended(void **state)
{
	struct registry *registry = host();

	(void)state;
	destroy(registry, 1);
	assert_meant("web1", "name 2");
	destroy(registry, 2);
	assert_meant("web1", "name 2");
	assert_string_equal(meant(registry, "web1", false), "");
	/* The operator's 101 has ended, which makes none of the living it. */
	assert_meant("101", "vmid 1, id 101");
	assert_string_equal(meant(registry, "101", false), "id 101");
	/* The same VM, started again. */
	create(registry, 8, 3108,
	       &(struct vm_identity){ .name = "web1", .uuid = UUID, .vmid = 101 });
	assert_meant("web1", "name 8");
	assert_meant(UUID, "uuid 8");
	assert_meant("vmid:101", "vmid 8");
	assert_meant("id:1", "id 1");
	registry_free(registry);
}

/* All are counted, the first ones are there. */
static void test_many(void **state)
{
	struct registry *registry = NULL;
	struct lookup lookup;
	uint32_t i;

	(void)state;
	assert_int_equal(registry_new(&registry), 0);
	for (i = 1; i <= 100; i++)
		named(registry, i, 5000 + i, "twin");
	assert_int_equal(lookup_vm(&lookup, registry, "twin", true), 100);
	assert_int_equal(lookup.by_key[LOOKUP_NAME], 100);
	assert_int_equal(lookup.matches[LOOKUP_MATCHES_MAX - 1].vm->id, LOOKUP_MATCHES_MAX);
	registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),	  cmocka_unit_test(test_several),
		cmocka_unit_test(test_namespace), cmocka_unit_test(test_ended),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
