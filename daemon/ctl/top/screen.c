// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmexitctl top on a terminal, by ncurses.
 */
#include "config.h"

#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <unistd.h>

#include "ctl/signals.h"
#include "ctl/top/screen.h"
#include "util/clock.h"
#include "util/util.h"

/* Long enough for the keys that begin with an escape, also over ssh; not to be felt. */
#define ESCAPE_MS 50

/* When a key pauses all, the screen is still looked after now and then. */
#define PAUSED_MS 1000

enum {
	PAIR_STORM = 1,
	PAIR_ALERT,
	PAIR_ABOVE,
};

static attr_t attribute(enum top_style style)
{
	switch (style) {
	case TOP_PLAIN:
		return A_NORMAL;
	case TOP_TITLE:
		return A_BOLD;
	case TOP_HEAD:
		return A_UNDERLINE;
	case TOP_SELECTED:
		return A_REVERSE;
	case TOP_STORM:
		return A_BOLD | (attr_t)COLOR_PAIR(PAIR_STORM);
	case TOP_ABOVE:
		return (attr_t)COLOR_PAIR(PAIR_ABOVE);
	case TOP_QUIET:
		return A_DIM;
	case TOP_ALERT:
		return A_BOLD | (attr_t)COLOR_PAIR(PAIR_ALERT);
	}
	return A_NORMAL;
}

static void put(void *userdata, size_t line, enum top_style style, const char *text)
{
	bool colour = *(const bool *)userdata;
	attr_t attributes = attribute(style);

	if (!colour)
		attributes &= ~A_COLOR;
	(void)attrset((int)attributes);
	(void)mvaddstr((int)line, 0, text);
}

static int key_of(int key)
{
	switch (key) {
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_LEFT:
		return TOP_KEY_LEFT;
	case KEY_RIGHT:
		return TOP_KEY_RIGHT;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_HOME;
	case KEY_END:
		return TOP_KEY_END;
	case KEY_ENTER:
		return TOP_KEY_ENTER;
	case KEY_BACKSPACE:
		return '\b';
	case KEY_RESIZE:
		return TOP_KEY_RESIZE;
	default:
		return key < TOP_KEY_UP ? key : 0;
	}
}

static void fit_screen(struct top *top)
{
	int lines, columns;

	getmaxyx(stdscr, lines, columns);
	top_resize(top, (size_t)lines, (size_t)columns);
}

static void draw(struct top *top, bool colour)
{
	(void)erase();
	top_draw(top, put, &colour);
	(void)refresh();
}

/* A key, KEY_RESIZE, or ERR after that time or when stop can be read. */
static int wait_for_key(int stop, int left_ms)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
	};
	int key;

	/* Some may have been read already. A signal of the terminal's ends the wait. */
	timeout(0);
	key = getch();
	if (key != ERR || (poll(fds, ARRAY_SIZE(fds), left_ms) > 0 && fds[1].revents))
		return key;
	return getch();
}

static bool is_stopped(int stop)
{
	struct pollfd fd = { .fd = stop, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static int run(const struct ctl *ctl, struct top_source *source, struct top *top, bool colour,
	       uint64_t count)
{
	enum top_action action = TOP_FETCH;
	uint64_t due_ns = 0, now_ns;
	int key, left_ms;

	while (!is_stopped(ctl->stop)) {
		now_ns = clock_monotonic_ns();
		if (action == TOP_FETCH || (!top->paused && now_ns >= due_ns)) {
			if (top_source_fetch(source, top, NULL) == -EINTR)
				return 0;
			due_ns = clock_monotonic_ns() + top->interval_ms * NS_PER_MS;
			action = TOP_DRAW;
		}
		if (action == TOP_SAVE)
			top_save(top);
		if (action == TOP_DRAW || action == TOP_SAVE)
			draw(top, colour);
		now_ns = clock_monotonic_ns();
		if (now_ns >= due_ns && count > 0 && --count == 0)
			return 0;
		left_ms = top->paused	   ? PAUSED_MS :
			  now_ns >= due_ns ? 0 :
					     (int)((due_ns - now_ns) / NS_PER_MS) + 1;
		key = wait_for_key(ctl->stop, left_ms);
		action = TOP_NOTHING;
		if (key == ERR) {
			/* Nobody is there any more, as when an ssh connection breaks. */
			if (!isatty(STDIN_FILENO))
				return -EPIPE;
			continue;
		}
		if (key == KEY_RESIZE)
			fit_screen(top);
		action = top_key(top, key_of(key));
		if (action == TOP_QUIT)
			return 0;
	}
	return 0;
}

/* With the screen restored, whatever it is that ends it. */
static int run_on_screen(struct ctl *ctl, struct top_source *source, struct top *top,
			 uint64_t count)
{
	bool colour = ctl->colour && has_colors();
	int r;

	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)set_escdelay(ESCAPE_MS);
	(void)curs_set(0);
	if (colour) {
		(void)start_color();
		(void)use_default_colors();
		(void)init_pair(PAIR_STORM, COLOR_RED, -1);
		(void)init_pair(PAIR_ALERT, COLOR_YELLOW, -1);
		(void)init_pair(PAIR_ABOVE, COLOR_YELLOW, -1);
	}
	fit_screen(top);
	top->tries_again = true;

	r = run(ctl, source, top, colour, count);

	(void)endwin();
	return r;
}

int top_screen_run(struct ctl *ctl, struct top_source *source, struct top *top, uint64_t count)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);
	struct stop_signals signals;
	int r;

	if (!screen)
		return -ENOTTY;
	r = stop_signals_hold(&signals);
	if (r >= 0) {
		ctl->stop = signals.fd;
		r = run_on_screen(ctl, source, top, count);
		ctl->stop = -1;
		stop_signals_release(&signals);
	} else {
		(void)endwin();
	}
	delscreen(screen);
	return r;
}
