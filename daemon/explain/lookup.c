// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds topics by reason and key. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "explain/tables.h"
#include "util/util.h"

static const struct explain *const tables[] = {
	/* clang-format off */
	explain_time,
	explain_interrupts,
	explain_msrs,
	explain_devices,
	explain_memory,
	explain_cpu,
	explain_nested,
	/* clang-format on */
};

const struct explain *explain_nth(size_t n)
{
	const struct explain *topic;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (topic = tables[i]; topic->topic; topic++)
			if (n-- == 0)
				return topic;
	return NULL;
}

/* Whether name is one of names, letter case aside. */
static bool names_it(const char *names, const char *name)
{
	size_t length;

	for (; *names; names += length + (names[length] == ' ')) {
		length = strcspn(names, " ");
		if (strlen(name) == length && strncasecmp(names, name, length) == 0)
			return true;
	}
	return false;
}

/* The same, where a name that ends with "*" stands for all that begin so. */
static bool is_among(const char *names, const char *name)
{
	size_t length;

	if (names_it(names, name))
		return true;
	for (; *names; names += length + (names[length] == ' ')) {
		length = strcspn(names, " ");
		if (names[length - 1] == '*' && strncasecmp(names, name, length - 1) == 0)
			return true;
	}
	return false;
}

static bool has_key(const struct explain *topic, enum explain_class class, uint64_t key)
{
	const struct explain_range *range = topic->keys;
	size_t i;

	for (i = 0; i < EXPLAIN_RANGES_MAX && range[i].class != EXPLAIN_NO_KEY; i++)
		if (range[i].class == class && key >= range[i].first && key <= range[i].last)
			return true;
	return false;
}

const struct explain *explain_reason(const char *reason)
{
	const struct explain *topic, *by_pattern = NULL;
	size_t i;

	for (i = 0; (topic = explain_nth(i)); i++) {
		if (!topic->reasons || !is_among(topic->reasons, reason))
			continue;
		/* A topic that names the reason comes before one that has it by "*". */
		if (names_it(topic->reasons, reason))
			return topic;
		by_pattern = topic;
	}
	return by_pattern;
}

enum explain_class explain_class_of(const char *reason)
{
	static const struct {
		const char *reasons;
		enum explain_class class;
	} classes[] = {
		{ MSR_REASONS, EXPLAIN_MSR },
		{ PORT_REASONS, EXPLAIN_PORT },
		{ MMIO_REASONS " " APIC_REASONS, EXPLAIN_MMIO },
		{ CALL_REASONS, EXPLAIN_HYPERCALL },
		{ "CPUID", EXPLAIN_CPUID },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (is_among(classes[i].reasons, reason))
			return classes[i].class;
	return EXPLAIN_NO_KEY;
}

const struct explain *explain_reason_key(const char *reason, uint64_t key)
{
	enum explain_class class = explain_class_of(reason);
	const struct explain *topic;
	size_t i;

	/* These have the offset of the register, the others its address. */
	if (is_among(APIC_REASONS, reason) && key < 0x1000)
		key += 0xfee00000;
	for (i = 0; (topic = explain_nth(i)); i++)
		if (class != EXPLAIN_NO_KEY && has_key(topic, class, key))
			return topic;
	/* NPF is memory, too; one with an address is a device. */
	return explain_reason(
		class == EXPLAIN_MMIO && strcasecmp(reason, "NPF") == 0 ? "EPT_MISCONFIG" : reason);
}

const char *explain_alias(const char *reason)
{
	static const char *const pairs[][2] = {
		{ "MSR", "MSR_READ MSR_WRITE" },
		{ "NPF", "EPT_VIOLATION EPT_MISCONFIG" },
		{ "IOIO", "IO_INSTRUCTION" },
		{ "INTR", "EXTERNAL_INTERRUPT" },
		{ "VINTR", "INTERRUPT_WINDOW" },
		{ "VMMCALL", "VMCALL" },
		{ "PAUSE", "PAUSE_INSTRUCTION" },
		{ "SHUTDOWN", "TRIPLE_FAULT" },
		{ "MWAIT", "MWAIT_INSTRUCTION" },
		{ "MONITOR", "MONITOR_INSTRUCTION" },
		{ "AVIC_UNACCELERATED_ACCESS", "APIC_WRITE" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (strcasecmp(reason, pairs[i][0]) == 0)
			return pairs[i][1];
		if (is_among(pairs[i][1], reason))
			return pairs[i][0];
	}
	return NULL;
}

bool explain_waits(const char *reason)
{
	const struct explain *topic = explain_reason(reason);

	return topic && (topic->cost == EXPLAIN_SLEEP || topic->cost == EXPLAIN_SPIN);
}

uint64_t explain_cost_ns(enum explain_cost cost)
{
	switch (cost) {
	case EXPLAIN_SLEEP:
		return 0;
	case EXPLAIN_SPIN:
	case EXPLAIN_KERNEL:
		return 1000;
	case EXPLAIN_USER:
		return 6000;
	case EXPLAIN_FAULT:
		return 8000;
	}
	return 0;
}
