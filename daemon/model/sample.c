// SPDX-License-Identifier: GPL-2.0-or-later
/* Storage of decoded messages. */
#include "config.h"

#include "model/sample.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

void exit_message_reset(struct exit_message *message)
{
	struct exit_message kept = {
		.vcpus = message->vcpus,
		.vcpus_size = message->vcpus_size,
		.reasons = message->reasons,
		.reasons_size = message->reasons_size,
		.times = message->times,
		.times_size = message->times_size,
		.details = message->details,
		.details_size = message->details_size,
	};

	*message = kept;
}

void exit_message_done(struct exit_message *message)
{
	free(message->vcpus);
	free(message->reasons);
	free(message->times);
	free(message->details);
	*message = (struct exit_message){ 0 };
}

static void bound(uint64_t *time_ns, uint64_t now_ns)
{
	if (*time_ns > now_ns)
		*time_ns = now_ns;
}

void exit_message_bound(struct exit_message *message, uint64_t now_ns)
{
	size_t i;

	bound(&message->time_ns, now_ns);
	bound(&message->vm.created_ns, now_ns);
	bound(&message->vm.destroyed_ns, now_ns);
	for (i = 0; i < message->n_vcpus; i++)
		bound(&message->vcpus[i].since_ns, now_ns);
	bound(&message->times_since_ns, now_ns);
	bound(&message->details_since_ns, now_ns);
}

struct sample_vcpu *exit_message_add_vcpu(struct exit_message *message)
{
	struct sample_vcpu *vcpus = array_reserve(message->vcpus, &message->vcpus_size,
						  message->n_vcpus + 1, sizeof(*vcpus));

	if (!vcpus)
		return NULL;

	message->vcpus = vcpus;
	vcpus += message->n_vcpus++;
	*vcpus = (struct sample_vcpu){ 0 };
	return vcpus;
}

struct sample_reason *exit_message_add_reason(struct exit_message *message)
{
	struct sample_reason *reasons = array_reserve(message->reasons, &message->reasons_size,
						      message->n_reasons + 1, sizeof(*reasons));

	if (!reasons)
		return NULL;

	message->reasons = reasons;
	reasons += message->n_reasons++;
	*reasons = (struct sample_reason){ 0 };
	return reasons;
}

struct sample_time *exit_message_add_time(struct exit_message *message)
{
	struct sample_time *times = array_reserve(message->times, &message->times_size,
						  message->n_times + 1, sizeof(*times));

	if (!times)
		return NULL;

	message->times = times;
	times += message->n_times++;
	*times = (struct sample_time){ 0 };
	return times;
}

struct sample_detail *exit_message_add_detail(struct exit_message *message)
{
	struct sample_detail *details = array_reserve(message->details, &message->details_size,
						      message->n_details + 1, sizeof(*details));

	if (!details)
		return NULL;

	message->details = details;
	details += message->n_details++;
	*details = (struct sample_detail){ 0 };
	return details;
}
