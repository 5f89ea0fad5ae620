/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one message of the kernel says, free of its encoding: the only thing
 * that crosses from sources to the model.
 */
#ifndef KVMEXITD_SAMPLE_H
#define KVMEXITD_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_type {
	MESSAGE_STATS, /* part of a dump, or a reply */
	MESSAGE_EXITS, /* a batch */
	MESSAGE_EVENT, /* a VM or vCPU came or went */
};

struct sample_reason {
	uint64_t code; /* 0 with other */
	uint64_t delta; /* 0 where the message has none */
	uint64_t total;
	bool nested;
	bool other;
};

/*
 * How long exits took. The first bucket has those of less than EXIT_TIME_FIRST_NS,
 * each further one those of up to twice as long, and the last all others.
 */
#define EXIT_TIME_BUCKETS  26
#define EXIT_TIME_FIRST_NS 256

struct exit_time {
	uint64_t total_ns;
	uint64_t max_ns;
	uint64_t histogram[EXIT_TIME_BUCKETS]; /* exits */
	uint64_t exits; /* 0 where only the histogram says how many */
};

/* Of one code, or of all that have none of their own. */
struct sample_time {
	uint64_t code; /* 0 with other or rest */
	bool nested;
	bool other;
	bool rest;
	struct exit_time time;
};

/* What the key of a detail means; the bits of keys are those of the kernel's interface. */
enum detail_class {
	DETAIL_MSR = 1,
	DETAIL_PORT,
	DETAIL_MMIO,
	DETAIL_FAULT,
	DETAIL_CPUID,
	DETAIL_HYPERCALL,
	DETAIL_VECTOR,
	DETAIL_REGISTER,
	DETAIL_APIC,
	DETAIL_OTHER,
};

/* What exactly caused exits of one code. */
struct sample_detail {
	uint64_t code;
	uint32_t class; /* enum detail_class, or one that is not known here */
	bool nested;
	bool rest; /* all keys of the class that have none of their own; key is 0 */
	uint64_t key;
	uint64_t total;
};

/* The exit that a vCPU has not come back from; in no time's total yet. */
struct sample_under_way {
	uint64_t code; /* 0 with other */
	bool nested;
	bool other;
	uint64_t lasts_ns; /* 0: there is none that lasts */
};

/* As long as the kernel has them, with the NUL. */
#define SAMPLE_COMM_MAX 16

struct sample_vcpu {
	uint64_t vm_id;
	uint32_t pid;
	uint32_t vcpu_id;
	uint32_t isa;
	/* its part of exit_message.reasons */
	size_t first_reason;
	size_t n_reasons;
	/* and of exit_message.times */
	size_t first_time;
	size_t n_times;
	/* and of exit_message.details */
	size_t first_detail;
	size_t n_details;
	uint64_t since_ns; /* what deltas count from, CLOCK_BOOTTIME; 0 if not told */
	struct sample_under_way under_way;
};

struct sample_vm {
	uint64_t id;
	uint32_t pid;
	uint32_t isa;
	uint32_t vcpus;
	uint64_t created_ns;
	uint64_t destroyed_ns; /* 0 while it lives */
	char comm[SAMPLE_COMM_MAX]; /* the VMM's name then, "" if not told; any bytes */
};

/*
 * The arrays keep their size from message to message, so that a steady stream
 * allocates nothing. All zero is a valid empty message.
 */
struct exit_message {
	enum message_type type;
	uint64_t epoch;
	uint64_t seq;
	uint64_t time_ns; /* CLOCK_BOOTTIME */

	uint32_t event; /* enum kvm_exitstat_event, 0 if none */
	bool has_vm;
	struct sample_vm vm;
	bool has_vcpu_id;
	uint32_t vcpu_id; /* which one was created */

	/* sums over the VM's vCPUs, in reasons */
	size_t first_sum;
	size_t n_sums;

	struct sample_vcpu *vcpus;
	size_t n_vcpus;
	size_t vcpus_size;

	struct sample_reason *reasons;
	size_t n_reasons;
	size_t reasons_size;

	struct sample_time *times;
	size_t n_times;
	size_t times_size;

	struct sample_detail *details;
	size_t n_details;
	size_t details_size;

	/*
	 * When times and details began, CLOCK_BOOTTIME: those of a message with another
	 * value are others. 0 if not told.
	 */
	uint64_t times_since_ns;
	uint64_t details_since_ns;
};

/* No time in it is later than now_ns: rates and histories go by the latest that was seen. */
void exit_message_bound(struct exit_message *message, uint64_t now_ns);

/* Empties the message, keeps its storage. */
void exit_message_reset(struct exit_message *message);

/* Frees its storage. */
void exit_message_done(struct exit_message *message);

/* A new element, all zero; NULL without memory. Pointers got before go stale. */
struct sample_vcpu *exit_message_add_vcpu(struct exit_message *message);
struct sample_reason *exit_message_add_reason(struct exit_message *message);
struct sample_time *exit_message_add_time(struct exit_message *message);
struct sample_detail *exit_message_add_detail(struct exit_message *message);

#endif
