/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How well the daemon is fed: kept by the app, shown by the server. Clients
 * and slow clients are the server's own counts.
 */
#ifndef KVMEXITD_STATUS_H
#define KVMEXITD_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel_state {
	KERNEL_WAITING, /* there is no such family */
	KERNEL_DENIED, /* there is, and it is not for us */
	KERNEL_RESYNCING, /* a dump is under way, batches are taken meanwhile */
	KERNEL_STREAMING,
};

/* Whether a recording stands in for the kernel. */
enum replay_state {
	REPLAY_NONE,
	REPLAY_RUNNING,
	REPLAY_ENDED,
};

/* What a source of exits can say, and what it cannot; the text is for people. */
struct source_traits {
	const char *name; /* "netlink", "bpf", "recording" */
	uint64_t since_ns; /* CLOCK_BOOTTIME: earlier exits are not in totals; 0: all are */
	bool times; /* can measure how long exits take */
	const char *cost; /* for each exit, "7 instructions" */
	const char *blind; /* what it does not see, a sentence; NULL where it sees all */
};

/* What a source knows that it did not see. */
struct source_losses {
	uint64_t exits; /* of vCPUs that there was no place for */
	uint64_t vcpus; /* whose last counts made room before they were read */
};

/* A sentence or two. */
#define STATUS_TROUBLE_BYTES 512

/* What is wrong with a recording that is replayed. */
enum replay_damage {
	REPLAY_WHOLE,
	REPLAY_CUT, /* its end is missing */
	REPLAY_DAMAGED, /* there is something else in its place */
	REPLAY_UNREADABLE, /* the file, from there on */
};

/* Whether what is reported is recorded, too. */
enum recording_state {
	RECORDING_NONE,
	RECORDING_RUNNING,
	RECORDING_ENDED,
};

struct recording_status {
	enum recording_state state;
	int error; /* why it ended early, as -errno; 0 */
	uint64_t left_out; /* records that the file was too slow for */
};

struct daemon_status {
	enum replay_state replay;
	struct source_traits source; /* name is NULL while there is none */
	struct source_losses losses;
	char trouble[STATUS_TROUBLE_BYTES]; /* why there is none, and the way out, or "" */
	enum replay_damage replay_damage;
	uint64_t replay_left_out; /* records that are not in the recording */
	struct recording_status recording;
	enum kernel_state kernel;
	bool complete; /* all totals were read once */
	uint64_t resyncing_ns; /* CLOCK_BOOTTIME: since then all totals are awaited */
	bool has_epoch; /* false until the kernel told */
	uint64_t epoch;
	uint64_t started_us; /* CLOCK_REALTIME */
	uint64_t started_ns; /* CLOCK_BOOTTIME */
	uint64_t batches; /* exits-ntf messages */
	uint64_t lost; /* gaps in the stream */
	uint64_t resyncs; /* dumps completed after the first one */
	uint64_t failed_dumps; /* cut short, inconsistent or refused, and begun anew */
	uint64_t malformed; /* messages that could not be read */
};

/* As in the varlink interface: "streaming", "resyncing", "waiting", "denied". */
const char *kernel_state_name(enum kernel_state state);

/* "running", "ended", NULL for none. */
const char *replay_state_name(enum replay_state state);

/* "cut", "damaged", "unreadable", NULL for none. */
const char *replay_damage_name(enum replay_damage damage);

/* "running", "ended", NULL for none. */
const char *recording_state_name(enum recording_state state);

/* A sentence on what to do, NULL where there is nothing to do, for who has no trouble. */
const char *kernel_state_advice(enum kernel_state state);

/*
 * What the source does not know, to go on behind a sentence; "" where it knows all. The
 * offset is that of CLOCK_REALTIME from CLOCK_BOOTTIME.
 */
void source_describe(const struct source_traits *source, int64_t realtime_offset_ns, char *out,
		     size_t size);

/* Whether counts are exact, but for a moment. */
bool status_synced(const struct daemon_status *status, uint64_t now_ns);

/* The trouble, or as kernel_state_advice(), also where a moment has become long. */
const char *status_advice(const struct daemon_status *status, uint64_t now_ns);

#endif
