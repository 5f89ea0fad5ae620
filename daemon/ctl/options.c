// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Options: those that all commands of kvmexitctl take, and those of one.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/options.h"
#include "ctl/output.h"
#include "server/address.h"
#include "util/near.h"
#include "util/util.h"

#define MS_PER_S     1000
#define MS_PER_MIN   (60 * MS_PER_S)
#define MS_PER_H     (60 * MS_PER_MIN)
#define DURATION_MAX (UINT64_C(365) * 24 * MS_PER_H)

/* Where the help of an option begins. */
#define HELP_COLUMN 21

static const struct ctl_option common[] = {
	{ "json", "[=FORM]", "for programs: JSON, short or pretty", 'j' },
	{ "socket", "PATH", "where kvmexitd listens (" SERVER_SOCKET_PATH ")", 's' },
	{ "help", NULL, "this text, or that of a command", 'h' },
	{ "version", NULL, "the version", 'V' },
};

/* Options of a command are told by their place, from here on. */
#define OF_COMMAND 0x100

/* With a long name only, and behind '='. */
static bool is_optional(const struct ctl_option *option)
{
	return option->arg && *option->arg == '[';
}

static void add_long(struct option *to, const struct ctl_option *option, int value)
{
	*to = (struct option){
		.name = option->name,
		.has_arg = !option->arg	       ? no_argument :
			   is_optional(option) ? optional_argument :
						 required_argument,
		.val = value,
	};
}

static char *add_letter(char *to, const struct ctl_option *option)
{
	if (option->letter) {
		*to++ = option->letter;
		if (option->arg && !is_optional(option))
			*to++ = ':';
	}
	return to;
}

/* The place of an option in the command's list by what getopt gave, or -1. */
static int find(const struct ctl_command *command, int value)
{
	int i;

	if (value >= OF_COMMAND)
		return value - OF_COMMAND;
	for (i = 0; command && command->options && command->options[i].name; i++)
		if (command->options[i].letter == value)
			return i;
	return -1;
}

/* getopt's place in argv, just behind what it does not take. */
static void complain_unknown(const char *text, const struct option *longs)
{
	const char *names[ARRAY_SIZE(common) + CTL_OPTIONS_MAX + 1] = { NULL }, *near = NULL;
	size_t length = strcspn(text, "="), i;
	_cleanup_free_ char *clean = NULL;
	char word[64];

	(void)snprintf(word, sizeof(word), "%.*s", (int)(length < sizeof(word) ? length : 0), text);
	clean = clean_text(text);
	for (i = 0; longs[i].name; i++)
		names[i] = longs[i].name;
	/* A letter is near to too much. */
	if (strncmp(text, "--", 2) == 0)
		near = near_word(word + strlen("--"), names);
	ctl_error("there is no option '%s'%s%s%s", clean ? clean : "",
		  near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

/* What getopt gave, '?' or ':', as of the option that it has just read. */
static void complain_option(int value, char **argv, const struct option *longs)
{
	const char *text = argv[optind - 1];
	char letter[] = { '-', (char)optopt, '\0' };
	bool is_long = strncmp(text, "--", 2) == 0;

	/* It may not be behind an argument of several letters yet. */
	if (!is_long || !optopt)
		text = optopt && optopt < OF_COMMAND ? letter : text;
	if (value == ':')
		ctl_error("option '%s' needs a value", text);
	else if (optopt && is_long)
		ctl_error("option '%.*s' takes no value", (int)strcspn(text, "="), text);
	else
		complain_unknown(text, longs);
}

/* form is NULL where none was given. */
static bool read_json_form(const char *form, enum ctl_form *out)
{
	static const char *const forms[] = { "short", "pretty", NULL };
	size_t i = 0;

	if (form && !option_choice("json", form, forms, &i))
		return false;
	*out = !form ? CTL_JSON : i == 0 ? CTL_JSON_SHORT : CTL_JSON_PRETTY;
	return true;
}

enum option_verdict options_read(struct ctl *ctl, const struct ctl_command *command, int argc,
				 char **argv, int *next)
{
	struct option longs[ARRAY_SIZE(common) + CTL_OPTIONS_MAX + 1] = { 0 };
	char shorts[2 * ARRAY_SIZE(longs) + 3], *letter = shorts;
	size_t i, n = 0;
	int value;

	if (!command || command->runs)
		*letter++ = '+';
	/* Messages are ours, and a missing value is ':'. */
	*letter++ = ':';
	opterr = 0;
	for (i = 0; i < ARRAY_SIZE(common); i++) {
		add_long(&longs[n++], &common[i], common[i].letter);
		letter = add_letter(letter, &common[i]);
	}
	for (i = 0; command && command->options && command->options[i].name; i++) {
		add_long(&longs[n++], &command->options[i], OF_COMMAND + (int)i);
		letter = add_letter(letter, &command->options[i]);
	}
	*letter = '\0';

	/* From scratch, also for another argv. */
	optind = 0;
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (find(command, value) >= 0)
			ctl->given[find(command, value)] = optarg ? optarg : "";
		else if (value == 'j') {
			if (!read_json_form(optarg, &ctl->json))
				return OPTION_WRONG;
		} else if (value == 's' && !*optarg) {
			ctl_error("--socket needs a path");
			return OPTION_WRONG;
		} else if (value == 's')
			ctl->socket = optarg;
		else if (value == 'h')
			return OPTION_HELP;
		else if (value == 'V')
			return OPTION_VERSION;
		else {
			complain_option(value, argv, longs);
			return OPTION_WRONG;
		}
	}
	*next = optind;
	return OPTION_RUN;
}

static void print_option(const struct ctl_option *option)
{
	const char *line = option->help, *end;
	char left[64];
	int n;

	n = option->letter ? snprintf(left, sizeof(left), "  -%c, --", option->letter) :
			     snprintf(left, sizeof(left), "      --");
	(void)snprintf(left + n, sizeof(left) - (size_t)n, "%s%s%s", option->name,
		       option->arg && !is_optional(option) ? " " : "",
		       option->arg ? option->arg : "");

	/* Its help is on the same line where there is room. */
	if (strlen(left) + 2 > HELP_COLUMN) {
		puts(left);
		*left = '\0';
	}
	for (n = 0; line; n++, line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		printf("%-*s%.*s\n", HELP_COLUMN, n == 0 ? left : "",
		       end ? (int)(end - line) : (int)strlen(line), line);
	}
}

void options_print_common(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(common); i++)
		print_option(&common[i]);
}

