// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints docs/REASONS.md from the table of explanations: see tests/unit/reasons. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "explain/explain.h"
#include "util/util.h"

static void print_keys(const struct explain *topic)
{
	static const char *const classes[] = {
		[EXPLAIN_MSR] = "MSR",
		[EXPLAIN_PORT] = "port",
		[EXPLAIN_MMIO] = "address",
		[EXPLAIN_CPUID] = "CPUID leaf",
		[EXPLAIN_HYPERCALL] = "hypercall",
	};
	const struct explain_range *range = topic->keys;
	size_t i;

	for (i = 0; i < EXPLAIN_RANGES_MAX && range[i].class != EXPLAIN_NO_KEY; i++) {
		printf("%s%s `0x%" PRIx64, i ? ", " : "", classes[range[i].class], range[i].first);
		if (range[i].last != range[i].first)
			printf("`–`0x%" PRIx64, range[i].last);
		putchar('`');
	}
}

int main(void)
{
	const struct explain *topic;
	size_t i;

	puts("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n"
	     "<!-- Made from daemon/explain/ by tests/unit/reasons. -->\n"
	     "# Exit reasons: what they mean and what to do\n"
	     "\n"
	     "`kvmexitctl explain REASON` prints the same. `kvmexitctl explain VM` ranks a VM's reasons by what\n"
	     "they cost above a normal rate. Names of reasons are those of Linux's `asm/vmx.h` and `asm/svm.h`.\n");
	for (i = 0; (topic = explain_nth(i)); i++)
		printf("- [%s](#%s): %s\n", topic->topic, topic->topic, topic->title);
	for (i = 0; (topic = explain_nth(i)); i++) {
		printf("\n## %s\n\n", topic->topic);
		if (topic->reasons)
			printf("`%s`", topic->reasons);
		if (topic->reasons && topic->keys[0].class != EXPLAIN_NO_KEY)
			printf("; ");
		print_keys(topic);
		printf("\n\n**What happened.** %s\n\n**Usual causes.** %s\n\n**Is it bad?** %s\n\n"
		       "**What to do.** %s\n\n*Sources: %s*\n",
		       topic->what, topic->causes, topic->bad,
		       topic->remedy ? topic->remedy : "Nothing.", topic->sources);
	}
	return 0;
}
