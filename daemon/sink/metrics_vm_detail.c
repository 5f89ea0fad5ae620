// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics of one VM: what exactly caused its exits, as much as is wanted of that. */
#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/detail.h"
#include "model/reason.h"
#include "model/registry.h"
#include "sink/metrics.h"
#include "sink/metrics_vm_internal.h"
#include "util/util.h"

static_assert(METRICS_DETAILS_MAX == DETAIL_KEYS_PER_VM_MAX, "more than a VM has are no bound");

/* Longer names of keys are cut. */
#define NAME_MAX_LENGTH 40

/* Of a series: its reason, key and name, and what is around them. */
#define LABELS_BYTES (REASON_NAME_MAX + DETAIL_TEXT_MAX + NAME_MAX_LENGTH + 48)

static size_t count_keys(const struct vm *vm)
{
	return vm->details.n - vm->details.n_rests;
}

size_t metrics_vm_detail_series(const struct metrics_input *input, const struct vm *vm)
{
	return count_keys(vm) < input->details ? count_keys(vm) : input->details;
}

size_t metrics_vm_detail_bytes(void)
{
	return LABELS_BYTES;
}

/* Those with most exits first; of others the one that came first, so that they stay. */
static int compare(const void *a, const void *b)
{
	const struct vm_detail *x = *(const struct vm_detail *const *)a;
	const struct vm_detail *y = *(const struct vm_detail *const *)b;

	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return (x > y) - (x < y);
}

static void write_detail(struct metrics_text *text, const char *vm_labels, const struct vm *vm,
			 const struct vm_detail *detail)
{
	char all[sizeof(((struct metrics_vm_labels *)NULL)->text) + LABELS_BYTES];
	char reason_buf[REASON_NAME_MAX], key[DETAIL_TEXT_MAX];
	const char *reason = reason_name(vm->isa, detail->code, false, reason_buf);
	const char *name = detail_name(reason, detail->class, detail->key);

	detail_text(reason, detail->class, detail->key, key);
	/* An empty label is one that is not there. Neither text has anything to escape. */
	(void)snprintf(all, sizeof(all), "%s,reason=\"%s\",key=\"%s\"%s%.*s%s%s", vm_labels, reason,
		       key, name ? ",name=\"" : "", NAME_MAX_LENGTH, name ? name : "",
		       name ? "\"" : "", detail->nested ? ",nested=\"true\"" : "");
	metrics_sample(text, all, detail->exits);
}

void metrics_vm_details(struct metrics_text *text, const struct metrics_input *input,
			const struct vm *vm)
{
	const struct vm_detail *keys[DETAIL_KEYS_PER_VM_MAX];
	struct metrics_vm_labels labels;
	size_t i, n = 0, wanted = metrics_vm_detail_series(input, vm);

	for (i = 0; i < vm->details.n && n < ARRAY_SIZE(keys); i++)
		if (!vm->details.all[i].rest)
			keys[n++] = &vm->details.all[i];
	if (n > 0)
		qsort(keys, n, sizeof(*keys), compare);
	metrics_vm_label(&labels, vm);
	for (i = 0; i < n && i < wanted; i++)
		write_detail(text, labels.text, vm, keys[i]);
}
