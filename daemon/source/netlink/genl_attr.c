// SPDX-License-Identifier: GPL-2.0-or-later
/* Netlink attributes, read strictly. */
#include "config.h"

#include "source/netlink/genl_attr.h"

#include <errno.h>
#include <string.h>

/* What nla_parse() does, strictly; multi has the attributes that may be there again. */
int genl_parse_attrs(struct nlattr **tb, int max, const struct nlattr *head, int len,
		     const struct nla_policy *policy, uint32_t multi)
{
	const struct nlattr *attr;
	int rest, type, size;

	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	nla_for_each_attr(attr, head, len, rest) {
		type = nla_type(attr);
		if (type == 0 || type > max || policy[type].type == NLA_UNSPEC)
			continue;
		size = nla_len(attr);
		if (policy[type].type != NLA_NESTED &&
		    (size < policy[type].minlen || size > policy[type].maxlen))
			return -EBADMSG;
		if (tb[type] && !(multi & MAY_REPEAT(type)))
			return -EBADMSG;
		tb[type] = (struct nlattr *)(uintptr_t)attr;
	}
	/* Something that is no attribute follows the last one. */
	return rest > 0 ? -EBADMSG : 0;
}

int genl_parse_nest(struct nlattr **tb, int max, const struct nlattr *nest,
		    const struct nla_policy *policy, uint32_t multi)
{
	return genl_parse_attrs(tb, max, nla_data(nest), nla_len(nest), policy, multi);
}

uint64_t genl_get_u64(struct nlattr *const *tb, int type)
{
	return tb[type] ? nla_get_u64(tb[type]) : 0;
}

uint32_t genl_get_u32(struct nlattr *const *tb, int type)
{
	return tb[type] ? nla_get_u32(tb[type]) : 0;
}
