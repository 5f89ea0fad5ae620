// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the terminal can do.
 */
#include "config.h"

#include <langinfo.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#include "ctl/terminal.h"

/* Where a terminal does not know. */
#define COLUMNS_USUAL 80

size_t terminal_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_USUAL;
}

bool terminal_can_move(void)
{
	char *up;
	bool can;
	int found;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return false;
	up = tigetstr("cup");
	can = up && up != (char *)-1;
	(void)del_curterm(cur_term);
	return can;
}

/* The Linux console's font and old terminals lack most of them, whatever the locale is. */
bool terminal_has_blocks(void)
{
	const char *term = getenv("TERM");

	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && term && strcmp(term, "linux") != 0 &&
	       strncmp(term, "vt", 2) != 0 && strcmp(term, "dumb") != 0;
}
