/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel at the other end of socket pairs, that does what the test says. */
#ifndef KVMEXITD_FAKE_KERNEL_H
#define KVMEXITD_FAKE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "model/status.h"

struct genl_source;
struct nl_msg;

/* What the source told, how often. */
struct fake_kernel {
	sd_event *event;
	struct genl_source *source;
	int events; /* our ends */
	int requests;

	enum kernel_state state;
	unsigned int states;
	unsigned int messages;
	int message_result; /* what taking in a message gives */
	unsigned int messages_at_turn; /* the test's own */
	uint64_t last_seq;
	uint64_t latest_ns; /* of all times in messages */
	unsigned int malformed;
	unsigned int gaps;
	unsigned int dumps_begun;
	unsigned int dumps_complete;
	unsigned int dumps_cut;
	unsigned int gone;
	unsigned int drained;
	uint32_t interval_ms;
};

/* What joining gives; 0 at the start. And the group that was joined last. */
extern int fake_join_result;
extern uint32_t fake_joined;

/* What config-set gives, how often it came, and by attribute what it said last. */
extern int fake_set_result;
extern unsigned int fake_sets;
extern uint32_t fake_set[];

/* For cmocka; fake_setup() has started the source. */
int fake_setup(void **state);
int fake_teardown(void **state);

/* Lets the source do all that it can do now, or in this time. */
void fake_run(struct fake_kernel *f);
void fake_run_ms(struct fake_kernel *f, unsigned int ms);

/* Sends it, and frees it. */
void fake_event(struct fake_kernel *f, struct nl_msg *msg);
void fake_answer(struct fake_kernel *f, uint32_t nl_seq, struct nl_msg *msg, int flags);

/* The next receive fails with -errno. */
void fake_event_error(struct fake_kernel *f, int error);

/* The next request is this command to this family; gives its number. */
uint32_t fake_expect(struct fake_kernel *f, uint16_t family, uint8_t command);
void fake_expect_none(struct fake_kernel *f);

/* A batch of no vCPUs, and a dump's part. */
void fake_batch(struct fake_kernel *f, uint64_t epoch, uint64_t seq);
void fake_part(struct fake_kernel *f, uint32_t nl_seq, uint64_t epoch, uint64_t seq, int flags);
void fake_done(struct fake_kernel *f, uint32_t nl_seq, int error, int flags);

/* Asked for the family, it says yes; then takes the request for a dump, or serves it. */
uint32_t fake_to_dump(struct fake_kernel *f);
uint32_t fake_expect_dump(struct fake_kernel *f);
void fake_to_streaming(struct fake_kernel *f, uint64_t epoch, uint64_t seq);

#endif
