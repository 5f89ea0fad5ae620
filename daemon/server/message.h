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
#include <stdint.h>
#include <sys/uio.h>

/* Rates are rounded to 1/1000, and 15 digits print that as it was meant. */
#define MESSAGE_DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

struct message {
	unsigned int refs;
	uint64_t mark; /* see message_mark() */
	size_t *total; /* bytes of all messages that share it */
	size_t len;
	char *data;
};

/*
 * A reply, or an error if that is not NULL, with the NUL that ends it. Takes
 * over parameters. total counts it until the last reference is gone.
 */
int message_new(struct message **out, size_t *total, const char *error, json_t *parameters,
		bool continues);

/* The same of text that is there already, which it owns from success on. */
int message_from_text(struct message **out, size_t *total, char *text, size_t len);

struct message *message_ref(struct message *message);
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

/*
 * Marks a message, or those of a queue; gives the bytes of what did not have this
 * mark yet. So what several share is counted once.
 */
size_t message_mark(struct message *message, uint64_t mark);
size_t queue_mark(const struct queue *queue, uint64_t mark);

#endif
