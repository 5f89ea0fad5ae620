/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies of any length: an array, or a text, that is made a slice at a time.
 *
 * Each slice takes a turn of the client's own, so that nobody waits for another's
 * long answer. With "more", each is a reply by itself; without, they make up one
 * reply, up to a limit past which there is an error instead.
 */
#ifndef KVMEXITD_SERVER_PARTS_H
#define KVMEXITD_SERVER_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/buffer.h"

struct call;
struct client;
struct message;
struct parts;
struct server;

struct parts_kind {
	/* Appends a reply's parameters up to the first element. */
	int (*open)(struct parts *parts, struct buffer *text);
	/* Appends an element. 1; 0 after the last; -ENOENT where gone() says why. */
	int (*next)(struct parts *parts, struct buffer *text);
	const char *separator; /* between elements */
	const char *close; /* what ends the parameters behind an element */
	/* The parameters of the error NoSuchVm; NULL if next() never gives -ENOENT. */
	json_t *(*gone)(const struct parts *parts);
	void (*free)(struct parts *parts); /* the whole object */
};

/* The beginning of what a kind keeps meanwhile. */
struct parts {
	const struct parts_kind *kind;
	struct server *server;
	bool more;
	bool first; /* reply of all */
	size_t n; /* elements in text */
	size_t own_bytes; /* what else it has, for the limit of memory */
	struct message *shared; /* and what others may have, too; or NULL */
	struct buffer text; /* of the reply that is being made */
};

/*
 * Has the call answered so. parts is all zero but for what the kind needs, and taken
 * over: also from a call that nobody reads the answer of.
 */
int call_reply_parts(const struct call *call, struct parts *parts, const struct parts_kind *kind);
struct parts *parts_free(struct parts *parts);

/* The next slice. 1 when there are more to come; a negative error ends the connection. */
int parts_work(struct parts *parts, struct client *client);

/* What it takes of memory, but for shared. */
size_t parts_bytes(const struct parts *parts);

/* Appends text, or json's text. 0 or -ENOMEM. Takes over json; NULL is -ENOMEM. */
int parts_put(struct buffer *text, const char *more);
int parts_put_json(struct buffer *text, json_t *json);

/* Appends object without its end, and key for a member more. Takes over object. */
int parts_open_member(struct buffer *text, json_t *object, const char *key);

#endif
