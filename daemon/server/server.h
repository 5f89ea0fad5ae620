/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The varlink server: who may connect, how many, and what watchers are told.
 *
 * A client that does not read never slows the loop or another client: what
 * cannot be sent is kept up to a limit, past which the client is cut off.
 */
#ifndef KVMEXITD_SERVER_H
#define KVMEXITD_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "sink/metrics.h"

struct buffer;
struct daemon_status;
struct registry;
struct server;
struct vm;

/*
 * How many clients there may be, unless half of the descriptors that the process
 * may have are fewer; with the maximum that is more than half of what
 * kvmexitd.service has. One user gets half of them.
 */
#define SERVER_CLIENTS	   2048
#define SERVER_CLIENTS_MAX 10000

/*
 * registry and status are read whenever a client asks; both must outlive the
 * server. event is referenced.
 */
int server_new(struct server **out, sd_event *event, struct registry *registry,
	       const struct daemon_status *status);

/* Those above it that are there already stay. */
void server_set_clients(struct server *server, size_t clients);

/* How many details of each VM metrics have; none unless set. */
void server_set_metrics_details(struct server *server, size_t details);

/* Disconnects every client. Returns NULL; NULL is fine. */
struct server *server_free(struct server *server);

/* Owns fd, a listening Unix stream socket, from success on. */
int server_listen_fd(struct server *server, int fd);

/*
 * Binds path, mode 0660, and listens. A socket that nobody listens on any more
 * is replaced, one that is in use gives -EADDRINUSE. server_free() unlinks it.
 */
int server_listen_path(struct server *server, const char *path);

/*
 * Tells the watchers of vm, as registry_next_change() gave it and before
 * registry_change_done(). time_us is CLOCK_REALTIME.
 */
void server_vm_event(struct server *server, const struct vm *vm, uint64_t time_us);

/* Appends all counts, the server's own among them, as metrics_write() does. */
int server_metrics(const struct server *server, enum metrics_format format, struct buffer *out);

#endif
