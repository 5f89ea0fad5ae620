// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmexitctl explain: the command. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/explain/explain.h"
#include "ctl/options.h"
#include "ctl/output.h"
#include "explain/explain.h"
#include "util/util.h"

enum {
	OPTION_VM,
};

static const struct ctl_option options[] = {
	[OPTION_VM] = { "vm", NULL, "WHAT is a VM, even if a reason has that name", 0 },
	{ .name = NULL },
};

static const struct explain *find_topic(const char *name)
{
	const struct explain *topic;
	size_t i;

	for (i = 0; (topic = explain_nth(i)); i++)
		if (strcasecmp(topic->topic, name) == 0)
			return topic;
	return NULL;
}

/* What may follow the number of a key, as detail_text() writes it. */
static bool is_key_end(const char *end)
{
	static const char *const hows[] = { ":R", ":W", ":PIN", ":POUT" };
	size_t i;

	/* A subleaf, and what stands for more than one. */
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (*end == '+')
		end++;
	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		if (strncasecmp(end, hows[i], strlen(hows[i])) != 0)
			continue;
		end += strlen(hows[i]);
		/* The size of a port, which is moved in strings. */
		if (*end == '/' && end[1] >= '1' && end[1] <= '4')
			end += end[2] == 's' ? 3 : 2;
		break;
	}
	return *end == '\0';
}

/* "0x6e0", and as show prints it "0x6e0:W" and "0x3f8:POUT": the letters say no more here. */
static bool parse_key(const char *text, uint64_t *out)
{
	char *end = NULL;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && is_key_end(end);
}

static int show_topic(const struct ctl *ctl, const char *head, const struct explain *topic)
{
	json_t *json;

	if (!ctl->json) {
		explain_print_topic(ctl, head, topic);
		return CTL_OK;
	}
	json = explain_topic_json(topic);
	output_json(ctl, json);
	json_decref(json);
	return CTL_OK;
}

/* text is REASON:KEY. */
static int explain_with_key(const struct ctl *ctl, const char *text)
{
	const char *colon = strchr(text, ':');
	_cleanup_free_ char *reason = strndup(text, (size_t)(colon - text)), *head = NULL;
	const struct explain *topic;
	const char *name;
	uint64_t key;

	if (!reason)
		return CTL_FAILED;
	if (explain_class_of(reason) == EXPLAIN_NO_KEY) {
		ctl_error("exits of %s have no key: 'kvmexitctl explain %s'", reason, reason);
		return CTL_FAILED;
	}
	if (!parse_key(colon + 1, &key)) {
		ctl_error("'%s' is not a key: it is a number, as in MSR:0x6e0", colon + 1);
		return CTL_USAGE;
	}
	topic = explain_reason_key(reason, key);
	name = explain_key_name(explain_class_of(reason), key);
	if (asprintf(&head, "%s:0x%" PRIx64 "%s%s", reason, key, name ? " " : "",
		     name ? name : "") < 0)
		return CTL_FAILED;
	return show_topic(ctl, head, topic);
}

static int explain_vm(const struct ctl *ctl, const char *vm)
{
	json_t *parameters = ctl_vm_parameters(vm), *reply = NULL, *json;
	enum ctl_exit result;

	if (!parameters)
		return CTL_FAILED;
	(void)json_object_set_new(parameters, "details", json_true());
	result = ctl_call(ctl, CTL_METHOD("Show"), parameters, &reply);
	if (result != CTL_OK)
		return (int)result;
	if (ctl->json) {
		json = explain_vm_json(json_object_get(reply, "vm"), reply_now_us(reply));
		output_json(ctl, json);
		json_decref(json);
	} else {
		explain_print_vm(ctl, json_object_get(reply, "vm"), reply_now_us(reply));
	}
	json_decref(reply);
	return CTL_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	const char *what = argc > 0 ? argv[0] : NULL, *colon;
	const struct explain *topic;
	json_t *json;

	if (!what) {
		if (!ctl->json) {
			explain_print_list(ctl);
			return CTL_OK;
		}
		json = explain_list_json();
		output_json(ctl, json);
		json_decref(json);
		return CTL_OK;
	}
	if (option_given(ctl, OPTION_VM))
		return explain_vm(ctl, what);
	topic = explain_reason(what);
	if (!topic)
		topic = find_topic(what);
	if (topic)
		return show_topic(ctl, what, topic);
	colon = strchr(what, ':');
	if (colon) {
		_cleanup_free_ char *reason = strndup(what, (size_t)(colon - what));

		if (reason && explain_reason(reason))
			return explain_with_key(ctl, what);
	}
	return explain_vm(ctl, what);
}

const struct ctl_command ctl_explain = {
	.name = "explain",
	.args = "[WHAT]",
	.help = "what exit reasons mean and what to do, for all or a VM",
	.about = "WHAT is a reason (MSR_WRITE), a reason with a key (MSR:0x6e0, IOIO:0x3f8,\n"
		 "EPT_MISCONFIG:0xfed000f0), or a VM. For a VM, the reasons that cost most above\n"
		 "a normal rate come first.",
	.options = options,
	.args_min = 0,
	.args_max = 1,
	.run = run,
};
