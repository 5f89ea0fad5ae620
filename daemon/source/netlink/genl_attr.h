/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink attributes, read strictly.
 *
 * libnl's policy check takes attributes that are too long, and of doubled ones
 * the last. Neither is anything that this kernel sends, so here both are
 * errors: better to drop a message and read totals anew than to guess.
 */
#ifndef KVMEXITD_GENL_ATTR_H
#define KVMEXITD_GENL_ATTR_H

#include <netlink/attr.h>
#include <stdint.h>

/* Kinds of attributes in a policy. */
/* clang-format off */
#define U32 { .type = NLA_U32, .minlen = 4, .maxlen = 4 }
#define U64 { .type = NLA_U64, .minlen = 8, .maxlen = 8 }
#define FLAG { .type = NLA_FLAG, .maxlen = 0 }
#define NEST { .type = NLA_NESTED }
#define ANY { .type = NLA_NESTED } /* a string: its user checks it */
/* clang-format on */

#define MAY_REPEAT(type) (1U << (type))

/*
 * Sets tb by type, which has max + 1 elements. multi has the attributes that may be
 * there again. What policy does not have is skipped. 0 or -EBADMSG.
 */
int genl_parse_attrs(struct nlattr **tb, int max, const struct nlattr *head, int len,
		     const struct nla_policy *policy, uint32_t multi);
int genl_parse_nest(struct nlattr **tb, int max, const struct nlattr *nest,
		    const struct nla_policy *policy, uint32_t multi);

/* 0 if there is none. */
uint64_t genl_get_u64(struct nlattr *const *tb, int type);
uint32_t genl_get_u32(struct nlattr *const *tb, int type);

#endif
