// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers and texts as bytes, and back. */
#include "config.h"

#include "state/codec.h"

#include <string.h>

#define FNV_PRIME UINT64_C(0x100000001b3)

/* 64 bits are nine groups of seven and one. */
#define NUMBER_BYTES_MAX 10

uint64_t state_sum(uint64_t sum, const void *data, size_t len)
{
	const unsigned char *at = data, *end = at + len;

	for (; at < end; at++)
		sum = (sum ^ *at) * FNV_PRIME;
	return sum;
}

int state_flush(struct state_writer *w)
{
	if (!w->error && w->len) {
		w->sum = state_sum(w->sum, w->buf, w->len);
		w->bytes += w->len;
		w->error = w->write(w->userdata, w->buf, w->len);
	}
	w->len = 0;
	return w->error;
}

void state_put(struct state_writer *w, uint64_t value)
{
	if (w->len + NUMBER_BYTES_MAX > sizeof(w->buf))
		(void)state_flush(w);
	for (; value >= 0x80; value >>= 7)
		w->buf[w->len++] = (unsigned char)(value | 0x80);
	w->buf[w->len++] = (unsigned char)value;
}

void state_put_real(struct state_writer *w, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	state_put(w, bits);
}

void state_put_text(struct state_writer *w, const char *text)
{
	size_t len = strlen(text);

	if (len > sizeof(w->buf) - NUMBER_BYTES_MAX)
		len = sizeof(w->buf) - NUMBER_BYTES_MAX;
	state_put(w, len);
	if (w->len + len > sizeof(w->buf))
		(void)state_flush(w);
	memcpy(w->buf + w->len, text, len);
	w->len += len;
}

uint64_t state_get(struct state_reader *r)
{
	uint64_t value = 0;
	unsigned int shift;

	for (shift = 0; shift < 64 && r->at < r->end; shift += 7) {
		unsigned char byte = *r->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	r->bad = true;
	r->at = r->end;
	return 0;
}

uint64_t state_get_below(struct state_reader *r, uint64_t max)
{
	uint64_t value = state_get(r);

	if (value <= max)
		return value;
	r->bad = true;
	return 0;
}

double state_get_real(struct state_reader *r)
{
	uint64_t bits = state_get(r);
	double value;

	memcpy(&value, &bits, sizeof(value));
	/* Rates are; what is none would spread. */
	if (value >= 0.0 && value < 1e18)
		return value;
	r->bad = true;
	return 0.0;
}

void state_get_text(struct state_reader *r, char *out, size_t size)
{
	size_t len = (size_t)state_get_below(r, size - 1);

	if (len > state_left(r)) {
		r->bad = true;
		len = 0;
	}
	memcpy(out, r->at, len);
	out[len] = '\0';
	r->at += len;
}
