// SPDX-License-Identifier: GPL-2.0-or-later
/* How well the daemon is fed, in words. */
#include "config.h"

#include "model/status.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"

/* Totals come in milliseconds, and on a host that is overloaded in a second. */
#define RESYNC_LONG_NS (UINT64_C(5) * 1000 * 1000 * 1000)

const char *kernel_state_name(enum kernel_state state)
{
	switch (state) {
	case KERNEL_WAITING:
		return "waiting";
	case KERNEL_DENIED:
		return "denied";
	case KERNEL_RESYNCING:
		return "resyncing";
	case KERNEL_STREAMING:
		return "streaming";
	}
	return "waiting";
}

const char *replay_state_name(enum replay_state state)
{
	switch (state) {
	case REPLAY_NONE:
		return NULL;
	case REPLAY_RUNNING:
		return "running";
	case REPLAY_ENDED:
		return "ended";
	}
	return NULL;
}

const char *replay_damage_name(enum replay_damage damage)
{
	switch (damage) {
	case REPLAY_WHOLE:
		return NULL;
	case REPLAY_CUT:
		return "cut";
	case REPLAY_DAMAGED:
		return "damaged";
	case REPLAY_UNREADABLE:
		return "unreadable";
	}
	return NULL;
}

const char *recording_state_name(enum recording_state state)
{
	switch (state) {
	case RECORDING_NONE:
		return NULL;
	case RECORDING_RUNNING:
		return "running";
	case RECORDING_ENDED:
		return "ended";
	}
	return NULL;
}

const char *kernel_state_advice(enum kernel_state state)
{
	switch (state) {
	case KERNEL_WAITING:
		return "The kernel has no kvm-exitstat family: load KVM (modprobe kvm_intel or "
		       "kvm_amd), and if it is loaded, boot a kernel or load KVM modules with "
		       "the kvmexitd patch. Counting starts by itself then.";
	case KERNEL_DENIED:
		return "The kernel refuses kvmexitd its counts: run it with CAP_NET_ADMIN "
		       "and CAP_PERFMON in the initial network and user namespaces, as kvmexitd.service does.";
	case KERNEL_RESYNCING:
		return "All totals are being read anew from the kernel, which takes a moment.";
	case KERNEL_STREAMING:
		return NULL;
	}
	return NULL;
}

bool status_synced(const struct daemon_status *status, uint64_t now_ns)
{
	switch (status->kernel) {
	case KERNEL_STREAMING:
		return true;
	case KERNEL_RESYNCING:
		return status->complete && now_ns < status->resyncing_ns + RESYNC_LONG_NS;
	case KERNEL_WAITING:
	case KERNEL_DENIED:
		break;
	}
	return false;
}

const char *status_advice(const struct daemon_status *status, uint64_t now_ns)
{
	if (status->kernel == KERNEL_RESYNCING && now_ns >= status->resyncing_ns + RESYNC_LONG_NS)
		return "Totals could not be read from the kernel for a while, so counts may be "
		       "behind. kvmexitd keeps trying, and its journal says why it fails: "
		       "journalctl -u kvmexitd.";
	if (status->kernel != KERNEL_STREAMING && *status->trouble)
		return status->trouble;
	return kernel_state_advice(status->kernel);
}

void source_describe(const struct source_traits *source, int64_t realtime_offset_ns, char *out,
		     size_t size)
{
	char since[32] = "";
	time_t at;
	struct tm tm;

	*out = '\0';
	if (!source->name || source->since_ns == 0)
		return;
	at = (time_t)((source->since_ns + (uint64_t)realtime_offset_ns) / NS_PER_S);
	if (localtime_r(&at, &tm))
		(void)strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(out, size, ", counted by %s since %s%s%s",
		       strcmp(source->name, "bpf") == 0 ? "BPF" : source->name, since,
		       source->blind ? ". " : "", source->blind ? source->blind : "");
}
