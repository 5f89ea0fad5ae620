// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source that kvmexitd has, of those that there are.
 *
 * With PICK_AUTO the family's state decides: while it is missing, the BPF source has
 * its chance; when it comes, that one is taken away, since the kernel's own counts are
 * exact from a VM's birth. KVM was loaded anew then, so no VM lives through it. Only the
 * one that is active gets through to the handlers.
 */
#include "config.h"

#include "source/pick.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel_config.h"
#include "source/bpf/bpf_source.h"
#include "source/netlink/genl_source.h"
#include "util/log.h"
#include "util/util.h"

enum active {
	ACTIVE_NONE,
	ACTIVE_NETLINK,
	ACTIVE_BPF,
};

struct pick {
	const struct source_handlers *handlers;
	void *userdata;
	sd_event *event;
	char *loader_path;
	enum pick_mode mode;
	int receive_buffer;
	enum active active;
	struct kernel_config config;
	struct source_handlers netlink_handlers;
	struct source_handlers bpf_handlers;
	struct genl_source *netlink; /* NULL while it is not wanted */
	struct bpf_source *bpf; /* the same */
};

DEFINE_CLEANUP(struct pick *, pick_free);

static const struct source_traits netlink_traits = {
	.name = "netlink",
	.times = true,
	.cost = "7 instructions",
};

/* -- what both tell -------------------------------------------------------------- */

static void on_raw(void *userdata, const void *bytes, size_t len)
{
	const struct pick *pick = userdata;

	pick->handlers->raw(pick->userdata, bytes, len);
}

static int on_message(void *userdata, const struct exit_message *message)
{
	const struct pick *pick = userdata;

	return pick->handlers->message(pick->userdata, message);
}

static void on_malformed(void *userdata, const char *what)
{
	const struct pick *pick = userdata;

	pick->handlers->malformed(pick->userdata, what);
}

static void on_losses(void *userdata, const struct source_losses *losses)
{
	const struct pick *pick = userdata;

	pick->handlers->losses(pick->userdata, losses);
}

static void on_gap(void *userdata)
{
	const struct pick *pick = userdata;

	pick->handlers->gap(pick->userdata);
}

static void on_dump_begin(void *userdata)
{
	const struct pick *pick = userdata;

	pick->handlers->dump_begin(pick->userdata);
}

static void on_dump_end(void *userdata, bool complete)
{
	const struct pick *pick = userdata;

	pick->handlers->dump_end(pick->userdata, complete);
}

static void on_config(void *userdata, const struct kernel_config *config)
{
	const struct pick *pick = userdata;

	pick->handlers->config(pick->userdata, config);
}

static void on_family_gone(void *userdata)
{
	const struct pick *pick = userdata;

	pick->handlers->family_gone(pick->userdata);
}

static void on_drained(void *userdata)
{
	const struct pick *pick = userdata;

	pick->handlers->drained(pick->userdata);
}

/* -- BPF ---------------------------------------------------------------------------- */

static void on_bpf_traits(void *userdata, const struct source_traits *traits)
{
	struct pick *pick = userdata;

	pick->active = traits ? ACTIVE_BPF : ACTIVE_NONE;
	pick->handlers->traits(pick->userdata, traits);
}

static void on_bpf_trouble(void *userdata, const char *text)
{
	const struct pick *pick = userdata;

	pick->handlers->trouble(pick->userdata, text);
}

static void on_bpf_state(void *userdata, enum kernel_state state)
{
	const struct pick *pick = userdata;

	pick->handlers->state(pick->userdata, state);
}

static void set_bpf_interval(struct pick *pick)
{
	if (pick->bpf && pick->config.has[KERNEL_INTERVAL_MS])
		bpf_source_set_interval(pick->bpf, pick->config.value[KERNEL_INTERVAL_MS]);
}

static int start_bpf(struct pick *pick)
{
	int r = 0;

	if (!pick->bpf) {
		r = bpf_source_new(&pick->bpf, pick->event, pick->loader_path, &pick->bpf_handlers,
				   pick);
		set_bpf_interval(pick);
	}
	return r < 0 ? r : bpf_source_start(pick->bpf);
}

static void stop_bpf(struct pick *pick, bool unload)
{
	if (pick->bpf)
		bpf_source_stop(pick->bpf, unload);
	if (pick->active == ACTIVE_BPF)
		pick->active = ACTIVE_NONE;
}

/* -- netlink -------------------------------------------------------------------------- */

static void on_netlink_state(void *userdata, enum kernel_state state)
{
	struct pick *pick = userdata;
	int r;

	if (state == KERNEL_WAITING) {
		pick->active = ACTIVE_NONE;
		if (pick->mode == PICK_AUTO) {
			r = start_bpf(pick);
			if (r >= 0)
				return;
			log_warning("cannot count by BPF: %s", strerror(-r));
		}
		pick->handlers->traits(pick->userdata, NULL);
	} else if (pick->active != ACTIVE_NETLINK) {
		stop_bpf(pick, true);
		pick->active = ACTIVE_NETLINK;
		pick->handlers->traits(pick->userdata, &netlink_traits);
	}
	pick->handlers->trouble(pick->userdata, "");
	pick->handlers->state(pick->userdata, state);
}

/* It has none of its own to tell. */
static void on_netlink_traits(void *userdata, const struct source_traits *traits)
{
	(void)userdata;
	(void)traits;
}

static void on_netlink_trouble(void *userdata, const char *text)
{
	(void)userdata;
	(void)text;
}

