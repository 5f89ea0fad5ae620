/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client sent, as a struct. Pure: no I/O, no state, no logging.
 */
#ifndef KVMEXITD_SERVER_VARLINK_PARSE_H
#define KVMEXITD_SERVER_VARLINK_PARSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct varlink_request {
	const char *method; /* not empty */
	json_t *parameters; /* an object, or NULL for none */
	bool more;
	bool oneway;
	bool upgrade;

	json_t *root; /* owns all of the above */
};

/*
 * buf has one message without the NUL that ends it. -EBADMSG for what is not a
 * varlink call; *bad is then the name of the member that is wrong, or "call" for
 * what is not a JSON object.
 * Members of the call that varlink does not define are skipped, as a later
 * varlink may add some.
 */
int varlink_parse_request(const char *buf, size_t len, struct varlink_request *out,
			  const char **bad);
void varlink_request_done(struct varlink_request *request);

enum varlink_type {
	VARLINK_BOOL, /* bool * */
	VARLINK_STRING, /* const char **, owned by the parameters */
	VARLINK_STRINGS, /* const json_t **, an array of such, likewise */
	VARLINK_UINT, /* uint64_t *, below 2^63 */
};

struct varlink_param {
	const char *name;
	enum varlink_type type;
	bool nullable; /* may be null or missing; value stays then */
	void *value;
};

/*
 * Reads parameters into the values of params, which a nameless one ends. On
 * -EINVAL, *bad is the name of the parameter that is missing, of the wrong type
 * or not known.
 */
int varlink_parse_parameters(const json_t *parameters, const struct varlink_param *params,
			     const char **bad);

#endif
