// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys of exits in words. Their bits: kernel/spec/kvm-exitstat.yaml, detail-class.
 * Names of vectors: Linux arch/x86/include/asm/irq_vectors.h and asm/trapnr.h.
 */
#include "config.h"

#include "explain/detail.h"

#include <inttypes.h>
#include <linux/kvm_exitstat.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "explain/explain.h"
#include "util/util.h"

#define MSR_WRITTEN  (UINT64_C(1) << 32)
#define PORT_SIZE(k) ((unsigned int)((k) >> 16 & 7))
#define PORT_READ    (UINT64_C(1) << 19)
#define PORT_STRING  (UINT64_C(1) << 20)
#define MMIO_ADDRESS ((UINT64_C(1) << 52) - 1)
#define MMIO_WRITTEN (UINT64_C(1) << 52)
#define MMIO_UNKNOWN (UINT64_C(1) << 53)
#define MMIO_WINDOW  (UINT64_C(1) << 54)
#define FAULT_WRITE  (UINT64_C(1) << 1)
#define FAULT_FETCH  (UINT64_C(1) << 2)
#define FAULT_MAPPED (UINT64_C(1) << 3)
#define FAULT_WALK   (UINT64_C(1) << 4)
#define FAULT_CRYPT  (UINT64_C(1) << 5)
#define FAULT_RMP    (UINT64_C(1) << 6)
#define LEAF_SUBLEAF (UINT64_C(1) << 38)
#define CALL_HYPERV  (UINT64_C(1) << 32)
#define APIC_WRITTEN (UINT64_C(1) << 16)

/* Types of interruptions: what raised an exception of the guest. */
#define VECTOR_TYPE(k)	 ((unsigned int)((k) >> 8 & 7))
#define TYPE_EXTERNAL	 0
#define TYPE_NMI	 2
#define APIC_TYPE_WRITE	 1
#define HV_LONG_SPIN	 8
#define AVIC_NOT_RUNNING 1

static const char *const class_names[] = {
	[KVM_EXITSTAT_DETAIL_CLASS_MSR] = "msr",
	[KVM_EXITSTAT_DETAIL_CLASS_PORT] = "port",
	[KVM_EXITSTAT_DETAIL_CLASS_MMIO] = "mmio",
	[KVM_EXITSTAT_DETAIL_CLASS_FAULT] = "fault",
	[KVM_EXITSTAT_DETAIL_CLASS_CPUID] = "cpuid",
	[KVM_EXITSTAT_DETAIL_CLASS_HYPERCALL] = "hypercall",
	[KVM_EXITSTAT_DETAIL_CLASS_VECTOR] = "vector",
	[KVM_EXITSTAT_DETAIL_CLASS_REGISTER] = "register",
	[KVM_EXITSTAT_DETAIL_CLASS_APIC] = "apic",
	[KVM_EXITSTAT_DETAIL_CLASS_OTHER] = "other",
};

const char *detail_class_name(uint32_t class)
{
	return class < ARRAY_SIZE(class_names) ? class_names[class] : NULL;
}

uint32_t detail_class_of(const char *name)
{
	uint32_t i;

	for (i = 1; i < ARRAY_SIZE(class_names); i++)
		if (strcmp(name, class_names[i]) == 0)
			return i;
	return 0;
}

static void port_text(uint64_t key, char *buf)
{
	char size[8] = "";

	/* perf has no size: most are of one byte, and look as they do there. */
	if (PORT_SIZE(key) != 1 || key & PORT_STRING)
		(void)snprintf(size, sizeof(size), "/%u%s", PORT_SIZE(key),
			       key & PORT_STRING ? "s" : "");
	(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%x:%s%s", (unsigned int)(key & 0xffff),
		       key & PORT_READ ? "PIN" : "POUT", size);
}

static void mmio_text(uint64_t key, char *buf)
{
	const char *how = key & MMIO_WRITTEN ? ":W" : ":R";

	(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%" PRIx64 "%s%s", key & MMIO_ADDRESS,
		       key & MMIO_WINDOW ? "+" : "", key & MMIO_UNKNOWN ? "" : how);
}

