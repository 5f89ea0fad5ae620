/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of varlink: one connection, one call at a time.
 */
#ifndef KVMEXITD_CTL_CLIENT_H
#define KVMEXITD_CTL_CLIENT_H

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct varlink;

struct varlink_reply {
	char *error; /* NULL if there was none */
	json_t *parameters; /* an object */
	bool continues;
};

/*
 * How long to wait, and what else may end a wait: signals to let in for its time, a
 * descriptor that can be read, and one that fails. NULL and -1 are for none.
 */
struct varlink_wait {
	uint64_t end_ns; /* CLOCK_MONOTONIC */
	const sigset_t *signals;
	int stop;
	int fd;
};

#define VARLINK_FOREVER UINT64_MAX

/* Errors are those of connect(), -ENAMETOOLONG, and those of a wait. */
int varlink_new(struct varlink **out, const char *path, const struct varlink_wait *wait);
struct varlink *varlink_free(struct varlink *link);

/* To wait for a reply with others: there may be some that were read already. */
int varlink_fd(const struct varlink *link);

/* Takes over parameters; NULL is for none. */
int varlink_send(struct varlink *link, const struct varlink_wait *wait, const char *method,
		 json_t *parameters, bool more);

/*
 * The next reply, to be given to varlink_reply_done(). -ECONNRESET when the daemon
 * closed the connection; -EBADMSG for what is no reply. Of a wait: -ETIMEDOUT at its
 * end; -EINTR for a signal or wait->stop; -EPIPE when wait->fd failed.
 */
int varlink_receive(struct varlink *link, const struct varlink_wait *wait,
		    struct varlink_reply *out);
void varlink_reply_done(struct varlink_reply *reply);

#endif
