// SPDX-License-Identifier: GPL-2.0-or-later
/* Text from outside, made fit for a terminal, the journal and JSON. */
#include "config.h"

#include "util/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SURROGATE_FIRST 0xd800
#define SURROGATE_LAST	0xdfff
#define CODE_POINT_MAX	0x10ffff

/*
 * How many bytes the character at text takes, and its code point; 0 where it
 * is no valid UTF-8.
 */
static size_t decode(const unsigned char *text, size_t length, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n, i;

	if (text[0] < 0x80) {
		*code = text[0];
		return 1;
	}

	if ((text[0] & 0xe0) == 0xc0)
		n = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		n = 3;
	else if ((text[0] & 0xf8) == 0xf0)
		n = 4;
	else
		return 0;

	if (n > length)
		return 0;

	*code = text[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}

	if (*code < least[n] || *code > CODE_POINT_MAX ||
	    (*code >= SURROGATE_FIRST && *code <= SURROGATE_LAST))
		return 0;
	return n;
}

/*
 * Besides C0 and C1 controls, the characters that reorder or hide text: a name
 * must not be able to look like another one, or to rewrite the line it is in.
 */
static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff9 && code <= 0xfffb);
}

size_t text_clean(char *out, size_t size, const char *text, size_t length)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t n = 0, taken, wanted;
	uint32_t code = 0;

	while (length && *in == ' ') {
		in++;
		length--;
	}

	for (; length; in += taken, length -= taken) {
		taken = decode(in, length, &code);
		wanted = taken;
		if (!taken || is_unsafe(code)) {
			taken = taken ? taken : 1;
			wanted = 0;
		}
		if (n + (wanted ? wanted : 1) >= size)
			break;
		if (wanted) {
			memcpy(out + n, in, wanted);
			n += wanted;
		} else {
			out[n++] = '?';
		}
	}

	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n;
}
