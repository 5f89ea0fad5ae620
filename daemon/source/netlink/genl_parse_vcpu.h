/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a kvm-exitstat message that tell counts and times. */
#ifndef KVMEXITD_GENL_PARSE_VCPU_H
#define KVMEXITD_GENL_PARSE_VCPU_H

struct exit_message;
struct nlattr;

/* Adds what is in nest to message: 0, -EBADMSG or -ENOMEM. */
int genl_parse_reason(const struct nlattr *nest, struct exit_message *message);
int genl_parse_vcpu(const struct nlattr *nest, struct exit_message *message);

#endif