void options_print(const struct ctl_command *command)
{
	const struct ctl_option *option;

	for (option = command->options; option && option->name; option++)
		print_option(option);
	options_print_common();
}

/* rest is the place in text from which on it is wrong; NULL if all of it is. */
static void complain(const char *name, const char *wanted, const char *text, const char *rest)
{
	_cleanup_free_ char *clean = clean_text(text);
	_cleanup_free_ char *place = rest && rest > text && *rest ? clean_text(rest) : NULL;

	ctl_error("--%s takes %s, not '%s'%s%s%s", name, wanted, clean ? clean : "",
		  place ? ": what is '" : "", place ? place : "", place ? "'?" : "");
}

/* *end is behind the digits. */
static bool read_number(const char *text, uint64_t *out, const char **end)
{
	char *after;

	*end = text;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &after, 10);
	*end = after;
	return errno == 0;
}

bool option_read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *end;

	return read_number(text, out, &end) && !*end && *out >= min && *out <= max;
}

bool option_number(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *end;
	char wanted[80];

	if (option_read_number(text, min, max, out))
		return true;
	(void)read_number(text, out, &end);
	(void)snprintf(wanted, sizeof(wanted), "a number from %llu to %llu",
		       (unsigned long long)min, (unsigned long long)max);
	complain(name, wanted, text, end);
	return false;
}

bool option_read_duration(const char *text, uint64_t *out_ms, const char **rest)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "", MS_PER_S },    { "s", MS_PER_S },	    { "ms", 1 },
		{ "m", MS_PER_MIN }, { "min", MS_PER_MIN }, { "h", MS_PER_H },
	};
	uint64_t n;
	size_t i;

	if (!read_number(text, &n, rest))
		return false;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(*rest, units[i].name) != 0)
			continue;
		if (n <= DURATION_MAX / units[i].ms) {
			*out_ms = n * units[i].ms;
			return true;
		}
		/* Too much of it, and nothing behind it. */
		*rest = text;
		return false;
	}
	return false;
}

bool option_duration(const char *name, const char *text, uint64_t *out_ms)
{
	const char *rest;

	if (option_read_duration(text, out_ms, &rest) && *out_ms > 0)
		return true;
	complain(name, "a time such as 10s, 500ms, 2min or 1h", text, rest);
	return false;
}

bool option_choice(const char *name, const char *text, const char *const *choices, size_t *out)
{
	char wanted[128] = "one of";
	size_t i, len = strlen(wanted);

	for (i = 0; choices[i]; i++) {
		if (strcmp(text, choices[i]) == 0) {
			*out = i;
			return true;
		}
		if (len < sizeof(wanted))
			len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%s %s",
						i > 0 ? "," : "", choices[i]);
	}
	complain(name, wanted, text, NULL);
	return false;
}
