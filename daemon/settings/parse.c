// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the bytes of a configuration file to settings.
 *
 * inih takes lines from whoever has them, so they are counted here, and what it
 * would cut or join silently is an error.
 */
#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "settings/settings.h"
#include "util/text.h"

#define NAME_TEXT_BYTES 64

/* Newline and NUL. */
#define LINE_END_BYTES 2

struct parser {
	const char *at, *end;
	unsigned int line;
	struct settings settings;
	struct setting_error *error;
	bool failed;
};

static void __attribute__((format(printf, 2, 3)))
fail(struct parser *parser, const char *format, ...)
{
	va_list args;

	if (parser->failed)
		return;
	parser->failed = true;
	parser->error->line = parser->line;
	va_start(args, format);
	(void)vsnprintf(parser->error->text, sizeof(parser->error->text), format, args);
	va_end(args);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * What a line says: from *out on, without blanks before it and its comment. inih
 * would leave the same out, but counts it as part of a line that may not be long.
 * It takes an indented line as more of the value of the one before, too.
 */
static size_t find_content(const char *line, size_t len, const char **out)
{
	size_t i, start = 0;

	while (start < len && is_blank(line[start]))
		start++;
	*out = line + start;
	if (start < len && (line[start] == '#' || line[start] == ';'))
		return 0;
	for (i = start + 1; i < len; i++)
		if (line[i] == ';' && is_blank(line[i - 1]))
			len = i;
	while (len > start && is_blank(line[len - 1]))
		len--;
	return len - start;
}

/* As fgets(). Nothing more once something is wrong. */
static char *read_line(char *out, int size, void *userdata)
{
	struct parser *parser = userdata;
	const char *newline, *content;
	size_t len, line_len;

	if (parser->failed || parser->at == parser->end)
		return NULL;

	parser->line++;
	newline = memchr(parser->at, '\n', (size_t)(parser->end - parser->at));
	line_len = (size_t)((newline ? newline : parser->end) - parser->at);
	len = find_content(parser->at, line_len, &content);
	if (len + LINE_END_BYTES > (size_t)size) {
		fail(parser, "the setting is longer than %d bytes", size - LINE_END_BYTES);
		return NULL;
	}
	if (memchr(parser->at, '\0', line_len)) {
		fail(parser, "there is a NUL in the line");
		return NULL;
	}

	memcpy(out, content, len);
	strcpy(out + len, "\n");
	parser->at += line_len + (newline != NULL);
	return out;
}

static bool is_section(const char *section)
{
	const struct setting *setting;

	for (setting = setting_table; setting->name; setting++)
		if (strcmp(setting->section, section) == 0)
			return true;
	return false;
}

static int on_value(void *userdata, const char *section, const char *name, const char *value)
{
	char clean_section[NAME_TEXT_BYTES], clean_name[NAME_TEXT_BYTES];
	struct parser *parser = userdata;
	const struct setting *setting = setting_find(section, name);
	struct setting_error error;

	(void)text_clean(clean_section, sizeof(clean_section), section, strlen(section));
	(void)text_clean(clean_name, sizeof(clean_name), name, strlen(name));
	if (!*section)
		fail(parser, "%s= is in no section", clean_name);
	else if (!is_section(section))
		fail(parser, "there is no section [%s]", clean_section);
	else if (!setting)
		fail(parser, "[%s] has no setting %s=", clean_section, clean_name);
	else if (setting_parse(setting, value, setting_value(&parser->settings, setting), &error) <
		 0)
		fail(parser, "%s= %s", setting->name, error.text);
	return !parser->failed;
}

int settings_parse(const char *buf, size_t len, struct settings *settings,
		   struct setting_error *error)
{
	struct parser parser = {
		.at = buf,
		.end = buf + len,
		.settings = *settings,
		.error = error,
	};
	int line;

	line = ini_parse_stream(read_line, &parser, on_value, &parser);
	/* inih goes on after lines that it cannot read itself. */
	if (line > 0 && (!parser.failed || (unsigned int)line < error->line)) {
		parser.failed = false;
		parser.line = (unsigned int)line;
		fail(&parser, "this is no comment, [Section] or Name=value");
	}
	if (line < 0)
		return -ENOMEM;
	if (parser.failed)
		return -EINVAL;

	*settings = parser.settings;
	return 0;
}
