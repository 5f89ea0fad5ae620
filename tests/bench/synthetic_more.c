// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the synthetic kernel: what vCPUs have in a batch besides counts. */
#include "config.h"

#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>

#include "nlmsg_build.h"
#include "synthetic.h"

/* Some are short, and some are a hundred times as long. */
void synthetic_put_time(struct nl_msg *msg, uint64_t code, uint64_t exits)
{
	const uint64_t histogram[] = { 0, exits - exits / 4, 0, 0, 0, 0, 0, 0, exits / 4 };
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_TIME | NLA_F_NESTED);

	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_CODE, code);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_TOTAL_NS, exits * 10000);
	nla_put_u64(msg, KVM_EXITSTAT_A_TIME_MAX_NS, 65000);
	nla_put(msg, KVM_EXITSTAT_A_TIME_HISTOGRAM, sizeof(histogram), histogram);
	nla_nest_end(msg, nest);
}

void synthetic_put_detail(struct nl_msg *msg, uint64_t code, uint64_t key, uint64_t exits)
{
	struct nlattr *nest = nla_nest_start(msg, KVM_EXITSTAT_A_VCPU_DETAIL | NLA_F_NESTED);

	nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_CODE, code);
	nla_put_u32(msg, KVM_EXITSTAT_A_DETAIL_CLASS, KVM_EXITSTAT_DETAIL_CLASS_MSR);
	nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_KEY, key);
	nla_put_u64(msg, KVM_EXITSTAT_A_DETAIL_TOTAL, exits);
	nla_nest_end(msg, nest);
}

static int add(struct synthetic_moving *moving, void *at)
{
	uint64_t value;
	void **list;

	memcpy(&value, at, sizeof(value));
	if (value == 0)
		return 0;
	list = reallocarray(moving->at, moving->n + 1, sizeof(*list));
	if (!list)
		return -1;
	moving->at = list;
	list[moving->n++] = at;
	return 0;
}

/* The numbers of one time or detail, which are whole words of 64 bits. */
static int add_all(struct synthetic_moving *moving, struct nlattr *nest, int total, int histogram)
{
	struct nlattr *attr;
	int rest, i, r = 0;

	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) != total && nla_type(attr) != histogram)
			continue;
		for (i = 0; i + 8 <= nla_len(attr) && r == 0; i += 8)
			r = add(moving, (char *)nla_data(attr) + i);
	}
	return r;
}

int synthetic_find_moving(struct synthetic_moving *moving, struct nlattr *vcpu)
{
	struct nlattr *attr;
	int rest, r = 0;

	nla_for_each_nested(attr, vcpu, rest) {
		if (nla_type(attr) == KVM_EXITSTAT_A_VCPU_TIME)
			r = add_all(moving, attr, KVM_EXITSTAT_A_TIME_TOTAL_NS,
				    KVM_EXITSTAT_A_TIME_HISTOGRAM);
		else if (nla_type(attr) == KVM_EXITSTAT_A_VCPU_DETAIL)
			r = add_all(moving, attr, KVM_EXITSTAT_A_DETAIL_TOTAL,
				    KVM_EXITSTAT_A_DETAIL_TOTAL);
		if (r < 0)
			return r;
	}
	return 0;
}

void synthetic_move(struct synthetic_moving *moving)
{
	uint64_t value;
	size_t i;

	/* By as much as they were at first, which are the exits of an interval. */
	moving->rounds++;
	for (i = 0; i < moving->n && moving->rounds > 1; i++) {
		memcpy(&value, moving->at[i], sizeof(value));
		value += value / (moving->rounds - 1);
		memcpy(moving->at[i], &value, sizeof(value));
	}
}
