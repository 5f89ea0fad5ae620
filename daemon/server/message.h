/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to clients, and what each client has yet to be sent of them.
 *
 * A message is in memory once, whoever waits for it: a batch of hundreds of VMs
 * is told to hundreds of watchers before the first of them can read.
 */
#ifndef KVMEXITD_SERVER_MESSAGE_H
#define KVMEXITD_SERVER_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct message {
	unsigned int refs;
	size_t *total; /* bytes of all messages that share it */
	size_t len;
	char data[];
};

/*
 * A reply, or an error if that is not NULL, with the NUL that ends it. Takes
 * over parameters. total counts it until the last reference is gone.
 */
int message_new(struct message **out, size_t *total, const char *error, json_t *parameters,
		bool continues);
struct message *message_unref(struct message *message);

/* All zero is a valid empty queue. */
struct queue {
	struct message **ring;
	size_t size; /* a power of two, or 0 */
	size_t first;
	size_t n;
	size_t sent; /* of the first message */
	size_t bytes; /* to be sent */
};

/* Takes a reference of its own. 0 or -ENOMEM. */
int queue_push(struct queue *queue, struct message *message);

/* Points up to max elements of iov at what comes next; gives how many. */
size_t queue_peek(const struct queue *queue, struct iovec *iov, size_t max);

/* So many bytes have been sent. */
void queue_consume(struct queue *queue, size_t bytes);

void queue_done(struct queue *queue);

#endif
