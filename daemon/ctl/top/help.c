// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top: its help, and what explains a row.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/top/top.h"
#include "explain/explain.h"
#include "util/util.h"

/* A screen of 24 lines has two less for it. */
static const char *const help[] = {
	"Up Down PgUp PgDn Home End   select",
	"Enter, Right                 a VM's exit reasons; of a reason, what it means",
	"Esc, Left, Backspace         back",
	"v                            a VM's vCPUs",
	"d                            what exactly caused a VM's exits, and back",
	"/                            only names with this text; Esc: all",
	"w, or 1 2 3 4                exits per second over 1s, 10s, 1m or 5m",
	"t                            how long exits took, and back",
	"e i n p o                    sort by all exits, id, name, process, overhead",
	"l                            sort by exits of a nested guest (L2)",
	"<  >                         sort by the column beside",
	"r                            reverse the order",
	"a                            VMs that have ended, too",
	"Space   +  -                 stop and go on; refresh half, twice as often",
	"W                            keep this for the next time: order, window, interval",
	"q                            quit",
	"",
	"! exit storm   ^ twice what is usual for it   . idle   - ended",
	"WHY is the most frequent reason of the last minute, or one that costs too much.",
	"Sparklines are on one scale, with its top in the head. OVER% is the part of the",
	"vCPUs' time that exits cost, sleep left out; %TIME is of one CPU's time.",
};

const char *top_help_line(size_t line)
{
	return line < ARRAY_SIZE(help) ? help[line] : NULL;
}

/* Which lines of the help fit on the screen. */
struct page {
	size_t columns, first, lines, n;
	top_put put;
	void *userdata;
};

static void put_line(struct page *page, enum top_style style, const char *text, size_t length)
{
	char line[TOP_NAME_MAX * 2];

	if (page->n >= page->first && page->n < page->first + page->lines) {
		(void)snprintf(line, sizeof(line), "%.*s", (int)length, text);
		page->put(page->userdata, page->n - page->first, style, line);
	}
	page->n++;
}

/* Words, in as many lines as they take. */
static void put_text(struct page *page, const char *text)
{
	size_t length, word;

	while (*(text += strspn(text, " "))) {
		length = strcspn(text, " ");
		for (;;) {
			word = strspn(text + length, " ");
			word += strcspn(text + length + word, " ");
			if (!text[length] || length + word > page->columns)
				break;
			length += word;
		}
		put_line(page, TOP_PLAIN, text, length);
		text += length;
	}
}

static void put_part(struct page *page, const char *head, const char *text)
{
	put_line(page, TOP_TITLE, head, strlen(head));
	put_text(page, text);
}

size_t top_explain(const struct top_row *row, size_t columns, size_t first, size_t lines,
		   top_put put, void *userdata)
{
	struct page page = { columns, first, lines, 0, put, userdata };
	const struct explain *topic = row->topic;
	char head[TOP_NAME_MAX * 2];

	(void)snprintf(head, sizeof(head), "%s: %s", row->name,
		       topic ? topic->title : "not known here");
	put_line(&page, TOP_HEAD, head, strlen(head));
	if (!topic)
		return page.n;
	put_part(&page, "What happened", topic->what);
	put_part(&page, "Usual causes", topic->causes);
	put_part(&page, "Is it bad?", topic->bad);
	put_part(&page, "What to do", topic->remedy ? topic->remedy : "Nothing.");
	return page.n;
}
