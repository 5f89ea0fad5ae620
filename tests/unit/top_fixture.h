/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of kvmexitctl top, with VMs made up, and what it draws.
 */
#ifndef KVMEXITD_TESTS_TOP_FIXTURE_H
#define KVMEXITD_TESTS_TOP_FIXTURE_H

#include <stddef.h>

#include "ctl/top/top.h"

#define SCREEN_LINES 64

struct screen {
	size_t n;
	enum top_style styles[SCREEN_LINES];
	char lines[SCREEN_LINES][2048];
};

/* A top_put for a struct screen. */
void screen_put(void *userdata, size_t line, enum top_style style, const char *text);

int top_setup(void **state);
int top_teardown(void **state);

/* n VMs called vm0 and so on; the higher the id, the fewer the exits, but all rates alike. */
void top_fill(struct top *top, int n);

/* The names on the screen, the selected one in brackets. */
void top_check_rows(struct top *top, const char *names);

#endif
