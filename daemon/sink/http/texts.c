// SPDX-License-Identifier: GPL-2.0-or-later
/* The texts that are served. */
#include "config.h"

#include "sink/http/texts.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "sink/http/gzip.h"
#include "util/buffer.h"
#include "util/clock.h"
#include "util/util.h"

/* Anybody on this host may ask, and as often as they like: a text is as old as this. */
#define FRESH_US	  (200 * US_PER_MS)
#define FRESH_ACCURACY_US (20 * US_PER_MS)

/* With and without gzip. */
#define ENCODINGS 2

/* In front of the text, for when libmicrohttpd gives it back. */
struct text {
	struct texts *texts;
	size_t bytes;
	char data[];
};

struct fresh {
	struct MHD_Response *response;
	uint64_t number;
};

struct texts {
	metrics_http_write write;
	void *userdata;
	sd_event_source *stale;
	struct fresh fresh[METRICS_HTTP_FORMATS][ENCODINGS];
	uint64_t number;
	size_t bytes;
};

static void drop_fresh(struct texts *texts)
{
	size_t i, j;

	for (i = 0; i < METRICS_HTTP_FORMATS; i++) {
		for (j = 0; j < ENCODINGS; j++) {
			if (texts->fresh[i][j].response)
				MHD_destroy_response(texts->fresh[i][j].response);
			texts->fresh[i][j].response = NULL;
		}
	}
}

static int on_stale(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	drop_fresh(userdata);
	return 0;
}

static int start_stale(struct texts *texts)
{
	int enabled = SD_EVENT_OFF, r;

	(void)sd_event_source_get_enabled(texts->stale, &enabled);
	if (enabled != SD_EVENT_OFF)
		return 0;
	r = sd_event_source_set_time_relative(texts->stale, FRESH_US);
	return r < 0 ? r : sd_event_source_set_enabled(texts->stale, SD_EVENT_ONESHOT);
}

static void on_unused(void *data)
{
	struct text *text = (void *)((char *)data - offsetof(struct text, data));

	text->texts->bytes -= text->bytes;
	free(text);
}

/* Takes the buffer, which begins with room for a struct text. */
static struct MHD_Response *make_response(struct texts *texts, struct buffer *buffer)
{
	struct MHD_Response *response;
	struct text *text;

	/* It grew by doubling. Nothing of it was consumed, so it begins where it was allocated. */
	text = realloc(buffer->data, buffer->len);
	if (!text)
		return NULL;
	text->texts = texts;
	text->bytes = buffer->len;
	*buffer = (struct buffer){ 0 };
	response = MHD_create_response_from_buffer_with_free_callback(text->bytes - sizeof(*text),
								      text->data, on_unused);
	if (!response) {
		free(text);
		return NULL;
	}
	texts->bytes += text->bytes;
	return response;
}

/* Into a buffer that has room for a struct text, and nothing else. */
static int write_text(const struct texts *texts, enum metrics_format format, bool gzip,
		      struct buffer *out)
{
	struct buffer plain = { 0 };
	int r;

	if (!gzip)
		return texts->write(texts->userdata, format, out);
	r = texts->write(texts->userdata, format, &plain);
	if (r >= 0)
		r = gzip_append(out, buffer_head(&plain), plain.len);
	buffer_done(&plain);
	return r;
}

static struct MHD_Response *make_text(struct texts *texts, enum metrics_format format, bool gzip)
{
	static const struct text room;
	struct buffer buffer = { 0 };
	struct MHD_Response *response = NULL;
	int r;

	r = buffer_append(&buffer, &room, sizeof(room));
	if (r >= 0)
		r = write_text(texts, format, gzip, &buffer);
	if (r >= 0)
		response = make_response(texts, &buffer);
	buffer_done(&buffer);
	if (!response)
		return NULL;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      metrics_content_type(format));
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	if (gzip)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return response;
}

bool texts_is_stale(const struct texts *texts, enum metrics_format format, bool gzip)
{
	return !texts->fresh[format][gzip].response;
}

struct MHD_Response *texts_get(struct texts *texts, enum metrics_format format, bool gzip)
{
	struct fresh *fresh = &texts->fresh[format][gzip];

	if (fresh->response)
		return fresh->response;
	if (start_stale(texts) < 0)
		return NULL;
	fresh->response = make_text(texts, format, gzip);
	fresh->number = ++texts->number;
	return fresh->response;
}

uint64_t texts_number(const struct texts *texts, enum metrics_format format, bool gzip)
{
	return texts->fresh[format][gzip].number;
}

size_t texts_bytes(const struct texts *texts)
{
	return texts->bytes;
}

int texts_new(struct texts **out, sd_event *event, metrics_http_write write, void *userdata)
{
	struct texts *texts = calloc(1, sizeof(*texts));
	int r;

	if (!texts)
		return -ENOMEM;
	texts->write = write;
	texts->userdata = userdata;
	r = sd_event_add_time_relative(event, &texts->stale, CLOCK_MONOTONIC, FRESH_US,
				       FRESH_ACCURACY_US, on_stale, texts);
	if (r >= 0)
		r = sd_event_source_set_enabled(texts->stale, SD_EVENT_OFF);
	if (r < 0) {
		texts_free(texts);
		return r;
	}
	*out = texts;
	return 0;
}

struct texts *texts_free(struct texts *texts)
{
	if (!texts)
		return NULL;
	drop_fresh(texts);
	sd_event_source_disable_unref(texts->stale);
	free(texts);
	return NULL;
}
