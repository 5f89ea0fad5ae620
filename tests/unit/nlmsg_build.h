/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages as the kernel makes them. */
#ifndef KVMEXITD_NLMSG_BUILD_H
#define KVMEXITD_NLMSG_BUILD_H

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/sample.h"

#define BUILD_FAMILY 0x25
#define BUILD_GROUP  7

/* An empty message; nlmsg_free() it. */
struct nl_msg *build_message(uint8_t command, uint32_t nl_seq, int flags);

/* With epoch, seq and time. */
struct nl_msg *build_stats(uint8_t command, uint64_t epoch, uint64_t seq, uint64_t time_ns);

void build_put_vm(struct nl_msg *msg, const struct sample_vm *vm);
struct nlattr *build_begin_vcpu(struct nl_msg *msg, uint64_t vm_id, uint32_t vcpu_id, uint32_t pid,
				uint32_t isa);
void build_put_reason(struct nl_msg *msg, int attr, const struct sample_reason *reason);

#define BUILD_EPOCH UINT64_C(1700000000000000)
#define BUILD_VM_ID UINT64_C(3)

extern const struct sample_vm build_a_vm;
extern const struct sample_reason build_a_reason, build_nested, build_other;

/* A batch with two vCPUs: one of all kinds of reasons, one with none. */
struct nl_msg *build_exits(void);

/* The end of a VM, with two sums. */
struct nl_msg *build_destroyed(void);

/* An NLMSG_DONE or NLMSG_ERROR that answers nl_seq. */
struct nl_msg *build_end(uint16_t type, uint32_t nl_seq, int error, int flags);

/* The controller's news of a family. */
struct nl_msg *build_family(uint8_t command, uint32_t nl_seq, const char *name, uint16_t id,
			    const char *group, uint32_t group_id);

/* A copy that ends where the message does, so that reading on is noticed. */
void *build_bytes(struct nl_msg *msg, size_t *len);

/* What genl_parse_stats() makes of these bytes, and returns; frees the message. */
int build_parse(struct nl_msg *msg, struct exit_message *out);

#endif
