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

struct varlink;

struct varlink_reply {
	char *error; /* NULL if there was none */
	json_t *parameters; /* an object */
	bool continues;
};

/* The daemon answers at once: a longer silence is a failure. */
#define VARLINK_TIMEOUT_MS 10000

/* Errors are those of connect(), and -ENAMETOOLONG. */
int varlink_new(struct varlink **out, const char *path);
struct varlink *varlink_free(struct varlink *link);

/* To wait for a reply with others: there may be some that were read already. */
int varlink_fd(const struct varlink *link);

/* Takes over parameters; NULL is for none. */
int varlink_send(struct varlink *link, const char *method, json_t *parameters, bool more);

/*
 * What else may end a wait: signals to let in for its time, and a descriptor
 * that fails. NULL and -1 are for none.
 */
struct varlink_wait {
	int timeout_ms; /* -1 waits for ever */
	const sigset_t *signals;
	int fd;
};

/*
 * The next reply, to be given to varlink_reply_done(). -ETIMEDOUT; -ECONNRESET
 * when the daemon closed the connection; -EBADMSG for what is no reply; -EINTR
 * for a signal; -EPIPE when wait->fd failed.
 */
int varlink_receive(struct varlink *link, const struct varlink_wait *wait,
		    struct varlink_reply *out);
void varlink_reply_done(struct varlink_reply *reply);

#endif
