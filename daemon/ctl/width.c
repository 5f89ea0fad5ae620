// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much of a terminal's line text takes, and text that has been made to fit.
 */
#include "config.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "ctl/width.h"

/* Of the room for a name, its beginning gets this part and more: 3 of 5. */
#define HEAD_PART  3
#define HEAD_WHOLE 5

struct glyph {
	const char *bytes;
	size_t length, columns;
};

/* Takes one off *text; false at its end. What the locale cannot show is one '?'. */
static bool next_glyph(const char **text, mbstate_t *state, struct glyph *out)
{
	wchar_t wide;
	size_t length;
	int columns;

	if (!**text)
		return false;
	length = mbrtowc(&wide, *text, MB_CUR_MAX, state);
	columns = length > 0 && length <= MB_CUR_MAX ? wcwidth(wide) : -1;
	if (columns < 0) {
		memset(state, 0, sizeof(*state));
		*out = (struct glyph){ "?", 1, 1 };
		*text += length > 0 && length <= MB_CUR_MAX ? length : 1;
	} else {
		*out = (struct glyph){ *text, length, (size_t)columns };
		*text += length;
	}
	return true;
}

size_t text_columns(const char *text)
{
	mbstate_t state = { 0 };
	struct glyph glyph;
	size_t columns = 0;

	while (next_glyph(&text, &state, &glyph))
		columns += glyph.columns;
	return columns;
}

struct writer {
	char *out;
	size_t size, length, columns;
};

static void write_glyph(struct writer *writer, const struct glyph *glyph)
{
	if (writer->length + glyph->length >= writer->size)
		return;
	memcpy(writer->out + writer->length, glyph->bytes, glyph->length);
	writer->length += glyph->length;
	writer->columns += glyph->columns;
	writer->out[writer->length] = '\0';
}

/* As much of text as goes into max columns, without what goes into the first skip ones. */
static void write_part(struct writer *writer, const char *text, size_t skip, size_t max)
{
	mbstate_t state = { 0 };
	struct glyph glyph;
	size_t at = 0;

	while (next_glyph(&text, &state, &glyph)) {
		if (at + glyph.columns > max)
			return;
		if (at >= skip)
			write_glyph(writer, &glyph);
		at += glyph.columns;
	}
}

size_t text_cut(char *out, size_t size, const char *text, size_t width, enum text_cut cut)
{
	const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	const struct glyph mark = { utf8 ? "…" : "~", utf8 ? strlen("…") : 1, 1 };
	struct writer writer = { out, size, 0, 0 };
	size_t columns = text_columns(text), head;

	*out = '\0';
	if (columns <= width) {
		write_part(&writer, text, 0, columns);
	} else if (width > 0) {
		head = cut == CUT_END ? width - 1 : (width - 1) * HEAD_PART / HEAD_WHOLE;
		write_part(&writer, text, 0, head);
		write_glyph(&writer, &mark);
		write_part(&writer, text, columns - (width - 1 - head), columns);
	}
	return writer.columns;
}

void text_fit(char *out, size_t size, const char *text, size_t width, enum text_cut cut, bool right)
{
	size_t fill = right ? text_columns(text) : 0, columns;

	fill = right && fill < width ? width - fill : 0;
	if (size <= fill) {
		*out = '\0';
		return;
	}
	memset(out, ' ', fill);
	columns = fill + text_cut(out + fill, size - fill, text, width - fill, cut);
	for (fill = strlen(out); columns < width && fill + 1 < size; columns++)
		out[fill++] = ' ';
	out[fill] = '\0';
}
