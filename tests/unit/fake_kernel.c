// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel at the other end of socket pairs, that does what the test says. */
#include "config.h"

#include "fake_kernel.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/kvm_exitstat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/kernel_config.h"
#include "nlmsg_build.h"
#include "source/netlink/genl_parse.h"
#include "source/netlink/genl_socket.h"
#include "source/netlink/genl_source.h"
#include "unit_test.h"

#define BUFFER_BYTES 65536

int fake_join_result;
uint32_t fake_joined;
int fake_set_result;
unsigned int fake_sets;
uint32_t fake_set[KVM_EXITSTAT_A_CONFIG_MAX + 1];

static int config_fds[2]; /* of the last socket opened */

static ssize_t receive(int fd, void *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT);
	int error;

	if (n < 0)
		return -errno;
	/* Too short for a message: it is an error to give. */
	if (n == sizeof(error)) {
		memcpy(&error, buf, sizeof(error));
		return -error;
	}
	return n;
}

/* The real one answers before send() returns, too. */
static int answer_config_set(int fd, const struct nlmsghdr *header)
{
	struct nl_msg *answer = build_end(NLMSG_ERROR, header->nlmsg_seq, fake_set_result, 0);
	const struct nlmsghdr *end = nlmsg_hdr(answer);
	const struct nlattr *attr;
	ssize_t n;
	int rest;

	assert_int_equal(fd, config_fds[0]);
	assert_true(header->nlmsg_flags & NLM_F_ACK);
	fake_sets++;
	nlmsg_for_each_attr(attr, (struct nlmsghdr *)(uintptr_t)header, GENL_HDRLEN,
			    rest) if (nla_type(attr) <= KVM_EXITSTAT_A_CONFIG_MAX)
		fake_set[nla_type(attr)] = nla_get_u32(attr);
	n = send(config_fds[1], end, end->nlmsg_len, 0);
	nlmsg_free(answer);
	(void)close(config_fds[1]);
	return n < 0 ? -errno : 0;
}

static int send_message(int fd, struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	const struct genlmsghdr *genl = nlmsg_data(header);

	if (header->nlmsg_type == BUILD_FAMILY && genl->cmd == KVM_EXITSTAT_CMD_CONFIG_SET)
		return answer_config_set(fd, header);
	return send(fd, header, header->nlmsg_len, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int join(int fd, uint32_t group)
{
	(void)fd;
	if (group == GENL_ID_CTRL)
		return 0;
	fake_joined = group;
	return fake_join_result;
}

static int open_socket(int receive_buffer)
{
	(void)receive_buffer;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, config_fds), 0);
	return config_fds[0];
}

static const struct genl_socket_ops fake_ops = {
	.receive = receive,
	.send = send_message,
	.join = join,
	.open = open_socket,
};

static void on_state(void *userdata, enum kernel_state state)
{
	struct fake_kernel *f = userdata;

	f->state = state;
	f->states++;
}

static void note_time(struct fake_kernel *f, uint64_t time_ns)
{
	if (f->latest_ns < time_ns)
		f->latest_ns = time_ns;
}

static int on_message(void *userdata, const struct exit_message *message)
{
	struct fake_kernel *f = userdata;

	f->messages++;
	f->last_seq = message->seq;
	note_time(f, message->time_ns);
	note_time(f, message->vm.created_ns);
	note_time(f, message->vm.destroyed_ns);
	return f->message_result;
}

static void on_malformed(void *userdata, const char *what)
{
	struct fake_kernel *f = userdata;

	(void)what;
	f->malformed++;
}

static void on_gap(void *userdata)
{
	struct fake_kernel *f = userdata;

	f->gaps++;
}

static void on_dump_begin(void *userdata)
{
	struct fake_kernel *f = userdata;

	f->dumps_begun++;
}

static void on_dump_end(void *userdata, bool complete)
{
	struct fake_kernel *f = userdata;

	if (complete)
		f->dumps_complete++;
	else
		f->dumps_cut++;
}

static void on_config(void *userdata, const struct kernel_config *config)
{
	struct fake_kernel *f = userdata;

	f->interval_ms = config->value[KERNEL_INTERVAL_MS];
}

static void on_gone(void *userdata)
{
	struct fake_kernel *f = userdata;

	f->gone++;
}

static void on_drained(void *userdata)
{
	struct fake_kernel *f = userdata;

	f->drained++;
}

static const struct source_handlers handlers = {
	.state = on_state,
	.message = on_message,
	.malformed = on_malformed,
	.gap = on_gap,
	.dump_begin = on_dump_begin,
	.dump_end = on_dump_end,
	.config = on_config,
	.family_gone = on_gone,
	.drained = on_drained,
};

int fake_setup(void **state)
{
	struct fake_kernel *f = calloc(1, sizeof(*f));
	int events[2], requests[2];

	assert_non_null(f);
	fake_join_result = 0;
	fake_joined = 0;
	fake_set_result = 0;
	fake_sets = 0;
	memset(fake_set, 0, sizeof(fake_set));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, events), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests), 0);
	f->events = events[0];
	f->requests = requests[0];
	assert_int_equal(sd_event_new(&f->event), 0);
	assert_int_equal(genl_source_new(&f->source, f->event, &handlers, f), 0);
	assert_int_equal(genl_source_start_fds(f->source, events[1], requests[1], &fake_ops), 0);
	*state = f;
	return 0;
}

