// SPDX-License-Identifier: GPL-2.0-or-later
/* Topics in words, and as JSON. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/explain/explain.h"
#include "ctl/output.h"
#include "explain/explain.h"
#include "util/util.h"

/* Of the text below "What happened" and the like. */
#define INDENT 2

enum {
	COLUMN_TOPIC,
	COLUMN_TITLE,
	COLUMN_REASONS,
};

static const struct column columns[] = {
	{ .name = "TOPIC" },
	{ .name = "WHAT HAPPENS" },
	{ .name = "EXIT REASONS", .cut = COLUMN_CUT },
	{ .name = NULL },
};

void explain_print_list(const struct ctl *ctl)
{
	struct libscols_table *table = table_new(columns, ctl->colour);
	const struct explain *topic;
	struct libscols_line *line;
	size_t i;

	for (i = 0; (topic = explain_nth(i)); i++) {
		line = table_row(table);
		table_text(line, COLUMN_TOPIC, strdup(topic->topic));
		table_text(line, COLUMN_TITLE, strdup(topic->title));
		table_text(line, COLUMN_REASONS,
			   strdup(topic->reasons ? topic->reasons : "by key"));
	}
	table_print(table);
}

static void print_part(const struct ctl *ctl, const char *name, const char *text)
{
	printf("%s%s%s\n", output_mark(ctl->colour, MARK_HEAD), name,
	       output_mark(ctl->colour, MARK_NONE));
	output_wrapped(text, INDENT);
}

void explain_print_topic(const struct ctl *ctl, const char *head, const struct explain *topic)
{
	printf("%s%s%s: %s\n\n", output_mark(ctl->colour, MARK_HEAD), head,
	       output_mark(ctl->colour, MARK_NONE), topic->title);
	print_part(ctl, "What happened", topic->what);
	print_part(ctl, "Usual causes", topic->causes);
	print_part(ctl, "Is it bad?", topic->bad);
	print_part(ctl, "What to do", topic->remedy ? topic->remedy : "Nothing.");
	print_part(ctl, "Sources", topic->sources);
}

json_t *explain_topic_json(const struct explain *topic)
{
	json_t *reasons = json_array();
	const char *name = topic->reasons ? topic->reasons : "";
	size_t length;

	for (; *name; name += length + (name[length] == ' ')) {
		length = strcspn(name, " ");
		(void)json_array_append_new(reasons, json_stringn(name, length));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:o, s:I, s:i}", "topic",
			 topic->topic, "title", topic->title, "what", topic->what, "causes",
			 topic->causes, "bad", topic->bad, "remedy", topic->remedy, "sources",
			 topic->sources, "reasons", reasons, "cost_ns",
			 (json_int_t)explain_cost_ns(topic->cost), "normal_rate",
			 (int)topic->normal);
}

json_t *explain_list_json(void)
{
	json_t *list = json_array();
	const struct explain *topic;
	size_t i;

	for (i = 0; (topic = explain_nth(i)); i++)
		(void)json_array_append_new(list, explain_topic_json(topic));
	return list;
}
