// SPDX-License-Identifier: GPL-2.0-or-later
/* What is compared: VMs of the daemon, and reports in files. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/diff/diff.h"
#include "ctl/output.h"
#include "util/util.h"

#define US_PER_SECOND 1e6

/* A report of an hour's history takes some hundred KB. */
#define FILE_BYTES_MAX (64 * 1024 * 1024)

void diff_side_done(struct diff_side *side)
{
	json_decref(side->vm);
	json_decref(side->spans);
	free(side->title);
	*side = (struct diff_side){ 0 };
}

int diff_side_copy(const struct diff_side *side, struct diff_side *out)
{
	*out = *side;
	out->title = strdup(side->title);
	if (!out->title)
		return -ENOMEM;
	out->vm = json_incref(side->vm);
	out->spans = json_incref(side->spans);
	return 0;
}

/* When the last step that is over ends, and the first begins. */
static bool known_time(const struct diff_side *side, double *from, double *to)
{
	const json_t *span;
	double age, step;
	size_t i, n;

	*from = -1;
	*to = 0;
	json_array_foreach(side->spans, i, span) {
		age = json_number_value(json_object_get(span, "age"));
		step = get_step(span);
		n = json_array_size(json_object_get(span, "exits"));
		while (n > 0 && age + (double)n * step > side->life)
			n--;
		if (n > 0 && *from < 0)
			*from = age;
		if (n > 0)
			*to = age + (double)n * step;
	}
	return *from >= 0 || *to > 0;
}

bool diff_set_time(struct diff_side *side, double seconds, double ago)
{
	double from, to;

	if (!side->spans)
		return ago <= 0;
	if (!known_time(side, &from, &to) || to - ago <= from)
		return false;
	side->to = to - ago;
	side->from = side->to - seconds;
	if (side->from < from)
		side->from = from;
	return true;
}

/* -- VMs --------------------------------------------------------------------- */

static enum ctl_exit read_vm(const struct ctl *ctl, const char *name, struct diff_side *out)
{
	json_t *parameters = ctl_vm_parameters(name), *shown = NULL, *history = NULL;
	enum ctl_exit result;
	char id[32];

	if (!parameters)
		return CTL_FAILED;
	(void)json_object_set_new(parameters, "details", json_true());
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, &shown);
	if (result != CTL_OK)
		return result;
	/* By its id from the second call on: names may change hands. */
	(void)snprintf(id, sizeof(id), "id:%lld", get_int(json_object_get(shown, "vm"), "id"));
	result = ctl_call(ctl, CTL_METHOD("GetHistory"), ctl_vm_parameters(id), &history);
	if (result == CTL_OK) {
		out->vm = json_incref(json_object_get(shown, "vm"));
		out->spans = json_incref(json_object_get(history, "spans"));
		out->title = get_text(out->vm, "name");
		out->life = (double)vm_life_us(out->vm, reply_now_us(history)) / US_PER_SECOND;
	}
	json_decref(shown);
	json_decref(history);
	return result;
}

/* -- files --------------------------------------------------------------------- */

/* How long the VM of a "show --json" had lived, which does not say it. */
static double life_of(const json_t *vm)
{
	double rate = get_rate(vm, "5m");
	int64_t life_us = vm_life_us(vm, -1);

	if (life_us >= 0)
		return (double)life_us / US_PER_SECOND;
	return rate > 0 ? (double)get_int(vm, "exits") / rate : 0;
}

static enum ctl_exit read_file(const char *path, struct diff_side *out)
{
	json_error_t error = { .line = 0 };
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	const char *name = strrchr(path, '/');
	json_t *vm = json_object_get(json, "vm");

	if (!json) {
		ctl_error("'%s' is not JSON: line %d: %s", path, error.line, error.text);
		return CTL_FAILED;
	}
	if (!json_is_object(vm))
		vm = json;
	if (!json_is_array(json_object_get(vm, "reasons")) ||
	    !json_is_object(json_object_get(vm, "rates"))) {
		ctl_error("'%s' has no VM: it takes the output of 'kvmexitctl report --json' or "
			  "'kvmexitctl show --json'",
			  path);
		json_decref(json);
		return CTL_FAILED;
	}
	out->vm = json_incref(vm);
	if (json_is_array(json_object_get(json, "spans")))
		out->spans = json_incref(json_object_get(json, "spans"));
	out->life = json_number_value(json_object_get(json, "seconds"));
	if (out->life <= 0)
		out->life = life_of(vm);
	out->title = clean_text(name ? name + 1 : path);
	json_decref(json);
	return CTL_OK;
}

enum ctl_exit diff_read_side(const struct ctl *ctl, const char *what, struct diff_side *out)
{
	enum ctl_exit result;
	struct stat st;

	*out = (struct diff_side){ 0 };
	/* A VM is never called by a path: KubeVirt's "shop/web" is no file here. */
	if (stat(what, &st) == 0 && S_ISREG(st.st_mode)) {
		if (st.st_size > FILE_BYTES_MAX) {
			ctl_error("'%s' is too large for a report", what);
			return CTL_FAILED;
		}
		result = read_file(what, out);
	} else {
		result = read_vm(ctl, what, out);
	}
	if (result == CTL_OK && (!out->vm || !out->title)) {
		ctl_error("cannot compare '%s': %s", what, strerror(ENOMEM));
		result = CTL_FAILED;
	}
	if (result != CTL_OK)
		diff_side_done(out);
	return result;
}