int fake_teardown(void **state)
{
	struct fake_kernel *f = *state;

	genl_source_free(f->source);
	sd_event_unref(f->event);
	close(f->events);
	close(f->requests);
	free(f);
	return 0;
}

void fake_run_ms(struct fake_kernel *f, unsigned int ms)
{
	uint64_t now_us, end_us;

	assert_true(sd_event_now(f->event, CLOCK_MONOTONIC, &now_us) >= 0);
	end_us = now_us + ms * UINT64_C(1000);
	for (;;) {
		int r = sd_event_run(f->event, end_us > now_us ? end_us - now_us : 0);

		assert_true(r >= 0);
		assert_true(sd_event_now(f->event, CLOCK_MONOTONIC, &now_us) >= 0);
		if (r == 0 && now_us >= end_us)
			return;
	}
}

/* Timers that are due at once are so within their accuracy. */
void fake_run(struct fake_kernel *f)
{
	fake_run_ms(f, 5);
}

static void send_free(int fd, struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);

	assert_int_equal(send(fd, header, header->nlmsg_len, 0), header->nlmsg_len);
	nlmsg_free(msg);
}

void fake_event(struct fake_kernel *f, struct nl_msg *msg)
{
	send_free(f->events, msg);
}

void fake_answer(struct fake_kernel *f, uint32_t nl_seq, struct nl_msg *msg, int flags)
{
	nlmsg_hdr(msg)->nlmsg_seq = nl_seq;
	nlmsg_hdr(msg)->nlmsg_flags |= (uint16_t)flags;
	send_free(f->requests, msg);
}

void fake_event_error(struct fake_kernel *f, int error)
{
	assert_int_equal(send(f->events, &error, sizeof(error), 0), sizeof(error));
}

uint32_t fake_expect(struct fake_kernel *f, uint16_t family, uint8_t command)
{
	char buf[BUFFER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header = (const void *)buf;
	const struct genlmsghdr *genl = (const void *)(buf + NLMSG_HDRLEN);
	ssize_t n = recv(f->requests, buf, sizeof(buf), MSG_DONTWAIT);

	assert_true(n >= (ssize_t)(NLMSG_HDRLEN + GENL_HDRLEN));
	assert_int_equal(header->nlmsg_type, family);
	assert_int_equal(genl->cmd, command);
	assert_true(header->nlmsg_flags & NLM_F_REQUEST);
	assert_int_equal(!!(header->nlmsg_flags & NLM_F_DUMP),
			 family == BUILD_FAMILY && command == KVM_EXITSTAT_CMD_STATS_GET);
	return header->nlmsg_seq;
}

void fake_expect_none(struct fake_kernel *f)
{
	char buf[BUFFER_BYTES];

	assert_int_equal(recv(f->requests, buf, sizeof(buf), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

void fake_batch(struct fake_kernel *f, uint64_t epoch, uint64_t seq)
{
	fake_event(f, build_stats(KVM_EXITSTAT_CMD_EXITS_NTF, epoch, seq, 1));
}

void fake_part(struct fake_kernel *f, uint32_t nl_seq, uint64_t epoch, uint64_t seq, int flags)
{
	fake_answer(f, nl_seq, build_stats(KVM_EXITSTAT_CMD_STATS_GET, epoch, seq, 1),
		    NLM_F_MULTI | flags);
}

void fake_done(struct fake_kernel *f, uint32_t nl_seq, int error, int flags)
{
	fake_answer(f, nl_seq, build_end(error ? NLMSG_ERROR : NLMSG_DONE, nl_seq, error, 0),
		    NLM_F_MULTI | flags);
}

uint32_t fake_expect_dump(struct fake_kernel *f)
{
	(void)fake_expect(f, BUILD_FAMILY, KVM_EXITSTAT_CMD_CONFIG_GET);
	return fake_expect(f, BUILD_FAMILY, KVM_EXITSTAT_CMD_STATS_GET);
}

uint32_t fake_to_dump(struct fake_kernel *f)
{
	uint32_t nl_seq;

	fake_run(f);
	nl_seq = fake_expect(f, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	fake_answer(f, nl_seq,
		    build_family(CTRL_CMD_NEWFAMILY, nl_seq, KVM_EXITSTAT_FAMILY_NAME, BUILD_FAMILY,
				 KVM_EXITSTAT_MCGRP_EXITS, BUILD_GROUP),
		    0);
	fake_run(f);
	assert_int_equal(fake_joined, BUILD_GROUP);
	return fake_expect_dump(f);
}

void fake_to_streaming(struct fake_kernel *f, uint64_t epoch, uint64_t seq)
{
	uint32_t dump = fake_to_dump(f);

	fake_part(f, dump, epoch, seq, 0);
	fake_done(f, dump, 0, 0);
	fake_run(f);
	assert_int_equal(f->state, KERNEL_STREAMING);
}
