// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl watch: what the kernel reports, as it comes.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/output.h"

/* Nothing to do: it is enough that the wait ends. */
static void on_signal(int number)
{
	(void)number;
}

/* From here on, signals that end the watch come during a wait only. */
static int hold_signals(sigset_t *waiting)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &held, waiting) < 0 || sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0)
		return -errno;
	sigdelset(waiting, SIGINT);
	sigdelset(waiting, SIGTERM);
	return 0;
}

/* Until the VM ends, somebody stops it, or nobody reads what is printed. */
static enum ctl_exit print_events(struct varlink *link, const sigset_t *signals)
{
	const struct varlink_wait wait = {
		.timeout_ms = -1,
		.signals = signals,
		.fd = STDOUT_FILENO,
	};
	struct varlink_reply reply = { 0 };
	enum ctl_exit result = CTL_OK;
	bool more = true;
	int r;

	while (more) {
		r = varlink_receive(link, &wait, &reply);
		if (r == -EINTR || r == -EPIPE)
			return CTL_OK;
		if (r < 0)
			return ctl_report_lost(r);

		if (reply.error)
			result = ctl_report_error(&reply);
		else if (!output_json_line(reply.parameters))
			result = CTL_FAILED;
		more = reply.continues && result == CTL_OK;
		varlink_reply_done(&reply);
	}
	return result;
}

static enum ctl_exit run(struct ctl *ctl, int argc, char **argv)
{
	json_t *parameters = NULL;
	enum ctl_exit result;
	struct varlink *link;
	sigset_t waiting;
	int r;

	if (argc > 0) {
		parameters = ctl_vm_parameters(argv[0]);
		if (!parameters)
			return CTL_FAILED;
	}
	result = ctl_connect(ctl, &link);
	if (result != CTL_OK) {
		json_decref(parameters);
		return result;
	}
	r = varlink_send(link, CTL_METHOD("Watch"), parameters, true);
	if (r >= 0)
		r = hold_signals(&waiting);
	result = r < 0 ? ctl_report_lost(r) : print_events(link, &waiting);
	varlink_free(link);
	return result;
}

const struct ctl_command ctl_watch = {
	.name = "watch",
	.args = "[VM]",
	.help = "what changes, as it comes: one JSON object a line",
	.args_max = 1,
	.run = run,
};
