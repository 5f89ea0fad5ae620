// SPDX-License-Identifier: GPL-2.0-or-later
/* Text from outside, made fit for a terminal, the journal and JSON. */
#include "config.h"

#include "util/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/util.h"

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
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, /* C0 */
		{ 0x007f, 0x009f }, /* delete, C1 */
		{ 0x00ad, 0x00ad }, /* soft hyphen */
		{ 0x034f, 0x034f }, /* grapheme joiner */
		{ 0x061c, 0x061c }, /* Arabic letter mark */
		{ 0x115f, 0x1160 }, /* Hangul fillers */
		{ 0x17b4, 0x17b5 }, /* Khmer inherent vowels */
		{ 0x180b, 0x180f }, /* Mongolian selectors, vowel separator */
		{ 0x200b, 0x200f }, /* zero width, direction marks */
		{ 0x2028, 0x202e }, /* line and paragraph separators, directions */
		{ 0x2060, 0x206f }, /* word joiner, invisible operators, isolates */
		{ 0x3164, 0x3164 }, /* Hangul filler */
		{ 0xfdd0, 0xfdef }, /* no characters */
		{ 0xfe00, 0xfe0f }, /* variation selectors */
		{ 0xfeff, 0xfeff }, /* byte order mark */
		{ 0xffa0, 0xffa0 }, /* Hangul filler */
		{ 0xfff0, 0xfffb }, /* unassigned, interlinear annotation */
		{ 0xfffe, 0xffff }, /* no characters */
		{ 0x1bca0, 0x1bca3 }, /* shorthand controls */
		{ 0x1d173, 0x1d17a }, /* musical controls */
		{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
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

bool text_to_bool(const char *text, bool *out)
{
	static const char *const words[][2] = { { "no", "yes" },
						{ "off", "on" },
						{ "false", "true" },
						{ "0", "1" } };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		for (j = 0; j < 2; j++) {
			if (strcasecmp(text, words[i][j]) != 0)
				continue;
			*out = j == 1;
			return true;
		}
	}
	return false;
}
