// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits of a kernel without the kvm-exitstat family, which a BPF program counts.
 *
 * A loader with the rights for it (loader.c) has the program loaded and pinned, so it
 * counts whether kvmexitd runs or not, and hands over its maps, which this reads once
 * in an interval. They have totals: a round that is late says later what happened, and
 * how often all the same.
 *
 *   waiting     asked the loader; or it said no, and KVM's coming may change that
 *       │ maps                             ▲ KVM is unloaded, or the counting stopped
 *       ▼                                  │
 *   streaming ─────────────────────────────┘
 *
 * While the program is attached, the module kvm cannot be unloaded. So when /dev/kvm
 * goes, with which every VM has gone, the loader is asked to take it away.
 */
#include "config.h"

#include "source/bpf/bpf_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "model/kernel_config.h"
#include "model/sample.h"
#include "source/bpf/layout.h"
#include "source/bpf/loader_client.h"
#include "source/bpf/uevent.h"
#include "source/bpf/view.h"
#include "source/netlink/genl_encode.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/ratelimit.h"
#include "util/util.h"

/* As the kernel's patch. */
#define INTERVAL_MS 1000

/* The verifier takes a second on a slow host, and systemd starts the loader. */
#define ANSWER_TIMEOUT_US (30 * US_PER_S)

/* After KVM came: its module may bring the family, which is better. */
#define SETTLE_US (500 * US_PER_MS)

/* Whoever had it unloaded has some time to unload KVM. */
#define AGAIN_US (10 * US_PER_S)

/* A round that came so many intervals after the last one has what happened since then. */
#define LATE_INTERVALS 2

#define TIMER_ACCURACY_US (10 * US_PER_MS)

/* What was not seen is counted in status; the journal says so now and then. */
#define LOSSES_INTERVAL_NS (600 * NS_PER_S)

struct bpf_source {
	const struct source_handlers *handlers;
	void *userdata;
	char *loader_path;

	sd_event *event;
	sd_event_source *uevents;
	sd_event_source *answer;
	sd_event_source *timer; /* the next round, or the end of patience with the loader */
	int answer_fd;
	int uevents_fd;

	bool started;
	uint32_t interval_ms;
	uint64_t read_ns; /* when the last round was */
	bool again; /* part of it was not taken in */
	struct loader_maps maps;
	struct bpf_view *view; /* NULL unless it streams */
	struct source_losses losses;
	struct ratelimit losing;
};

static void set_timer(struct bpf_source *s, uint64_t delay_us)
{
	int r = sd_event_source_set_time_relative(s->timer, delay_us);

	if (r >= 0)
		r = sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("cannot set the BPF source's timer: %s", strerror(-r));
}

static void stop_asking(struct bpf_source *s)
{
	s->answer = sd_event_source_disable_unref(s->answer);
	if (s->answer_fd >= 0)
		(void)close(TAKE_FD(s->answer_fd));
}