static void fault_text(uint64_t key, char *buf)
{
	const char *how = "R";

	if (key & FAULT_FETCH)
		how = "X";
	else if (key & FAULT_WRITE)
		how = "W";
	(void)snprintf(buf, DETAIL_TEXT_MAX, "%s:%s%s%s%s",
		       key & FAULT_MAPPED ? "present" : "not-present", how,
		       key & FAULT_WALK ? "+walk" : "", key & FAULT_CRYPT ? "+encrypted" : "",
		       key & FAULT_RMP ? "+rmp" : "");
}

static void cpuid_text(uint64_t key, char *buf)
{
	unsigned int leaf = (unsigned int)(key & UINT32_MAX);
	unsigned int subleaf = (unsigned int)(key >> 32 & 0x3f);

	if (key & LEAF_SUBLEAF)
		(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%x.%u%s", leaf, subleaf,
			       subleaf == 63 ? "+" : "");
	else
		(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%x", leaf);
}

static void vector_text(uint64_t key, char *buf)
{
	static const char *const types[] = { "",     ":reserved", ":NMI",  "",
					     ":INT", ":ICEBP",	  ":soft", ":other" };

	(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%x%s", (unsigned int)(key & 0xff),
		       types[VECTOR_TYPE(key)]);
}

static bool is_debug(const char *reason)
{
	return strncasecmp(reason, "DR", 2) == 0 || strcasestr(reason, "_DR");
}

static void register_text(const char *reason, uint64_t key, char *buf)
{
	static const char *const hows[] = { "W", "R", "CLTS", "LMSW" };

	(void)snprintf(buf, DETAIL_TEXT_MAX, "%s%u:%s", is_debug(reason) ? "DR" : "CR",
		       (unsigned int)(key & 0xf), hows[key >> 4 & 3]);
}

static void apic_text(uint64_t key, char *buf)
{
	unsigned int type = (unsigned int)(key >> 12 & 0xf);
	char how[16] = ":R";

	if (key & APIC_WRITTEN || type == APIC_TYPE_WRITE)
		(void)strcpy(how, ":W");
	else if (type > APIC_TYPE_WRITE)
		(void)snprintf(how, sizeof(how), ":type%u", type);
	(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%x%s", (unsigned int)(key & 0xfff), how);
}

void detail_text(const char *reason, uint32_t class, uint64_t key, char buf[static DETAIL_TEXT_MAX])
{
	switch ((enum kvm_exitstat_detail_class) class) {
	case KVM_EXITSTAT_DETAIL_CLASS_MSR:
		(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%x:%s", (unsigned int)(key & UINT32_MAX),
			       key & MSR_WRITTEN ? "W" : "R");
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_PORT:
		port_text(key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_MMIO:
		mmio_text(key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_FAULT:
		fault_text(key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_CPUID:
		cpuid_text(key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_HYPERCALL:
		(void)snprintf(buf, DETAIL_TEXT_MAX, "%s%" PRIu64, key & CALL_HYPERV ? "hv:" : "",
			       key & UINT32_MAX);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_VECTOR:
		vector_text(key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_REGISTER:
		register_text(reason, key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_APIC:
		apic_text(key, buf);
		return;
	case KVM_EXITSTAT_DETAIL_CLASS_OTHER:
		(void)snprintf(buf, DETAIL_TEXT_MAX, "0x%" PRIx64, key);
		return;
	}
	(void)snprintf(buf, DETAIL_TEXT_MAX, "class%u:0x%" PRIx64, class, key);
}

static const char *fault_name(uint64_t key)
{
	if (key & (FAULT_CRYPT | FAULT_RMP))
		return "page of a protected guest";
	if (!(key & FAULT_MAPPED))
		return "not mapped yet";
	if (key & FAULT_FETCH)
		return "not executable (nx_huge_pages)";
	return key & FAULT_WRITE ? "write-protected" : "not allowed";
}

static const char *vector_name(uint64_t key)
{
	static const struct {
		uint8_t vector;
		const char *name;
	} host[] = {
		{ 0xec, "LOCAL_TIMER" },
		{ 0xf0, "POSTED_INTR_NESTED" },
		{ 0xf1, "POSTED_INTR_WAKEUP" },
		{ 0xf2, "POSTED_INTR" },
		{ 0xf6, "IRQ_WORK" },
		{ 0xf8, "REBOOT" },
		{ 0xfb, "CALL_FUNCTION_SINGLE" },
		{ 0xfc, "CALL_FUNCTION" },
		{ 0xfd, "RESCHEDULE" },
		{ 0xff, "SPURIOUS" },
	};
	static const char *const guest[] = { "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD",
					     "#NM", "#DF", NULL,  "#TS", "#NP", "#SS", "#GP",
					     "#PF", NULL,  "#MF", "#AC", "#MC", "#XM" };
	uint8_t vector = (uint8_t)key;
	size_t i;

	if (VECTOR_TYPE(key) != TYPE_EXTERNAL)
		return vector < ARRAY_SIZE(guest) ? guest[vector] : NULL;
	for (i = 0; i < ARRAY_SIZE(host); i++)
		if (host[i].vector == vector)
			return host[i].name;
	return NULL;
}

/* The key as the table of explanations has it; EXPLAIN_NO_KEY where it has none. */
static enum explain_class to_explain(uint32_t class, uint64_t key, uint64_t *out)
{
	switch ((enum kvm_exitstat_detail_class) class) {
	case KVM_EXITSTAT_DETAIL_CLASS_MSR:
		*out = key & UINT32_MAX;
		return EXPLAIN_MSR;
	case KVM_EXITSTAT_DETAIL_CLASS_PORT:
		*out = key & 0xffff;
		return EXPLAIN_PORT;
	case KVM_EXITSTAT_DETAIL_CLASS_MMIO:
		*out = key & MMIO_ADDRESS;
		return EXPLAIN_MMIO;
	case KVM_EXITSTAT_DETAIL_CLASS_APIC:
		*out = 0xfee00000 + (key & 0xfff);
		return EXPLAIN_MMIO;
	case KVM_EXITSTAT_DETAIL_CLASS_CPUID:
		*out = key & UINT32_MAX;
		return EXPLAIN_CPUID;
	case KVM_EXITSTAT_DETAIL_CLASS_HYPERCALL:
		*out = key & UINT32_MAX;
		/* Of Hyper-V's numbers the table has one, which KVM's interface does not use. */
		if (key & CALL_HYPERV && *out != HV_LONG_SPIN)
			return EXPLAIN_NO_KEY;
		return EXPLAIN_HYPERCALL;
	case KVM_EXITSTAT_DETAIL_CLASS_FAULT:
	case KVM_EXITSTAT_DETAIL_CLASS_VECTOR:
	case KVM_EXITSTAT_DETAIL_CLASS_REGISTER:
	case KVM_EXITSTAT_DETAIL_CLASS_OTHER:
		break;
	}
	return EXPLAIN_NO_KEY;
}

const char *detail_name(const char *reason, uint32_t class, uint64_t key)
{
	uint64_t number = 0;
	enum explain_class explain = to_explain(class, key, &number);

	if (class == KVM_EXITSTAT_DETAIL_CLASS_FAULT)
		return fault_name(key);
	if (class == KVM_EXITSTAT_DETAIL_CLASS_VECTOR)
		return vector_name(key);
	if (class == KVM_EXITSTAT_DETAIL_CLASS_HYPERCALL && key & CALL_HYPERV)
		return number == HV_LONG_SPIN ? "NOTIFY_LONG_SPIN_WAIT" : NULL;
	if (class == KVM_EXITSTAT_DETAIL_CLASS_OTHER &&
	    strcasecmp(reason, "AVIC_INCOMPLETE_IPI") == 0)
		return key == AVIC_NOT_RUNNING ? "target not running" : NULL;
	return explain_key_name(explain, number);
}

const struct explain *detail_explain(const char *reason, uint32_t class, uint64_t key)
{
	uint64_t number = 0;

	if (to_explain(class, key, &number) == EXPLAIN_NO_KEY)
		return explain_reason(reason);
	return explain_reason_key(reason, number);
}
