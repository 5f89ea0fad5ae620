// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl status: is the daemon there, and does it get exits?
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/clock.h"
#include "ctl/connect.h"
#include "ctl/output.h"
#include "util/util.h"

/* Of what stands behind "Kernel" and the like. */
#define INDENT 9

/* A resync lasts milliseconds, and batches are taken meanwhile. */
static bool is_fed(const json_t *status)
{
	return json_is_true(json_object_get(status, "synced"));
}

static void print_kernel(const struct ctl *ctl, const json_t *status)
{
	_cleanup_free_ char *kernel = get_text(status, "kernel");
	_cleanup_free_ char *advice = get_text(status, "advice");

	printf("Kernel   %s%s%s", output_mark(ctl->colour, is_fed(status) ? MARK_GOOD : MARK_BAD),
	       kernel, output_mark(ctl->colour, MARK_NONE));
	/* It says nothing to people but that it changed. */
	if (!ctl->people && json_is_integer(json_object_get(status, "epoch")))
		printf(", epoch %llu", (unsigned long long)get_int(status, "epoch"));
	putchar('\n');
	if (json_is_string(json_object_get(status, "advice")))
		output_wrapped(advice, INDENT);
}

static void print_source(const struct ctl *ctl, const json_t *status)
{
	const json_t *source = json_object_get(status, "source");
	_cleanup_free_ char *name = get_text(source, "name");
	_cleanup_free_ char *since = format_when(ctl, status, source, "since");
	_cleanup_free_ char *cost = get_text(source, "cost");
	_cleanup_free_ char *blind = get_text(source, "blind");

	if (!json_is_object(source))
		return;
	printf("Source   %s, ", name);
	if (json_is_string(json_object_get(source, "since")))
		printf("counts since %s; earlier exits are not known", since);
	else
		printf("counts every VM from its creation on");
	putchar('\n');
	if (json_is_string(json_object_get(source, "cost")))
		printf("%*sand adds %s to an exit\n", INDENT, "", cost);
	if (json_is_string(json_object_get(source, "blind")))
		output_wrapped(blind, INDENT);
}

static void print_missed(const struct ctl *ctl, const json_t *status)
{
	if (get_int(status, "missed_exits") == 0 && get_int(status, "missed_vcpus") == 0)
		return;
	printf("Missed   %s%lld exits%s of vCPUs beyond what can be counted, the end of %lld vCPUs\n",
	       output_mark(ctl->colour, MARK_BAD), get_int(status, "missed_exits"),
	       output_mark(ctl->colour, MARK_NONE), get_int(status, "missed_vcpus"));
}

static void print_replay(const struct ctl *ctl, const json_t *status)
{
	static const struct {
		const char *damage, *text;
	} damages[] = {
		{ "cut", "the recording's end is missing" },
		{ "damaged", "the rest of the recording is damaged" },
		{ "unreadable", "the rest of the recording could not be read" },
	};
	_cleanup_free_ char *replay = get_text(status, "replay");
	_cleanup_free_ char *damage = get_text(status, "replay_damage");
	size_t i;

	if (!json_is_string(json_object_get(status, "replay")))
		return;
	printf("Replay   %s%s", replay, output_mark(ctl->colour, MARK_BAD));
	for (i = 0; i < ARRAY_SIZE(damages); i++)
		if (strcmp(damage, damages[i].damage) == 0)
			printf("; %s", damages[i].text);
	if (get_int(status, "replay_left_out") > 0)
		printf("; it lacks %lld records that its file was too slow for",
		       get_int(status, "replay_left_out"));
	printf("%s\n", output_mark(ctl->colour, MARK_NONE));
}

static void print_recording(const struct ctl *ctl, const json_t *recording)
{
	_cleanup_free_ char *state = get_text(recording, "state");
	_cleanup_free_ char *error = get_text(recording, "error");

	if (!json_is_object(recording))
		return;
	printf("Recorder %s%s", state, output_mark(ctl->colour, MARK_BAD));
	if (json_is_string(json_object_get(recording, "error")))
		printf(": %s", error);
	if (get_int(recording, "left_out") > 0)
		printf("; left out %lld records, as the file is too slow",
		       get_int(recording, "left_out"));
	printf("%s\n", output_mark(ctl->colour, MARK_NONE));
}

static void print_text(const struct ctl *ctl, const json_t *status)
{
	_cleanup_free_ char *version = get_text(status, "version");
	int64_t started_us = get_boottime_us(status, "started_boottime_us");
	_cleanup_free_ char *up =
		format_us(started_us < 0 ? -1 : reply_now_us(status) - started_us);

	printf("%skvmexitd%s %s, up %s\n", output_mark(ctl->colour, MARK_HEAD),
	       output_mark(ctl->colour, MARK_NONE), version, up);
	print_kernel(ctl, status);
	print_source(ctl, status);
	print_missed(ctl, status);
	print_replay(ctl, status);
	print_recording(ctl, json_object_get(status, "recording"));
	printf("VMs      %lld with %lld vCPUs, %lld ended\n", get_int(status, "vms"),
	       get_int(status, "vcpus"), get_int(status, "ended_vms"));
	if (get_int(status, "storms") > 0)
		printf("Storms   %s%lld of the VMs%s: 'kvmexitctl top' marks them\n",
		       output_mark(ctl->colour, MARK_BAD), get_int(status, "storms"),
		       output_mark(ctl->colour, MARK_NONE));
	printf("Stream   %lld batches, %lld lost, %lld resyncs, %lld malformed",
	       get_int(status, "batches"), get_int(status, "lost"), get_int(status, "resyncs"),
	       get_int(status, "malformed"));
	if (get_int(status, "failed_dumps") > 0)
		printf(", %lld dumps begun anew", get_int(status, "failed_dumps"));
	putchar('\n');
	if (get_int(status, "journal_dropped") > 0)
		printf("Journal  did not take %lld entries\n", get_int(status, "journal_dropped"));
	printf("Clients  %lld, %lld watching; cut off: %lld slow, %lld bad; %lld refused",
	       get_int(status, "clients"), get_int(status, "watchers"),
	       get_int(status, "slow_clients"), get_int(status, "bad_clients"),
	       get_int(status, "refused_clients"));
	if (get_int(status, "accept_failures") > 0)
		printf("; no room %lld times", get_int(status, "accept_failures"));
	putchar('\n');
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	json_t *status = NULL;
	enum ctl_exit result;

	(void)argc;
	(void)argv;
	result = ctl_call(ctl, CTL_METHOD("Status"), NULL, &status);
	if (result != CTL_OK)
		return (int)result;

	if (ctl->json)
		output_json(ctl, status);
	else
		print_text(ctl, status);
	if (!is_fed(status))
		result = CTL_NO_KERNEL;
	json_decref(status);
	return (int)result;
}

const struct ctl_command ctl_status = {
	.name = "status",
	.args = "",
	.help = "whether exits reach kvmexitd (the default)",
	.run = run,
};