static void fail(struct bpf_source *s, const char *text)
{
	stop_asking(s);
	(void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	s->handlers->traits(s->userdata, NULL);
	s->handlers->trouble(s->userdata, text);
	s->handlers->state(s->userdata, KERNEL_WAITING);
}

/* -- reading ------------------------------------------------------------------ */

static int take(void *userdata, const struct exit_message *message)
{
	struct bpf_source *s = userdata;
	void *bytes = NULL;
	size_t len = 0;
	int r;

	if (s->handlers->raw && genl_encode_stats(message, &bytes, &len) == 0)
		s->handlers->raw(s->userdata, bytes, len);
	free(bytes);
	r = s->handlers->message(s->userdata, message);
	/* Any other error is the handler's own. */
	return r == -ENOMEM ? r : 0;
}

static void tell_losses(struct bpf_source *s, uint64_t now_ns)
{
	struct source_losses losses = bpf_view_losses(s->view);

	if (losses.exits == s->losses.exits && losses.vcpus == s->losses.vcpus)
		return;
	s->losses = losses;
	s->handlers->losses(s->userdata, &losses);
	if (ratelimit_pass(&s->losing, now_ns))
		log_warning("too many vCPUs for the BPF program: %llu exits were not counted, and "
			    "the last counts of %llu vCPUs were not read in time",
			    (unsigned long long)losses.exits, (unsigned long long)losses.vcpus);
}

/* With all: a dump of totals. */
static void read_round(struct bpf_source *s, bool all)
{
	uint64_t now_ns = clock_boottime_ns();
	int r;

	if (all)
		s->handlers->dump_begin(s->userdata);
	r = bpf_view_read(s->view, all, now_ns, take, s);
	s->again = r < 0;
	s->read_ns = now_ns;
	tell_losses(s, now_ns);
	if (all)
		s->handlers->dump_end(s->userdata, r == 0);
	s->handlers->drained(s->userdata);
}

static void stop_streaming(struct bpf_source *s)
{
	if (!s->view)
		return;
	read_round(s, false);
	s->view = bpf_view_free(s->view);
	loader_maps_done(&s->maps);
	s->handlers->family_gone(s->userdata);
}

static void next_round(struct bpf_source *s)
{
	uint64_t late_ns = LATE_INTERVALS * s->interval_ms * NS_PER_MS;

	if (bpf_view_has_stopped(s->view)) {
		stop_streaming(s);
		fail(s, "Counting by BPF was ended from outside, as before KVM is exchanged, and "
			"begins again in some seconds; Source=netlink in kvmexitd.conf is without "
			"it.");
		set_timer(s, AGAIN_US);
		return;
	}
	read_round(s, s->again || clock_boottime_ns() - s->read_ns > late_ns);
	set_timer(s, s->interval_ms * US_PER_MS);
}

static void tell_config(struct bpf_source *s)
{
	struct kernel_config config = { 0 };

	kernel_config_set(&config, KERNEL_INTERVAL_MS, s->interval_ms);
	s->handlers->config(s->userdata, &config);
}

static void stream(struct bpf_source *s)
{
	const struct exits_header *header = s->maps.memory[LOADER_HEADER];
	const struct source_traits traits = {
		.name = "bpf",
		.since_ns = header->since_ns,
		.cost = "174 to 181 instructions",
		.blind = header->blind ? "Before Linux 6.12, KVM for AMD does not report exits "
					 "that it handles on its fast path." :
					 NULL,
	};
	int r;

	r = bpf_view_new(&s->view, header, s->maps.memory[LOADER_PLACES],
			 s->maps.memory[LOADER_VMS]);
	if (r < 0) {
		loader_maps_done(&s->maps);
		fail(s, "The BPF program's maps cannot be read.");
		return;
	}
	s->handlers->trouble(s->userdata, "");
	s->handlers->traits(s->userdata, &traits);
	s->handlers->state(s->userdata, KERNEL_RESYNCING);
	tell_config(s);
	read_round(s, true);
	s->handlers->state(s->userdata, KERNEL_STREAMING);
	set_timer(s, s->interval_ms * US_PER_MS);
}

/* -- asking --------------------------------------------------------------------- */

static void fail_asking(struct bpf_source *s, int error)
{
	char text[STATUS_TROUBLE_BYTES];

	loader_explain(s->loader_path, error, text, sizeof(text));
	fail(s, text);
}

static int on_answer(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct bpf_source *s = userdata;
	struct loader_answer answer;
	int r;

	(void)source;
	(void)revents;
	r = loader_take_answer(fd, &answer, &s->maps);
	stop_asking(s);
	(void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	if (r < 0)
		fail_asking(s, r);
	else if (answer.error < 0)
		fail(s, answer.text);
	else
		stream(s);
	return 0;
}

static void ask(struct bpf_source *s)
{
	int r;

	stop_asking(s);
	r = loader_ask(s->loader_path, LOADER_LOAD);
	if (r >= 0) {
		s->answer_fd = r;
		r = sd_event_add_io(s->event, &s->answer, s->answer_fd, EPOLLIN, on_answer, s);
	}
	if (r < 0)
		fail_asking(s, r);
	else
		set_timer(s, ANSWER_TIMEOUT_US);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bpf_source *s = userdata;

	(void)source;
	(void)usec;
	if (s->view)
		next_round(s);
	else if (s->answer_fd >= 0)
		fail_asking(s, -ETIMEDOUT);
	else
		ask(s);
	return 0;
}

static int on_uevents(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct bpf_source *s = userdata;
	int event;

	(void)source;
	(void)revents;
	event = uevent_receive(fd);
	if (!s->started)
		return 0;
	/* When some were lost, what they said is asked for. */
	if ((event == UEVENT_KVM_ADDED || event == -ENOBUFS) && !s->view) {
		set_timer(s, SETTLE_US);
	} else if (event == UEVENT_KVM_REMOVED) {
		stop_asking(s);
		stop_streaming(s);
		loader_ask_to_unload(s->loader_path);
		fail(s, "KVM is not loaded: modprobe kvm_intel or kvm_amd. Counting starts by "
			"itself then.");
	}
	return 0;
}

/* -- from outside ----------------------------------------------------------------- */

int bpf_source_new(struct bpf_source **out, sd_event *event, const char *loader_path,
		   const struct source_handlers *handlers, void *userdata)
{
	struct bpf_source *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loader_path = strdup(loader_path);
	if (!s->loader_path) {
		free(s);
		return -ENOMEM;
	}
	s->event = sd_event_ref(event);
	s->handlers = handlers;
	s->userdata = userdata;
	s->answer_fd = -1;
	s->uevents_fd = -1;
	s->interval_ms = INTERVAL_MS;
	s->losing = (struct ratelimit){ .interval_ns = LOSSES_INTERVAL_NS, .burst = 1 };
	*out = s;
	return 0;
}

struct bpf_source *bpf_source_free(struct bpf_source *s)
{
	if (!s)
		return NULL;

	stop_asking(s);
	sd_event_source_disable_unref(s->timer);
	sd_event_source_disable_unref(s->uevents);
	if (s->uevents_fd >= 0)
		(void)close(s->uevents_fd);
	bpf_view_free(s->view);
	loader_maps_done(&s->maps);
	sd_event_unref(s->event);
	free(s->loader_path);
	free(s);
	return NULL;
}

static int listen_to_uevents(struct bpf_source *s)
{
	if (s->uevents)
		return 0;
	s->uevents_fd = uevent_open();
	if (s->uevents_fd < 0)
		return s->uevents_fd;
	return sd_event_add_io(s->event, &s->uevents, s->uevents_fd, EPOLLIN, on_uevents, s);
}

int bpf_source_start(struct bpf_source *s)
{
	int r = 0;

	if (!s->timer) {
		r = sd_event_add_time_relative(s->event, &s->timer, CLOCK_BOOTTIME, 0,
					       TIMER_ACCURACY_US, on_timer, s);
		if (r >= 0)
			r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	}
	if (r < 0)
		return r;
	r = listen_to_uevents(s);
	if (r < 0)
		log_warning("cannot hear of KVM being loaded: %s", strerror(-r));
	s->started = true;
	if (!s->view)
		ask(s);
	return 0;
}

void bpf_source_stop(struct bpf_source *s, bool unload)
{
	bool was_started = s->started;

	s->started = false;
	stop_asking(s);
	if (s->timer)
		(void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	stop_streaming(s);
	if (unload && was_started)
		loader_ask_to_unload(s->loader_path);
}

void bpf_source_set_interval(struct bpf_source *s, uint32_t interval_ms)
{
	s->interval_ms = interval_ms;
	if (s->view)
		tell_config(s);
}
