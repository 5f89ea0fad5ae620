// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls, and long replies, as a program sends and reads them. */
#include "config.h"

#include "server_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server_fixture.h"

void reader_call(int fd, const char *method, const char *parameters, bool more)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "{\"method\":\"" EXITS ".%s\",\"parameters\":%s%s}",
		       method, parameters, more ? ",\"more\":true" : "");
	fixture_send(fd, text);
}

json_t *reader_next(struct fixture *f, int fd, struct reader *reader)
{
	char *nul;
	json_t *reply;
	ssize_t n;

	while (!(nul = reader->len ? memchr(reader->data, '\0', reader->len) : NULL)) {
		if (reader->size < reader->len + 65536) {
			reader->size = 2 * reader->size + 65536;
			reader->data = realloc(reader->data, reader->size);
			assert_non_null(reader->data);
		}
		n = read(fd, reader->data + reader->len, reader->size - reader->len);
		assert_int_not_equal(n, 0);
		if (n > 0)
			reader->len += (size_t)n;
		else
			fixture_turn(f);
	}
	assert_true((size_t)(nul - reader->data) < 5 * 1024 * 1024);
	reply = json_loads(reader->data, 0, NULL);
	assert_true(json_is_object(reply));
	reader->len -= (size_t)(nul + 1 - reader->data);
	memmove(reader->data, nul + 1, reader->len);
	return reply;
}
