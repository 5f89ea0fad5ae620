/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls, and long replies, as a program sends and reads them. */
#ifndef KVMEXITD_TESTS_SERVER_READER_H
#define KVMEXITD_TESTS_SERVER_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct fixture;

/* What was read and is not taken yet; data is to be freed. All zero is a new one. */
struct reader {
	char *data;
	size_t len, size;
};

/* method without its interface, parameters as JSON. */
void reader_call(int fd, const char *method, const char *parameters, bool more);

/* The next reply, which is a JSON object. Lets the server work while there is none. */
json_t *reader_next(struct fixture *f, int fd, struct reader *reader);

#endif