static int start_netlink(struct pick *pick)
{
	int r = genl_source_new(&pick->netlink, pick->event, &pick->netlink_handlers, pick);

	if (r >= 0) {
		genl_source_configure(pick->netlink, &pick->config);
		r = genl_source_start(pick->netlink, pick->receive_buffer);
	}
	if (r < 0)
		pick->netlink = genl_source_free(pick->netlink);
	return r;
}

/* -- from outside ------------------------------------------------------------------------ */

int pick_new(struct pick **out, sd_event *event, const char *loader_path,
	     const struct source_handlers *handlers, void *userdata)
{
	_cleanup_(pick_freep) struct pick *pick = calloc(1, sizeof(*pick));

	if (!pick)
		return -ENOMEM;
	pick->event = sd_event_ref(event);
	pick->handlers = handlers;
	pick->userdata = userdata;
	pick->loader_path = strdup(loader_path);
	if (!pick->loader_path)
		return -ENOMEM;
	pick->bpf_handlers = (struct source_handlers){
		.raw = handlers->raw ? on_raw : NULL,
		.traits = on_bpf_traits,
		.trouble = on_bpf_trouble,
		.state = on_bpf_state,
		.message = on_message,
		.malformed = on_malformed,
		.losses = on_losses,
		.gap = on_gap,
		.dump_begin = on_dump_begin,
		.dump_end = on_dump_end,
		.config = on_config,
		.family_gone = on_family_gone,
		.drained = on_drained,
	};
	pick->netlink_handlers = pick->bpf_handlers;
	pick->netlink_handlers.traits = on_netlink_traits;
	pick->netlink_handlers.trouble = on_netlink_trouble;
	pick->netlink_handlers.state = on_netlink_state;
	*out = TAKE_PTR(pick);
	return 0;
}

struct pick *pick_free(struct pick *pick)
{
	if (!pick)
		return NULL;

	genl_source_free(pick->netlink);
	bpf_source_free(pick->bpf);
	sd_event_unref(pick->event);
	free(pick->loader_path);
	free(pick);
	return NULL;
}

int pick_start(struct pick *pick, enum pick_mode mode, int receive_buffer)
{
	pick->mode = mode;
	pick->receive_buffer = receive_buffer;
	return mode == PICK_BPF ? start_bpf(pick) : start_netlink(pick);
}

/* The one that counted, if any, does so no more: its VMs are not the other one's. */
static int change_mode(struct pick *pick, enum pick_mode mode)
{
	enum active was = pick->active;

	pick->mode = mode;
	if (mode == PICK_AUTO && pick->netlink)
		return was == ACTIVE_NETLINK ? 0 : start_bpf(pick);
	if (mode == PICK_NETLINK && pick->netlink) {
		stop_bpf(pick, true);
		if (was == ACTIVE_NETLINK)
			return 0;
		pick->handlers->traits(pick->userdata, NULL);
		pick->handlers->trouble(pick->userdata, "");
		pick->handlers->state(pick->userdata, KERNEL_WAITING);
		return 0;
	}
	if (mode == PICK_BPF) {
		pick->netlink = genl_source_free(pick->netlink);
		if (was == ACTIVE_NETLINK)
			pick->handlers->family_gone(pick->userdata);
		return was == ACTIVE_BPF ? 0 : start_bpf(pick);
	}
	/* From BPF alone: where the family is, it takes over. */
	if (mode == PICK_NETLINK)
		stop_bpf(pick, true);
	return start_netlink(pick);
}

int pick_set(struct pick *pick, enum pick_mode mode, int receive_buffer)
{
	bool buffer_changed = receive_buffer != pick->receive_buffer;
	int r;

	pick->receive_buffer = receive_buffer;
	if (mode != pick->mode)
		return change_mode(pick, mode);
	if (pick->active == ACTIVE_NONE && pick->bpf) {
		r = bpf_source_start(pick->bpf);
		if (r < 0)
			return r;
	}
	if (!pick->netlink || !buffer_changed)
		return 0;
	return genl_source_set_receive_buffer(pick->netlink, receive_buffer);
}

void pick_resync(struct pick *pick)
{
	if (pick->netlink)
		genl_source_resync(pick->netlink);
}

void pick_configure(struct pick *pick, const struct kernel_config *config)
{
	pick->config = *config;
	if (pick->netlink)
		genl_source_configure(pick->netlink, config);
	set_bpf_interval(pick);
}

static int set_bpf_config(struct pick *pick, const struct kernel_config *config, char *text,
			  size_t size)
{
	size_t i;

	for (i = 0; i < KERNEL_SETTINGS; i++) {
		if (!config->has[i] || i == KERNEL_INTERVAL_MS)
			continue;
		(void)snprintf(text, size, "counting by BPF has no %s, only interval_ms",
			       kernel_setting_name((enum kernel_setting)i));
		return -EOPNOTSUPP;
	}
	if (config->has[KERNEL_INTERVAL_MS])
		bpf_source_set_interval(pick->bpf, config->value[KERNEL_INTERVAL_MS]);
	return 0;
}

int pick_set_config(struct pick *pick, const struct kernel_config *config, char *text, size_t size)
{
	char said[GENL_TEXT_BYTES] = "";
	int r;

	*text = '\0';
	if (pick->active == ACTIVE_BPF)
		return set_bpf_config(pick, config, text, size);
	if (!pick->netlink)
		return -ENODEV;
	r = genl_source_set_config(pick->netlink, config, said);
	(void)snprintf(text, size, "%s", said);
	return r;
}
